"""Opening the channels of a system, and which of them can reach a recipient, in which order."""

from __future__ import annotations

from sereno.messages.by_apprise import AppriseSender
from sereno.messages.maildir import FolderSender
from sereno.messages.message import Recipient, Sender
from sereno.messages.smtp import SmtpSender
from sereno.messages.webhook import WebhookSender
from sereno.settings import Settings
from sereno.systems.sections.channels import AppriseChannel, ChannelSection, SmtpChannel, WebhookChannel
from sereno.systems.sections.messages import Messages


def open_channel(channel: ChannelSection, manners: Messages, settings: Settings | None = None) -> Sender:
    """The channel that a section describes; nothing is connected yet."""
    if isinstance(channel, SmtpChannel):
        return SmtpSender(channel, manners)
    if isinstance(channel, WebhookChannel):
        return WebhookSender(channel)
    if isinstance(channel, AppriseChannel):
        return AppriseSender(channel)
    return FolderSender(channel, manners, settings)


def route(recipient: Recipient, manners: Messages) -> tuple[ChannelSection, ...]:
    """The channels that can reach `recipient`, in the order in which they are tried.

    The recipient's own order decides which there are, where it names any that exists.
    """
    by_name = {channel.name: channel for channel in manners.channels}
    wanted = [by_name[name] for name in dict.fromkeys(recipient.channels) if name in by_name]
    return tuple(
        channel
        for channel in wanted or manners.channels
        if channel.address == "none" or recipient.addresses.get(channel.address)
    )
