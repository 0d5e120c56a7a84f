"""A purge whose lowest keys are all old: it sweeps, and nothing is lost, counted twice or deleted too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integration.databases import database
from integration.maintenance_case import LOGS, NOW, OLD, TABLES, YOUNG, rows, system_with
from integration.system_folders import own_home
from sereno.errors import SystemUnavailableError
from sereno.intents import IntentLog
from sereno.ledger import open_ledger
from sereno.maintenance.batches import purge_slice
from sereno.maintenance.intents import intent_log
from sereno.maintenance.own_sql import in_turn
from sereno.maintenance.plan import plan_purge, plan_rest
from sereno.maintenance.progress import PurgeProgress
from sereno.systems.model import System

BATCH = 250


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_home(tmp_path, monkeypatch)


@pytest.fixture
def make(demo: Any) -> Iterator[Callable[[str], str]]:
    with ExitStack() as made:
        yield lambda script: made.enter_context(database(str(demo.superuser_url), script=script))


def swept(system: System, *, rows_at_once: int = BATCH, slices: int = 100, **changes: Any) -> PurgeProgress:
    """Purge in batches of `rows_at_once` keys, when the plan is to sweep."""
    purge = system.purges[0].model_copy(update=changes)
    plan = plan_purge(system, purge, now=NOW, live=True)
    assert plan.sweep_from
    progress = PurgeProgress(next_rows=rows_at_once)
    for _ in range(slices):
        if progress.finished(plan):
            break
        progress = replace(purge_slice(system, plan, progress, run_id="run", seconds=0.001), next_rows=rows_at_once)
    assert progress.finished(plan)
    return progress


def counted() -> dict[str, int]:
    with open_ledger() as ledger:
        log = intent_log(ledger, "awkward", "purge logs", "run")
        assert log.unsettled() == []
        return log.totals()


def test_it_sweeps_to_where_rows_become_young_and_no_further(make: Callable[[str], str], systems: Path) -> None:
    url = make(TABLES)
    assert swept(system_with(url, systems, LOGS)).deleted == OLD
    assert rows(url, "SELECT count(*), min(id) FROM log") == [(YOUNG, OLD + 1)]
    assert counted() == {"deleted": OLD}


@pytest.mark.parametrize("archive", [False, True])
def test_old_rows_after_young_ones_are_planned_when_the_sweep_is_over(
    make: Callable[[str], str], systems: Path, archive: bool
) -> None:
    url = make(TABLES + "UPDATE log SET at = timestamptz '2026-06-01' WHERE id > 950 AND id % 2 = 0")
    progress = swept(system_with(url, systems, {**LOGS, "archive": archive}))
    assert (progress.deleted, progress.stopped) == (OLD + 25, "")
    assert rows(url, "SELECT count(*) FROM log") == [(YOUNG - 25,)]
    assert counted() == {"deleted": OLD + 25}
    assert bool(progress.archived) is archive


@pytest.mark.parametrize("most", [1, 250, 251, 699])
def test_a_sweep_keeps_the_bound(make: Callable[[str], str], systems: Path, most: int) -> None:
    url = make(TABLES)
    assert swept(system_with(url, systems, LOGS), max_delete=most).deleted == most
    assert rows(url, "SELECT min(id) FROM log") == [(most + 1,)]


def test_what_is_held_in_its_way_stays(make: Callable[[str], str], systems: Path) -> None:
    url = make(TABLES)
    held = {"purge_hold.logs": "SELECT id FROM log WHERE id IN (7, 250, 251, 500)"}
    assert swept(system_with(url, systems, LOGS, sql=held)).deleted == OLD - 4
    assert rows(url, f"SELECT array_agg(id ORDER BY id) FROM log WHERE id <= {OLD}") == [([7, 250, 251, 500],)]


@pytest.mark.parametrize(
    ("columns", "values", "key"),
    [
        ("a int, b text, at timestamptz, PRIMARY KEY (a, b)", "i / 300, 'b''\"' || i", ["a", "b"]),
        ("id smallint PRIMARY KEY, at timestamptz", "(i + 32167)::smallint", "id"),  # to the end of its type
        ("id uuid PRIMARY KEY, at timestamptz", "md5(i::text)::uuid", "id"),
        ('"Id" text PRIMARY KEY, at timestamptz', "'é{' || i", "Id"),
    ],
)
def test_any_key_can_be_swept(make: Callable[[str], str], systems: Path, columns: str, values: str, key: Any) -> None:
    fill = f"INSERT INTO log SELECT {values}, timestamptz '2026-01-01' FROM generate_series(1, 600) i"
    url = make(f"CREATE TABLE log ({columns}); {fill}")
    assert swept(system_with(url, systems, {**LOGS, "key": key})).deleted == 600
    assert rows(url, "SELECT count(*) FROM log") == [(0,)]


def test_a_key_whose_index_is_in_another_order_is_not_swept(make: Callable[[str], str], systems: Path) -> None:
    url = make(
        "CREATE TABLE log (a int, b int, at timestamptz, PRIMARY KEY (a, b)); "
        "INSERT INTO log SELECT i, i, timestamptz '2026-01-01' FROM generate_series(1, 600) i"
    )
    system = system_with(url, systems, {**LOGS, "key": ["b", "a"]})
    assert plan_purge(system, system.purges[0], now=NOW, live=True).sweep_from is None


def test_rows_of_which_many_are_young_are_not_swept(make: Callable[[str], str], systems: Path) -> None:
    system = system_with(make(TABLES + "UPDATE log SET at = now() WHERE id % 4 = 0"), systems, LOGS)
    plan = plan_purge(system, system.purges[0], now=NOW, live=True)
    assert (plan.sweep_from, plan.rows) == (None, OLD - OLD // 4)


def test_a_rest_that_cannot_be_planned_at_once_costs_no_count(
    make: Callable[[str], str], systems: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [0]

    def once_silent(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            raise SystemUnavailableError("the server is silent")
        return plan_rest(*args, **kwargs)

    monkeypatch.setattr("sereno.maintenance.sweep.plan_rest", once_silent)
    assert swept(system_with(make(TABLES), systems, LOGS)).deleted == OLD
    assert (calls[0], counted()) == (2, {"deleted": OLD})


def test_a_commit_whose_answer_is_lost_is_counted_once(
    make: Callable[[str], str], systems: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = [0]

    def losing(session: Any, *, name: str) -> Any:
        lost[0] += 1
        turn = in_turn(session, name=name)
        return _answer_lost(turn) if lost[0] == 2 else turn

    monkeypatch.setattr("sereno.maintenance.sweep.in_turn", losing)
    assert swept(system_with(make(TABLES), systems, LOGS)).deleted == OLD
    assert counted() == {"deleted": OLD}


class _answer_lost:  # noqa: N801 (a context manager)
    """Commits, and then says that the connection was lost."""

    def __init__(self, transaction: Any) -> None:
        self.transaction = transaction

    def __enter__(self) -> None:
        self.transaction.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.transaction.__exit__(*error)
        raise SystemUnavailableError("the connection was lost")


def test_a_batch_whose_intent_cannot_be_written_is_taken_back(
    make: Callable[[str], str], systems: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space")

    url = make(TABLES)
    monkeypatch.setattr(IntentLog, "open", full)
    with pytest.raises(OSError, match="no space"):
        swept(system_with(url, systems, LOGS))
    assert rows(url, "SELECT count(*) FROM log") == [(OLD + YOUNG,)]
