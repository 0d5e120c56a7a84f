"""What is sent, to whom, and how sending it can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from sereno.errors import SerenoError


class MessageRefusedError(SerenoError):
    """A channel will never take this message for this recipient; the next channel has its turn."""


class ChannelUnavailableError(SerenoError):
    """A channel could not take the message now, or nobody knows whether it did. It may be tried again."""

    permanent = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Somebody who is written to. The addresses are shown nowhere."""

    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By kind: `email`, `phone`."""
    locale: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Whose nights are quiet."""
    channels: tuple[str, ...] = ()
    """The recipient's own order of channels; empty means the system's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as a channel is given it."""

    id: str
    """The same for every attempt, by every channel: receivers know by it what they have got already."""
    address: str = field(default="", repr=False)
    """Where it goes; empty where the channel itself knows."""
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = ()
    topic: str = ""
    """What it is about, such as its template's name."""
    locale: str = ""
    reference: Mapping[str, str] = field(default_factory=dict)
    """What it is about, for machines: ids, never addresses."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What an approved template of a provider is filled with."""


class Sender(Protocol):
    """An open channel."""

    def send(self, message: Message) -> None:
        """Hand `message` over.

        Raises:
            MessageRefusedError: it will never be taken.
            ChannelUnavailableError: it was not taken now, or nobody knows whether it was.
        """

    def close(self) -> None:
        """Let go of what is open."""
