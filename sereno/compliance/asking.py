"""Asking for evidence: a SQL file of the folder or a question of Sereno's own, never more than one can carry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sereno.compliance.evidence import Evidence, Source, digest_of, digest_of_rows
from sereno.database.sessions import Row, reading
from sereno.errors import SerenoError
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance
from sereno.systems.sql_folder import find_sql

PURPOSE = "compliance"
MOST_ROWS = 10_000
"""Rows of one answer; whatever has more is to be counted in SQL."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The rows of an answer, and what can be proven of it. Without rows where there is a problem."""

    rows: tuple[Row, ...]
    evidence: Evidence

    @property
    def problem(self) -> str:
        """Why there is no answer; empty when there is one."""
        return self.evidence.problem

    @property
    def only(self) -> Row:
        """The row of an answer that has one."""
        return self.rows[0]


def ask_file(system: System, stem: str, parameters: Mapping[str, Any]) -> Answer | None:
    """The answer of `sql/<stem>.sql`; None where the folder has no such file. A failure is an answer with a problem."""
    try:
        sql = find_sql(system.name, stem)
    except SerenoError as error:
        return _answer(stem, Source.SYSTEM, f"sql/{stem}.sql", "", partial(_fail, error))
    if sql is None:
        return None
    given = {name: value for name, value in parameters.items() if name in sql.parameters}
    return _answer(stem, Source.SYSTEM, sql.where, sql.text, lambda: _rows_of(system, sql, given))


def ask_text(
    system: System,
    name: str,
    text: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    source: Source = Source.CATALOG,
) -> Answer:
    """The answer of the database to a question of Sereno's own; a failure is an answer with a problem."""
    return _answer(name, source, text, text, lambda: _rows_of(system, text, parameters or {}))


def ask_own(name: str, question: str, rows: Callable[[], Iterable[Row]], *, source: Source = Source.LEDGER) -> Answer:
    """The answer that `rows` gathers; `question` says in words what it asks."""
    return _answer(name, source, question, question, rows)


def _rows_of(system: System, sql: Any, parameters: Mapping[str, Any]) -> Sequence[Row]:
    timeout = timedelta(seconds=(system.compliance or Compliance()).evidence_timeout_seconds)
    with reading(system, purpose=PURPOSE, statement_timeout=timeout) as session:
        return session.few(sql, parameters, at_most=MOST_ROWS)


def _fail(error: SerenoError) -> Iterable[Row]:
    raise error


def _answer(name: str, source: Source, query: str, text: str, rows: Callable[[], Iterable[Row]]) -> Answer:
    taken_at, started = datetime.now(UTC), time.perf_counter()
    found: tuple[Row, ...] = ()
    problem = ""
    try:
        found = tuple(rows())
    except SerenoError as error:
        problem = str(error) or type(error).__name__
    evidence = Evidence(
        name=name,
        source=source,
        query=" ".join(query.split()),
        query_sha256=digest_of(text),
        taken_at=taken_at,
        seconds=round(time.perf_counter() - started, 3),
        rows=len(found),
        digest="" if problem else digest_of_rows(found),
        problem=problem,
    )
    return Answer(rows=found, evidence=evidence)
