"""The channel for the long tail of services: Slack, SMS, WhatsApp and whatever else apprise knows.

Apprise says only whether it believes that a message went. So nobody knows whether one that failed was taken after all,
and trying it again may bring it twice; services know nothing of our ids.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode

from sereno.errors import ConfigurationError
from sereno.messages.message import ChannelUnavailableError, Message, MessageRefusedError
from sereno.messages.wording import language
from sereno.systems.sections.channels import AppriseChannel

RECIPIENT = "{recipient}"
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings quote the recipient


class AppriseSender:
    """Sends by a service of apprise's."""

    def __init__(self, channel: AppriseChannel) -> None:
        """Describe the channel."""
        self._channel = channel

    def send(self, message: Message) -> None:
        """Hand `message` to the service; see `Sender`.

        Raises:
            ConfigurationError: apprise cannot read the channel's URL.
        """
        import apprise  # takes long, and few systems need it

        service = apprise.Apprise()
        if not service.add(self._url(message)):
            raise ConfigurationError(f"channel {self._channel.name}: apprise cannot read its apprise_url")
        with tempfile.TemporaryDirectory(prefix="sereno-") as folder:
            files = [
                str(_written(Path(folder), number, one.name, one.content))
                for number, one in enumerate(message.attachments)
            ]
            if not service.notify(body=message.text, title=message.subject, attach=files or None):
                raise ChannelUnavailableError(f"channel {self._channel.name}: apprise could not deliver")

    def close(self) -> None:
        """Nothing is kept open."""

    def _url(self, message: Message) -> str:
        url = self._channel.apprise_url.resolve().replace(RECIPIENT, quote(message.address, safe="+"))
        if not self._channel.approved_templates:
            return url
        approved = self._channel.approved_templates.get(message.topic)
        if approved is None:
            raise MessageRefusedError(f"channel {self._channel.name}: no approved template for {message.topic!r}")
        missing = [name for name in approved.variables if name not in message.values]
        if missing:
            raise MessageRefusedError(f"channel {self._channel.name}: {message.topic!r} has no value {missing[0]!r}")
        languages = self._channel.languages
        spoken = languages.get(message.locale) or languages.get(language(message.locale)) or message.locale
        filled = {f":{number}": message.values[name] for number, name in enumerate(approved.variables, start=1)}
        query = urlencode({"template": approved.name, "lang": spoken, **filled})
        return f"{url}{'&' if '?' in url else '?'}{query}"


def _written(folder: Path, number: int, name: str, content: bytes) -> Path:
    path = folder / str(number) / (Path(name).name or "file")
    path.parent.mkdir()
    path.write_bytes(content)
    return path
