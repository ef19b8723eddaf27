"""How Zoho words an answer: envelopes, headers, and every error of the documents.

What to add here: an error code with its status, message and details.
What belongs elsewhere: when it is said (`listing.py`, `coql.py`, `bulk.py`, …).
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

HEADERS = {
    "content-disposition": "attachment; filename=response.json",
    "cache-control": "no-store, no-cache, must-revalidate, private",
    "pragma": "no-cache",
    "clientversion": "65893240",
    "clientsubversion": "5b9c4f8f1a6f5e6f3d2c1b0a99887766",
    "server": "ZGS",
    "set-cookie": "_zcsr_tmp=00000000-0000-0000-0000-000000000000; path=/; SameSite=Strict; Priority=High",
}
JSON = "application/json;charset=UTF-8"
OTHER_STATUS = {
    "AUTHENTICATION_FAILURE": 401,
    "INVALID_TOKEN": 401,
    "INVALID_OAUTHTOKEN": 401,
    "OAUTH_SCOPE_MISMATCH": 401,
    "NO_PERMISSION": 403,
    "NOT_SUPPORTED": 403,
    "INVALID_URL_PATTERN": 404,
    "RESOURCE_NOT_FOUND": 404,
    "TOO_MANY_REQUESTS": 429,
    "INTERNAL_ERROR": 500,
}
MESSAGES = {
    "REQUIRED_PARAM_MISSING": "One of the expected parameter is missing",
    "INVALID_MODULE": "the module name given seems to be invalid",
    "INVALID_DATA": "invalid data",
    "LIMIT_EXCEEDED": "the limit is exceeded",
    "PATTERN_NOT_MATCHED": "Please check whether the input values are correct",
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED": "Cannot fetch more than 2000 records by page. Please use page_token",
    "PAGINATION_LIMIT_EXCEEDED": "Cannot fetch more than the allowed number of records by page_token",
    "TOKEN_BOUND_DATA_MISMATCH": "The given page_token is not applicable for the given request",
    "EXPIRED_VALUE": "Page token expired",
    "AMBIGUITY_DURING_PROCESSING": "Ambiguity while processing the request",
    "INVALID_REQUEST_METHOD": "The http request method type is not a valid one",
    "AUTHORIZATION_FAILED": "User does not have sufficient privilege to access the resource",
    "FEATURE_NOT_ENABLED": "the feature is not enabled",
    "AUTHENTICATION_FAILURE": "Authentication failed",
    "INVALID_TOKEN": "invalid oauth token",
    "INVALID_OAUTHTOKEN": "invalid oauth token",
    "OAUTH_SCOPE_MISMATCH": "invalid oauth scope to access this URL",
    "NO_PERMISSION": "permission denied",
    "NOT_SUPPORTED": "the operation is not supported for this user",
    "INVALID_URL_PATTERN": "Please check if the URL trying to access is a correct one",
    "RESOURCE_NOT_FOUND": "The requested resource doesn't exist",
    "TOO_MANY_REQUESTS": "You have made too many requests. Please try again after some time",
    "INTERNAL_ERROR": "Internal Server Error",
}


class Trouble(Exception):
    """An error that Zoho answers with."""

    def __init__(self, code: str, details: dict[str, Any] | None = None, *, status: int | None = None, message: str = "") -> None:
        super().__init__(code)
        self.code, self.details, self.message = code, details or {}, message or MESSAGES.get(code, code.lower().replace("_", " "))
        self.status = status or OTHER_STATUS.get(code, 400)

    def answer(self) -> Response:
        """The error as Zoho writes it: not wrapped in `data`."""
        body = {"code": self.code, "details": self.details, "message": self.message, "status": "error"}
        return answer(msgspec.json.encode(body), self.status)


def answer(body: bytes, status: int = 200, media_type: str = JSON, headers: dict[str, str] | None = None) -> Response:
    """A reply of the API with Zoho's usual headers."""
    return Response(body, status, HEADERS | (headers or {}), media_type)


def answer_json(value: Any, status: int = 200) -> Response:
    """A value as a reply of the API."""
    return answer(msgspec.json.encode(value), status)


def nothing(status: int = 204) -> Response:
    """No rows (204) or none since then (304): no body at all."""
    return Response(None, status, {"server": "ZGS"})
