"""The job `backup` as a flow: one at a time, and what it says of an increment that had to become a full backup."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.backup import backup
from integration.databases import PASSPHRASE, database, system_of
from integration.system_folders import written
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.exclusion import exclusive
from sereno.reports.model import Report, Result
from sereno.systems.model import System
from tasks.job import JobFailedError

TABLE = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)"


@pytest.fixture
def system(demo: Any, api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    with (
        temporary_settings({PREFECT_API_URL: api_url}),
        database(str(demo.superuser_url), script=TABLE) as url,
    ):
        yield written(system_of(url), tmp_path / "deployments")


async def backed_up(**parameters: Any) -> Report:
    ended = await backup("awkward", **parameters, return_state=True)
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


async def test_a_second_backup_at_once_is_refused_and_told_which_run_is_at_it(system: System) -> None:
    with exclusive(system="awkward", job="backup", run="the first one"):
        report = await backed_up()
    assert report.result is Result.REFUSED
    assert "the first one" in report.headline
    assert BackupPlace.of(system).identifiers() == []
    assert (await backed_up()).result is Result.PASSED


async def test_where_the_wal_did_not_reach_the_disk_the_next_increment_is_a_full_backup_and_says_why(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("sereno.backup.snapshot._FLUSH_PATIENCE_SECONDS", 0.0)
        patched.setattr("sereno.backup.snapshot._is_flushed", lambda *_: False)
        assert (await backed_up()).result is Result.PASSED
    report = await backed_up(kind=BackupKind.INCREMENTAL)
    assert report.result is Result.PASSED
    newest = BackupPlace.of(system).newest()
    assert BackupPlace.of(system).manifest(newest).kind is BackupKind.FULL
    assert "the WAL was not on disk up to its snapshot" in report.model_dump_json()
    await backed_up(kind=BackupKind.INCREMENTAL)
    newest = BackupPlace.of(system).newest()
    assert BackupPlace.of(system).manifest(newest).kind is BackupKind.INCREMENTAL
