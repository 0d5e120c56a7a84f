"""Archives: every value comes back as it was, and what was damaged is refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, database
from integration.maintenance_case import LOGS, TABLES, purged, rows, system_with
from sereno.errors import IntegrityError, RefusedError
from sereno.maintenance.archive import Archive, archives_of
from sereno.maintenance.restore import preview_archive, restore_archive
from sereno.systems.model import System

VISITS = {"name": "visits", "table": "visit", "key": "id", "older_than": "at", "archive": True, "retain_days": 1}
CONTENT = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM visit t"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


@pytest.fixture
def awkward(demo: Any, home: Path) -> Iterator[tuple[str, System]]:
    with database(str(demo.superuser_url), script=AWKWARD_SCHEMA + "DELETE FROM item;") as url:
        yield url, system_with(url, home / "deployments", VISITS)


@pytest.fixture
def logs(demo: Any, home: Path) -> Iterator[tuple[str, System]]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url, system_with(url, home / "deployments", {**LOGS, "archive": True})


def only_archive(system: System) -> Archive:
    (archive,) = archives_of(system)
    return archive


def test_every_value_comes_back_as_it_was(awkward: tuple[str, System]) -> None:
    url, system = awkward
    before = rows(url, CONTENT)
    assert purged(system, name="visits").deleted == 3000
    assert rows(url, "SELECT count(*) FROM visit") == [(1,)]
    archive = only_archive(system)
    assert preview_archive(system, archive).brought_back == 3000
    assert rows(url, "SELECT count(*) FROM visit") == [(1,)]
    assert restore_archive(system, archive).brought_back == 3000
    assert rows(url, CONTENT) == before


def test_bringing_back_twice_changes_nothing_and_says_so(logs: tuple[str, System]) -> None:
    url, system = logs
    purged(system, max_delete=300)
    archive = only_archive(system)
    restore_archive(system, archive)
    assert preview_archive(system, archive).brought_back == 0
    assert restore_archive(system, archive).brought_back == 0
    assert rows(url, "SELECT count(*) FROM log") == [(1000,)]


def test_a_part_can_be_read_without_sereno(logs: tuple[str, System], home: Path) -> None:
    _, system = logs
    purged(system, max_delete=300)
    first, *lines = [
        json.loads(line)
        for path in sorted((home / "backups" / "archives").rglob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    assert (first["schema"], first["table"], first["rows"]) == ("sereno.archive/1", "log", len(lines))
    assert lines[0] == {
        "id": "1",
        "client_id": "2",
        "level": "info",
        "at": "2026-08-21 13:00:00+01",
        "note": "n1",
    }


def test_an_archive_that_lacks_a_part_is_refused(logs: tuple[str, System]) -> None:
    url, system = logs
    purged(system, max_delete=300)
    archive = only_archive(system)
    first = archive.read_part(archive.parts()[0])
    replace(archive, header=first.header).write_part(3, first.rows)
    with pytest.raises(IntegrityError, match="lacks part 2"):
        restore_archive(system, archive)
    assert rows(url, "SELECT count(*) FROM log") == [(700,)]


def test_a_damaged_part_is_refused_before_a_row_is_brought_back(logs: tuple[str, System], home: Path) -> None:
    url, system = logs
    purged(system, max_delete=300)
    (path,) = (home / "backups" / "archives").rglob("*.ndjson.gz")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="is not what was written"):
        restore_archive(system, only_archive(system))
    assert rows(url, "SELECT count(*) FROM log") == [(700,)]


@pytest.mark.parametrize("name", ["../../etc", "20260101T000000Z-logs-none", ""])
def test_an_archive_that_is_not_there_is_refused(logs: tuple[str, System], name: str) -> None:
    with pytest.raises(RefusedError, match="has no archive"):
        Archive.found(logs[1], name)
