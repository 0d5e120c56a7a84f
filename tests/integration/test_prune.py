"""Pruning real backups in a real folder: chains, holds, leftovers, the bound of a run, and the runbook's variable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database
from integration.prune_case import LATER, TABLES, chain, everything, missed, pruned, system_with, there
from sereno.backup import read_back, write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.backup.prune import prune
from sereno.backup.prune_plan import PrunePlan, plan_prune
from sereno.backup.prune_report import prune_report
from sereno.errors import ConfigurationError, RefusedError
from sereno.systems.model import System
from sereno.verify.inventory import take_inventory
from sereno.verify.reading import read_backup

SECOND = timedelta(seconds=1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "local").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url


@pytest.fixture
def system(home: Path, url: str) -> System:
    return system_with(url)


def test_a_backup_that_was_found_damaged_takes_no_whole_ones_place(system: System, home: Path) -> None:
    (whole,), (broken,) = chain(system, 0), chain(system, 0)
    manifest = BackupPlace.of(system).manifest(broken)
    path = home / "local" / system.name / broken / manifest.objects[0].name
    path.write_bytes(path.read_bytes()[:-1])
    for stored in take_inventory(system).backups:
        read_backup(system, stored)
    report = pruned(system)
    assert there(system) == [whole, broken]
    assert missed(report)["every backup in store local was whole when it was last read"].startswith(broken)
    (newest,) = chain(system, 0)
    pruned(system)
    assert there(system) == [newest]


def test_a_dry_run_says_what_a_live_run_does_and_changes_nothing(system: System, home: Path) -> None:
    first, second = chain(system, 2), chain(system, 1)
    before = everything(home / "local")
    plan = plan_prune(system, now=LATER)
    preview = prune_report(plan)
    assert everything(home / "local") == before
    told = []
    report = prune_report(
        plan, prune(system, plan, progress=lambda done, total, what: told.append((done, total, what)))
    )
    after = everything(home / "local")
    assert told == [(number, 3, each) for number, each in enumerate(reversed(first), start=1)]
    assert there(system) == second
    assert after.keys() == {name for name in before if name.split("/")[1] not in first}
    freed = sum(map(len, before.values())) - sum(map(len, after.values()))
    assert preview.figures["would_free_bytes"] == report.figures["freed_bytes"] == freed
    assert preview.figures["would_delete"] == report.figures["deleted"] == 3
    assert preview.headline.startswith("2 backups of awkward stay (")
    assert "; 3 backups would go, which would free " in preview.headline
    assert "; 3 backups were deleted, which freed " in report.headline
    assert read_back.verify(system, second[-1]).problems == ()


def test_a_second_run_has_nothing_to_do(system: System) -> None:
    chain(system, 1)
    kept = chain(system, 1)
    pruned(system)
    report = pruned(system)
    assert report.headline.endswith(", and nothing has to go")
    assert there(system) == kept


def test_a_run_that_is_bounded_leaves_whole_chains_and_the_next_one_goes_on(system: System) -> None:
    first, second = chain(system, 2), chain(system, 0)
    report = pruned(system, max_delete=1)
    assert there(system) == [*first[:2], *second]
    assert report.figures["waiting"] == 2
    assert missed(report) == {
        "all of it goes from store local in one run": "2 more wait for the next run; max_delete bounds what goes in one"
    }
    assert read_back.verify(system, first[1]).problems == ()
    pruned(system, max_delete=500)
    assert there(system) == second


def test_the_calendar_says_why_each_backup_stays(system: System) -> None:
    first, second = chain(system, 0), chain(system, 1)
    rows = prune_report(plan_prune(system, now=LATER)).tables[0].rows
    assert [row[0] for row in rows] == [*reversed(second), *first]
    assert [row[5] for row in rows] == ["last 1, minimum 1", f"{second[1]} rests on it", "no rule asks for it"]
    assert [row[4] for row in rows][2] == "goes"
    assert [row[6:] for row in rows] == [("local", "-"), ("local", "-"), ("-", "local")]


def test_a_hold_keeps_a_backup_and_what_it_rests_on(url: str, system: System) -> None:
    first, second = chain(system, 2), chain(system, 0)
    held = system_with(url, holds=[{"reason": "tax audit", "backup": first[1]}])
    pruned(held)
    assert there(system) == [*first[:2], *second]


def test_a_hold_on_a_backup_that_is_nowhere_stops_everything(url: str, system: System) -> None:
    first = chain(system, 0)[0]
    mistyped = first[:-1] + ("0" if first[-1] != "0" else "1")
    held = system_with(url, holds=[{"reason": "tax audit", "backup": mistyped}])
    with pytest.raises(RefusedError, match="which is in none of its stores; correct the id"):
        plan_prune(held, now=LATER)


@pytest.mark.parametrize(("age", "goes"), [(timedelta(hours=24), False), (timedelta(hours=24) + SECOND, True)])
def test_a_folder_without_a_manifest_goes_after_24_hours(
    age: timedelta, goes: bool, system: System, home: Path
) -> None:
    identifier, kept = chain(system, 0)[0], chain(system, 0)
    folder = home / "local" / system.name / identifier
    (folder / "manifest.jsonl").unlink()
    touched = (LATER - age).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (touched - 9, touched - 9))
    os.utime(folder / "keys.json", (touched, touched))
    report = pruned(system)
    assert folder.exists() is not goes
    assert report.figures["deleted_leftovers"] == int(goes)
    assert report.figures["unfinished"] == int(not goes)
    assert there(system) == kept


def test_a_folder_in_which_nothing_is_finished_goes_too_and_somebodys_own_folder_stays(
    system: System, home: Path
) -> None:
    folder = home / "local" / system.name
    begun, own = folder / "20260101T020000Z-full-1f3a5c7e", folder / "old-copy"
    no_date = folder / "20269999T020000Z-full-1f3a5c7e"
    for each in (begun, own, no_date):
        each.mkdir(parents=True)
        (each / ".owner.json.abc.unfinished").touch()
    assert pruned(system).figures["deleted_leftovers"] == 1
    assert (begun.exists(), own.exists(), no_date.exists()) == (False, True, True)


def test_a_system_without_a_backup_has_nothing_to_prune(system: System) -> None:
    assert pruned(system).headline == "0 backups of awkward stay (0 B), and nothing has to go"


def test_the_variable_of_the_runbook_overrides_the_days_of_every_system(
    url: str, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = chain(system, 0) + chain(system, 0)
    monkeypatch.setenv("BACKUP_RETENTION_DAYS", "41")
    plan: PrunePlan = plan_prune(system, now=LATER)
    assert plan.stores[0].backups == ()
    assert prune_report(plan).figures["within_days"] == 41
    monkeypatch.setenv("BACKUP_RETENTION_DAYS", "39")
    assert [each.id for each in plan_prune(system_with(url, within_days=90), now=LATER).stores[0].backups] == backups[
        :1
    ]


@pytest.mark.parametrize("days", ["ninety", "0", "-1", "1.5", "36501", "9" * 5000, "٣٣٣٣٣٣"])
def test_a_variable_that_holds_no_days_is_one_clear_sentence(
    days: str, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKUP_RETENTION_DAYS", days)
    with pytest.raises(ConfigurationError, match=r"^BACKUP_RETENTION_DAYS is .{3,50}; expected a whole number of days"):
        plan_prune(system)


def test_an_empty_variable_is_none(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_RETENTION_DAYS", "")
    assert plan_prune(system).keep.rules.within_days == 0


def test_kinds_are_counted_apart(system: System) -> None:
    chain(system, 0)
    full = chain(system, 0)
    schemas = [write.write(system, BackupKind.SCHEMA_ONLY).id for _ in range(2)]
    pruned(system)
    assert there(system) == [*full, schemas[-1]]
