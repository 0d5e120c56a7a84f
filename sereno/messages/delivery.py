"""Delivering what waits in the outbox: each message is written anew, tried channel by channel, and each attempt logged.

A message is handed over before that is written down. A process that is killed in between leaves it waiting, so that it
is handed over again: at least once, always under the same id, by which receivers know it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from sereno.errors import SerenoError
from sereno.messages.channels import open_channel, route
from sereno.messages.deliveries import Deliveries
from sereno.messages.manners import Pace, next_attempt_at, quiet_until
from sereno.messages.message import ChannelUnavailableError, Message, MessageRefusedError, Recipient, Sender
from sereno.messages.outbox import DeliveryResult, MessageState, Outbox, Pending
from sereno.messages.recipients import digest_of
from sereno.progress import Progress, silent
from sereno.systems.sections.channels import ChannelSection
from sereno.systems.sections.messages import Messages

AT_ONCE = 100
"""How many messages are composed together."""
_DOWN_AFTER = 3
"""Failures in a row after which a channel is left alone until the next run."""
_UNTIL_MENDED = timedelta(minutes=30)
_GIVEN_UP_AFTER = timedelta(days=3)
"""How long the last channel of a message may ask for patience."""
_SHARED = ""


class Writer(Protocol):
    """Writes a message for one address; every attempt gives the same id."""

    def __call__(self, identifier: str, address: str) -> Message:
        """The message `identifier` to `address`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What is to be said to somebody, or why nothing is any more."""

    recipient: Recipient = field(default_factory=Recipient)
    write: Writer | None = None
    canceled: str = ""


Composer: TypeAlias = Callable[[Sequence[Pending]], Mapping[str, Composed]]
"""What each message says, by id; one that is missing is left as it is."""


class Delivery:
    """Delivers the messages of one outbox."""

    def __init__(
        self,
        outbox: Outbox,
        manners: Messages,
        compose: Composer,
        *,
        key: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        channel_of: Callable[[ChannelSection, Messages], Sender] = open_channel,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            outbox: what is delivered.
            manners: the section `messages`.
            compose: what each message says.
            key: of the digests of addresses.
            clock: what time it is, in UTC.
            channel_of: opens a channel.
        """
        self._outbox, self._manners, self._compose = outbox, manners, compose
        self._key, self._clock, self._channel_of = key, clock, channel_of
        self._senders: dict[str, Sender] = {}
        self._paces: dict[str, Pace] = {}
        self._failures: Counter[str] = Counter()
        self._done = Deliveries()

    def deliver(self, *, at_most: int, progress: Progress = silent) -> Deliveries:
        """Deliver what is due, at most so many messages.

        Raises:
            SerenoError: the ledger cannot be written, or messages cannot be composed.
        """
        seen, last = 0, ""
        with ExitStack() as opened:
            opened.callback(self._close)
            while seen < at_most:
                chunk = self._outbox.due(now=self._clock(), at_most=min(AT_ONCE, at_most - seen), after=last)
                if not chunk:
                    break
                composed = self._compose(chunk)
                for message in chunk:
                    if message.id in composed:
                        self._attend(message, composed[message.id])
                    seen += 1
                    progress(done=seen, total=max(at_most, seen), what=f"{self._done.delivered:,} delivered")
                last = chunk[-1].id
        self._done.waiting = self._outbox.waiting()
        return self._done

    def _attend(self, message: Pending, composed: Composed) -> None:
        now = self._clock()
        if composed.write is None:
            self._outbox.cancel(message, at=now, why=composed.canceled)
            self._done.canceled += 1
            return
        channels = route(composed.recipient, self._manners)
        if not channels:
            self._outbox.fail(message, at=now, why="no channel reaches this recipient")
            self._done.unreachable += 1
        elif (until := quiet_until(now, composed.recipient.zone, self._manners.quiet_hours)) is not None:
            self._postpone(message, until, "quiet hours")
        else:
            self._try(message, composed.recipient, composed.write, channels)

    def _try(self, message: Pending, recipient: Recipient, write: Writer, channels: tuple[ChannelSection, ...]) -> None:
        """Try the channel whose turn it is, and those after it as long as one refuses for good."""
        names = [channel.name for channel in channels]
        first = names.index(message.channel) if message.channel in names else 0
        for index in range(first, len(channels)):
            channel = channels[index]
            later = names[index + 1] if index + 1 < len(names) else None
            if self._failures[channel.name] >= _DOWN_AFTER:
                self._done.postponed += 1
                return
            address = recipient.addresses.get(channel.address, _SHARED)
            digest = digest_of(address, self._key) if address else None
            if digest and self._had_enough(message, digest):
                return
            try:
                text = write(message.id, address)
            except SerenoError as error:  # such as a template that is wrong in one language
                self._outbox.postpone(message, until=self._clock() + _UNTIL_MENDED, why=str(error))
                self._done.problems[str(error)] += 1
                self._done.unwritten += 1
                return
            if (moved := self._attempt(message, channel, text, digest, later)) is None:
                return
            message = moved

    def _attempt(
        self, message: Pending, channel: ChannelSection, text: Message, digest: str | None, later: str | None
    ) -> Pending | None:
        """One attempt by one channel; the message as the next channel gets it, None when it is over for now."""
        self._pace(channel).wait()
        try:
            self._sender(channel).send(text)
        except (MessageRefusedError, ChannelUnavailableError) as error:
            passing = not error.permanent
            problem = str(error)
        except SerenoError as error:  # a channel that is described wrongly: a person mends it, and nothing is lost
            passing, problem = True, str(error)
            self._failures[channel.name] = _DOWN_AFTER
        else:
            self._failures[channel.name] = 0
            self._note(message, channel, DeliveryResult.DELIVERED, MessageState.DELIVERED, recipient=digest)
            self._done.delivered += 1
            return None
        self._done.problems[problem] += 1
        if passing:
            self._failures[channel.name] += 1
            if self._failures[channel.name] >= _DOWN_AFTER:
                self._done.down.add(channel.name)
            if message.attempts + 1 < channel.attempts or (later is None and not self._is_old(message)):
                at = next_attempt_at(self._clock(), attempts=message.attempts + 1)
                self._note(message, channel, DeliveryResult.DEFERRED, MessageState.PENDING, problem, not_before=at)
                self._done.postponed += 1
                return None
        result = DeliveryResult.DEFERRED if passing else DeliveryResult.REFUSED
        if later is None:
            self._note(message, channel, result, MessageState.FAILED, problem)
            self._done.failed += 1
            return None
        self._note(message, channel, result, MessageState.PENDING, problem, next_channel=later)
        return Pending(
            id=message.id,
            topic=message.topic,
            reference=message.reference,
            channel=later,
            attempts=0,
            created_at=message.created_at,
        )

    def _is_old(self, message: Pending) -> bool:
        return self._clock() - message.created_at > _GIVEN_UP_AFTER

    def _note(
        self,
        message: Pending,
        channel: ChannelSection,
        result: DeliveryResult,
        state: MessageState,
        problem: str | None = None,
        *,
        recipient: str | None = None,
        next_channel: str | None = None,
        not_before: datetime | None = None,
    ) -> None:
        self._outbox.note(
            message,
            channel=channel.name,
            result=result,
            at=self._clock(),
            state=state,
            problem=problem,
            recipient=recipient,
            next_channel=next_channel,
            not_before=not_before,
        )
        self._done.results[channel.name, result.value] += 1

    def _had_enough(self, message: Pending, digest: str) -> bool:
        day_ago = self._clock() - timedelta(days=1)
        if self._outbox.sent_to(digest, since=day_ago) < self._manners.per_recipient_per_day:
            return False
        self._postpone(message, self._clock() + timedelta(hours=6), "enough messages to this address for a day")
        return True

    def _postpone(self, message: Pending, until: datetime, why: str) -> None:
        self._outbox.postpone(message, until=until, why=why)
        self._done.postponed += 1

    def _sender(self, channel: ChannelSection) -> Sender:
        if channel.name not in self._senders:
            self._senders[channel.name] = self._channel_of(channel, self._manners)
        return self._senders[channel.name]

    def _pace(self, channel: ChannelSection) -> Pace:
        if channel.name not in self._paces:
            most = channel.per_minute
            before = (
                self._outbox.seconds_since_deliveries(channel.name, now=self._clock(), at_most=most) if most else ()
            )
            self._paces[channel.name] = Pace(most, sent_seconds_ago=before)
        return self._paces[channel.name]

    def _close(self) -> None:
        for sender in self._senders.values():
            sender.close()
