"""What goes wrong with a purge: killed runs, locks, hidden rows, SQL that writes, a server that needs rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import as_url, database
from integration.maintenance_case import CANDIDATES, LOGS, NOW, OLD, TABLES, YOUNG, context, purged, rows
from integration.maintenance_case import system_with as described_with
from integration.system_folders import own_home
from killed import kill_me, killed_by_itself
from sereno import audit
from sereno.errors import ContractError, IntegrityError, RefusedError
from sereno.intents import IntentLog
from sereno.ledger import open_ledger
from sereno.maintenance import batches, health
from sereno.maintenance.batches import purge_slice
from sereno.maintenance.books import settle_idle
from sereno.maintenance.health import Health
from sereno.maintenance.idle import deactivate, find_idle
from sereno.maintenance.own_sql import brief_changes
from sereno.maintenance.plan import plan_purge
from sereno.maintenance.progress import PurgeProgress
from sereno.maintenance.wishes import Wishes, wishes_of
from sereno.systems.model import System


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_home(tmp_path, monkeypatch)


@pytest.fixture
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as made:
        yield made


def system_with(url: str, systems: Path, *purges: dict[str, Any], **more: Any) -> System:
    return described_with(url, systems, *purges, lock_timeout_seconds=1, **more)


def deleted_by_events() -> dict[str | None, int]:
    with open_ledger() as ledger:
        found: dict[str | None, int] = {}
        for event in audit.events(ledger, "awkward", action="PURGE_LOGS"):
            found[event.flow_run_id] = found.get(event.flow_run_id, 0) + int(event.figures["deleted"] or 0)
        return found


def killed_at(method: str, call: int, *, before: bool) -> Callable[[pytest.MonkeyPatch], None]:
    """A process that kills itself around the `call`-th time that an intent is opened or settled."""

    def arm(patch: pytest.MonkeyPatch) -> None:
        calls = {"number": 0}
        real = getattr(IntentLog, method)

        def armed(self: IntentLog, *args: Any, **kwargs: Any) -> Any:
            calls["number"] += 1
            due = calls["number"] == call
            if due and before:
                kill_me()
            result = real(self, *args, **kwargs)
            if due:
                kill_me()
            return result

        patch.setattr(IntentLog, method, armed)

    return arm


def die(system: System, arm: Callable[[pytest.MonkeyPatch], None], run: Callable[[], object]) -> None:
    """Do `run` in a process that dies as `arm` says."""

    def body() -> None:
        arm(pytest.MonkeyPatch())
        run()
        os._exit(0)

    assert killed_by_itself(body)


def in_small_slices(system: System) -> None:
    plan = plan_purge(system, system.purges[0], now=NOW, live=True)
    progress = PurgeProgress(next_rows=250)
    while not progress.finished(plan):
        progress = replace(purge_slice(system, plan, progress, run_id="killed"), next_rows=250)


@pytest.mark.parametrize(
    ("arm", "deleted_by_killed"),
    [
        pytest.param(killed_at("open", 2, before=True), 250, id="between two batches"),
        pytest.param(killed_at("open", 2, before=False), 250, id="between the intent and the system's commit"),
        pytest.param(killed_at("settle", 2, before=True), 500, id="between the system's commit and the ledger's"),
        pytest.param(killed_at("settle", 2, before=False), 500, id="after the ledger's commit"),
    ],
)
@pytest.mark.parametrize(("archive", "sweeps"), [(False, False), (False, True), (True, True)])
def test_a_killed_run_goes_on_where_it_was_and_every_row_is_counted_once(
    url: str,
    systems: Path,
    monkeypatch: pytest.MonkeyPatch,
    arm: Callable[[pytest.MonkeyPatch], None],
    deleted_by_killed: int,
    archive: bool,
    sweeps: bool,
) -> None:
    if not sweeps:
        monkeypatch.setattr("sereno.maintenance.plan._DENSE", 2.0)
    system = system_with(url, systems, {**LOGS, "archive": archive}, batch_milliseconds=10)
    die(system, arm, lambda: in_small_slices(system))
    assert rows(url, "SELECT count(*) FROM log") == [(OLD + YOUNG - deleted_by_killed,)]
    outcome = purged(system, run="next")
    assert outcome.before.others == {"killed": deleted_by_killed}
    assert outcome.deleted == OLD - deleted_by_killed
    assert rows(url, "SELECT count(*), min(id) FROM log") == [(YOUNG, OLD + 1)]
    assert deleted_by_events() == {"killed": deleted_by_killed}
    assert purged(system, run="third").before.others == {"next": OLD - deleted_by_killed}


def test_a_run_that_is_resumed_under_its_own_id_counts_what_it_did_before(url: str, systems: Path) -> None:
    system = system_with(url, systems, LOGS, batch_milliseconds=10)
    die(system, killed_at("settle", 2, before=True), lambda: in_small_slices(system))
    outcome = purged(system, run="killed")
    assert (outcome.before.own, outcome.deleted, outcome.candidates) == (500, OLD, OLD)


def wishes(system: System) -> Wishes:
    return wishes_of(system, now=NOW)


@pytest.mark.parametrize(("before", "deactivated"), [(True, 10), (False, 10)])
def test_a_killed_deactivation_is_learnt_of(url: str, systems: Path, before: bool, deactivated: int) -> None:
    system = system_with(url, systems, idle=True)
    arm = killed_at("settle", 1, before=before)
    found = find_idle(system, wishes(system))
    die(system, arm, lambda: deactivate(system, found, run_id="killed", now=NOW))
    assert settle_idle(system, context=context("next"), now=NOW) == {"killed": deactivated}
    assert find_idle(system, wishes(system)).candidates == 0
    assert settle_idle(system, context=context("next"), now=NOW) == {}


def test_a_deactivation_that_was_never_committed_is_done_by_the_next_run(url: str, systems: Path) -> None:
    system = system_with(url, systems, idle=True)
    found = find_idle(system, wishes(system))
    arm = killed_at("open", 1, before=False)
    die(system, arm, lambda: deactivate(system, found, run_id="killed", now=NOW))
    assert settle_idle(system, context=context("next"), now=NOW) == {}
    assert find_idle(system, wishes(system)).candidates == 10


def test_a_lock_that_somebody_holds_times_out_is_reported_and_the_next_run_goes_on(url: str, systems: Path) -> None:
    system = system_with(url, systems, LOGS)
    with psycopg.connect(url) as other:
        other.execute("SELECT FROM log WHERE id = 3 FOR UPDATE")
        outcome = purged(system)
    assert outcome.deleted == 0
    assert "another session holds the lock" in outcome.wrong
    assert "it was tried 3 times" in outcome.wrong
    assert purged(system, run="next").deleted == OLD


def test_rows_that_a_policy_hides_are_an_error_and_no_zero(url: str, systems: Path) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE log ENABLE ROW LEVEL SECURITY")
        connection.execute("DROP ROLE IF EXISTS half_blind")
        connection.execute("CREATE ROLE half_blind LOGIN PASSWORD 'p'")
        connection.execute("GRANT SELECT, DELETE ON log TO half_blind")
    try:
        system = system_with(as_url(url, user="half_blind", password="p"), systems, LOGS)
        with pytest.raises(RefusedError, match="give it BYPASSRLS"):
            plan_purge(system, system.purges[0], now=NOW, live=False)
    finally:
        with psycopg.connect(url) as connection:
            connection.execute("DROP OWNED BY half_blind; DROP ROLE half_blind")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT c.name AS label FROM client c WHERE :cutoff IS NOT NULL", "gives no column id"),
        ("SELECT c.number AS id FROM client c", r"candidates\.sql:1: .*c\.number does not exist"),
    ],
)
def test_a_contract_with_other_columns_is_refused(url: str, systems: Path, query: str, message: str) -> None:
    system = system_with(url, systems, idle=True, sql={"idle_clients.candidates": query})
    with pytest.raises(ContractError, match=message):
        find_idle(system, wishes(system))


def test_a_statement_that_changes_more_than_it_was_given_is_taken_back(url: str, systems: Path) -> None:
    everyone = {
        "idle_clients.deactivate": "UPDATE client SET active = false WHERE :ids IS NOT NULL AND :now IS NOT NULL"
    }
    system = system_with(url, systems, idle=True, sql=everyone | {"idle_clients.candidates": CANDIDATES})
    with pytest.raises((IntegrityError, ContractError)):
        deactivate(system, find_idle(system, wishes(system)), run_id="run", now=NOW)
    assert rows(url, "SELECT count(*) FROM client WHERE active") == [(20,)]


def test_it_waits_while_a_vacuum_works_and_leaves_the_rest_to_the_next_run(
    url: str, systems: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Health(vacuumed=True, lag_bytes=0, free_connections=90)
    monkeypatch.setattr(batches, "look_at", lambda *_: busy)
    monkeypatch.setattr(batches, "_WAIT_SECONDS", 0.01)
    outcome = purged(system_with(url, systems, LOGS, wait_at_most_seconds=0))
    assert (outcome.deleted, outcome.wrong) == (0, "a vacuum works on public.log; it was waited for 0 s")


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (Health(vacuumed=False, lag_bytes=0, free_connections=5), ""),
        (Health(vacuumed=True, lag_bytes=0, free_connections=90), "a vacuum works on t"),
        (Health(vacuumed=False, lag_bytes=64 * 2**20 + 1, free_connections=90), "a replica is 67.1 MB behind"),
        (Health(vacuumed=False, lag_bytes=64 * 2**20, free_connections=4), "only 4 connections are free"),
    ],
)
def test_reasons_to_wait(url: str, systems: Path, seen: Health, reason: str) -> None:
    assert seen.reason_to_wait("t", system_with(url, systems, LOGS).maintenance) == reason


def test_the_health_of_a_real_server_can_be_asked(url: str, systems: Path) -> None:
    system = system_with(url, systems, LOGS)
    table = plan_purge(system, system.purges[0], now=NOW, live=False).table
    with brief_changes(system, purpose="test") as session:
        seen = health.look_at(session, table)
    assert not seen.vacuumed
    assert seen.free_connections > 0
