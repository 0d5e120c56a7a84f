"""A whole backup of the demo database, opened by nothing but the reader that was written from docs/backup-format.md."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from contract import reader_by_document as reader
from infra.demo.seed import DATABASE
from infra.demo.system import DemoSystem
from integration.databases import as_url
from sereno.backup import write
from sereno.systems.loader import load_system

NO_OBJECTS = {"owner.json", "keys.json", "manifest.jsonl"}


@pytest.fixture(scope="module")
def folder(demo: DemoSystem) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERENO_HOME", str(demo.folder.parent))
        written = write.write(load_system("demo"))
    backup = demo.folder / "backups" / "demo" / written.id
    yield backup
    shutil.rmtree(backup)


@pytest.fixture(scope="module")
def keys(demo: DemoSystem, folder: Path) -> tuple[bytes, bytes]:
    return reader.unlock(folder, (demo.folder / "secrets" / "backup_passphrase").read_text().strip())


@pytest.fixture(scope="module")
def manifest(folder: Path, keys: tuple[bytes, bytes]) -> Any:
    return reader.read_manifest(folder, keys)


@pytest.fixture(scope="module")
def objects(folder: Path, keys: tuple[bytes, bytes]) -> dict[str, bytes]:
    """What every file of the backup unpacks to."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - NO_OBJECTS
    return {name: reader.read_object(folder, keys, name) for name in names}


@pytest.fixture(scope="module")
def connection(demo: DemoSystem, manifest: Any) -> Iterator[psycopg.Connection]:
    """A session with the settings that the manifest names."""
    with psycopg.connect(as_url(demo.superuser_url, dbname=DATABASE)) as session:
        for setting in manifest["snapshot"]["session"].items():
            session.execute("SELECT set_config(%s, %s, false)", setting)
        yield session


def rows_of(table: Any, objects: dict[str, bytes]) -> bytes:
    return b"".join(objects[part["name"]] for part in table["parts"])


def copied(connection: psycopg.Connection, table: Any) -> bytes:
    """The table's rows as the server copies them."""
    name = sql.Identifier(table["schema_name"], table["name"])
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(name)) as copy:
        return b"".join(copy)


def test_every_object_unpacks_to_the_bytes_that_the_manifest_names(manifest: Any, objects: dict[str, bytes]) -> None:
    of_tables = [entry for table in manifest["tables"] for entry in (*table["parts"], table["key_set"])]
    entries = [entry for entry in (manifest["schema_dump"], manifest["large_objects"], *of_tables) if entry]
    named = {entry["name"]: (entry["plain_bytes"], entry["plain_sha256"]) for entry in entries}
    assert named == {name: (len(text), sha256(text).hexdigest()) for name, text in objects.items()}
    assert objects["schema.dump"].startswith(b"PGDMP"), "an archive of pg_dump"


def test_every_table_has_as_many_rows_as_the_manifest_says(manifest: Any, objects: dict[str, bytes]) -> None:
    expected = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert {table["name"]: rows_of(table, objects).count(b"\n") for table in manifest["tables"]} == expected
    assert {table["name"]: sum(part["rows"] for part in table["parts"]) for table in manifest["tables"]} == expected
    for table in manifest["tables"]:
        for entry in filter(None, (*table["parts"], table["key_set"])):
            assert objects[entry["name"]].count(b"\n") == entry["rows"]


def test_the_rows_of_every_table_are_what_the_database_copies(
    connection: psycopg.Connection, manifest: Any, objects: dict[str, bytes]
) -> None:
    texts = {table["name"]: rows_of(table, objects) for table in manifest["tables"]}
    assert texts["users"].count(b"\n") > 0
    assert texts == {table["name"]: copied(connection, table) for table in manifest["tables"]}


def test_the_differences_of_a_key_set_add_up_to_the_keys_in_the_database(
    connection: psycopg.Connection, manifest: Any, objects: dict[str, bytes]
) -> None:
    (keys,) = [table["key_set"] for table in manifest["tables"] if table["name"] == "customers"]
    assert keys["encoding"] == "integer-deltas"
    found = connection.execute("SELECT id FROM public.customers ORDER BY id").fetchall()
    assert list(accumulate(map(int, objects[keys["name"]].splitlines()))) == [key for (key,) in found]
