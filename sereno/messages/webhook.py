"""The channel that posts JSON to an address of your own, in the form of Standard Webhooks.

`webhook-id` is the message's stable id: whoever receives the same one twice has the message already. The signature is
`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import httpx

from sereno.errors import ConfigurationError
from sereno.messages.message import ChannelUnavailableError, Message, MessageRefusedError
from sereno.systems.sections.channels import WebhookChannel

PAUSES_SECONDS = (0.2, 1.0)
"""Between the tries of one attempt."""
_PATIENCE = {408, 425, 429, 500, 502, 503, 504}
_OUR_MISTAKE = {301, 302, 307, 308, 401, 403, 404, 405}
"""The URL or the key is wrong: that says nothing of the message."""


class WebhookSender:
    """Posts messages; a receiver that answers 2xx has taken one."""

    def __init__(self, channel: WebhookChannel, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Describe the channel; `sleep` is how it waits between tries."""
        self._channel = channel
        self._sleep = sleep
        self._client: httpx.Client | None = None

    def send(self, message: Message) -> None:
        """Post `message`, and again after a moment when the receiver asks for patience; see `Sender`.

        Raises:
            ConfigurationError: the receiver knows neither the URL nor us; messages can wait until it is mended.
        """
        body = json.dumps(_payload(message), ensure_ascii=False, sort_keys=True).encode()
        for pause in (*PAUSES_SECONDS, None):
            problem = self._posted(message.id, body)
            if problem is None:
                return
            if pause is not None:
                self._sleep(pause)
        raise ChannelUnavailableError(f"channel {self._channel.name}: {problem}")

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _posted(self, identifier: str, body: bytes) -> str | None:
        """Why it was not taken yet; None when it was."""
        if self._client is None:
            self._client = httpx.Client(timeout=self._channel.timeout_seconds, trust_env=False)
        try:
            answer = self._client.post(
                self._channel.webhook_url.resolve(), content=body, headers=self._headers(identifier, body)
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise ConfigurationError(f"channel {self._channel.name}: its webhook_url is no URL") from None
        except httpx.TransportError as error:
            return type(error).__name__
        if answer.is_success:
            return None
        if answer.status_code in _PATIENCE:
            return f"the receiver answered {answer.status_code}"
        problem = f"channel {self._channel.name}: the receiver answered {answer.status_code}"
        if answer.status_code in _OUR_MISTAKE:
            raise ConfigurationError(f"{problem}; look at webhook_url and signing_key")
        raise MessageRefusedError(problem)

    def _headers(self, identifier: str, body: bytes) -> dict[str, str]:
        at = str(int(time.time()))
        headers = {"content-type": "application/json", "webhook-id": identifier, "webhook-timestamp": at}
        if self._channel.signing_key:
            signed = f"{identifier}.{at}.".encode() + body
            digest = hmac.new(self._channel.signing_key.resolve().encode(), signed, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers


def _payload(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "topic": message.topic,
        "to": message.address,
        "locale": message.locale,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "reference": dict(message.reference),
        "attachments": [
            {
                "name": attachment.name,
                "media_type": attachment.media_type,
                "content_base64": base64.b64encode(attachment.content).decode(),
            }
            for attachment in message.attachments
        ],
    }
