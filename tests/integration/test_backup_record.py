"""The note of each backup in the system's own table: what it says, and that the backup stands without it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from psycopg.rows import dict_row

from flows.backup import backup
from integration.databases import PASSPHRASE, database, system_of
from integration.five_systems import Deploy
from integration.restoring import execute, query
from integration.system_folders import written
from sereno.backup import read_back, write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.backup.record import record_backup
from sereno.reports.model import Effect, Report, Result
from sereno.systems.model import System

TABLES = """
CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10);
CREATE TABLE own_backups (id text PRIMARY KEY, kind text, parent text, store text, path text, size bigint, sum text,
    status text, error text, began timestamptz, ended timestamptz, tables int, entries bigint)
"""
RECORD = """
INSERT INTO own_backups VALUES (:id, :kind, :parent, :store, :path, :bytes, :checksum, :status, :error, :started_at,
    :completed_at, :tables, :rows)
"""
NONE = "UPDATE own_backups SET kind = :kind WHERE id = :id"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


@pytest.fixture
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url


def system_with(source: str, home: Path, statement: str | None) -> System:
    return written(system_of(source), home / "deployments", sql={"backups.record": statement} if statement else {})


def test_a_backup_is_noted_with_what_its_manifest_says(source: str, home: Path) -> None:
    system = system_with(source, home, RECORD)
    for kind in (BackupKind.FULL, BackupKind.INCREMENTAL):
        taken = write.write(system, kind)
        (finding,) = record_backup(system, taken, read_back.verify(system, taken.id))
        assert (finding.passed, finding.required) == (True, False), finding.evidence
    with psycopg.connect(source, row_factory=dict_row) as connection:
        full, increment = connection.execute("SELECT * FROM own_backups ORDER BY began").fetchall()
    manifest = taken.manifest
    assert increment == {
        "id": taken.id,
        "kind": "incremental",
        "parent": full["id"],
        "store": "local",
        "path": f"awkward/{taken.id}",
        "size": manifest.stored_bytes,
        "sum": BackupPlace.of(system).open(taken.id).manifest_sha256,
        "status": "completed",
        "error": None,
        "began": manifest.created_at,
        "ended": manifest.finished_at,
        "tables": 2,
        "entries": 11,
    }
    assert full["parent"] is None


def test_a_backup_that_cannot_be_read_back_is_noted_as_failed(source: str, home: Path) -> None:
    system = system_with(source, home, RECORD)
    taken = write.write(system)
    read = replace(read_back.verify(system, taken.id), problems=("rows/000001-0000: cut",))
    assert all(finding.passed for finding in record_backup(system, taken, read))
    assert query(source, "SELECT status || ': ' || error FROM own_backups") == ["failed: rows/000001-0000: cut"]


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        (RECORD.replace("own_backups", "missing"), 'relation "missing" does not exist'),
        (NONE, "wrote no row"),
        ("DELETE FROM t; DELETE FROM own_backups", "holds a second statement"),
    ],
)
def test_a_note_that_fails_is_a_finding_and_changes_nothing(
    source: str, home: Path, statement: str, evidence: str
) -> None:
    system = system_with(source, home, statement)
    taken = write.write(system)
    (finding,) = record_backup(system, taken, read_back.verify(system, taken.id))
    assert (finding.passed, finding.required) == (False, False)
    assert evidence in finding.evidence
    assert query(source, "SELECT count(*) FROM t") == [10]


async def report_of_backup() -> Report:
    ended: Any = await backup("awkward", return_state=True)
    report = await ended.aresult(raise_on_failure=False)
    assert isinstance(report, Report)
    return report


async def test_the_job_notes_the_backup_and_stands_without_the_note(source: str, home: Path, api_url: str) -> None:
    with temporary_settings({PREFECT_API_URL: api_url}):
        reports = []
        for statement in (None, RECORD, RECORD):
            await asyncio.to_thread(system_with, source, home, statement)
            reports.append(await report_of_backup())
            if len(reports) == 2:
                execute(source, "ALTER TABLE own_backups DROP COLUMN error")
    noted = [[each.passed for each in report.findings if each.name.startswith("noted in")] for report in reports]
    assert noted == [[], [True], [False]]
    assert {(report.effect, report.result) for report in reports} == {(Effect.READ, Result.PASSED)}
    assert "noted in the system's own table" in reports[2].headline
    assert query(source, "SELECT count(*) FROM own_backups") == [1]


def test_fvstudios_sees_the_backup_in_its_own_list(deployed: Deploy) -> None:
    place = deployed("fvstudios")
    taken = write.write(place.system, BackupKind.CRITICAL)
    (finding,) = record_backup(place.system, taken, read_back.verify(place.system, taken.id))
    assert finding.passed, finding.evidence
    listed = query(
        place.database.owner,
        f"""SELECT b.backup_type || ' ' || b.status || ' ' || p.role || ' ' || (b.file_size > 0)
            FROM backup_records b JOIN profiles p ON p.id = b.created_by WHERE b.id = '{taken.id}'""",
    )
    assert listed == ["critical_only completed admin true"]
