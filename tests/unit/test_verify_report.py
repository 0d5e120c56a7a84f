"""What the readings of backups say together: a parent that is gone, damaged or another fails what rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sereno.backup.manifest import BackupKind, Parent
from sereno.reports import tally
from sereno.reports.model import Draft, Result
from sereno.systems.model import System
from sereno.verify.inventory import Inventory, StoredBackup
from sereno.verify.reading import Reading, reading_findings
from sereno.verify.report import updated, verification_report

NOW = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
FULL, FIRST, SECOND = (
    Reading(store="local", backup="full", read_at=NOW, manifest_sha256="a", objects=9, rows=100, plain_bytes=1000),
    Reading(
        store="local", backup="first", read_at=NOW, manifest_sha256="b", parent=Parent(id="full", manifest_sha256="a")
    ),
    Reading(
        store="local", backup="second", read_at=NOW, manifest_sha256="c", parent=Parent(id="first", manifest_sha256="b")
    ),
)


def evidence(*readings: Reading) -> dict[str, str]:
    """Of the findings that did not pass, by backup."""
    found = reading_findings(readings)
    return {finding.name.split()[1]: finding.evidence for finding in found if not finding.passed}


def test_a_whole_chain_passes_and_says_what_it_rests_on() -> None:
    findings = list(reading_findings([FULL, FIRST, SECOND]))
    assert all(finding.passed for finding in findings)
    assert findings[0].evidence == "9 objects and 100 rows fetched, authenticated and counted, 1.0 kB"
    assert findings[1].evidence.endswith("; so can full, on which it rests")


def test_a_parent_that_is_gone_fails_everything_above_it() -> None:
    found = evidence(FIRST, SECOND)
    assert list(found) == ["first", "second"]
    assert all(
        "it rests on full, which is gone from store local or cannot be read there" in each for each in found.values()
    )


def test_a_damaged_parent_fails_everything_above_it_and_names_the_object_once() -> None:
    damaged = replace(FULL, problems=("rows/000001-0000 is damaged",))
    assert evidence(damaged, FIRST, SECOND) == {
        "full": "rows/000001-0000 is damaged",
        "first": "it rests on full, which cannot be read whole",
        "second": "it rests on full, which cannot be read whole",
    }


def test_a_parent_that_is_another_than_the_increment_was_built_on_is_found() -> None:
    found = evidence(replace(FULL, manifest_sha256="another"), FIRST)
    assert found == {"first": "it rests on full, whose manifest is not the one it was built on"}


def test_a_parent_in_another_store_is_no_parent() -> None:
    assert list(evidence(replace(FULL, store="offsite"), FIRST)) == ["first"]


def test_one_damaged_backup_hides_no_other_and_long_lists_are_cut() -> None:
    many = replace(FULL, backup="other", problems=tuple(f"object {number}" for number in range(14)))
    found = evidence(many, replace(SECOND, backup="third", parent=None, problems=("x",)))
    assert found["third"] == "x"
    assert found["other"].splitlines()[-1] == "and 4 more"


def test_a_backup_that_retention_deleted_meanwhile_is_no_finding() -> None:
    assert list(reading_findings([replace(FULL, deleted=True, problems=("gone",))])) == []


def test_parents_in_a_circle_end() -> None:
    one = replace(FULL, parent=Parent(id="first", manifest_sha256="b"))
    assert len(list(reading_findings([one, FIRST]))) == 2


def stored(name: str, kind: BackupKind, age: timedelta, *, store: str = "local") -> StoredBackup:
    return StoredBackup(
        store=store,
        id=name,
        kind=kind,
        parent="full" if kind is BackupKind.INCREMENTAL else None,
        taken_at=NOW - age,
        rows=100,
        plain_bytes=3_000,
        stored_bytes=1_000,
    )


INVENTORY = Inventory(
    stores=("local",),
    backups=(
        stored("a critical", BackupKind.CRITICAL, timedelta(days=3)),
        stored("full", BackupKind.FULL, timedelta(hours=29)),
        stored("first", BackupKind.INCREMENTAL, timedelta(hours=5)),
    ),
    unreadable={},
)


@pytest.fixture
def system() -> System:
    backup = {"stores": [{"name": "local", "folder": "b"}], "passphrase": "${P}"}
    given = {"name": "point", "title": "P", "timezone": "Europe/Madrid", "database": {"url": "${U}"}, "backup": backup}
    return System.model_validate(given)


def report(system: System, inventory: Inventory, *readings: Reading) -> Draft:
    return verification_report(system, inventory, readings, share_percent=25, now=NOW)


def test_the_headline_says_how_old_the_newest_backup_is_and_how_much_was_read(system: System) -> None:
    drafted = report(system, INVENTORY, FULL, FIRST)
    assert drafted.headline == (
        "the newest backup first is 5 h old and whole with all that it rests on; 2 of 3 backups read whole (1.0 kB)"
    )
    assert drafted.figures["verified"] == 2
    assert drafted.figures["longest_unverified_seconds"] == 3 * 86_400
    assert tally(drafted.findings) is Result.PASSED


def test_an_unreadable_manifest_is_a_finding_beside_the_others(system: System) -> None:
    drafted = report(
        system, replace(INVENTORY, unreadable={("local", "x"): "x/manifest.jsonl is damaged"}), FULL, FIRST
    )
    assert drafted.headline == "1 of 5 checks failed: the manifest of x in store local can be read"
    assert drafted.figures["backups"] == 4


def test_the_table_lists_every_backup_newest_first_as_it_is_after_the_run(system: System) -> None:
    drilled = replace(INVENTORY.backups[1], drilled_at=NOW - timedelta(days=1), stays_until="2026-12-24")
    known = replace(INVENTORY, backups=(INVENTORY.backups[0], drilled, INVENTORY.backups[2]))
    (table,) = report(system, known, FULL, replace(FIRST, problems=("x",))).tables
    assert table.columns[:4] == ("backup", "kind", "last verified", "last drilled")
    assert table.rows == (
        (
            "first",
            "incremental",
            "damaged 2026-11-24 06:30",
            "never",
            "3.0 kB",
            "1.0 kB",
            "3.0",
            "2026-11-24 01:30",
            "full",
            "",
        ),
        (
            "full",
            "full",
            "2026-11-24 06:30",
            "2026-11-23 06:30",
            "3.0 kB",
            "1.0 kB",
            "3.0",
            "2026-11-23 01:30",
            "",
            "2026-12-24",
        ),
        ("a critical", "critical", "never", "never", "3.0 kB", "1.0 kB", "3.0", "2026-11-21 06:30", "", ""),
    )


def test_the_table_names_the_store_where_there_are_several(system: System) -> None:
    both = replace(INVENTORY, stores=("local", "offsite"))
    (table,) = report(system, both, FULL, FIRST).tables
    assert table.columns[0] == "store"
    assert {row[0] for row in table.rows} == {"local"}


def test_a_backup_that_could_not_be_looked_into_keeps_what_was_known_of_it() -> None:
    before = replace(INVENTORY.backups[1], read_at=NOW - timedelta(days=2), whole_at=NOW - timedelta(days=2))
    known = replace(INVENTORY, backups=(before,))
    locked = Reading(store="local", backup="full", problems=("the passphrase opens none of its key slots",))
    assert updated(known, [locked]).backups == (before,)
    assert updated(known, [replace(locked, deleted=True)]).backups == ()
