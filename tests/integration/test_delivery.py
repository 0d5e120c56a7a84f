"""Delivering from the outbox: order of channels, patience, quiet hours, bounds, and what is written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sereno.errors import ConfigurationError
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.models import DeliveryRow, MessageRow
from sereno.messages.deliveries import Deliveries
from sereno.messages.delivery import Composed, Delivery
from sereno.messages.message import (
    ChannelUnavailableError,
    Message,
    MessageRefusedError,
    Recipient,
)
from sereno.messages.outbox import Entry, Outbox, Pending, delivery_counts, put_within
from sereno.settings import Settings
from sereno.systems.sections.channels import ChannelSection
from sereno.systems.sections.messages import Messages

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEY = b"k" * 32


@dataclass
class FakeChannel:
    """Takes messages, or raises what it was told to raise for each in turn."""

    taken: list[str] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)

    def send(self, message: Message) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.taken.append(message.id)

    def close(self) -> None:
        pass


@dataclass
class Case:
    """An outbox with two channels, `first` and `second`."""

    ledger: Ledger
    channels: dict[str, FakeChannel] = field(default_factory=lambda: {"first": FakeChannel(), "second": FakeChannel()})
    now: datetime = NOON
    recipient: Recipient = field(default_factory=lambda: Recipient(addresses={"email": "ana@x.example"}))
    canceled: str = ""
    broken: bool = False

    def put(self, *identifiers: str) -> None:
        entries = [Entry(id=each, topic="hello", reference={"who": each}) for each in identifiers]
        with self.ledger.writing() as session:
            put_within(session, entries, system="point", job="greet", now=self.now, run_id="run")

    def deliver(self, *, at_most: int = 100, first: Mapping[str, Any] | None = None, **manners: Any) -> Deliveries:
        channels = [{"name": "first", "folder": "a", **(first or {})}, {"name": "second", "folder": "b"}]
        section = Messages.model_validate({"sender": "P <p@x.example>", "channels": channels, **manners})
        outbox = Outbox(self.ledger, system="point", job="greet")

        def opened(channel: ChannelSection, manners: Messages) -> FakeChannel:
            return self.channels[channel.name]

        return Delivery(outbox, section, self._compose, key=KEY, clock=lambda: self.now, channel_of=opened).deliver(
            at_most=at_most
        )

    def _compose(self, messages: Sequence[Pending]) -> Mapping[str, Composed]:
        if self.canceled:
            return {each.id: Composed(canceled=self.canceled) for each in messages}
        return {each.id: Composed(recipient=self.recipient, write=self._write) for each in messages}

    def _write(self, identifier: str, address: str) -> Message:
        if self.broken:
            raise ConfigurationError("messages/hello.es.md:3: is wrong")
        return Message(id=identifier, address=address, subject="Hi", text="Hi\n")

    def messages(self) -> dict[str, tuple[str, str | None, int]]:
        with self.ledger.reading() as session:
            return {row.id: (row.state, row.channel, row.attempts) for row in session.query(MessageRow)}

    def log(self) -> list[tuple[str, str, int, str]]:
        with self.ledger.reading() as session:
            rows = session.query(DeliveryRow).order_by(DeliveryRow.id)
            return [(row.message_id, row.channel, row.attempt, row.result) for row in rows]


@pytest.fixture(params=["sqlite", "postgresql"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    url = request.getfixturevalue("scratch_database") if request.param == "postgresql" else None
    with open_ledger(Settings(home=tmp_path, ledger_url=url)) as ledger:
        yield Case(ledger)


def test_what_waits_is_delivered_once(case: Case) -> None:
    case.put("a", "b")
    done = case.deliver()
    assert (done.delivered, done.waiting) == (2, 0)
    assert case.deliver().delivered == 0
    assert case.channels["first"].taken == ["a", "b"]
    assert case.messages() == {"a": ("delivered", "first", 1), "b": ("delivered", "first", 1)}
    (count,) = delivery_counts(case.ledger, "point")
    assert (count.channel, count.result, count.attempts) == ("first", "delivered", 2)


def test_a_channel_that_refuses_gives_way_to_the_next(case: Case) -> None:
    case.put("a")
    case.channels["first"].failures = [MessageRefusedError("no such mailbox")]
    assert case.deliver().delivered == 1
    assert case.log() == [("a", "first", 1, "refused"), ("a", "second", 1, "delivered")]


def test_when_every_channel_refuses_the_message_is_given_up(case: Case) -> None:
    case.put("a", "b")
    for channel in case.channels.values():
        channel.failures = [MessageRefusedError("no")]
    done = case.deliver()
    assert (done.delivered, done.failed, done.problems) == (1, 1, {"no": 2})
    assert case.messages()["a"] == ("failed", "second", 1)


def test_a_channel_that_is_away_is_tried_again_later_and_then_gives_way(case: Case) -> None:
    case.put("a")
    case.channels["first"].failures = [ChannelUnavailableError("away")] * 2
    assert case.deliver(first={"attempts": 2}).waiting == 1
    assert case.deliver(first={"attempts": 2}).results == {}, "it waits for its time"
    case.now += timedelta(minutes=5)
    assert case.deliver(first={"attempts": 2}).delivered == 1
    assert case.log() == [("a", "first", 1, "deferred"), ("a", "first", 2, "deferred"), ("a", "second", 1, "delivered")]


def test_the_last_channel_is_tried_for_three_days(case: Case) -> None:
    case.put("a")
    case.recipient = Recipient(addresses={"email": "ana@x.example"}, channels=("first",))
    case.channels["first"].failures = [ChannelUnavailableError("away")] * 3
    assert case.deliver(first={"attempts": 1}).waiting == 1
    case.now += timedelta(days=3)
    assert case.deliver(first={"attempts": 1}).waiting == 1
    case.now += timedelta(hours=6)
    done = case.deliver(first={"attempts": 1})
    assert (done.failed, done.waiting) == (1, 0)


def test_a_channel_that_is_down_is_left_alone_and_the_run_says_so(case: Case) -> None:
    case.put(*"abcdef")
    case.channels["first"].failures = [ChannelUnavailableError("away")] * 9
    done = case.deliver()
    assert done.down == {"first"}
    assert done.results == {("first", "deferred"): 3}
    assert done.waiting == 6


def test_a_mistake_in_a_channels_section_loses_nothing(case: Case) -> None:
    case.put("a", "b")
    case.channels["first"].failures = [ConfigurationError("the login was refused")]
    done = case.deliver()
    assert (done.waiting, done.down) == (2, {"first"})
    case.now += timedelta(minutes=5)
    assert case.deliver().delivered == 2


def test_a_template_that_is_wrong_lets_messages_wait(case: Case) -> None:
    case.put("a")
    case.broken = True
    done = case.deliver()
    assert (done.unwritten, done.waiting, case.log()) == (1, 1, [])
    case.broken = False
    case.now += timedelta(hours=1)
    assert case.deliver().delivered == 1


def test_what_is_not_needed_any_more_is_canceled(case: Case) -> None:
    case.put("a")
    case.canceled = "it has become a customer"
    assert case.deliver().canceled == 1
    assert case.messages() == {"a": ("canceled", None, 0)}


def test_somebody_without_an_address_is_unreachable(case: Case) -> None:
    case.put("a")
    case.recipient = Recipient()
    done = case.deliver()
    assert (done.unreachable, done.waiting) == (1, 0)


def test_at_night_nobody_is_disturbed(case: Case) -> None:
    case.put("a")
    case.recipient = Recipient(addresses={"email": "ana@x.example"}, zone=ZoneInfo("Asia/Tokyo"))
    quiet: dict[str, Any] = {"quiet_hours": {"begin_hour": 21, "end_hour": 8}}
    assert case.deliver(**quiet).postponed == 1
    case.now = datetime(2026, 11, 26, 7, 59, tzinfo=ZoneInfo("Asia/Tokyo")).astimezone(UTC)
    assert case.deliver(**quiet).delivered == 0
    case.now += timedelta(minutes=1)
    assert case.deliver(**quiet).delivered == 1


def test_one_address_gets_only_so_many_a_day(case: Case) -> None:
    case.put(*"abcd")
    assert case.deliver(per_recipient_per_day=2).delivered == 2
    case.now += timedelta(hours=12)
    assert case.deliver(per_recipient_per_day=2).delivered == 0
    case.now += timedelta(hours=12, seconds=1)
    assert case.deliver(per_recipient_per_day=2).delivered == 2


def test_a_run_delivers_at_most_so_many(case: Case) -> None:
    case.put(*(f"m{number:03}" for number in range(250)))
    done = case.deliver(at_most=120, per_recipient_per_day=1000)
    assert (done.delivered, done.waiting) == (120, 130)


def test_the_ledger_keeps_a_digest_and_no_address(case: Case) -> None:
    case.put("a")
    case.deliver()
    with case.ledger.reading() as session:
        (row,) = session.query(MessageRow)
        assert len(row.recipient or "") == 64
        assert "ana" not in str(vars(row))
