"""The ways in which messages reach people: sections of `messages.channels`, told apart by a key of their own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import NO_ALTERNATIVE, FilePath, Name, SecretText, SecretUrl

AddressKind = Literal["email", "phone", "none"]


class Channel(Part):
    """What every channel has."""

    name: Name = Field(examples=["email"])
    """What the channel is called in reports, and in an account's own order of channels."""
    per_minute: int | None = Field(default=None, ge=1, le=100_000, examples=[120])
    """How many messages it may send in a minute; it waits for its turn. Default: no bound."""
    attempts: int = Field(default=5, ge=1, le=100, examples=[5])
    """How often a message that it could not take for a passing reason is tried before the next channel has its turn."""
    timeout_seconds: int = Field(default=20, ge=1, le=600, examples=[20])
    """How long it waits for one answer."""


class SmtpChannel(Channel):
    """E-mail through an SMTP server."""

    smtp_host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$", examples=["smtp.example.com"])
    """The server."""
    smtp_port: int = Field(default=587, ge=1, le=65_535, examples=[587])
    """Its port: 587 with STARTTLS, 465 with TLS from the beginning."""
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", examples=["starttls"])
    """How the connection is protected. `none` is for a server on this machine."""
    username: SecretText | None = Field(default=None, examples=["${POINT_SMTP_USER}"])
    """The login's name. Default: no login."""
    password: SecretText | None = Field(default=None, examples=["${POINT_SMTP_PASSWORD}"])
    """The login's password."""

    @model_validator(mode="after")
    def _logs_in_whole(self) -> SmtpChannel:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; give both or neither")
        return self

    @property
    def address(self) -> AddressKind:
        """Which address of a recipient it needs."""
        return "email"


class WebhookChannel(Channel):
    """A POST of JSON to an address of your own, signed as Standard Webhooks are."""

    webhook_url: SecretUrl = Field(examples=["${POINT_MESSAGES_URL}"])
    """Where it goes. What stands in the URL is as secret as a password when it admits whoever knows it."""
    signing_key: SecretText | None = Field(default=None, examples=["${POINT_WEBHOOK_KEY}"])
    """Signs each message (HMAC-SHA256). Default: not signed."""
    address: AddressKind = Field(default="none", examples=["email"])
    """Which address of a recipient it needs; with `none` it goes to whoever listens there."""


class ApprovedTemplate(Part):
    """A text that a provider has approved, such as a WhatsApp template: it is sent by name, with its variables."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,512}$", examples=["trial_ends_soon"])
    """The template's name at the provider."""
    variables: tuple[str, ...] = Field(default=(), max_length=20, examples=[["days_left", "ends_on"]])
    """Which values of a message fill {{1}}, {{2}}, ... of the template, in their order."""


class AppriseChannel(Channel):
    """Any of the services that apprise knows: Slack, SMS, WhatsApp, ...; it only says whether it believes it worked."""

    apprise_url: SecretText = Field(examples=["slack://${SLACK_TOKENS}", "whatsapp://${WHATSAPP}/{recipient}"])
    """The service's URL. `{recipient}` stands for the recipient's address."""
    address: AddressKind = Field(default="phone", examples=["phone"])
    """Which address of a recipient it needs; with `none` it goes to the place in the URL."""
    approved_templates: dict[str, ApprovedTemplate] = Field(
        default={}, max_length=100, examples=[{"last_day": {"name": "trial_ends_today", "variables": ["ends_on"]}}]
    )
    """By a message's topic. Where there are any, a topic without one cannot go by this channel."""
    languages: dict[str, str] = Field(default={}, max_length=100, examples=[{"pt": "pt_PT", "es": "es_ES"}])
    """What the provider calls the languages of its templates. Default: as they are called here."""


class FolderChannel(Channel):
    """Mails as files in a folder (a maildir) instead of being sent: for staging, tests and demonstrations."""

    folder: FilePath = Field(examples=["point/mails", "/srv/mails"])
    """The folder; it is made when it is missing. A relative one is taken from SERENO_HOME."""

    @property
    def address(self) -> AddressKind:
        """Which address of a recipient it needs."""
        return "email"


def _kind_of_channel(channel: Any) -> str | None:
    if isinstance(channel, Part):
        return type(channel).__name__
    kinds = [kind for key, kind in _KIND_BY_KEY.items() if isinstance(channel, dict) and key in channel]
    return kinds[0] if len(kinds) == 1 else None


_KIND_BY_KEY = {
    "smtp_host": SmtpChannel.__name__,
    "webhook_url": WebhookChannel.__name__,
    "apprise_url": AppriseChannel.__name__,
    "folder": FolderChannel.__name__,
}

ChannelSection = Annotated[
    Annotated[SmtpChannel, Tag(SmtpChannel.__name__)]
    | Annotated[WebhookChannel, Tag(WebhookChannel.__name__)]
    | Annotated[AppriseChannel, Tag(AppriseChannel.__name__)]
    | Annotated[FolderChannel, Tag(FolderChannel.__name__)],
    Discriminator(
        _kind_of_channel,
        custom_error_type=NO_ALTERNATIVE,
        custom_error_message="expected a section with name and one of smtp_host, webhook_url, apprise_url, folder",
    ),
]
