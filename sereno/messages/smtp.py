"""The channel that sends e-mail by SMTP: one connection for many messages, opened again when it was lost."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime

from sereno.errors import ConfigurationError
from sereno.messages.mail import mail_of
from sereno.messages.message import ChannelUnavailableError, Message, MessageRefusedError
from sereno.systems.sections.channels import SmtpChannel
from sereno.systems.sections.messages import Messages

_LATER = range(400, 500)


class SmtpSender:
    """Sends e-mail. A server that answers with a code from 400 to 499 asks for patience, from 500 on it refuses."""

    def __init__(self, channel: SmtpChannel, manners: Messages) -> None:
        """Describe the channel; the connection is opened by the first message."""
        self._channel = channel
        self._manners = manners
        self._connection: smtplib.SMTP | None = None

    def send(self, message: Message) -> None:
        """Hand `message` to the server; see `Sender`.

        Raises:
            ConfigurationError: the login, the sender or `security` is wrong; messages can wait until it is mended.
        """
        mail = mail_of(message, self._manners, now=datetime.now(UTC))
        if self._connection is None:
            self._connection = self._opened()
        try:
            self._connection.send_message(mail)
        except smtplib.SMTPSenderRefused as error:
            self._reset()
            raise self._about_us(error.smtp_code, f"the sender {self._manners.sender}") from None
        except smtplib.SMTPRecipientsRefused as error:
            self._reset()
            code = next(iter(error.recipients.values()))[0]
            raise self._said(code, "the recipient") from None
        except smtplib.SMTPResponseException as error:
            self._reset()
            raise self._said(error.smtp_code, "the message") from None
        except (smtplib.SMTPNotSupportedError, UnicodeError):
            self._reset()
            raise MessageRefusedError(f"channel {self._channel.name}: the server cannot take such an address") from None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise ChannelUnavailableError(f"channel {self._channel.name}: {type(error).__name__}") from None

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()

    def _opened(self) -> smtplib.SMTP:
        """A connection; what goes wrong here is about the channel, never about one message."""
        name = self._channel.name
        try:
            return self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise self._about_us(error.smtp_code, "the login") from None
        except smtplib.SMTPNotSupportedError:
            raise ConfigurationError(
                f"channel {name}: the server offers no STARTTLS or no login; set security, or take the login away"
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelUnavailableError(f"channel {name}: {type(error).__name__}") from None

    def _connected(self) -> smtplib.SMTP:
        channel = self._channel
        place = (channel.smtp_host, channel.smtp_port)
        if channel.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                *place, timeout=channel.timeout_seconds, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(*place, timeout=channel.timeout_seconds)
        try:
            if channel.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if channel.username and channel.password:
                connection.login(channel.username.resolve(), channel.password.resolve())
        except BaseException:
            connection.close()
            raise
        return connection

    def _reset(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _about_us(self, code: int, what: str) -> ConfigurationError | ChannelUnavailableError:
        if code in _LATER:
            return ChannelUnavailableError(f"channel {self._channel.name}: the server asked for patience ({code})")
        return ConfigurationError(f"channel {self._channel.name}: the server refused {what} ({code})")

    def _said(self, code: int, what: str) -> MessageRefusedError | ChannelUnavailableError:
        name = self._channel.name
        if code in _LATER or code < 0:
            return ChannelUnavailableError(f"channel {name}: the server asked for patience with {what} ({code})")
        return MessageRefusedError(f"channel {name}: the server refused {what} ({code})")
