"""`sereno backups export`: what it asks for before rows go to the disk in clear, and the trace that it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database, system_of
from integration.export_case import contents, loaded
from integration.rotation_case import write_folder
from sereno import audit
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.cli import main
from sereno.ledger import open_ledger
from sereno.reports.model import Report

Captured = pytest.CaptureFixture[str]
TABLES = """
CREATE TABLE person (id int PRIMARY KEY, name text); INSERT INTO person VALUES (1, 'Amália Rodrigues');
CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other SELECT generate_series(1, 5000)
"""


@pytest.fixture(scope="module")
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url


@pytest.fixture
def home(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A full backup and an increment of a system."""
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    system = system_of(source)
    write_folder(system, tmp_path / "deployments")
    write.write(system)
    write.write(system, BackupKind.INCREMENTAL)
    return tmp_path


def report_of(capsys: Captured) -> Report:
    captured = capsys.readouterr()
    assert "Amália" not in captured.out + captured.err
    return Report.model_validate_json(captured.out)


def events() -> list[tuple[str, str, str]]:
    with open_ledger() as ledger:
        return [(event.action, event.effect, event.result) for event in audit.events(ledger, "awkward")]


def export(home: Path, *words: str) -> int:
    return main(["backups", "export", "awkward", "--to", str(home / "out"), "--json", *words])


def test_without_confirmation_nothing_is_written(home: Path, capsys: Captured) -> None:
    assert export(home) == 0
    report = report_of(capsys)
    assert (report.effect, report.figures["tables"], report.figures["rows"]) == ("dry-run", 2, 5001)
    assert "in clear; run again with --confirm-live YES" in report.headline
    assert not (home / "out").exists()
    assert events() == [("PREVIEW_EXPORT_BACKUP", "dry-run", "passed")]


def test_confirmed_it_writes_warns_and_is_loaded(source: str, home: Path, capsys: Captured, demo: Any) -> None:
    assert export(home, "--confirm-live", "YES") == 0
    report = report_of(capsys)
    assert "in clear: keep it from others, and delete it" in report.headline
    assert report.effect == "read"
    assert {Path(file.path) for file in report.files} == {path for path in (home / "out").rglob("*") if path.is_file()}
    assert events() == [("RUN_EXPORT_BACKUP", "read", "passed")]
    with database(str(demo.superuser_url)) as empty:
        loaded(home / "out", empty)
        assert contents(empty) == contents(source)


def test_some_tables_of_a_certain_backup_are_written(home: Path, capsys: Captured) -> None:
    full = min(path.name for path in (home / "backups" / "awkward").iterdir())
    words = ["backups", "export", "awkward", full, "--to", str(home / "out"), "--tables", "public.person", "other"]
    assert main([*words, "--no-owner", "--confirm-live", "YES"]) == 0
    assert full in capsys.readouterr().out
    assert sorted(path.name for path in (home / "out" / "tables").iterdir()) == [
        "0001.public.other.sql.gz",
        "0002.public.person.sql.gz",
    ]
    assert not (home / "out" / "roles.sql.gz").exists()


def test_a_folder_that_is_not_empty_another_word_and_an_unknown_table_are_refused(home: Path, capsys: Captured) -> None:
    assert export(home, "--confirm-live", "yes") == 3
    assert report_of(capsys).result == "refused"
    assert export(home, "--confirm-live", "YES", "--tables", "nothing") == 2
    assert "no table 'nothing'" in report_of(capsys).headline
    (home / "out").mkdir()
    (home / "out" / "file").touch()
    assert export(home, "--confirm-live", "YES") == 3
    assert "is not empty" in report_of(capsys).headline
    assert [path.name for path in (home / "out").iterdir()] == ["file"]


def test_a_damaged_object_ends_it_with_nothing_left_in_clear(home: Path, capsys: Captured) -> None:
    full = min((home / "backups" / "awkward").iterdir())
    rows = max((full / "rows").iterdir(), key=lambda path: path.stat().st_size)
    content = rows.read_bytes()
    rows.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert export(home, "--confirm-live", "YES") == 1
    assert f"rows/{rows.name}" in report_of(capsys).headline
    assert not (home / "out").exists()
    assert events() == [("RUN_EXPORT_BACKUP", "read", "failed")]


def test_an_increment_without_its_parent_is_not_half_exported(home: Path, capsys: Captured) -> None:
    shutil.rmtree(min((home / "backups" / "awkward").iterdir()))
    assert export(home, "--confirm-live", "YES") == 1
    assert "rests on" in report_of(capsys).headline
    assert not (home / "out").exists()
