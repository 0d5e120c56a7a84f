"""Every channel against a real receiver: what arrives, and how refusals and silence are told apart."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import apprise
import pytest
from apprise.plugins.whatsapp import NotifyWhatsApp

from receivers import HttpReceiver, MailServer, http_receiver, mail_server
from sereno.errors import ConfigurationError, StorageError
from sereno.messages.channels import open_channel
from sereno.messages.message import (
    Attachment,
    ChannelUnavailableError,
    Message,
    MessageRefusedError,
    Sender,
)
from sereno.messages.webhook import WebhookSender
from sereno.settings import Settings
from sereno.systems.sections.channels import WebhookChannel
from sereno.systems.sections.messages import Messages


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def http() -> Iterator[HttpReceiver]:
    with http_receiver() as receiver:
        yield receiver


def channel(settings: Settings | None = None, **values: Any) -> Sender:
    manners = Messages.model_validate(
        {"sender": "Salons <no-reply@salon.example>", "channels": [{"name": "it", **values}]}
    )
    return open_channel(manners.channels[0], manners, settings)


def email(mails: MailServer) -> Sender:
    return channel(smtp_host="127.0.0.1", smtp_port=mails.port, security="none", timeout_seconds=10)


def message(identifier: str = "abc", **values: Any) -> Message:
    given: dict[str, Any] = {
        "address": "ana@x.example",
        "subject": "Olá",
        "text": "Olá Ana\n",
        "html": "<p>Olá</p>",
        "topic": "last_day",
        "locale": "pt",
        "reference": {"account": "7"},
        "values": {"days_left": "3", "name": "Salão"},
    }
    return Message(id=identifier, **{**given, **values})


def test_mails_go_by_one_connection_with_stable_ids(mails: MailServer) -> None:
    sender = email(mails)
    for identifier in ("a", "b", "a"):
        sender.send(message(identifier))
    sender.close()
    assert mails.identifiers == ["<a@salon.example>", "<b@salon.example>", "<a@salon.example>"]
    body = mails.mails[0].get_body(("plain",))
    assert body
    assert body.get_content().replace("\r", "") == "Olá Ana\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("550 no such mailbox", MessageRefusedError), ("451 try later", ChannelUnavailableError)],
)
def test_a_recipient_or_a_mail_may_be_refused_for_good_or_for_now(
    mails: MailServer, answer: str, expected: type[Exception]
) -> None:
    sender = email(mails)
    mails.answer_to_recipient = lambda address: answer
    with pytest.raises(expected) as failure:
        sender.send(message())
    assert "ana@" not in str(failure.value)
    mails.answer_to_recipient = lambda address: "250 OK"
    mails.answer_to_data = lambda mail: answer
    with pytest.raises(expected):
        sender.send(message())
    mails.answer_to_data = lambda mail: "250 OK"
    sender.send(message())
    assert len(mails.mails) == 1


def test_a_login_that_is_not_offered_and_a_sender_that_is_refused_are_mistakes_of_ours(
    mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_LOGIN", "somebody")
    login: dict[str, Any] = {"username": "${TEST_LOGIN}", "password": "${TEST_LOGIN}"}
    with pytest.raises(ConfigurationError, match="no login"):
        channel(smtp_host="127.0.0.1", smtp_port=mails.port, security="none", **login).send(message())
    mails.answer_to_sender = lambda address: "550 not from here"
    with pytest.raises(ConfigurationError, match="refused the sender Salons"):
        email(mails).send(message())


def test_a_server_that_is_away_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        sender = channel(smtp_host="127.0.0.1", smtp_port=taken.getsockname()[1], security="none", timeout_seconds=5)
        with pytest.raises(ChannelUnavailableError, match="channel it: ConnectionRefusedError"):
            sender.send(message())


def test_a_connection_that_the_server_closed_is_opened_again(mails: MailServer) -> None:
    sender = email(mails)
    mails.answer_to_data = lambda mail: "421 going down"
    with pytest.raises(ChannelUnavailableError):
        sender.send(message("a"))
    mails.answer_to_data = lambda mail: "250 OK"
    sender.send(message("b"))
    assert mails.identifiers == ["<b@salon.example>"]


def test_a_server_without_starttls_gets_no_mail_that_needs_it(mails: MailServer) -> None:
    sender = channel(smtp_host="127.0.0.1", smtp_port=mails.port)
    with pytest.raises(ConfigurationError, match="the server offers no STARTTLS"):
        sender.send(message())
    assert mails.mails == []


def test_a_webhook_is_signed_and_has_a_stable_id(http: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_HOOK_KEY", "correct horse")
    sender = channel(webhook_url=f"{http.url}/in?x=1", signing_key="${TEST_HOOK_KEY}")
    sender.send(message(attachments=(Attachment(name="a.txt", content=b"hello"),)))
    sender.close()
    ((headers, body),) = http.requests
    assert headers["webhook-id"] == "abc"
    signed = f"abc.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(b"correct horse", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    (document,) = http.documents
    assert document["reference"] == {"account": "7"}
    assert document["to"] == "ana@x.example"
    assert document["attachments"][0]["content_base64"] == base64.b64encode(b"hello").decode()
    assert http.paths == ["/in?x=1"]


def hook(http: HttpReceiver) -> tuple[WebhookSender, list[float]]:
    slept: list[float] = []
    section = WebhookChannel.model_validate({"name": "it", "webhook_url": http.url, "timeout_seconds": 10})
    return WebhookSender(section, sleep=slept.append), slept


def test_a_webhook_is_tried_again_with_the_same_id_when_asked_for_patience(http: HttpReceiver) -> None:
    sender, slept = hook(http)
    http.answer = lambda number: 200 if number == 3 else 503
    sender.send(message())
    assert [headers["webhook-id"] for headers, _ in http.requests] == ["abc"] * 3
    assert slept == [0.2, 1.0]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(503, ChannelUnavailableError), (410, MessageRefusedError), (404, ConfigurationError), (401, ConfigurationError)],
)
def test_a_webhook_that_is_not_taken_is_refused_or_unavailable(
    http: HttpReceiver, status: int, expected: type[Exception]
) -> None:
    sender, _ = hook(http)
    http.answer = lambda number: status
    with pytest.raises(expected, match=f"answered {status}"):
        sender.send(message())


def test_a_webhook_to_nobody_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    section = WebhookChannel.model_validate({"name": "it", "webhook_url": url})
    with pytest.raises(ChannelUnavailableError, match="ConnectError"):
        WebhookSender(section, sleep=lambda seconds: None).send(message())


def test_apprise_delivers_to_the_address_in_its_url(http: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_APPRISE", http.url.replace("http://", "json://"))
    sender = channel(apprise_url="${TEST_APPRISE}/to/{recipient}", address="phone")
    sender.send(message(address="+351 912 345 678"))
    assert http.paths[0].startswith("/to/+351%20912%20345%20678")
    assert http.documents[0]["message"].startswith("Olá Ana")
    http.answer = lambda number: 500
    with pytest.raises(ChannelUnavailableError, match="apprise could not deliver"):
        sender.send(message(address="+351912345678"))


def test_whatsapp_gets_an_approved_template_with_its_variables(
    http: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifyWhatsApp, "notify_url", http.url + "/{fb_ver}/{phone_id}/messages")
    monkeypatch.setattr(NotifyWhatsApp, "request_rate_per_sec", 0)
    monkeypatch.setenv("TEST_WHATSAPP", "abcdef0123456789@14155238886")
    sender = channel(
        apprise_url="whatsapp://${TEST_WHATSAPP}/{recipient}/",
        approved_templates={"last_day": {"name": "trial_ends_today", "variables": ["name", "days_left"]}},
        languages={"pt": "pt_PT"},
    )
    sender.send(message(address="+351912345678"))
    (sent,) = http.documents
    assert sent["to"] == "+351912345678"
    assert sent["template"]["name"] == "trial_ends_today"
    assert sent["template"]["language"]["code"] == "pt_PT"
    assert [each["text"] for each in sent["template"]["components"][0]["parameters"]] == ["Salão", "3"]
    with pytest.raises(MessageRefusedError, match="no approved template for 'expire'"):
        sender.send(message(topic="expire"))
    with pytest.raises(MessageRefusedError, match="has no value 'name'"):
        sender.send(message(values={}))


def test_an_apprise_url_that_is_none_is_a_mistake_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_APPRISE", "pigeon")
    with pytest.raises(ConfigurationError, match="apprise cannot read its apprise_url"):
        channel(apprise_url="${TEST_APPRISE}://x").send(message())
    assert apprise.__version__


def test_a_folder_keeps_mails_once_by_id(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    sender = channel(settings, folder="mails")
    before = datetime.now(UTC)
    for identifier in ("a", "b", "a"):
        sender.send(message(identifier))
    assert sorted(path.name for path in (tmp_path / "mails" / "new").iterdir()) == ["a.eml", "b.eml"]
    content = (tmp_path / "mails" / "new" / "a.eml").read_bytes()
    mail = message_from_bytes(content, policy=policy.default)
    assert mail["To"] == "ana@x.example"
    assert mail["Date"].datetime >= before.replace(microsecond=0)
    assert list((tmp_path / "mails" / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file")
    with pytest.raises(StorageError, match="channel it: "):
        channel(Settings(home=tmp_path), folder="mails").send(message())
