"""Who is asking: credentials by login, made once a run, renewed after a 401, and sent to no host but the system's."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sereno import redaction
from sereno.smoke.grammar import Context, Unfit, extract
from sereno.smoke.http_client import HttpClient, NoAnswerError
from sereno.smoke.request import Request, headers_of, url_of
from sereno.smoke.suite.login import Login, LoginRequest
from sereno.smoke.target import Target
from sereno.smoke.templates import filled
from sereno.smoke.wishes import Credentials


class LoginFailedError(Exception):
    """A login gave no credentials. It is not tried again in the same run, so that it locks nobody out."""


class Logins:
    """The logins of one run."""

    def __init__(
        self,
        logins: Mapping[str, Login],
        *,
        client: HttpClient,
        target: Target,
        variables: Mapping[str, Any],
        headers: Mapping[str, str],
        now: datetime,
        operator: str | None,
        credentials: Credentials,
    ) -> None:
        """Make none yet; `credentials` replace those of the login called `operator`."""
        self._logins = logins
        self._client, self._target = client, target
        self._variables, self._headers, self._now = variables, headers, now
        self._operator, self._given = operator, credentials
        self._made: dict[str, Mapping[str, str] | LoginFailedError] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def headers(self, name: str | None, *, url: str) -> Mapping[str, str]:
        """The headers that say who is asking `url`.

        Raises:
            LoginFailedError: there are none to be had, or the host of `url` must not see them.
            MissingSecretError: a secret of the login is not there.
        """
        if name is None:
            return {}
        if not self._target.owns(url):
            raise LoginFailedError(
                f"the login {name} is not sent there; name the host under hosts if it is the system's"
            )
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name not in self._made:
                try:
                    self._made[name] = await self._make(name)
                except LoginFailedError as error:
                    self._made[name] = error
        made = self._made[name]
        if isinstance(made, LoginFailedError):
            raise made
        return made

    def renew(self, name: str | None, old: Mapping[str, str]) -> bool:
        """Forget what was refused, so that the next `headers` asks anew; False where that would give the same."""
        if name is None or not self._renewable(name):
            return False
        if self._made.get(name) == old:
            del self._made[name]
        return True

    def _renewable(self, name: str) -> bool:
        own = name != self._operator or not self._given.token
        return own and self._logins[name].request is not None

    async def _make(self, name: str) -> Mapping[str, str]:
        login = self._logins[name]
        given = self._given if name == self._operator and self._given else None
        if given and given.token:
            return _carried(login, given.token)
        if given and not (login.request or login.send == "basic"):
            raise LoginFailedError(f"the login {name} takes a token, and a user with a password was given")
        if login.token is not None:
            return _carried(login, login.token.resolve())
        username = given.username if given else (login.user.expand() if login.user else "")
        password = given.password if given else (login.password.resolve() if login.password else "")
        if login.request is None:
            return _basic(username, password)
        return _carried(login, await self._asked(name, login.request, username, password))

    async def _asked(self, name: str, request: LoginRequest, username: str, password: str) -> str:
        known = {**self._variables, "username": username, "password": password}
        url = url_of(request.post, base_url=self._target.base_url, variables=known)
        if not self._target.owns(url):
            raise LoginFailedError(f"the login {name} would be sent to another host")
        body, kind = _encoded(request, known)
        more = headers_of(self._headers, self._variables)
        sent = Request("POST", url, {"Accept": "application/json", **more, "Content-Type": kind}, body)
        try:
            answer = await self._client.send(sent)
        except NoAnswerError as error:
            raise LoginFailedError(f"the login {name} had no answer: {error}") from None
        if not 200 <= answer.status < 300:
            raise LoginFailedError(f"the login {name} was refused with status {answer.status}")
        try:
            token = extract(request.token, answer, Context(now=self._now))
        except Unfit as unfit:
            raise LoginFailedError(f"the login {name} gave no token at {request.token.text}: {unfit}") from None
        if not isinstance(token, str) or not token or not token.isprintable():
            raise LoginFailedError(f"the login {name} gave something else than text at {request.token.text}")
        redaction.remember(token)
        return token


def _encoded(request: LoginRequest, known: Mapping[str, Any]) -> tuple[bytes, str]:
    import json
    from urllib.parse import urlencode

    if request.form is not None:
        return urlencode(filled(request.form, known)).encode(), "application/x-www-form-urlencoded"
    return json.dumps(filled(request.json_body or {}, known)).encode(), "application/json"


def _carried(login: Login, token: str) -> Mapping[str, str]:
    token = token.strip()
    if not token.isascii() or not token.isprintable():
        raise LoginFailedError("the token holds characters that no header takes")
    if login.cookie is not None:
        return {"Cookie": f"{login.cookie}={token}"}
    if login.header is not None:
        return {login.header: token}
    return {"Authorization": f"{'Token' if login.send == 'token' else 'Bearer'} {token}"}


def _basic(username: str, password: str) -> Mapping[str, str]:
    word = base64.b64encode(f"{username}:{password}".encode()).decode()
    redaction.remember(word)
    return {"Authorization": f"Basic {word}"}
