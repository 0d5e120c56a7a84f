"""When a message may go, and by which channel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sereno.messages.channels import route
from sereno.messages.identity import stable_id
from sereno.messages.mail import mail_of
from sereno.messages.manners import Pace, next_attempt_at, quiet_until
from sereno.messages.message import Attachment, Message, MessageRefusedError, Recipient
from sereno.messages.recipients import digest_of
from sereno.systems.sections.messages import Messages, QuietHours

LISBON = ZoneInfo("Europe/Lisbon")
NIGHT = QuietHours(begin_hour=21, end_hour=8)


def manners(**values: Any) -> Messages:
    channels = [
        {"name": "email", "smtp_host": "localhost"},
        {"name": "sms", "apprise_url": "${SMS}"},
        {"name": "hook", "webhook_url": "https://hook.example"},
    ]
    return Messages.model_validate({"sender": "Salões <no-reply@salon.example>", "channels": channels, **values})


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-07-10 20:59", None),
        ("2026-07-10 21:00", "2026-07-11 08:00"),
        ("2026-07-10 23:59", "2026-07-11 08:00"),
        ("2026-07-11 00:00", "2026-07-11 08:00"),
        ("2026-07-11 07:59", "2026-07-11 08:00"),
        ("2026-07-11 08:00", None),
        ("2026-10-24 22:00", "2026-10-25 08:00"),  # the night that is an hour longer
        ("2026-03-28 22:00", "2026-03-29 08:00"),  # and the one that is an hour shorter
    ],
)
def test_the_night_of_the_recipient_is_quiet(local: str, until: str | None) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=LISBON).astimezone(UTC)
    found = quiet_until(now, LISBON, NIGHT)
    assert (found.astimezone(LISBON).strftime("%Y-%m-%d %H:%M") if found else None) == until
    assert quiet_until(now, LISBON, None) is None


def test_quiet_hours_may_lie_within_a_day_and_always_end() -> None:
    siesta = QuietHours(begin_hour=13, end_hour=16)
    assert quiet_until(datetime(2026, 7, 1, 13, tzinfo=UTC), ZoneInfo("UTC"), siesta) == datetime(
        2026, 7, 1, 16, tzinfo=UTC
    )
    missing = QuietHours(begin_hour=0, end_hour=1)  # one o'clock does not exist on that day
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    until = quiet_until(now, LISBON, missing)
    assert until
    assert until > now


def test_quiet_hours_that_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="last for ever"):
        QuietHours(begin_hour=8, end_hour=8)


def test_a_channel_sends_no_more_than_it_may_in_any_minute() -> None:
    clock = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pace = Pace(3, sent_seconds_ago=[50.0], clock=lambda: clock[0], sleep=sleep)
    for _ in range(6):
        pace.wait()
    assert slept == [10.0, 50.0, 10.0]
    unbounded = Pace(None, clock=lambda: 0.0, sleep=sleep)
    unbounded.wait()
    assert len(slept) == 3


def test_a_message_waits_longer_after_each_failure() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    waits = [next_attempt_at(now, attempts=number) - now for number in (1, 2, 3, 4, 9)]
    assert waits == [timedelta(minutes=5), timedelta(minutes=30), *[timedelta(hours=hours) for hours in (2, 6, 6)]]


@pytest.mark.parametrize(
    ("addresses", "own", "expected"),
    [
        ({"email": "a@b.c", "phone": "+351"}, (), ["email", "sms", "hook"]),
        ({"email": "a@b.c"}, ("sms", "hook"), ["hook"]),
        ({"phone": "+351"}, (), ["sms", "hook"]),
        ({"email": "a@b.c"}, ("pigeon",), ["email", "hook"]),
        ({"email": "a@b.c"}, ("sms",), []),
    ],
)
def test_a_recipients_own_order_of_channels_decides(
    addresses: dict[str, str], own: tuple[str, ...], expected: list[str]
) -> None:
    found = route(Recipient(addresses=addresses, channels=own), manners())
    assert [channel.name for channel in found] == expected


def message(**values: Any) -> Message:
    given: dict[str, Any] = {"id": "abc", "address": "ana@x.example", "subject": "Olá é", "text": "Olá\n"}
    return Message(**{**given, **values})


def test_a_mail_has_a_stable_id_both_forms_and_its_attachments() -> None:
    attachment = Attachment(name="relatório.pdf", content=b"%PDF", media_type="application/pdf")
    mail = mail_of(message(html="<p>Olá</p>", attachments=(attachment,), locale="pt"), manners(), now=datetime.now(UTC))
    assert mail["Message-ID"] == "<abc@salon.example>"
    assert mail["From"] == "Salões <no-reply@salon.example>"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert mail["Content-Language"] == "pt"
    assert mail.get_all("Message-ID") == ["<abc@salon.example>"]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nBcc: c@d", "a b@c.d", "a@b, c@d", "a@", "@b", "Ana <a@b.c>", "ä@b.c", "a@b.c>"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(MessageRefusedError, match="address is none"):
        mail_of(message(address=address), manners(), now=datetime.now(UTC))


def test_two_channels_cannot_have_one_name() -> None:
    twice = [{"name": "email", "smtp_host": "a"}, {"name": "email", "folder": "b"}]
    with pytest.raises(ValueError, match="two channels are called 'email'"):
        manners(channels=twice)


def test_ids_and_digests_are_stable() -> None:
    assert stable_id("a", "b") == stable_id("a", "b") != stable_id("ab")
    assert len(stable_id("a")) == 32
    assert digest_of(" Ana@X.example ", b"k") == digest_of("ana@x.example", b"k") != digest_of("ana@x.example", b"l")


def test_a_message_that_is_printed_shows_neither_address_nor_text() -> None:
    shown = repr(message(html="<p>Olá</p>"))
    assert "ana" not in shown
    assert "Olá" not in shown
