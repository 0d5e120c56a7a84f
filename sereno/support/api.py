"""The system's own API: one login, then one POST for each thing that is done through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import jsonpath

from sereno.errors import ConfigurationError, ContractError, RefusedError, SystemUnavailableError
from sereno.redaction import redact, remember
from sereno.support.kinds import FAILED, SUCCESS
from sereno.systems.sections.support import Api, Call


class UncertainError(SystemUnavailableError):
    """The call may or may not have been carried out, or may still be under way."""


class ApiSession:
    """A session of somebody who is logged in. Made by `logged_in`."""

    def __init__(self, client: httpx.Client) -> None:
        """Use `client`, which carries the token."""
        self._client = client

    def carry_out(self, call: Call, *, identifier: int | str, note: str) -> str:
        """Make the call; whether the system says that it was done (`success`) or that it did not work (`failed`).

        Raises:
            RefusedError: the login may not do this.
            UncertainError: no answer came in time.
            SystemUnavailableError: the API cannot be reached, or asks for patience.
            ContractError: it answered something else.
        """
        path = call.path.replace("{id}", quote(str(identifier), safe=""))
        body = {name: _filled(value, identifier, note) for name, value in call.body.items()}
        status = _post(self._client, path, body).status_code
        if status in call.done:
            return SUCCESS
        if status in call.failed:
            return FAILED
        raise _unexpected(path, status)


@contextmanager
def logged_in(api: Api) -> Iterator[ApiSession]:
    """Log in; the session that comes of it.

    Raises:
        ConfigurationError: the address is none.
        MissingSecretError: a reference cannot be resolved.
        RefusedError: the login is wrong.
        SystemUnavailableError: the API cannot be reached.
        ContractError: its answer holds no token.
    """
    try:
        client = httpx.Client(base_url=api.base_url.resolve().rstrip("/"), timeout=api.timeout_seconds, trust_env=False)
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError("support.api.base_url is no address, such as https://api.salonix.example") from None
    with client:
        client.headers["Authorization"] = f"{api.scheme} {_token(client, api)}"
        yield ApiSession(client)


def _token(client: httpx.Client, api: Api) -> str:
    path = api.login.path
    answer = _post(client, path, {field.name: field.value.resolve() for field in api.login.fields})
    if not answer.is_success:
        raise _unexpected(path, answer.status_code)
    try:
        found = jsonpath.findall(api.login.token, answer.json())
    except (ValueError, jsonpath.JSONPathError) as error:
        raise ContractError(f"POST {path}: no token can be read from the answer: {redact(str(error))}") from None
    if len(found) != 1 or not isinstance(found[0], str) or not found[0]:
        raise ContractError(f"POST {path}: the answer holds no text at {api.login.token}")
    remember(found[0])
    return found[0]


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    try:
        return client.post(path, json=body)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
        raise SystemUnavailableError(f"POST {path}: the API cannot be reached: {redact(str(error))}") from None
    except httpx.HTTPError as error:
        raise UncertainError(f"POST {path}: no answer came: {type(error).__name__} {redact(str(error))}") from None


def _filled(value: str, identifier: int | str, note: str) -> int | str:
    if value == "{id}":
        return identifier
    return note if value == "{note}" else value


def _unexpected(path: str, status: int) -> Exception:
    if status in (401, 403):
        return RefusedError(f"POST {path}: the API answered {status}: the login of support.api may not do this")
    if status == 429 or status >= 500:
        return SystemUnavailableError(f"POST {path}: the API answered {status}; try again later")
    return ContractError(f"POST {path}: the API answered {status}, which the system's file does not expect")
