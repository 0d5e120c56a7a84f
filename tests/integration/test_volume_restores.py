"""Volumes brought back by the flows: looked at, into a target's folder, over the original, and in a drill."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from psycopg import sql

from flows.restore import restore
from flows.restore_drill import restore_drill
from integration.databases import PASSPHRASE, database, system_of
from integration.restoring import execute, query
from integration.system_folders import written
from integration.volume_case import awkward_directory, described
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.cli import main
from sereno.reports.model import Finding, Report, Result
from sereno.restore import volumes
from sereno.restore.plan import plan_restore
from sereno.restore.volume_rooms import make_rooms
from sereno.restore.way import WithVolumes
from sereno.systems.model import System
from sereno.volumes import listing
from tasks.job import JobFailedError

TABLE = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)"
LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(listing, "SETTLED_SECONDS", -60)
    for name in ("backups", "staged", "srv"):
        (tmp_path / name).mkdir()
    awkward_directory(tmp_path / "srv" / "media")
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path
    for closed in tmp_path.rglob("closed"):
        closed.chmod(0o700)


@pytest.fixture
def original(server: str) -> Iterator[str]:
    with database(server, script=TABLE) as url:
        yield url
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        with psycopg.connect(server, autocommit=True) as connection:
            for kept in query(server, f"SELECT datname::text FROM pg_database WHERE datname LIKE '{name}\\__%'"):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(kept)))


@pytest.fixture
def system(original: str, server: str, home: Path) -> Iterator[System]:
    with database(server) as empty:
        described = system_of(original, target=empty, admin=server).model_dump(mode="json")
        described["volumes"] = [{"name": "media", "path": "srv/media"}]
        described["restore"]["targets"][0]["volumes_folder"] = "staged"
        yield written(System.model_validate(described), home / "deployments")


async def backed_up(system: System, kind: BackupKind = BackupKind.FULL) -> str:
    return (await asyncio.to_thread(write.write, system, kind)).id


async def report_of(flow: Any, **parameters: Any) -> Report:
    ended = await flow("awkward", **parameters, return_state=True)
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


async def approved(**parameters: Any) -> Report:
    """The dry run, and what it asks for."""
    preview = await report_of(restore, target="original", **parameters)
    assert preview.result is Result.PASSED, preview.headline
    approval = preview.figures["approval"]
    return await report_of(restore, target="original", approval=approval, **parameters, **LIVE)


def finding(report: Report, name: str) -> Finding:
    return next(finding for finding in report.findings if finding.name == name)


def left(home: Path) -> set[str]:
    """What lies in folders that volumes go through, hidden names too."""
    return {path.name for folder in ("srv", "staged", "scratch") for path in (home / folder).glob("*")}


async def test_scratch_looks_at_volumes_and_leaves_nothing(
    system: System, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await backed_up(system)
    await backed_up(system, BackupKind.INCREMENTAL)
    report = await report_of(restore, **LIVE)
    assert report.result is Result.PASSED, report.headline
    assert finding(report, "content of volume media").evidence.endswith("bytes equal")
    assert report.figures["files"] == 13
    assert "and every row and every file is what was backed up" in report.headline
    assert left(home) == {"media"}
    capsys.readouterr()
    assert main(["backups", "show", "awkward"]) == 0
    assert "unchanged since the parent" in capsys.readouterr().out


async def test_a_target_gets_volumes_in_its_folder_once(system: System, home: Path) -> None:
    await backed_up(system)
    report = await report_of(restore, target="empty", **LIVE)
    assert report.result is Result.PASSED, report.headline
    assert described(home / "staged" / "media") == described(home / "srv" / "media")
    assert left(home) == {"media"}
    again = await report_of(restore, target="empty", volumes="only", **LIVE)
    assert again.result is Result.REFUSED
    assert "is there and is not an empty folder" in again.headline


@pytest.mark.slow
async def test_a_target_without_a_folder_says_that_volumes_are_left_out(original: str, server: str, home: Path) -> None:
    with database(server) as empty:
        described = system_of(original, target=empty).model_dump(mode="json")
        described["volumes"] = [{"name": "media", "path": "srv/media"}]
        await backed_up(written(System.model_validate(described), home / "deployments"))
        report = await report_of(restore, target="empty", **LIVE)
        assert report.result is Result.PASSED, report.headline
        assert not finding(report, "volume media is restored").passed
        alone = await report_of(restore, target="empty", volumes="only")
        assert "has no volumes_folder" in alone.headline


async def test_the_original_gets_its_directory_back_and_the_other_is_kept(
    system: System, original: str, home: Path
) -> None:
    await backed_up(system)
    before = described(home / "srv" / "media")
    (home / "srv" / "media" / "large").unlink()
    (home / "srv" / "media" / "since").write_bytes(b"written since")
    execute(original, "DELETE FROM t")
    report = await approved()
    assert report.result is Result.PASSED, report.headline
    assert query(original, "SELECT count(*) FROM t") == [10]
    assert described(home / "srv" / "media") == before
    (kept,) = (home / "srv").glob("media_before_*")
    assert (kept / "since").read_bytes() == b"written since"
    evidence = finding(report, "volume media is in place").evidence
    assert f"mv -T {kept} {home}/srv/media" in evidence
    assert left(home) == {"media", kept.name}


async def test_volumes_alone_touch_no_database(system: System, original: str, home: Path) -> None:
    await backed_up(system)
    before = described(home / "srv" / "media")
    execute(original, "DELETE FROM t")
    (home / "srv" / "media").rename(home / "srv" / "lost")
    report = await approved(volumes="only")
    assert report.result is Result.PASSED, report.headline
    assert report.headline.startswith("restored 13 files in 1 volume (")
    assert described(home / "srv" / "media") == before
    assert query(original, "SELECT count(*) FROM t") == [0]
    assert left(home) == {"media", "lost"}


@pytest.mark.slow
async def test_a_database_alone_touches_no_volume(system: System, original: str, home: Path) -> None:
    await backed_up(system)
    before = (home / "srv" / "media").stat().st_ino
    execute(original, "DELETE FROM t")
    report = await approved(volumes="without")
    assert report.result is Result.PASSED, report.headline
    assert query(original, "SELECT count(*) FROM t") == [10]
    assert (home / "srv" / "media").stat().st_ino == before
    assert left(home) == {"media"}


async def test_an_approval_is_for_the_directory_that_was_there(system: System, home: Path) -> None:
    await backed_up(system)
    preview = await report_of(restore, target="original", volumes="only")
    (home / "srv" / "media").rename(home / "srv" / "other")
    (home / "srv" / "media").mkdir()
    report = await report_of(restore, target="original", volumes="only", approval=preview.figures["approval"], **LIVE)
    assert report.result is Result.REFUSED
    assert left(home) == {"media", "other"}


@pytest.mark.parametrize("volumes_too", [pytest.param("with", marks=pytest.mark.slow), "only"])
async def test_a_damaged_archive_changes_nothing(system: System, original: str, home: Path, volumes_too: str) -> None:
    backup = await backed_up(system)
    path = home / "backups" / "awkward" / backup / "volumes" / "media.tar"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    execute(original, "DELETE FROM t")
    before = (home / "srv" / "media").stat().st_ino
    report = await approved(volumes=volumes_too)
    assert report.result is Result.FAILED
    assert "volumes/media.tar: frame" in report.headline
    assert query(original, "SELECT count(*) FROM t") == [0]
    assert (home / "srv" / "media").stat().st_ino == before
    assert left(home) == {"media"}


async def test_what_a_killed_run_left_is_deleted_by_the_next(system: System, home: Path) -> None:
    await backed_up(system)
    for target in ("original", "empty", "scratch"):
        plan = plan_restore(system, target=target, volumes=WithVolumes.ONLY)
        volumes.unpack_volumes(system, plan, make_rooms(system, plan))
    (home / "srv" / ".media.sereno-of-another").mkdir()
    assert len(left(home)) == 5
    for parameters in ({}, {"target": "empty"}):
        report = await report_of(restore, volumes="only", **parameters, **LIVE)
        assert report.result is Result.PASSED, report.headline
    report = await approved(volumes="only")
    assert report.result is Result.PASSED, report.headline
    (kept,) = (home / "srv").glob("media_before_*")
    assert left(home) == {"media", kept.name, ".media.sereno-of-another"}


async def test_a_drill_proves_volumes(system: System, home: Path) -> None:
    await backed_up(system)
    report = await report_of(restore_drill, **LIVE)
    assert report.result is Result.PASSED, report.headline
    assert finding(report, "content of volume media").passed
    assert "volumes_seconds" in report.figures
    assert left(home) == {"media"}


async def test_a_drill_of_a_volume_that_differs_says_no(
    system: System, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backed_up(system)
    prove = volumes.prove_volumes

    def meddling(*args: Any, **kwargs: Any) -> Any:
        (room,) = (volume.room for volume in args[2])
        status = (room.side / "large").stat()
        with (room.side / "large").open("r+b") as file:
            file.write(b"another content")
        os.utime(room.side / "large", ns=(status.st_mtime_ns, status.st_mtime_ns))
        return prove(*args, **kwargs)

    monkeypatch.setattr("tasks.restore._prove_volumes", _as_step(meddling))
    report = await report_of(restore_drill, **LIVE)
    assert report.result is Result.FAILED
    assert finding(report, "content of volume media").evidence == "empty/also large: the content differs"
    assert left(home) == {"media"}


def _as_step(function: Any) -> Any:
    async def run(*args: Any) -> Any:
        return function(*args)

    return run
