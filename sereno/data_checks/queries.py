"""A system's own check queries, and how long its queries take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

from sereno.data_checks.offenders import MOST_COUNTED, told, value_text
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.reports.build import human_seconds
from sereno.systems.model import System
from sereno.systems.sections.checks import Latency
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql


def judged(session: ReadSession, name: str, *, system: System) -> Verdict:
    """Run `sql/<name>.sql`, which returns offenders, the key of each in its first column."""
    return judge(Kind.QUERY, f"sql/{name}.sql returns no row", partial(_look, session, name, system), required=True)


def timed(session: ReadSession, check: Latency, *, system: System) -> Verdict:
    """Run `sql/latency.NAME.sql` several times and take the best."""
    budget = human_seconds(check.milliseconds / 1000)
    name = f"the query {check.query} takes at most {budget}"
    look = partial(_timed, session, check, system)
    return judge(Kind.LATENCY, name, look, required=check.required, expected=f"at most {budget}")


def best(seconds: Sequence[float], *, budget_seconds: float) -> Look:
    """What the tries of a query say; the best one counts."""
    quickest, slowest = min(seconds), max(seconds)
    evidence = f"best of {len(seconds)}: {human_seconds(quickest)}; slowest: {human_seconds(slowest)}"
    passed = quickest <= budget_seconds
    percent = 100 * quickest / budget_seconds
    return Look(passed=passed, evidence=evidence, seen=human_seconds(quickest), budget_percent=percent)


def _look(session: ReadSession, name: str, system: System) -> Look:
    rows = list(islice(session.rows(_file(name, system)), MOST_COUNTED + 1))
    keys = [value_text(next(iter(row.values()), None)) for row in rows]
    return Look(passed=not keys, evidence=told(keys) if keys else "", seen=str(len(keys)))


def _timed(
    session: ReadSession, check: Latency, system: System, *, clock: Callable[[], float] = time.perf_counter
) -> Look:
    file = _file(f"latency.{check.query}", system)
    seconds = []
    for _ in range(check.best_of):
        begun = clock()
        for _ in session.rows(file):
            pass
        seconds.append(clock() - begun)
    return best(seconds, budget_seconds=check.milliseconds / 1000)


def _file(name: str, system: System) -> SqlFile:
    file = find_sql(system.name, name)
    if file is None:
        raise ContractError(f"sql/{name}.sql is not there")
    return file
