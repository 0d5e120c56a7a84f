"""The folder of an export is for its owner alone, and keeps nothing of an export that failed."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
from pathlib import Path

import pytest

from sereno.errors import ConfigurationError, RefusedError, StorageError
from sereno.restore.export_folder import export_folder, require_place


def test_files_are_for_their_owner_alone_and_known_by_size_and_digest(tmp_path: Path) -> None:
    text = os.urandom(3_000_000)
    with export_folder(tmp_path / "out") as folder:
        with folder.packed("tables/1.sql.gz") as sink:
            for at in range(0, len(text), 70_001):
                sink.write(text[at : at + 70_001])
        with folder.packed("empty.sql.gz"):
            pass
        folder.write_text("README.txt", "größer")
    assert [file.name for file in folder.files] == ["tables/1.sql.gz", "empty.sql.gz", "README.txt"]
    for file in folder.files:
        content = Path(file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert Path(file.path).stat().st_mode & 0o777 == 0o600
    assert gzip.decompress((tmp_path / "out/tables/1.sql.gz").read_bytes()) == text
    assert gzip.decompress((tmp_path / "out/empty.sql.gz").read_bytes()) == b""
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out", tmp_path / "out/tables")} == {0o700}


def test_a_folder_that_is_there_and_empty_is_taken_and_closed_to_others(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o755)
    with export_folder(tmp_path / "out"):
        assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    with export_folder(tmp_path / "out") as folder, folder.packed("a.sql.gz") as sink:
        sink.write(bytes(2_000_000))
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.sql.gz.part"]


@pytest.mark.parametrize("failure", [StorageError("the store is away"), KeyboardInterrupt()])
@pytest.mark.parametrize("there", [True, False])
def test_nothing_stays_of_an_export_that_fails(tmp_path: Path, there: bool, failure: BaseException) -> None:
    if there:
        (tmp_path / "out").mkdir()

    def failing() -> None:
        with export_folder(tmp_path / "out") as folder:
            with folder.packed("tables/1.sql.gz") as sink:
                sink.write(b"a row of somebody")
            with folder.packed("tables/2.sql.gz") as sink:
                sink.write(bytes(2_000_000))
                raise failure

    with pytest.raises(type(failure)):
        failing()
    assert (tmp_path / "out").exists() is there
    assert list(tmp_path.rglob("*.gz*")) == []


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(StorageError, match=r"1\.sql\.gz cannot be written: No space left"),
        export_folder(tmp_path / "out") as folder,
        folder.packed("1.sql.gz"),
    ):
        pass
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_anything_is_refused_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(RefusedError, match="is not empty"), export_folder(tmp_path):
        pass
    assert (tmp_path / "kept").exists()


def test_what_can_be_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name, complaint in (
        ("file", "is no folder"),
        ("dangling", "is no folder"),
        ("missing/out", "missing is no folder"),
        ("file/out", "file is no folder"),
    ):
        with pytest.raises(ConfigurationError, match=complaint):
            require_place(tmp_path / name)
    with pytest.raises(StorageError, match="too long"), export_folder(tmp_path / ("x" * 5_000)):
        pass
