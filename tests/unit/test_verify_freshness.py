"""How old the newest backup may be: boundaries one second either side, and clocks that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sereno.backup.manifest import BackupKind
from sereno.reports.model import Finding
from sereno.systems.sections.backup import Backup
from sereno.verify.freshness import CLOCKS_DIFFER, freshness_findings, recovery_points
from sereno.verify.inventory import Inventory, StoredBackup

NOW = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def section(**more: int) -> Backup:
    return Backup.model_validate(
        {"stores": [{"name": "local", "folder": "b"}], "passphrase": "${P}", "recovery_point_hours": 26, **more}
    )


def backup(age: timedelta, kind: BackupKind = BackupKind.FULL, store: str = "local") -> StoredBackup:
    return StoredBackup(
        store=store,
        id=f"{NOW - age:%Y%m%dT%H%M%SZ}-{kind}",
        kind=kind,
        parent=None,
        taken_at=NOW - age,
        rows=1,
        plain_bytes=1,
        stored_bytes=1,
    )


def findings(*backups: StoredBackup, stores: tuple[str, ...] = ("local",), **more: int) -> dict[str, Finding]:
    inventory = Inventory(stores=stores, backups=backups, unreadable={})
    found = freshness_findings(inventory, recovery_points(section(**more)), now=NOW)
    return {finding.name: finding for finding in found}


EVERYTHING = "the newest backup of everything in store local is at most 26 h old"
CRITICAL = "the newest backup of the critical tables in store local is at most 7 h old"
FUTURE = "no backup in store local is dated in the future"


@pytest.mark.parametrize(
    ("age", "passed"),
    [(26 * 3600 * SECOND, True), (26 * 3600 * SECOND + SECOND, False), (SECOND, True), (timedelta(days=900), False)],
)
def test_a_backup_is_fresh_up_to_the_second(age: timedelta, passed: bool) -> None:
    assert findings(backup(age))[EVERYTHING].passed is passed


def test_the_newest_one_counts_whatever_the_order() -> None:
    assert findings(backup(timedelta(hours=2)), backup(timedelta(days=9)))[EVERYTHING].passed
    stale = findings(backup(timedelta(days=9)), backup(timedelta(days=10)))[EVERYTHING]
    assert stale.evidence.startswith("it is 9 d old, of 2026-10-16 01:30:00 UTC; see why")


def test_no_backup_at_all_is_a_finding_for_each_store() -> None:
    found = findings(backup(SECOND), stores=("local", "offsite"))
    assert found[EVERYTHING].passed
    missing = found["the newest backup of everything in store offsite is at most 26 h old"]
    assert (missing.passed, missing.evidence) == (False, "there is none; run the job `backup`")


def test_only_kinds_that_hold_everything_count_for_everything() -> None:
    partial = [BackupKind.CRITICAL, BackupKind.TABLES, BackupKind.DATA_ONLY, BackupKind.SCHEMA_ONLY]
    assert not findings(*(backup(SECOND, kind) for kind in partial))[EVERYTHING].passed
    assert findings(backup(SECOND, BackupKind.INCREMENTAL))[EVERYTHING].passed


@pytest.mark.parametrize("kind", [BackupKind.CRITICAL, BackupKind.FULL, BackupKind.INCREMENTAL])
def test_critical_tables_have_a_recovery_point_of_their_own(kind: BackupKind) -> None:
    old = backup(timedelta(hours=20))
    assert CRITICAL not in findings(old)
    assert not findings(old, critical_recovery_point_hours=7)[CRITICAL].passed
    assert findings(old, backup(timedelta(hours=7), kind), critical_recovery_point_hours=7)[CRITICAL].passed


def test_a_backup_of_the_future_is_a_finding_and_does_not_pass_for_a_fresh_one() -> None:
    found = findings(backup(timedelta(days=-30)), backup(timedelta(hours=30)))
    assert not found[FUTURE].passed
    assert "20261124T013000Z-full is 30 d ahead" in found[FUTURE].evidence
    assert not found[EVERYTHING].passed


def test_clocks_may_differ_a_little() -> None:
    found = findings(backup(-CLOCKS_DIFFER))
    assert found[FUTURE].passed
    assert found[EVERYTHING].passed
    assert found[EVERYTHING].evidence.startswith("it is 0 ms old")
    assert not findings(backup(-CLOCKS_DIFFER - SECOND))[FUTURE].passed


def test_an_age_is_the_same_in_every_time_zone_and_over_the_night_when_clocks_go_back() -> None:
    summer, winter = timezone(timedelta(hours=1)), UTC
    taken = datetime(2026, 10, 24, 0, 30, tzinfo=summer)
    assert taken.astimezone(winter) == NOW - timedelta(hours=26)
    one = StoredBackup(
        store="local",
        id="20261023T233000Z-full",
        kind=BackupKind.FULL,
        parent=None,
        taken_at=taken,
        rows=1,
        plain_bytes=1,
        stored_bytes=1,
    )
    assert findings(one)[EVERYTHING].passed
