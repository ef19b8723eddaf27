"""How Fxiaoke words an answer: always HTTP 200, an errorCode inside.

What to add here: an error code and its text.
What belongs elsewhere: when it is said (`query.py`, `tokens.py`, `people.py`, …).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
from starlette.responses import Response

JSON = "application/json;charset=UTF-8"
MESSAGES = {
    -2: "系统错误",
    -1: "系统繁忙",
    10001: "appId missing",
    10002: "appSecret missing",
    10003: "appAccessToken missing",
    10004: "redirectUri missing",
    10005: "responseType missing",
    10006: "scope missing",
    10007: "state missing",
    10008: "code missing",
    10009: "appAccount missing",
    10010: "currentOpenUserId 不能为空",
    10012: "permanentCode missing",
    10013: "corpAccessToken missing",
    10014: "corpId missing",
    10015: "toUser missing",
    11001: "appId invalid",
    11002: "appSecret invalid",
    11003: "appAccessToken invalid",
    11004: "redirectUri invalid",
    11005: "responseType invalid",
    11006: "scope invalid",
    11007: "state invalid",
    11008: "openUserId invalid",
    11009: "departmentId invalid",
    11010: "code invalid",
    11011: "appAccount invalid",
    11013: "permanentCode invalid",
    11014: "corpAccessToken invalid",
    11015: "corpId invalid",
    11016: "toUser invalid",
    11017: "msgType invalid",
    11018: "templateId invalid",
    12002: "login state invalid",
    12003: "message type invalid",
    12004: "empty POST body",
    12005: "empty text",
    14001: "接口调用次数超过限制",
    15002: "invalid parameter",
    15003: "app no access",
    20005: "accessToken expired",
    20006: "appId or appSecret is wrong",
    20010: "CODE expired",
    20012: "openUserId not found",
    20014: "no right to this employee's data",
    20015: "permanentCode is wrong",
    20016: "the cropId,cropAccessToken or authorization is error",
    20017: "corpAccessToken为必填项，不能为空",
    20020: "no right to this enterprise",
    20021: "app is stopped",
    20022: "app is not authorised",
    20023: "no right to department",
    30002: "当日调用次数已用完",
    30003: "未购买调用次数",
    30004: "每秒调用次数超过限制",
    30007: "department missing",
    30027: "employee missing",
    32000: "参数错误",
    40010: "templateId not found",
    50009: "服务异常或超时",
}
EA = "demo2026"


class Trouble(Exception):
    """An errorCode that Fxiaoke answers with."""

    def __init__(self, code: int, message: str = "", description: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES.get(code, f"error {code}")
        self.description = description or self.message

    def answer(self) -> Response:
        """The error as Fxiaoke writes it."""
        return answer({"errorCode": self.code, "errorMessage": self.message, "errorDescription": self.description})


def trace_id(number: int) -> str:
    """A trace id of the server, unlike any other."""
    return f"E-O.{EA}.1000-{blake2b(b'%d' % number, digest_size=12).hexdigest()}"


_NUMBERS = iter(range(1, 2**62))


def answer(value: dict[str, Any]) -> Response:
    """A reply: the given keys after a trace id."""
    return Response(msgspec.json.encode({"traceId": trace_id(next(_NUMBERS))} | value), 200, media_type=JSON)


def success(**values: Any) -> Response:
    """A reply of a call that went well."""
    return answer({"errorCode": 0, "errorMessage": "OK", "errorDescription": "success"} | values)
