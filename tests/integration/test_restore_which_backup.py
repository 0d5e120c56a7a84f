"""Which backup a restore takes: the newest that holds everything, one by its id, or one as of a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database, system_of
from sereno.backup import write
from sereno.backup.manifest import BackupKind, Manifest
from sereno.errors import ConfigurationError, RefusedError
from sereno.restore.plan import plan_restore
from sereno.systems.model import System

SCHEMA = """
CREATE TABLE visit (id int PRIMARY KEY);
CREATE TABLE item (id int PRIMARY KEY, visit_id int REFERENCES visit);
"""
SECOND = timedelta(seconds=1)
Backups = list[Manifest]


@pytest.fixture(scope="module")
def system(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    home = tmp_path_factory.mktemp("home")
    (home / "backups").mkdir()
    with pytest.MonkeyPatch.context() as environment, database(demo.superuser_url, script=SCHEMA) as url:
        environment.setenv("SERENO_HOME", str(home))
        environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
        yield system_of(url)


@pytest.fixture(scope="module")
def backups(system: System) -> Backups:
    """A full one, an increment, and later one of some tables."""
    kinds = [(BackupKind.FULL, ()), (BackupKind.INCREMENTAL, ()), (BackupKind.TABLES, ("visit",))]
    return [write.write(system, kind, tables=tables).manifest for kind, tables in kinds]


def taken(manifest: Manifest) -> datetime:
    return manifest.snapshot.taken_at


def test_latest_is_no_newer_backup_of_some_tables(system: System, backups: Backups) -> None:
    _, increment, some = backups
    assert plan_restore(system).backup == increment.id
    assert plan_restore(system, backup=some.id).backup == some.id


def test_as_of_a_time_is_the_newest_taken_until_then(system: System, backups: Backups, tmp_path: Path) -> None:
    full, increment, some = backups
    for moment, expected in [
        (taken(full), full),
        (taken(increment) - timedelta(microseconds=1), full),
        (taken(increment), increment),
        (taken(some) + SECOND, increment),
    ]:
        assert plan_restore(system, as_of=moment.isoformat()).backup == expected.id
    local = (taken(increment) + SECOND).astimezone(system.zone).replace(tzinfo=None)
    assert plan_restore(system, as_of=local.isoformat()).backup == increment.id


def test_before_the_first_backup_there_is_none_and_the_oldest_is_named(system: System, backups: Backups) -> None:
    with pytest.raises(RefusedError, match=f"has no backup as of .*: the oldest in store local is {backups[0].id}"):
        plan_restore(system, as_of=(taken(backups[0]) - SECOND).isoformat())


def test_an_id_and_a_time_are_not_both_given(system: System, backups: Backups) -> None:
    with pytest.raises(RefusedError, match="give one of them"):
        plan_restore(system, backup=backups[0].id, as_of="2026-11-23T02:00:00")


def test_a_time_of_a_changed_clock_is_refused(system: System, backups: Backups) -> None:
    with pytest.raises(ConfigurationError, match="showed 2026-10-25T01:30:00 twice"):
        plan_restore(system, as_of="2026-10-25T01:30:00")


def test_the_foreign_keys_that_some_tables_lose_are_known_before(system: System, backups: Backups) -> None:
    (key,) = plan_restore(system, tables=["item"]).left_out
    assert (key.name, key.table, key.other, key.missing) == (
        "item_visit_id_fkey",
        "public.item",
        "public.visit",
        "public.visit",
    )
    assert plan_restore(system, tables=["visit"]).left_out[0].missing == "public.item"
    assert plan_restore(system, tables=["visit", "item"]).left_out == ()
    assert plan_restore(system).left_out == ()


def test_the_tables_that_a_backup_of_some_tables_lacks_take_foreign_keys_with_them(
    system: System, backups: Backups
) -> None:
    assert [key.name for key in plan_restore(system, backup=backups[2].id).left_out] == ["item_visit_id_fkey"]
