"""What a drill says of the newest row, of its phases, and whether the building can be lost tonight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sereno.backup.manifest import Manifest
from sereno.drill.drill import Drill
from sereno.drill.history import record_of
from sereno.drill.plan import DrillPlan
from sereno.drill.queries import newest_row
from sereno.drill.report import drill_preview, drill_report, findings_about_backup
from sereno.errors import ConfigurationError, ContractError, IntegrityError, RefusedError
from sereno.ledger.proofs import DrillRecord
from sereno.reports.model import Finding, Result
from sereno.restore.plan import RestorePlan
from sereno.systems.model import System

ZONE = ZoneInfo("Europe/Lisbon")
TAKEN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HELD = Finding(name="content of public.users", passed=True)


def fresh(newest_at: datetime | None, hours: int = 24) -> str:
    return newest_row(newest_at, taken_at=TAKEN, within=timedelta(hours=hours), zone=ZONE)


def test_the_newest_row_may_be_as_old_as_the_system_says_to_the_second() -> None:
    assert fresh(TAKEN - timedelta(hours=24)) == "it is of 2026-11-23 03:00:00 WET, 1 d before the backup"
    with pytest.raises(ContractError, match=r"more than the 1 d of drill\.newest_row_hours"):
        fresh(TAKEN - timedelta(hours=24) - SECOND)


def test_a_newest_row_without_a_zone_is_of_the_systems_own() -> None:
    summer = datetime(2026, 7, 1, 12, 0)
    evidence = newest_row(summer, taken_at=summer.replace(tzinfo=ZONE), within=timedelta(0), zone=ZONE)
    assert evidence == "it is of 2026-07-01 12:00:00 WEST, 0 ms before the backup"


def test_a_row_of_after_the_backup_is_a_finding_unless_the_clocks_differ_a_little() -> None:
    assert fresh(TAKEN + timedelta(minutes=5))
    with pytest.raises(ContractError, match="1 d after the backup: a clock is wrong"):
        fresh(TAKEN + timedelta(days=1))


def test_no_row_is_not_fresh() -> None:
    with pytest.raises(ContractError, match="there is no row"):
        fresh(None)


def manifest(**more: Any) -> Manifest:
    given: dict[str, Any] = {
        "id": "20261124T030000Z-full-1f3a5c7e",
        "identity": "00",
        "kind": "full",
        "created_at": TAKEN,
        "finished_at": TAKEN,
        "origin": {
            "system": "point",
            "database": "point",
            "database_oid": 1,
            "server_version": "15.1",
            "server_version_number": 150_001,
            "system_identifier": 1,
            "timeline": 1,
            "encoding": "UTF8",
            "locale": "C",
        },
        "versions": {"sereno": "1", "pg_dump": "15.1"},
        "snapshot": {"taken_at": TAKEN, "watermark": 1, "lsn": None, "flushed": True, "session": {}},
        "tables": (),
        "sequences": (),
        "roles": (),
        "extensions": (),
    }
    return Manifest.model_validate({**given, **more})


def table(name: str, *, digest: str | None) -> dict[str, Any]:
    stored = {"stored_bytes": 1, "stored_sha256": "", "plain_bytes": 1, "plain_sha256": "", "rows": 1}
    keys = {"name": "keys/1", "kind": "keys", "encoding": "copy-text", **stored}
    changes = {"removed": keys, "added": keys}
    named = {"oid": 1, "schema_name": "public", "name": name, "columns": (), "fingerprint": "", "rows": 1, "parts": ()}
    return {**named, "changes": changes, "content_digest": digest}


def plan(held: Manifest | None = None, **more: Any) -> DrillPlan:
    held = held or manifest()
    given: dict[str, Any] = {
        "restore": RestorePlan(manifest=held, target="scratch", tables=held.tables),
        "store": "local",
        "chain": (held.id,),
        "plain_bytes": 3_400_000_000,
        "stored_bytes": 1_000_000_000,
        "is_newest": True,
        "stores": 1,
        "copies": 1,
    }
    return DrillPlan(**{**given, **more})


@pytest.fixture
def system() -> System:
    backup = {"stores": [{"name": "local", "folder": "b"}], "passphrase": "${P}"}
    given = {"name": "point", "title": "P", "timezone": "Europe/Madrid", "database": {"url": "${U}"}, "backup": backup}
    return System.model_validate(given)


def drill(*findings: Finding, planned: DrillPlan | None = None, after: timedelta = timedelta(hours=5)) -> Drill:
    phases = {"server": 2.0, "schema": 3.0, "rows": 30.0, "indexes": 7.0, "proof": 60.0}
    return Drill(planned or plan(), started_at=TAKEN + after, phases=phases, findings=list(findings))


def test_yes_names_the_backup_its_age_and_how_long_people_would_have_waited(system: System) -> None:
    answer = drill_report(system, drill(HELD, HELD), []).headline
    assert answer == (
        "yes: backup 20261124T030000Z-full-1f3a5c7e of 24 November 04:00 (5 h old) was restored in 42 s and "
        "2 of 2 findings hold"
    )


def test_no_names_what_failed(system: System) -> None:
    failed = Finding(name="content of public.bookings", passed=False)
    assert drill_report(system, drill(HELD, failed), []).headline == (
        "no: 1 of 2 checks failed: content of public.bookings; drilled was backup 20261124T030000Z-full-1f3a5c7e of "
        "24 November 04:00 (5 h old)"
    )


def test_a_yes_hides_no_optional_finding(system: System) -> None:
    optional = Finding(name="every constraint is validated", passed=False, required=False)
    answer = drill_report(system, drill(HELD, optional), []).headline
    assert answer.startswith("yes: ")
    assert answer.endswith("1 of 2 findings holds; 1 optional check did not pass: every constraint is validated")


@pytest.mark.parametrize(("age", "passed"), [(timedelta(hours=26), True), (timedelta(hours=26) + SECOND, False)])
def test_the_newest_backup_has_to_be_fresh(system: System, age: timedelta, passed: bool) -> None:
    (finding,) = findings_about_backup(system, drill(after=age))
    assert (finding.required, finding.passed) == (True, passed)
    assert list(findings_about_backup(system, drill(planned=plan(is_newest=False), after=age))) == []


@pytest.mark.parametrize(("stores", "copies", "passed"), [(2, 1, False), (3, 2, True), (2, 2, True)])
def test_copies_in_fewer_than_two_stores_are_said(system: System, stores: int, copies: int, passed: bool) -> None:
    _, finding = findings_about_backup(system, drill(planned=plan(stores=stores, copies=copies)))
    assert (finding.required, finding.passed, finding.evidence) == (False, passed, f"in {copies} of {stores} stores")


def test_tables_that_can_only_be_counted_are_named(system: System) -> None:
    held = manifest(kind="incremental", tables=(table("users", digest=None), table("plans", digest="7")))
    _, finding = findings_about_backup(system, drill(planned=plan(held)))
    assert not finding.passed
    assert finding.evidence == "only counted: public.users; take increments with content_digests"


def test_a_dry_run_says_what_would_be_restored_where_and_how_to_do_it(system: System) -> None:
    sentence = drill_preview(system, plan(chain=("a", "b")), now=TAKEN + timedelta(hours=1)).headline
    assert "(1 h old) with 0 rows in 0 tables (3.4 GB in 2 backups) into a scratch server, prove it" in sentence
    assert sentence.endswith("run again with dry_run off and confirm_live=YES")


def test_what_goes_wrong_with_the_backup_is_a_finding_and_what_a_person_must_mend_is_raised() -> None:
    def goes_wrong(error: Exception) -> None:
        raise error

    under_way = drill()
    with under_way.to_its_end(), under_way.phase("rows"):
        goes_wrong(IntegrityError("rows/000007-0000 is damaged"))
    (finding,) = under_way.findings
    assert (finding.passed, finding.evidence) == (False, "rows/000007-0000 is damaged")
    for error in (ConfigurationError("no pg_restore"), RefusedError("no")):
        with pytest.raises(type(error)), under_way.to_its_end():
            goes_wrong(error)


def test_seconds_count_to_their_phase_however_it_ends() -> None:
    under_way = Drill(plan())
    with pytest.raises(ZeroDivisionError), under_way.phase("rows"):
        raise ZeroDivisionError
    assert under_way.phases["rows"] >= 0
    assert under_way.recovery_seconds == under_way.phases["rows"]


def test_a_backup_of_the_future_has_no_negative_age(system: System) -> None:
    assert drill(after=timedelta(seconds=-30)).age_seconds == 0


def record(days: int, result: Result, seconds: float) -> DrillRecord:
    known = record_of(drill(HELD))
    return replace(
        known, started_at=TAKEN + timedelta(days=days), result=result, phases={"rows": seconds, "proof": 1.0}
    )


def test_the_trend_is_a_chart_with_a_gap_for_each_drill_that_failed_and_a_table(system: System) -> None:
    history = [record(0, Result.PASSED, 30), record(7, Result.FAILED, 31), record(14, Result.PASSED, 95)]
    drafted = drill_report(system, drill(HELD), history)
    trend = drafted.charts["Recovery time of the drills so far"]
    assert "2026-12-01: unknown" in trend
    assert "2026-12-08: 1 min 35 s" in trend
    (table,) = drafted.tables
    assert [row[0] for row in table.rows] == ["2026-12-08 04:00", "2026-12-01 04:00", "2026-11-24 04:00"]
    assert [row[4] for row in table.rows] == ["1 min 35 s", "31 s", "30 s"]
    assert drafted.figures["drills_so_far"] == 3


def test_the_report_has_the_time_of_each_phase_the_recovery_point_and_the_sizes(system: System) -> None:
    figures = drill_report(system, drill(HELD), []).figures
    wanted = {"recovery_seconds": 42.0, "rows_seconds": 30.0, "proof_seconds": 60.0, "recovery_point_seconds": 18_000}
    assert wanted.items() <= figures.items()
    assert {"plain_bytes", "stored_bytes", "copies"} <= set(figures)
