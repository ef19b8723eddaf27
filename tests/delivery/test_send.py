"""Letters leave once, under TLS, and every outcome is kept."""

import email
import json
from collections.abc import Callable
from dataclasses import replace
from email import policy
from pathlib import Path

import pytest

from delivery import Letter, MailServerError, Outbox, ReceiptLog, Smtp, SmtpSettings, send, transport_from_environment
from delivery.receipts import ReceiptLogBroken
from tests.delivery.conftest import NIGHT, MailServer

Compose = Callable[..., Letter]


def test_a_letter_is_the_same_bytes_every_time(letter_to: Compose) -> None:
    assert letter_to("shen@example.com").data == letter_to("shen@example.com").data


def test_a_letter_reads_back_with_chinese_subject_body_and_attachment_names(tmp_path: Path, letter_to: Compose) -> None:
    send(
        [letter_to("shen@example.com")],
        transport=Outbox(tmp_path / "outbox"),
        receipts=ReceiptLog(tmp_path / "receipts.ndjson"),
        at=NIGHT,
    )
    (file,) = (tmp_path / "outbox").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.name == "QBR-2026Q3-MGMT.v1.E900.eml"
    assert (message["Subject"], message["From"], message["To"], message["Date"], message["Message-ID"]) == (
        "【季度经营回顾】2026年第三季度 第 1 版",
        "经营报告 <reports@example.com>",
        "沈国栋 <shen@example.com>",
        "Fri, 20 Nov 2026 22:30:00 +0000",
        "<QBR-2026Q3-MGMT.v1.E900@example.com>",
    )
    assert message.get_body(("plain",)).get_content().splitlines()[:3] == [
        "沈国栋，您好：",
        "",
        "· 净签约额（不含税）3,966.4 万元",
    ]
    assert [(part.get_filename(), part.get_content_type(), part.get_content()) for part in message.iter_attachments()] == [
        ("季度经营回顾_2026Q3_管理层_v1.pdf", "application/pdf", b"%PDF-1.7 pages"),
        ("季度经营回顾_2026Q3_管理层_v1.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK sheets"),
    ]


def test_smtp_sends_under_tls_with_a_login(tmp_path: Path, letter_to: Compose, mail_server: MailServer) -> None:
    (receipt,) = send(
        [letter_to("shen@example.com")],
        transport=Smtp(mail_server.settings),
        receipts=ReceiptLog(tmp_path / "receipts.ndjson"),
        at=NIGHT,
    )
    assert (receipt.status, receipt.channel, receipt.attempts, receipt.at) == ("sent", "smtp", 1, "2026-11-20T22:30:00+00:00")
    assert mail_server.mailbox.sessions == [(True, True)]
    assert [envelope.rcpt_tos for envelope in mail_server.mailbox.taken] == [["shen@example.com"]]


def test_a_busy_server_is_asked_again_with_growing_patience(tmp_path: Path, letter_to: Compose, mail_server: MailServer) -> None:
    waits: list[float] = []
    mail_server.mailbox.answers = ["451 try later", "451 try later"]
    (receipt,) = send(
        [letter_to("shen@example.com")],
        transport=Smtp(mail_server.settings, waits.append),
        receipts=ReceiptLog(tmp_path / "receipts.ndjson"),
        at=NIGHT,
    )
    assert (receipt.status, receipt.attempts, waits) == ("sent", 3, [0.5, 1.0])


def test_a_server_that_stays_busy_is_a_failure_that_the_next_run_mends(
    tmp_path: Path, letter_to: Compose, mail_server: MailServer
) -> None:
    log, letter = ReceiptLog(tmp_path / "receipts.ndjson"), letter_to("shen@example.com")
    mail_server.mailbox.answers = ["451 busy"] * 4
    first = send([letter], transport=Smtp(mail_server.settings, lambda _: None), receipts=log, at=NIGHT)
    second = send([letter], transport=Smtp(mail_server.settings), receipts=log, at=NIGHT)
    assert [(r.status, r.detail) for r in (*first, *second)] == [("failed", "451 busy (after 4 attempts)"), ("sent", "")]


def test_one_refused_recipient_does_not_stop_the_others(tmp_path: Path, letter_to: Compose, mail_server: MailServer) -> None:
    log = ReceiptLog(tmp_path / "receipts.ndjson")
    letters = [letter_to("gone@example.com", number="E901"), letter_to("shen@example.com")]
    outcomes = send(letters, transport=Smtp(mail_server.settings), receipts=log, at=NIGHT)
    assert [(r.recipient, r.status, r.detail) for r in outcomes] == [
        ("E901", "refused", "550 no such user <E901>"),
        ("E900", "sent", ""),
    ]
    assert outcomes == log.read()


def test_a_second_run_sends_nothing_and_says_so(tmp_path: Path, letter_to: Compose, mail_server: MailServer) -> None:
    log, transport = ReceiptLog(tmp_path / "receipts.ndjson"), Smtp(mail_server.settings)
    send([letter_to("shen@example.com")], transport=transport, receipts=log, at=NIGHT)
    again = send(
        [letter_to("shen@example.com"), letter_to("shen@example.com", lines=("净签约额（不含税）3,966.5 万元",))],
        transport=transport,
        receipts=log,
        at=NIGHT,
    )
    assert [(r.status, r.detail) for r in again] == [
        ("already_sent", ""),
        ("already_sent", "content differs from what was sent; raise the version to send it"),
    ]
    assert (len(mail_server.mailbox.taken), len(log.read())) == (1, 1)


def test_a_new_version_is_sent(tmp_path: Path, letter_to: Compose) -> None:
    log, outbox = ReceiptLog(tmp_path / "receipts.ndjson"), Outbox(tmp_path / "outbox")
    outcomes = [
        send([letter_to("shen@example.com", version=version)], transport=outbox, receipts=log, at=NIGHT)[0].status
        for version in (1, 1, 2)
    ]
    assert outcomes == ["sent", "already_sent", "sent"]


def test_an_untrusted_certificate_and_a_wrong_password_stop_with_the_cure(
    tmp_path: Path, letter_to: Compose, mail_server: MailServer
) -> None:
    log = ReceiptLog(tmp_path / "receipts.ndjson")
    for settings, cure in (
        (replace(mail_server.settings, ca_file=None), "name its authority in QUARTERDECK_SMTP_CA"),
        (replace(mail_server.settings, password="guess"), "check QUARTERDECK_SMTP_URL"),
    ):  # noqa: S106
        with pytest.raises(MailServerError, match=cure):
            send([letter_to("shen@example.com")], transport=Smtp(settings), receipts=log, at=NIGHT)
    assert log.read() == []


def test_an_unreachable_server_is_a_failure_of_that_letter(tmp_path: Path, letter_to: Compose) -> None:
    settings = SmtpSettings("127.0.0.1", 9, attempts=2)
    (receipt,) = send(
        [letter_to("shen@example.com")],
        transport=Smtp(settings, lambda _: None),
        receipts=ReceiptLog(tmp_path / "receipts.ndjson"),
        at=NIGHT,
    )
    assert (receipt.status, receipt.detail.startswith("mail server 127.0.0.1:9: ConnectionRefusedError")) == ("failed", True)


def test_half_a_receipt_left_by_a_crash_is_dropped_and_a_spoilt_one_is_named(tmp_path: Path, letter_to: Compose) -> None:
    log = ReceiptLog(tmp_path / "receipts.ndjson")
    send([letter_to("shen@example.com")], transport=Outbox(tmp_path / "outbox"), receipts=log, at=NIGHT)
    whole = log.path.read_text(encoding="utf-8")
    log.path.write_text(whole + whole[:40], encoding="utf-8")
    send([letter_to("lu@example.com", number="E901")], transport=Outbox(tmp_path / "outbox"), receipts=log, at=NIGHT)
    assert [json.loads(line)["recipient"] for line in log.path.read_text(encoding="utf-8").splitlines()] == ["E900", "E901"]
    log.path.write_text("{}\n" + whole, encoding="utf-8")
    with pytest.raises(ReceiptLogBroken, match="receipts.ndjson line 1"):
        log.read()


def test_settings_come_from_the_environment_and_hide_the_password(tmp_path: Path) -> None:
    environment = {"QUARTERDECK_SMTP_URL": "smtp://reports:s3cret%3A%2F%40@mail.example.com", "QUARTERDECK_SMTP_CA": "ca.pem"}
    transport = transport_from_environment(environment, tmp_path)
    assert isinstance(transport, Smtp)
    assert transport.settings == SmtpSettings("mail.example.com", 587, "reports", "s3cret:/@", ca_file=Path("ca.pem"))
    assert "s3cret" not in repr(transport)
    assert transport_from_environment({}, tmp_path) == Outbox(tmp_path)
    for wrong in ("mail.example.com", "http://mail.example.com", "smtp://mail.example.com:letters"):
        with pytest.raises(MailServerError, match="reads like smtp://"):
            transport_from_environment({"QUARTERDECK_SMTP_URL": wrong}, tmp_path)
