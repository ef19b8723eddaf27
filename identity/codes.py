"""统一社会信用代码: what makes one right (GB 32100).

What belongs elsewhere: what two records with one code are (`clusters.py`).
"""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
LENGTH = 18


def written_code(text: str | None) -> str:
    """A code as everybody would write it: upper case, half width, without blanks and dashes; '' where there is none."""
    plain = unicodedata.normalize("NFKC", text or "").upper()
    return "".join(sign for sign in plain if sign.isalnum())


def is_valid_code(code: str) -> bool:
    """Whether the check character is that of the seventeen before it; no authority is 0, so eighteen zeros are nobody."""
    if len(code) != LENGTH or code[0] == "0" or any(sign not in ALPHABET for sign in code):
        return False
    total = sum(ALPHABET.index(sign) * weight for sign, weight in zip(code, WEIGHTS, strict=False))
    return code[-1] == ALPHABET[-total % 31]
