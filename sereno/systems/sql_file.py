"""A SQL file of a system's folder: one statement, with `:name` parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

from sereno.errors import ContractError
from sereno.systems.folders import read_text, shown
from sereno.systems.sql_tokens import SqlTextError, Token, tokens

LARGEST_BYTES = 256 * 1024


@dataclass(frozen=True)
class SqlFile:
    """One statement of SQL and where it stands. Every property may raise ContractError with file and line."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path, *, folder: Path) -> Self:
        """The file at `path`, which must lie inside the system's `folder`.

        Raises:
            ConfigurationError: it is missing, too large, no text, or leads out of the folder.
        """
        return cls(path, read_text(path, folder=folder, largest_bytes=LARGEST_BYTES))

    @property
    def stem(self) -> str:
        """The contract that the file's name stands for: `audit.mirror` of `sql/audit.mirror.sql`."""
        return self.path.stem

    @property
    def where(self) -> str:
        """The file as messages show it."""
        return shown(self.path)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, each once, in the order in which they first stand."""
        return tuple(dict.fromkeys(token.text[1:] for token in self.tokens if token.kind == "parameter"))

    @property
    def verb(self) -> str:
        """The statement's first word in capitals, such as SELECT."""
        first = next((token for token in self._meaningful if token.text != "("), None)
        if first is None:
            raise self.error(1, "holds no statement")
        return first.text.upper()

    @property
    def second_statement_line(self) -> int | None:
        """Where a second statement begins; None when there is one only."""
        ended = False
        for token in self._meaningful:
            if ended and token.kind != "semicolon":
                return token.line
            ended = ended or token.kind == "semicolon"
        return None

    def for_psycopg(self) -> tuple[str, tuple[str, ...]]:
        """The text with `%(name)s` for `:name` and `%` doubled, and the parameters' names; lines stay as they are."""
        return self._rewritten(lambda name: f"%({name})s", percent="%%"), self.parameters

    def numbered(self) -> tuple[str, tuple[str, ...]]:
        """The text with `$1`, `$2`, ... for `:name`, and the names in the order of their numbers."""
        numbers = {name: number for number, name in enumerate(self.parameters, start=1)}
        return self._rewritten(lambda name: f"${numbers[name]}", percent="%"), self.parameters

    def narrowed(self, condition: str) -> SqlFile:
        """The query with its rows narrowed to those of which `condition` holds; its columns are called `narrowed.NAME`.

        What the database can do with an index for such a query, it does. Lines stay as they are.

        Raises:
            ContractError: there is a second statement, or the text cannot be read as SQL.
        """
        return SqlFile(self.path, f"SELECT narrowed.* FROM ({self._only}\n) AS narrowed WHERE {condition}")  # noqa: S608 (the folder's own query)

    def first(self, number: int) -> SqlFile:
        """The query with its first `number` rows. Lines stay as they are.

        Raises:
            ContractError: as `narrowed`.
        """
        return SqlFile(self.path, f"SELECT answer.* FROM ({self._only}\n) AS answer LIMIT {number}")  # noqa: S608 (likewise)

    @property
    def _only(self) -> str:
        """The text of the one statement, without a semicolon at its end."""
        if (line := self.second_statement_line) is not None:
            raise self.error(line, "a second statement; a file holds exactly one")
        return "".join(token.text for token in self.tokens if token.kind != "semicolon")

    def error(self, line: int, reason: str) -> ContractError:
        """A ContractError that says file and line."""
        return ContractError(f"{self.where}:{line}: {reason}")

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The text in pieces."""
        try:
            return _pieces(self.text)
        except SqlTextError as error:
            raise self.error(error.line, str(error)) from None

    @property
    def _meaningful(self) -> tuple[Token, ...]:
        return tuple(token for token in self.tokens if token.kind not in {"comment", "space"})

    def _rewritten(self, placeholder: Callable[[str], str], *, percent: str) -> str:
        return "".join(
            placeholder(token.text[1:]) if token.kind == "parameter" else token.text.replace("%", percent)
            for token in self.tokens
        )


@lru_cache(maxsize=256)
def _pieces(text: str) -> tuple[Token, ...]:
    """Sereno's own statements come again and again."""
    return tuple(tokens(text))
