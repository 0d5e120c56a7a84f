"""The channel that writes mails into a folder instead of sending them: a maildir, which mail programs can open."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sereno.errors import StorageError
from sereno.messages.mail import mail_of
from sereno.messages.message import Message
from sereno.settings import Settings, load_settings
from sereno.systems.sections.channels import FolderChannel
from sereno.systems.sections.messages import Messages


class FolderSender:
    """Writes each message as a file that is called by its id: one that comes again takes the place of the first."""

    def __init__(self, channel: FolderChannel, manners: Messages, settings: Settings | None = None) -> None:
        """Describe the channel; a relative folder is taken from SERENO_HOME."""
        self._folder = (settings or load_settings()).home_path / channel.folder
        self._channel = channel
        self._manners = manners

    def send(self, message: Message) -> None:
        """Write `message`; see `Sender`.

        Raises:
            StorageError: the folder cannot be written.
        """
        mail = mail_of(message, self._manners, now=datetime.now(UTC))
        try:
            for part in ("tmp", "new", "cur"):
                (self._folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = self._folder / "tmp" / f"{message.id}.eml"
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(mail.as_bytes())
            unfinished.replace(self._folder / "new" / unfinished.name)
        except OSError as error:
            raise StorageError(f"channel {self._channel.name}: {self._folder}: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is kept open."""
