"""`verify_backups` with real backups: what it chooses, what damage it finds, what it remembers."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.verify_backups import verify_backups
from integration.databases import PASSPHRASE, database, system_of
from integration.system_folders import written
from sereno.backup import read_back, write
from sereno.backup.manifest import BackupKind
from sereno.errors import ConfigurationError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import last_readings
from sereno.reports.model import Effect, Report, Result
from sereno.systems.model import System
from sereno.verify.inventory import take_inventory
from sereno.verify.reading import read_backup
from tasks.job import JobFailedError

SCRIPT = """
CREATE TABLE salon (id int PRIMARY KEY, name text);
INSERT INTO salon SELECT n, 'salon ' || n FROM generate_series(1, 500) n;
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path


@pytest.fixture
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=SCRIPT) as url:
        yield url


@pytest.fixture
def system(source: str, home: Path) -> System:
    return written(system_of(source), home / "deployments")


@pytest.fixture
def chain(system: System, source: str) -> list[str]:
    """The ids of a full backup and two increments, oldest first."""
    ids = [write.write(system).id]
    for name in ("one", "two"):
        with psycopg.connect(source) as connection:
            connection.execute("UPDATE salon SET name = %s WHERE id = 7", (name,))
        increment = write.write(system, BackupKind.INCREMENTAL)
        assert increment.manifest.kind is BackupKind.INCREMENTAL, increment.remark
        ids.append(increment.id)
    return ids


@pytest.fixture
def folder(home: Path) -> Callable[[str], Path]:
    return lambda identifier: home / "backups" / "awkward" / identifier


async def verified(**parameters: Any) -> Report:
    ended = await verify_backups("awkward", **parameters, return_state=True)
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


def failed(report: Report) -> dict[str, str]:
    return {finding.name: finding.evidence for finding in report.findings if not finding.passed}


def damage(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])


async def test_a_chain_is_read_whole_and_remembered(system: System, chain: list[str]) -> None:
    report = await verified(share=1)
    assert (report.effect, report.result, report.figures["verified"]) == (Effect.READ, Result.PASSED, 3)
    assert f"the newest backup {chain[-1]} is" in report.headline
    inventory = take_inventory(system)
    assert [backup.id for backup in inventory.backups] == chain
    assert all(backup.whole_at and not backup.damaged for backup in inventory.backups)
    assert all(backup.stays_until.startswith("20") for backup in inventory.backups)


async def test_a_damaged_parent_fails_with_all_that_rests_on_it_and_stays_a_finding(
    chain: list[str], folder: Callable[[str], Path]
) -> None:
    damage(next(folder(chain[0]).glob("rows/*")))
    for _ in range(2):
        report = await verified(share=1)
        found = failed(report)
        assert report.result is Result.FAILED
        assert list(found) == [f"backup {backup} in store local can be read" for backup in chain]
        assert "rows/000001-0000" in found[f"backup {chain[0]} in store local can be read"]
        assert f"it rests on {chain[0]}, which cannot be read whole" in str(found)


async def test_a_parent_that_is_gone_fails_what_rests_on_it(chain: list[str], folder: Callable[[str], Path]) -> None:
    shutil.rmtree(folder(chain[0]))
    found = failed(await verified())
    assert list(found) == [f"backup {backup} in store local can be read" for backup in chain[1:]]
    assert all(f"it rests on {chain[0]}, which is gone" in evidence for evidence in found.values())


async def test_a_parent_whose_manifest_was_edited_is_found_with_all_that_rests_on_it(
    system: System, chain: list[str], folder: Callable[[str], Path]
) -> None:
    manifest = folder(chain[0]) / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes().replace(b'"rows":500', b'"rows":400', 1))
    found = failed(await verified())
    assert "was changed after it was written" in found[f"backup {chain[0]} in store local can be read"]
    assert len(found) == 3


async def test_an_unreadable_manifest_hides_no_other_backup(chain: list[str], folder: Callable[[str], Path]) -> None:
    (folder(chain[2]) / "manifest.jsonl").write_text("{}\n")
    report = await verified(share=100)
    assert list(failed(report)) == [f"the manifest of {chain[2]} in store local can be read"]
    assert report.figures["verified"] == 2


async def test_a_backup_that_waits_longest_is_read_before_others(system: System, chain: list[str]) -> None:
    extra = [(await asyncio.to_thread(write.write, system, BackupKind.DATA_ONLY)).id for _ in range(4)]
    await verified(share=100)
    newest = await asyncio.to_thread(write.write, system)
    read_back.read_back(system, newest)
    before = {key: reading.read_at for key, reading in last_known().items()}
    report = await verified(share=25)
    now_read = {backup for (_, backup), reading in last_known().items() if before["local", backup] != reading.read_at}
    assert report.figures["verified"] == 3
    assert now_read == {chain[0], chain[1], newest.id}
    assert not now_read & set(extra)


def test_a_backup_is_known_as_verified_from_the_moment_it_was_read_back(system: System) -> None:
    taken = write.write(system)
    read_back.read_back(system, taken)
    (backup,) = take_inventory(system).backups
    assert backup.whole_at
    assert not backup.damaged


def test_a_backup_deleted_while_it_is_read_is_no_finding(
    system: System, chain: list[str], folder: Callable[[str], Path]
) -> None:
    inventory = take_inventory(system)
    shutil.rmtree(folder(chain[2]))
    assert read_backup(system, inventory.backups[2]).deleted
    assert ("local", chain[2]) not in last_known()


async def test_a_wrong_passphrase_is_said_and_nothing_is_taken_for_damaged(
    system: System, chain: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_PASSPHRASE", "open sesame")
    found = failed(await verified(share=1))
    assert all("the passphrase opens none" in evidence for evidence in found.values())
    assert last_known() == {}


async def test_no_backup_at_all_fails(system: System) -> None:
    report = await verified()
    assert report.result is Result.FAILED
    assert failed(report) == {
        "the newest backup of everything in store local is at most 26 h old": "there is none; run the job `backup`"
    }


def test_a_system_without_backups_is_told_what_is_missing(system: System) -> None:
    with pytest.raises(ConfigurationError, match="no section `backup`"):
        take_inventory(system.model_copy(update={"backup": None}))


def last_known() -> dict[tuple[str, str], Any]:
    with open_ledger() as ledger:
        return dict(last_readings(ledger, "awkward"))
