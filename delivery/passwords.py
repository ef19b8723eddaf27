"""Attachments that only their reader opens: each person's password, and PDF and XLSX encrypted with it.

Add a kind of file to `encrypted`, a report that holds pay to `HOLDS_PAY`. What stands in a letter's body is mail.py's business.
A password goes another way than the letter: whoever runs Quarterdeck reads it with `quarterdeck password` and hands it over.
"""

import base64
import hashlib
import hmac
import io
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pikepdf
from msoffcrypto.method.ecma376_agile import ECMA376Agile

HOLDS_PAY = frozenset({"commission_statement", "commission_workbook"})
KEY = "QUARTERDECK_PAY_KEY"
# A password of 80 random bits is guessed no sooner when each guess is made slower; Excel's own 100,000 rounds cost 80 ms a file.
ROUNDS = 1000


class CannotEncrypt(Exception):
    """A file that holds pay and can be sent in no form that only its reader opens."""


def key_of(environment: Mapping[str, str], state: Path) -> bytes:
    """What passwords are made from: the environment's key, else one that is made once and kept in `state` for its owner alone."""
    if told := environment.get(KEY, ""):
        return told.encode()
    file = state / "pay.key"
    if not file.is_file():
        state.mkdir(parents=True, exist_ok=True)
        draft = state / f".pay.key.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            out.write(base64.b64encode(secrets.token_bytes(32)))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):  # somebody else made it meanwhile: theirs holds
            os.link(draft, file)
        draft.unlink()
    return file.read_bytes()


def password_of(key: bytes, employee_no: str) -> str:
    """The person's password, the same in every letter: four times four characters that nobody confuses."""
    digest = hmac.new(key, f"pay:{employee_no}".encode(), hashlib.sha256).digest()
    word = base64.b32encode(digest[:10]).decode()
    return "-".join(word[at : at + 4] for at in range(0, 16, 4))


def encrypted(path: Path, password: str) -> bytes:
    """The file so that it opens with the password alone (AES-256)."""
    out = io.BytesIO()
    if path.suffix == ".pdf":
        with pikepdf.open(path) as document:
            document.save(out, encryption=pikepdf.Encryption(owner=password, user=password, R=6))
        return out.getvalue()
    if path.suffix == ".xlsx":
        return ECMA376Agile.encrypt(password, io.BytesIO(path.read_bytes()), spin_count=ROUNDS)
    raise CannotEncrypt(f"{path.name} holds pay and is neither PDF nor XLSX: it is not sent")
