"""The checks of a system by their kinds: each kind on a session of its own, none where nothing is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TypeVar

from sereno.data_checks import ages, counts, duplicates, known_rows, labels, parents, queries
from sereno.data_checks.verdict import Verdict
from sereno.database.read_session import ReadSession
from sereno.database.sessions import reading
from sereno.errors import ConfigurationError
from sereno.systems.contracts.checks import CHECK_QUERIES
from sereno.systems.model import System
from sereno.systems.sections.checks import Checks
from sereno.systems.sql_folder import sql_paths

PURPOSE = "data checks"
T = TypeVar("T")


def declared(system: System) -> Checks:
    """What the system's file asks for.

    Raises:
        ConfigurationError: it has no section `checks`.
    """
    if system.checks is None:
        raise ConfigurationError(
            f"{system.name} has no section `checks` in its system.yaml; say there what has to hold"
        )
    return system.checks


def count_rows(system: System) -> tuple[Verdict, ...]:
    """How many rows there are.

    Raises:
        SystemUnavailableError: the database cannot be reached; so too below.
    """
    return _each(system, declared(system).rows, counts.judged)


def compare_labels(system: System) -> tuple[Verdict, ...]:
    """Which labels enum types have."""
    return _each(system, declared(system).enums, labels.judged)


def look_for_rows(system: System) -> tuple[Verdict, ...]:
    """Whether the rows are there that have to be."""
    return _each(system, declared(system).known_rows, known_rows.judged)


def look_for_parents(system: System) -> tuple[Verdict, ...]:
    """Whether every row has its parent."""
    keys = declared(system).foreign_keys
    if keys is None:
        return ()
    with reading(system, purpose=PURPOSE) as session:
        return tuple(parents.judged(session, keys))


def measure_age(system: System, *, now: datetime) -> tuple[Verdict, ...]:
    """How old the newest rows are at `now`."""
    return _each(system, declared(system).fresh, partial(ages.judged, zone=system.zone, now=now))


def look_for_duplicates(system: System) -> tuple[Verdict, ...]:
    """Whether two rows share what they must not."""
    return _each(system, declared(system).unique, duplicates.judged)


def run_queries(system: System) -> tuple[Verdict, ...]:
    """Whether the files `sql/check.NAME.sql` return no row."""
    names = [path.stem for path in sql_paths(system.name) if path.suffix == ".sql" and CHECK_QUERIES.of(path.stem)]
    return _each(system, names, partial(queries.judged, system=system))


def measure_latency(system: System) -> tuple[Verdict, ...]:
    """Whether queries are as quick as they should be."""
    return _each(system, declared(system).latency, partial(queries.timed, system=system))


def _each(system: System, checks: Iterable[T], judged: Callable[[ReadSession, T], Verdict]) -> tuple[Verdict, ...]:
    wanted = tuple(checks)
    if not wanted:
        return ()
    with reading(system, purpose=PURPOSE) as session:
        return tuple(judged(session, check) for check in wanted)
