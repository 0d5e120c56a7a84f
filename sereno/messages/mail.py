"""A message as an e-mail: text and HTML, attachments, and a Message-ID that is the same for every attempt."""

from __future__ import annotations

from datetime import datetime
from email.errors import HeaderParseError, MessageDefect
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from sereno.messages.message import Message, MessageRefusedError
from sereno.systems.sections.messages import Messages


def mail_of(message: Message, manners: Messages, *, now: datetime) -> EmailMessage:
    """`message` as an e-mail from the system's sender.

    Raises:
        MessageRefusedError: the recipient's address is none.
    """
    name, address = parseaddr(manners.sender)
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = message_id(message.id, manners)
    mail["Date"] = format_datetime(now)
    mail["From"] = Address(display_name=name, addr_spec=address)
    mail["To"] = _address(message.address)
    if manners.reply_to:
        mail["Reply-To"] = manners.reply_to
    mail["Subject"] = " ".join(message.subject.split())
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        kind, _, subtype = attachment.media_type.partition("/")
        mail.add_attachment(
            attachment.content, maintype=kind, subtype=subtype or "octet-stream", filename=attachment.name
        )
    if message.locale:
        mail["Content-Language"] = message.locale  # last, since setting the content takes such headers away
    return mail


def message_id(identifier: str, manners: Messages) -> str:
    """`<ID@DOMAIN>`, the domain being the sender's."""
    return f"<{identifier}@{parseaddr(manners.sender)[1].rpartition('@')[2]}>"


def _address(text: str) -> Address:
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError, MessageDefect):
        raise MessageRefusedError("the recipient's e-mail address is none") from None
    if not address.domain or not address.username or not text.isascii():
        raise MessageRefusedError("the recipient's e-mail address is none that can be written to")
    return address
