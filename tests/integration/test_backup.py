"""Backups of a real database: every row is in them, and the manifest says what is needed later."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, database, system_of
from sereno.backup import read_back, write
from sereno.backup.catalog import read_tables
from sereno.backup.manifest import BackupKind
from sereno.backup.objects import read_plain
from sereno.backup.place import BackupPlace


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(scope="module")
def source(server: str) -> Iterator[str]:
    with database(server, script=AWKWARD_SCHEMA) as url:
        yield url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()


def test_a_backup_holds_every_row_and_can_be_read_back(source: str) -> None:
    system = system_of(source)
    written = write.write(system)
    counts = {table.label: table.rows for table in written.manifest.tables}
    assert counts == {
        "other.item": 1,
        "public.CamelCase": 500,
        "public.empty": 0,
        "public.event_february": 420,
        "public.event_january": 480,
        "public.extremes": 3,
        "public.heir": 1,
        "public.item": 2000,
        "public.no_columns": 2,
        "public.no_key": 5,
        "public.pair": 50,
        "public.parent": 1,
        "public.visit": 3001,
    }
    assert read_back.read_back(system, written).problems == ()
    assert BackupPlace.of(system).identifiers() == [written.id]


def test_the_manifest_has_what_increments_will_need(source: str) -> None:
    manifest = write.write(system_of(source)).manifest
    assert manifest.snapshot.flushed
    assert manifest.snapshot.watermark > 0
    assert manifest.snapshot.session["TimeZone"] == "UTC"
    assert manifest.origin.system_identifier
    assert manifest.origin.timeline == 1
    keys = {table.label: table.key_set.encoding for table in manifest.tables if table.key_set}
    assert keys["public.visit"] == "integer-deltas"
    assert keys["public.extremes"] == "copy-text", "the difference of its keys does not fit 64 bits"
    assert keys["public.CamelCase"] == "copy-text"
    assert "public.no_key" not in keys


def test_key_sets_are_the_sorted_keys(source: str) -> None:
    system = system_of(source)
    backup = BackupPlace.of(system).open(write.write(system).id)

    def lines(label: str) -> list[bytes]:
        (keys,) = [table.key_set for table in backup.manifest.tables if table.label == label and table.key_set]
        with backup.store.open(backup.object_path(keys.name)) as stored:
            return b"".join(read_plain(stored, key=backup.key, name=keys.name)).splitlines()

    assert lines("public.visit") == [b"1"] * 3001
    assert lines("public.extremes") == [b"-9223372036854775808", b"0", b"9223372036854775807"]
    uuids = lines("public.CamelCase")
    assert uuids == sorted(uuids)
    pairs = [(int(a), b) for a, b in (line.split(b"\t") for line in lines("public.pair"))]
    assert pairs == sorted(pairs)


def test_fingerprints_change_with_columns_keys_and_enum_labels(server: str) -> None:
    def fingerprint(url: str) -> str:
        with psycopg.connect(url) as connection:
            (table,) = read_tables(connection)
            return table.fingerprint

    with database(
        server, script="CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS e[]; CREATE TABLE t (x d, y int)"
    ) as url:
        seen = [fingerprint(url)]
        for change in (
            "ALTER TYPE e RENAME VALUE 'a' TO 'b'",
            "ALTER TABLE t ADD z text",
            "ALTER TABLE t ALTER z TYPE varchar(5)",
            "ALTER TABLE t ADD PRIMARY KEY (y)",
            "ALTER TABLE t RENAME z TO zz",
            'ALTER TABLE t ALTER zz TYPE varchar(5) COLLATE "C"',
        ):
            with psycopg.connect(url) as connection:
                connection.execute(change)
            seen.append(fingerprint(url))
        assert len(set(seen)) == len(seen)


def test_the_schema_digest_is_the_same_for_the_same_schema_and_differs_for_another(server: str) -> None:
    with database(server, script=AWKWARD_SCHEMA) as url:
        system = system_of(url)
        first = write.write(system).manifest.schema_digest
        assert write.write(system).manifest.schema_digest == first
        with psycopg.connect(url) as connection:
            connection.execute("COMMENT ON TABLE item IS 'changed'")
        assert write.write(system).manifest.schema_digest != first


def test_a_large_table_is_split_without_losing_a_row(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.backup.rows.SPLIT_PAGES", 8)
    system = system_of(source)
    written = write.write(system)
    (visit,) = [table for table in written.manifest.tables if table.label == "public.visit"]
    assert len(visit.parts) > 1
    assert visit.rows == 3001
    assert read_back.read_back(system, written).problems == ()


def test_progress_is_told_of_all_bytes(source: str) -> None:
    seen: list[tuple[int, int]] = []
    written = write.write(system_of(source), progress=lambda *, done, total, what: seen.append((done, total)))
    copied = sum(entry.plain_bytes for table in written.manifest.tables for entry in table.objects)
    assert seen[-1][0] == copied
    assert all(done <= total for done, total in seen)


def test_the_archive_of_large_objects_holds_no_rows_of_any_schema(server: str) -> None:
    script = """CREATE SCHEMA app; SELECT lo_from_bytea(0, 'blob');
        CREATE TABLE app.t AS SELECT 'row ' || i AS x FROM generate_series(1, 9) i"""
    with database(server, script=script) as url:
        system = system_of(url)
        backup = BackupPlace.of(system).open(write.write(system).id)
    archive = backup.manifest.large_objects
    assert archive is not None
    with backup.store.open(backup.object_path(archive.name)) as stored:
        content = b"".join(read_plain(stored, key=backup.key, name=archive.name))
    assert b"blob" in content
    assert b"row 1" not in content


def test_a_folder_that_somebody_put_beside_the_backups_is_none(source: str, tmp_path: Path) -> None:
    system = system_of(source)
    written = write.write(system)
    place = BackupPlace.of(system)
    shutil.copytree(tmp_path / "backups" / place.folder(written.id), tmp_path / "backups" / system.name / "old-copy")
    assert place.identifiers() == [written.id]
    assert list(place.unfinished()) == []
    assert place.open("latest").manifest.id == written.id


def test_timeouts_of_the_server_do_not_end_a_backup(server: str) -> None:
    script = "CREATE TABLE t AS SELECT i, repeat('x', 500) FROM generate_series(1, 200000) i"
    with database(server, script=script) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for timeout in ("idle_in_transaction_session_timeout", "statement_timeout"):
                name = psycopg.sql.Identifier(connection.info.dbname)
                connection.execute(
                    psycopg.sql.SQL("ALTER DATABASE {} SET {} = '50ms'").format(name, psycopg.sql.Identifier(timeout))
                )
        manifest = write.write(system_of(url)).manifest
    assert manifest.rows == 200_000


def test_backups_sort_as_they_were_taken_when_the_clock_was_set_back(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SetBack(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - timedelta(hours=1)

    system = system_of(source)
    first = write.write(system)
    monkeypatch.setattr(write, "datetime", SetBack)
    second = write.write(system, BackupKind.INCREMENTAL)
    assert second.manifest.created_at < first.manifest.created_at
    assert second.manifest.parent
    assert BackupPlace.of(system).identifiers() == [first.id, second.id]
