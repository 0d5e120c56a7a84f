"""References to secrets: `${NAME}` from the environment (or the project's `.env`), `${file:PATH}` from a file.

A reference travels through Sereno unresolved; only the adapter that opens the connection or the key resolves it,
and what it resolves to is made known to the redactor at that moment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from sereno import redaction
from sereno.errors import MissingSecretError
from sereno.settings import load_settings, project_root

SECRET_FORMAT = "secret-reference"  # noqa: S105  (it names a format, it is no secret)
"""The `format` of a secret in the JSON Schema; values at such places are never shown."""
LARGEST_SECRET_BYTES = 64 * 1024

_REFERENCE = re.compile(r"\$\{(?P<file>file:)?(?P<name>[^}]+)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_STAND_IN = "\0"
_PASSWORD_IN_URL = re.compile(r"://[^\s:/@]*:(?P<password>[^?#]*)@")
_PASSWORD_IN_SETTING = re.compile(rf"password\s*=\s*'?[^\s&'{_STAND_IN}]", re.IGNORECASE)


class Secret:
    """Text with references inside, such as `${POINT_DATABASE_URL}` or `postgresql://sereno:${PASSWORD}@db/point`.

    Printing it shows the references, never what they stand for.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        """Keep `text` as it is written.

        Raises:
            ValueError: a reference inside is malformed.
        """
        for match in _REFERENCE.finditer(text):
            if not match["file"] and not _VARIABLE_NAME.match(match["name"]):
                raise ValueError("a reference inside is malformed; write ${NAME} or ${file:PATH}")
        self.text = text

    def __repr__(self) -> str:
        return self.text if self.references and not self.holds_password else redaction.MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def references(self) -> tuple[str, ...]:
        """The names referred to, in the order in which they stand."""
        return tuple((match["file"] or "") + match["name"] for match in _REFERENCE.finditer(self.text))

    @property
    def holds_password(self) -> bool:
        """Whether a password stands in the text itself, in a URL or a connection string, rather than as a reference."""
        text = _REFERENCE.sub(_STAND_IN, self.text)
        in_url = _PASSWORD_IN_URL.search(text)
        return bool(in_url and in_url["password"].strip(_STAND_IN)) or bool(_PASSWORD_IN_SETTING.search(text))

    def missing(self) -> tuple[str, ...]:
        """What keeps it from being resolved here, such as `POINT_DATABASE_URL is not set`; nothing when it can be."""
        return tuple(words for match in _REFERENCE.finditer(self.text) if (words := _missing(match)))

    def resolve(self) -> str:
        """The secret itself; from here on the redactor knows it.

        Raises:
            MissingSecretError: a variable is not set, or a file is missing, empty or not readable.
        """
        for match in _REFERENCE.finditer(self.text):
            redaction.remember(_value(match))
        secret = _REFERENCE.sub(_value, self.text)
        redaction.remember(secret)
        return secret

    def expand(self) -> str:
        """The text with its references followed, for what is no secret, such as an address: it may be shown.

        Raises:
            MissingSecretError: as for `resolve`.
        """
        return _REFERENCE.sub(_value, self.text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Read from a string, written as the string with its references."""
        from_text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema(min_length=1))
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_text]),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda secret: secret.text),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "format": SECRET_FORMAT}


def names_secret(text: str) -> bool:
    """Whether a reference stands in `text`, which is to be sent or shown as it is written."""
    return any(match["file"] or _VARIABLE_NAME.match(match["name"]) for match in _REFERENCE.finditer(text))


def _missing(match: re.Match[str]) -> str:
    try:
        _value(match)
    except MissingSecretError as error:
        return str(error) if match["file"] else f"{match['name']} is not set"
    return ""


def _value(match: re.Match[str]) -> str:
    return _from_file(match["name"]) if match["file"] else _from_environment(match["name"])


def _from_environment(name: str) -> str:
    value = os.environ.get(name) or _dotenv(project_root() / ".env").get(name)
    if not value:
        raise MissingSecretError(f"the secret ${{{name}}} is not set; export {name} or put it into .env")
    return value


def _from_file(name: str) -> str:
    path = load_settings().home_path / name
    try:
        if path.exists() and not path.is_file():
            raise MissingSecretError(f"the secret file {path} cannot be read: it is no regular file")
        if path.stat().st_size > LARGEST_SECRET_BYTES:
            raise MissingSecretError(f"the secret file {path} is larger than {LARGEST_SECRET_BYTES:,} bytes")
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise MissingSecretError(f"the secret file {path} cannot be read: {reason}") from None
    if not value:
        raise MissingSecretError(f"the secret file {path} is empty")
    return value


@lru_cache(maxsize=4)
def _dotenv(path: Path) -> Mapping[str, str | None]:
    return dotenv_values(path) if path.is_file() else {}
