"""Kinds of values that several sections of `system.yaml` share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from sereno.systems.secrets import Secret

NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,62}$"
NO_ALTERNATIVE = "no_alternative"
"""The type of pydantic's complaint about a section that fits none of the forms it may have."""

EXPRESSION = "expression"
"""The type of pydantic's complaint about a line of text that has a grammar; its context has text and column."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Command = Annotated[tuple[str, ...], Field(min_length=1)]
"""A program and its arguments; no shell reads them."""


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError(f"{name!r} is no time zone of the IANA database, such as Europe/Lisbon")
    return name


def _referenced(secret: Secret) -> Secret:
    if not secret.references:
        raise ValueError("a secret stands in a file as a reference only: ${NAME} or ${file:PATH}")
    return secret


def _without_password(secret: Secret) -> Secret:
    if secret.holds_password:
        raise ValueError("a password belongs outside the file: write ${NAME} or ${file:PATH} in its place")
    return secret


def _without_zero(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("expected a path, which cannot hold the character \\0")
    return path


Timezone = Annotated[str, AfterValidator(_known_timezone)]
SecretText = Annotated[Secret, AfterValidator(_referenced)]
SecretUrl = Annotated[Secret, AfterValidator(_without_password)]
FilePath = Annotated[Path, AfterValidator(_without_zero)]
