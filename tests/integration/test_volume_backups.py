"""Volumes in backups: which kinds hold them, when an increment does, and what is found when one is damaged."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from contract import reader_by_document as reader
from integration.databases import PASSPHRASE, database, system_of
from integration.volume_case import awkward_directory, packed, socket_at, with_volumes
from killed import kill_me, killed_by_itself
from sereno.backup import copies, leftovers, read_back, volumes, write
from sereno.backup.chain import open_chain
from sereno.backup.manifest import BackupKind, Manifest, Volume
from sereno.backup.objects import read_members
from sereno.backup.place import BackupPlace
from sereno.backup.report import backup_report
from sereno.backup.write import WrittenBackup
from sereno.check.volumes import checked_volumes
from sereno.errors import ConfigurationError, IntegrityError
from sereno.restore.export import export, plan_export
from sereno.restore.export_report import export_report
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.volumes import listing

TABLE = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(listing, "SETTLED_SECONDS", -60)
    (tmp_path / "backups").mkdir()
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "file").write_bytes(os.urandom(2_500_000))
    return tmp_path


@pytest.fixture(scope="module")
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLE) as url:
        yield url


@pytest.fixture
def system(source: str) -> System:
    return with_volumes(system_of(source), {"name": "media", "path": "media", "exclude": ["*.tmp"]})


def volume_of(written: WrittenBackup) -> Volume:
    (volume,) = written.manifest.volumes
    return volume


@pytest.mark.parametrize("kind", BackupKind)
def test_kinds_that_hold_everything_or_all_rows_hold_volumes(source: str, system: System, kind: BackupKind) -> None:
    tables = ("t",) if kind is BackupKind.TABLES else ()
    critical = {**system.model_dump(mode="json")["backup"], "critical_tables": ["t"]}
    written = write.write(System.model_validate({**system.model_dump(), "backup": critical}), kind, tables=tables)
    holds = kind in (BackupKind.FULL, BackupKind.INCREMENTAL, BackupKind.DATA_ONLY)
    assert [volume.name for volume in written.manifest.volumes] == (["media"] if holds else [])
    assert read_back.read_back(system, written).problems == ()


def test_an_object_is_an_ordinary_archive_with_the_same_bytes_for_the_same_content(system: System, home: Path) -> None:
    first, second = write.write(system), write.write(system)
    archive = volume_of(first).archive
    assert archive is not None
    assert archive.name == "volumes/media.tar"
    backup = BackupPlace.of(system).open(first.id)
    with backup.store.open(backup.object_path(archive.name)) as sealed:
        tar_gz = b"".join(read_members(sealed, key=backup.key, name=archive.name))
    assert gzip.decompress(tar_gz) == packed(home / "media", ["*.tmp"])[0]
    folder = home / "backups" / "awkward" / first.id
    keys = reader.unlock(folder, PASSPHRASE)
    (volume,) = reader.read_manifest(folder, keys)["volumes"]
    by_document = b"".join(member for member, _ in reader.read_frames(folder, keys, volume["archive"]))
    assert by_document == tar_gz
    again = volume_of(second).archive
    assert again is not None
    assert again.plain_sha256 == archive.plain_sha256
    assert again.stored_sha256 != archive.stored_sha256, "each backup has a key of its own"


def test_an_increment_holds_an_archive_again_only_when_something_changed(system: System, home: Path) -> None:
    full = write.write(system)
    same = write.write(system, BackupKind.INCREMENTAL)
    assert volume_of(same).archive is None
    assert (volume_of(same).files, volume_of(same).bytes) == (1, 2_500_000)
    (home / "media" / "left out.tmp").touch()
    os.utime(home / "media", ns=(0, 0))
    changed = write.write(system, BackupKind.INCREMENTAL)
    assert volume_of(changed).archive is not None
    still = write.write(system, BackupKind.INCREMENTAL)
    place = BackupPlace.of(system)
    holders = [open_chain(place, each.id).volume("media")[0].manifest.id for each in (full, same, changed, still)]
    assert holders == [full.id, full.id, changed.id, changed.id]
    assert backup_report(same, read_back.verify(system, same.id), (), ()).headline.count("1 file in 1 volume, 1 unch")


def test_what_was_just_written_goes_into_the_next_increment_too(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "SETTLED_SECONDS", 3600)
    assert volume_of(write.write(system)).listing is None
    assert volume_of(write.write(system, BackupKind.INCREMENTAL)).archive is not None


def test_a_new_volume_goes_whole_into_an_increment(system: System, home: Path) -> None:
    write.write(system)
    (home / "more").mkdir()
    grown = System.model_validate({**system.model_dump(), "volumes": [*system.volumes, {"name": "b", "path": "more"}]})
    first, second = write.write(grown, BackupKind.INCREMENTAL).manifest.volumes
    assert (first.archive is None, second.archive is None) == (True, False)


def test_a_chain_that_lost_an_archive_is_refused(system: System) -> None:
    write.write(system)
    chain = open_chain(BackupPlace.of(system), write.write(system, BackupKind.INCREMENTAL).id)
    with pytest.raises(IntegrityError, match="archive of volume other that is not there"):
        chain.volume("other")


def test_a_backup_without_volumes_is_as_it_was_before_there_were_any(source: str, home: Path) -> None:
    written = write.write(system_of(source))
    folder = home / "backups" / "awkward" / written.id
    line = (folder / "manifest.jsonl").read_bytes().split(b"\n")[0]
    assert list(json.loads(line)) == [
        "format", "id", "identity", "kind", "parent", "created_at", "finished_at", "origin", "versions", "snapshot",
        "schema_dump", "schema_digest", "large_objects", "tables", "partitioned", "left_out", "sequences", "roles",
        "extensions", "audit_head",
    ]  # fmt: skip
    assert Manifest.model_validate_json(line).volumes == ()
    assert {path.name for path in folder.iterdir()} == {
        "owner.json", "schema.dump", "rows", "keys", "keys.json", "manifest.jsonl"
    }  # fmt: skip


def test_what_is_not_in_the_backup_as_it_stood_there_is_told(
    system: System, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket_at(home / "media" / "socket"):
        written = write.write(system)
    report = backup_report(written, read_back.verify(system, written.id), (), ())
    (finding,) = [finding for finding in report.findings if not finding.passed]
    assert (finding.name, finding.required, finding.evidence) == (
        "volume media holds only files, folders and links", False, "socket"
    )  # fmt: skip
    assert report.figures["files"] == 1


@pytest.mark.parametrize(
    ("path", "exclude", "complaint"),
    [
        ("missing", [], "volume media: .*missing is no directory"),
        (".", [], "the store local lies in the volume media"),
        (".", ["/backups/other"], "the store local lies in the volume media"),
        ("backups", [], "the store local lies in the volume media"),
    ],
)
def test_a_volume_that_cannot_be_taken_fails_the_backup(
    source: str, path: str, exclude: list[str], complaint: str
) -> None:
    system = with_volumes(system_of(source), {"name": "media", "path": path, "exclude": exclude})
    with pytest.raises(ConfigurationError, match=complaint):
        write.write(system)
    assert BackupPlace.of(system).identifiers() == []


def test_a_volume_may_hold_a_store_that_it_excludes(source: str, home: Path) -> None:
    system = with_volumes(system_of(source), {"name": "all", "path": str(home), "exclude": ["/backups"]})
    assert read_back.read_back(system, write.write(system)).problems == ()


def test_a_backup_killed_in_the_middle_of_a_volume_is_no_backup(system: System) -> None:
    def pack(root: Path, exclude: object, receive: Callable[[bytes], object], *, packed: object) -> NoReturn:
        receive(b"x" * 3_000_000)
        kill_me()

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(volumes, "pack", pack)
            write.write(system)

    assert killed_by_itself(work)
    assert BackupPlace.of(system).identifiers() == []
    assert len(leftovers.clear_leftovers(system)) == 1
    assert read_back.read_back(system, write.write(system)).problems == ()


def test_volumes_are_copied_to_other_stores(system: System, home: Path) -> None:
    (home / "vault").mkdir()
    stores = [{"name": "local", "folder": "backups"}, {"name": "vault", "folder": "vault"}]
    said = {**system.model_dump(), "backup": {**system.model_dump()["backup"], "stores": stores}}
    system = System.model_validate(said)
    written = write.write(system)
    assert copies.copy_to_store(system, "vault").copied == (written.id,)
    assert read_back.read_whole(BackupPlace.of(system, store="vault").open(written.id)).problems == ()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit in the header": lambda data: _flipped(data, 40),
    "a flipped bit in the name": lambda data: _flipped(data, 75),
    "a flipped bit in a length": lambda data: _flipped(data, 72 + len("volumes/media.tar")),
    "a flipped bit in the first frame": lambda data: _flipped(data, 5_000),
    "a flipped bit in the last tag": lambda data: _flipped(data, -1),
    "cut in a frame": lambda data: data[:1_000_000],
    "cut before the last byte": lambda data: data[:-1],
    "nothing": lambda data: b"",
    "more behind it": lambda data: data + b"\0",
}


def _flipped(data: bytes, at: int) -> bytes:
    damaged = bytearray(data)
    damaged[at] ^= 0x10
    return bytes(damaged)


def test_damage_anywhere_in_a_volume_is_found_and_named(system: System, home: Path) -> None:
    awkward_directory(home / "media" / "awkward")
    written = write.write(system)
    path = home / "backups" / "awkward" / written.id / "volumes" / "media.tar"
    sound = path.read_bytes()
    for name, damage in DAMAGES.items():
        path.write_bytes(damage(sound))
        (problem,) = read_back.verify(system, written.id).problems
        assert "volumes/media.tar" in problem, name
    path.unlink()
    (problem,) = read_back.verify(system, written.id).problems
    assert "not there" in problem
    path.write_bytes(sound)
    assert read_back.verify(system, written.id).problems == ()
    (home / "media" / "awkward" / "closed").chmod(0o700)


def test_a_check_says_what_a_backup_would_take_and_what_it_could_not(system: System, home: Path) -> None:
    section = {"name": "gone", "path": "missing"}
    grown = System.model_validate({**system.model_dump(), "volumes": [*system.volumes, section]})
    found, gone = checked_volumes(grown, load_settings())
    assert (found.passed, found.evidence) == (True, f"{home}/media: 1 file, 2.5 MB")
    assert (gone.passed, gone.required) == (False, True)
    assert "missing is no directory" in gone.evidence


def test_an_export_holds_volumes_unless_tables_are_chosen(system: System, home: Path) -> None:
    write.write(system)
    write.write(system, BackupKind.INCREMENTAL)
    plan = plan_export(system, home / "out")
    assert "volumes/media.tar.gz" in [file.name for file in export(plan)]
    archive = gzip.decompress((home / "out" / "volumes" / "media.tar.gz").read_bytes())
    assert archive == packed(home / "media", ["*.tmp"])[0]
    readme = (home / "out" / "README.txt").read_text()
    assert f"  media: {home}/media\n" in readme
    assert "and 1 volume (" in export_report(plan, ()).headline
    some = export(plan_export(system, home / "some", tables=["t"]))
    assert not [file.name for file in some if file.name.startswith("volumes")]
