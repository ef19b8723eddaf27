"""What holds pay opens for its reader alone."""

import datetime as dt
import io
from email.message import EmailMessage
from pathlib import Path

import msoffcrypto
import pikepdf
import pytest
import xlsxwriter

from delivery import Letter, Recipient, compose, key_of, password_of
from delivery.passwords import KEY, CannotEncrypt
from tests.delivery.conftest import NIGHT

KEY_OF_TEST = b"a key"


@pytest.fixture
def statement(tmp_path: Path) -> list[Path]:
    """A real PDF and a real workbook."""
    pdf, xlsx = tmp_path / "对账单.pdf", tmp_path / "对账单.xlsx"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(pdf)
    with xlsxwriter.Workbook(str(xlsx)) as book:
        book.add_worksheet().write(0, 0, "15637.50")
    return [pdf, xlsx]


def letter(files: list[Path], password: str, date: dt.datetime = NIGHT) -> Letter:
    return compose(
        report_id="CST-2026-09-E111",
        version=1,
        recipient=Recipient("E111", "甲", "jia@example.com", "本人", "self"),
        sender="对账 <pay@example.com>",
        subject="【提成对账单】2026-09",
        lines=("见附件。",),
        attachments=files,
        date=date,
        password=password,
    )


def contents(message: EmailMessage) -> list[bytes]:
    return [part.get_content() for part in message.iter_attachments()]


def test_only_the_readers_password_opens_what_is_attached(statement: list[Path]) -> None:
    own, other = password_of(KEY_OF_TEST, "E111"), password_of(KEY_OF_TEST, "E112")
    sent = letter(statement, own)
    pdf, xlsx = contents(sent.message)
    for wrong in ("", other):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(pdf), password=wrong)
    with pikepdf.open(io.BytesIO(pdf), password=own) as document:
        assert (document.encryption.R, len(document.pages)) == (6, 1)
    book, opened = msoffcrypto.OfficeFile(io.BytesIO(xlsx)), io.BytesIO()
    book.load_key(password=own, verify_password=True)
    book.decrypt(opened, verify_integrity=True)
    assert opened.getvalue() == statement[1].read_bytes()
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        book.load_key(password=other, verify_password=True)
    body = sent.message.get_body(("plain",)).get_content()
    assert ("附件已加密" in body, own in sent.message.as_string()) == (True, False)


def test_what_is_encrypted_anew_is_still_the_same_letter(statement: list[Path]) -> None:
    first, second = letter(statement, "one"), letter(statement, "one")
    assert first.data != second.data
    assert first.content_sha256 == second.content_sha256 == letter(statement, "").content_sha256


def test_pay_that_cannot_be_encrypted_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "payroll.csv").write_text("E111,15637.50", encoding="utf-8")
    with pytest.raises(CannotEncrypt, match="payroll.csv holds pay and is neither PDF nor XLSX"):
        letter([tmp_path / "payroll.csv"], "one")


def test_the_key_is_the_environments_or_made_once_for_its_owner(tmp_path: Path) -> None:
    assert key_of({KEY: "told"}, tmp_path / "state") == b"told"
    made = key_of({}, tmp_path / "state")
    assert (key_of({}, tmp_path / "state"), len(made)) == (made, 44)
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["pay.key"]
    assert (tmp_path / "state" / "pay.key").stat().st_mode & 0o777 == 0o600
    assert password_of(made, "E111") != password_of(b"another", "E111")
    assert [len(part) for part in password_of(made, "E111").split("-")] == [4] * 4
