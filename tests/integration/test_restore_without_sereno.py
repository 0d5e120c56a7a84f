"""docs/runbooks/restore-without-sereno.md, followed word for word: its blocks of code are what these tests run."""

from __future__ import annotations

import ast
import random
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from contract import reader_by_document
from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, database, system_of
from integration.export_case import contents, run_shell
from integration.random_work import SCHEMA, RandomWork, rows_of_all_tables
from integration.rotation_case import write_folder
from integration.volume_case import awkward_directory, described, with_volumes
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.restore.export_readme import LOADING
from sereno.volumes import listing

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "runbooks" / "restore-without-sereno.md").read_text(encoding="utf-8")
PYTHON, FILES = (part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE) if part.startswith("With "))
CHANGES = """
UPDATE visit SET name = 'changed', mood = 'sad' WHERE id % 7 = 0;
DELETE FROM item WHERE id % 5 = 0;
DELETE FROM pair WHERE a = 3;
UPDATE "CamelCase" SET "Id" = md5("userName")::uuid WHERE "select" < 20;
INSERT INTO visit (name) VALUES ('came');
TRUNCATE extremes;
ALTER TABLE no_key RENAME TO renamed;
CREATE TABLE "new {table}" ("a {column}" int PRIMARY KEY, "b's" text); INSERT INTO "new {table}" VALUES (1, 'x');
SELECT nextval('ticket');
REFRESH MATERIALIZED VIEW frozen;
"""
LATER = """
UPDATE "new {table}" SET "b's" = 'y'; INSERT INTO "new {table}" VALUES (2, E'\\\\.'); DELETE FROM item WHERE id % 7 = 0;
REFRESH MATERIALIZED VIEW frozen;
"""


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    (tmp_path / "room").mkdir()
    return tmp_path


@pytest.fixture
def media(home: Path) -> Iterator[Path]:
    """A volume of the system."""
    yield awkward_directory(home / "media")
    for closed in home.rglob("closed"):
        closed.chmod(0o700)


@pytest.fixture
def source(server: str, home: Path, media: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database of which there is a full backup and two increments, in which its volume has not changed."""
    monkeypatch.setattr(listing, "SETTLED_SECONDS", -60)
    with database(server, script=AWKWARD_SCHEMA) as url:
        system = with_volumes(system_of(url), {"name": "media", "path": str(media)})
        write_folder(system, home / "deployments")
        write.write(system)
        for changes in (CHANGES, LATER):
            with psycopg.connect(url) as connection:
                connection.execute(changes.encode())
            manifest = write.write(system, BackupKind.INCREMENTAL).manifest
            assert manifest.parent
            assert manifest.volumes[0].archive is None
        yield url


def follow(section: str, room: Path, target: str, **variables: str) -> None:
    """Do what a section says: save its script, and run its commands."""
    for script in blocks(section, "python"):
        (room / "recover.py").write_text(script)
    commands = "\n".join(blocks(section, "sh"))
    ended = run_shell(
        commands, {"TARGET": target, "VOLUMES": str(room / "placed"), **variables}, folder=room, path=_programs(room)
    )
    assert not ended.returncode, ended.stderr
    assert "rror" not in ended.stderr


def _programs(room: Path) -> str:
    """A folder with `python3` and `sereno`, of which the first knows nothing of the second."""
    folder = room / "bin"
    folder.mkdir()
    scripts = {
        "python3": f'exec {sys.executable} "$@"',
        "sereno": f'cd "$PWD" && PYTHONPATH={ROOT} exec {sys.executable} -P -m sereno "$@"',
    }
    for name, command in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{command}\n")
        (folder / name).chmod(stat.S_IRWXU)
    return str(folder)


def newest(home: Path) -> Path:
    return max((home / "backups" / "awkward").iterdir())


def test_python_and_cryptography_alone_bring_back_an_increment(
    server: str, source: str, home: Path, media: Path
) -> None:
    expected = contents(source, owners=False)
    away = home / "copied" / "somewhere"
    shutil.copytree(home / "backups" / "awkward", away)
    backup = away / newest(home).name
    shutil.rmtree(home / "backups")
    with database(server) as empty:
        follow(PYTHON, home / "room", empty, BACKUP=str(backup), BACKUP_ENCRYPTION_KEY=PASSPHRASE)
        assert contents(empty, owners=False) == expected
    assert described(home / "room" / "placed" / "media") == described(media)
    assert {path.stat().st_mode & 0o77 for path in (home / "room" / "recovered").rglob("*")} == {0}


def test_gunzip_and_psql_alone_bring_back_an_increment(server: str, source: str, home: Path, media: Path) -> None:
    with database(server) as empty:
        follow(FILES, home / "room", empty, SYSTEM="awkward")
        assert contents(empty) == contents(source)
    assert described(home / "room" / "placed" / "media") == described(media)


@pytest.mark.slow
def test_the_script_brings_back_each_backup_of_a_chain_under_random_work(server: str, home: Path) -> None:
    with database(server, script=SCHEMA) as url, ExitStack() as stack:
        system, work = system_of(url), RandomWork(url, random.Random(11), stack)
        for number in range(4):
            work.some()
            with work.unfinished():
                written = write.write(system, BackupKind.INCREMENTAL if number else BackupKind.FULL)
                expected = rows_of_all_tables(url)
            room = home / f"room{number}"
            room.mkdir()
            with database(server) as empty:
                backup = str(home / "backups" / "awkward" / written.id)
                follow(PYTHON, room, empty, BACKUP=backup, BACKUP_ENCRYPTION_KEY=PASSPHRASE)
                assert rows_of_all_tables(empty) == expected, f"backup {number}"


@pytest.mark.parametrize("damage", ["a flipped bit", "another parent", "a wrong passphrase"])
def test_the_script_stops_at_what_is_not_what_was_written(source: str, home: Path, damage: str) -> None:
    full = min((home / "backups" / "awkward").iterdir())
    if damage == "a flipped bit":
        path = max((full / "rows").iterdir(), key=lambda path: path.stat().st_size)
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    if damage == "another parent":
        (full / "manifest.jsonl").write_bytes((full / "manifest.jsonl").read_bytes() + b"\n")
    (home / "room" / "recover.py").write_text(blocks(PYTHON, "python")[0])
    key = "open sesame" if damage == "a wrong passphrase" else PASSPHRASE
    variables = {"BACKUP": str(newest(home)), "BACKUP_ENCRYPTION_KEY": key}
    ended = run_shell(blocks(PYTHON, "sh")[0], variables, folder=home / "room", path=_programs(home / "room"))
    assert ended.returncode == 1
    assert "was authenticated" not in ended.stdout


def test_the_script_stands_alone_and_reads_as_the_reader_of_the_tests_does() -> None:
    (script,) = blocks(PYTHON, "python")
    imported = {
        (node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
        for node in ast.walk(ast.parse(script, feature_version=(3, 9)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    reader = Path(reader_by_document.__file__).read_text(encoding="utf-8")
    shared = reader[reader.index("def need(") : reader.index("def read_object(")]
    assert shared in script


def test_the_commands_are_those_that_lie_beside_exported_files() -> None:
    assert blocks(FILES, "sh")[1] == f"cd exported\n{LOADING}"
