"""What a dry run must not change, taken before and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sereno.errors import ConfigurationError, SerenoError
from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Context, Unfit, extract
from sereno.smoke.http_client import NoAnswerError
from sereno.smoke.logins import LoginFailedError
from sereno.smoke.suite.file import Fingerprint

Ask = Callable[[Fingerprint], Awaitable[Answer]]
"""Asks a fingerprint's endpoint."""
Print = Mapping[str, str]
"""Values by name."""


class UnreadableFingerprintError(Exception):
    """A fingerprint could not be taken."""


async def taken(fingerprints: Mapping[str, Fingerprint], *, system: str, ask: Ask, context: Context) -> dict[str, str]:
    """The values that count, by `fingerprint: name`.

    Raises:
        UnreadableFingerprintError: one could not be taken.
    """
    values: dict[str, str] = {}
    for name, fingerprint in fingerprints.items():
        try:
            if fingerprint.sql is not None:
                found = await asyncio.to_thread(_of_database, system, f"fingerprint.{fingerprint.sql}")
            else:
                found = _of_answer(fingerprint, await ask(fingerprint), context)
        except (SerenoError, Unfit, NoAnswerError, LoginFailedError) as error:
            raise UnreadableFingerprintError(f"the fingerprint {name} cannot be taken: {error}") from None
        values.update({f"{name}: {key}": value for key, value in found.items() if key not in fingerprint.excepted})
    return values


def changed(before: Print, after: Print) -> list[str]:
    """The names of what is not the same, without the values, which may belong to people."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _of_answer(fingerprint: Fingerprint, answer: Answer, context: Context) -> dict[str, str]:
    if not 200 <= answer.status < 300:
        raise Unfit(f"it answered with status {answer.status}")
    return {name: repr(extract(line, answer, context)) for name, line in fingerprint.values.items()}


def _of_database(system: str, stem: str) -> dict[str, str]:
    """The rows of a SQL file, read in a session that can change nothing."""
    from sereno.database.sessions import reading
    from sereno.systems.loader import load_system
    from sereno.systems.sql_folder import find_sql

    sql = find_sql(system, stem)
    if sql is None:
        raise ConfigurationError(f"sql/{stem}.sql of {system} does not exist")
    with reading(load_system(system), purpose="smoke fingerprint") as session:
        rows: list[dict[str, Any]] = list(session.rows(sql))
    return {str(row.get("name")): repr(row.get("value")) for row in rows}
