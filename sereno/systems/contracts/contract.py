"""What the jobs ask of the SQL files of a system: the file's name is the contract.

A query gives rows to a job and changes nothing; a statement is live work. Each has named columns and `:parameters`
of given families of types, so that systems with quite different tables can answer the same question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from sereno.errors import ContractError
from sereno.systems.sql_file import SqlFile


class Family(StrEnum):
    """A kind of values, whatever the exact type: `integer` is smallint, integer or bigint; `text` also an enum."""

    INTEGER = "integer"
    NUMERIC = "numeric"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"
    UUID = "uuid"
    JSON = "json"
    ARRAY = "array"
    ANY = "any"


class SqlKind(StrEnum):
    """Whether a file only reads or changes something."""

    QUERY = "query"
    STATEMENT = "statement"


VERBS: Mapping[SqlKind, frozenset[str]] = MappingProxyType(
    {
        SqlKind.QUERY: frozenset({"SELECT", "WITH", "VALUES", "TABLE"}),
        SqlKind.STATEMENT: frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH"}),
    }
)
"""The words that a file of each kind may begin with. What is not here (COMMIT, SET, COPY, DO, CALL) is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The declared shape of one SQL file."""

    stem: str
    """The file's name without `.sql`. A `*` stands for any name: `drill.*` is about each `drill.NAME.sql`."""
    kind: SqlKind
    job: str
    """The job that runs it."""
    description: str
    parameters: Mapping[str, Family] = field(default_factory=dict)
    """What the job gives; a file need not use all of them."""
    optional_parameters: frozenset[str] = frozenset()
    """Those of them that mean nothing to some systems, so that it is no remark when a file does without."""
    columns: Mapping[str, frozenset[Family]] = field(default_factory=dict)
    """What a query must return, each with the families that will do."""
    optional_columns: Mapping[str, frozenset[Family]] = field(default_factory=dict)
    """What a query may return besides."""
    any_columns: bool = False
    """Whether a query may return whatever it likes."""

    def of(self, stem: str) -> Contract | None:
        """The contract of the file `stem`, when this one is about it."""
        if stem == self.stem:
            return self
        before, star, after = self.stem.partition("*")
        fits = star and len(stem) > len(before) + len(after) and stem.startswith(before) and stem.endswith(after)
        return replace(self, stem=stem) if fits else None

    def unused_parameters(self, sql: SqlFile) -> tuple[str, ...]:
        """The parameters that the job gives, that are not optional and that `sql` does not use, sorted.

        Raises:
            ContractError: the text cannot be read as SQL.
        """
        return tuple(sorted(set(self.parameters) - self.optional_parameters - set(sql.parameters)))

    def problems_of_form(self, sql: SqlFile) -> tuple[str, ...]:
        """What can be seen to be wrong without a database; each with file and line."""
        try:
            verb, second, used = sql.verb, sql.second_statement_line, sql.tokens
        except ContractError as error:
            return (str(error),)
        problems = [
            f"{sql.where}:{token.line}: no parameter {token.text}; there are {_listed(self.parameters)}"
            for token in {token.text: token for token in reversed(used) if token.kind == "parameter"}.values()
            if token.text[1:] not in self.parameters
        ]
        if verb not in VERBS[self.kind]:
            allowed = ", ".join(sorted(VERBS[self.kind]))
            problems.append(f"{sql.where}: a {self.kind} begins with one of {allowed}, not with {verb[:40]}")
        if second is not None:
            problems.append(f"{sql.where}:{second}: a second statement; a file holds exactly one")
        return tuple(problems)


def _listed(parameters: Mapping[str, Family]) -> str:
    return ", ".join(f":{name}" for name in parameters) or "none"
