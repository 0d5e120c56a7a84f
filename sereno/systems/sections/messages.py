"""The section `messages`: how the system's people are written to."""

from __future__ import annotations

from pydantic import Field, field_validator

from sereno.systems.part import Part
from sereno.systems.sections.channels import ChannelSection

LOCALE_PATTERN = r"^[a-z]{2,3}(-[a-z0-9]{2,8})?$"


class QuietHours(Part):
    """The hours of the recipient's own day in which nothing is sent; what falls due then waits for their end."""

    begin_hour: int = Field(ge=0, le=23, examples=[21])
    """The first quiet hour."""
    end_hour: int = Field(ge=0, le=23, examples=[8])
    """The hour at which messages may go again."""

    @field_validator("end_hour")
    @classmethod
    def _ends(cls, value: int, info: object) -> int:
        if value == getattr(info, "data", {}).get("begin_hour"):
            raise ValueError("quiet hours that end where they begin would last for ever; leave quiet_hours out")
        return value


class Messages(Part):
    """Channels, who signs, and the manners that hold for every message."""

    sender: str = Field(
        pattern=r"^[^<>\r\n\"]{1,100} <[^<>@\s]{1,64}@[A-Za-z0-9.-]{1,190}>$",
        examples=["Salonix <no-reply@salonix.example>"],
    )
    """Who e-mails come from: a name and an address."""
    reply_to: str | None = Field(
        default=None, pattern=r"^[^<>@\s]{1,64}@[A-Za-z0-9.-]{1,190}$", examples=["help@salonix.example"]
    )
    """Where answers go. Default: to the sender."""
    channels: tuple[ChannelSection, ...] = Field(
        min_length=1, max_length=8, examples=[[{"name": "email", "smtp_host": "smtp.example.com"}]]
    )
    """In the order in which they are tried: the next one has its turn when one refuses a message for good."""
    fallback_locale: str = Field(default="en", pattern=LOCALE_PATTERN, examples=["pt", "pt-br"])
    """The language for people whose own has no template; every template needs it."""
    quiet_hours: QuietHours | None = Field(default=None, examples=[{"begin_hour": 21, "end_hour": 8}])
    """When nobody is disturbed. Default: never quiet."""
    per_recipient_per_day: int = Field(default=10, ge=1, le=1_000, examples=[3])
    """How many messages one address gets within 24 hours; the others wait."""
    values: dict[str, str] = Field(
        default={}, max_length=50, examples=[{"product": "Salonix", "plans_url": "https://salonix.example/plans"}]
    )
    """Words and links that every template may use."""

    @field_validator("channels")
    @classmethod
    def _named_apart(cls, channels: tuple[ChannelSection, ...]) -> tuple[ChannelSection, ...]:
        names = [channel.name for channel in channels]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two channels are called {name!r}; each needs a name of its own")
        return channels
