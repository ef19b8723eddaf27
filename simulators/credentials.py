"""The credentials that the simulators accept: invented, and the same in every run.

What to add here: nothing, unless a CRM asks for one more.
What belongs elsewhere: what happens to a caller without them (`zoho/tokens.py`, `fxiaoke/tokens.py`).
"""

from __future__ import annotations

CREDENTIALS: dict[str, dict[str, str]] = {
    "zoho": {
        "client_id": "1000.QUARTERDECKSIMULATOR00000000",
        "client_secret": "quarterdeck-simulator-zoho-secret",
        "refresh_token": "1000.quarterdeck.simulator",
    },
    "fxiaoke": {
        "app_id": "FSAID_0000001",
        "app_secret": "quarterdeck-simulator-fxiaoke-secret",
        "permanent_code": "QUARTERDECKSIMULATOR",
        "corp_id": "FSCID_0123ABCD0123ABCD0123ABCD0123ABCD",
        "ea": "demo2026",
        "open_user_id": "FSUID_00000000000000000000000000001000",
        "user_id": "1000",
        "mobile": "13800001000",
    },
}
