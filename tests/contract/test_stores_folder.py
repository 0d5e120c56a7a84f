"""What only a store that is a folder can get wrong."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sereno.errors import StorageError
from sereno.stores import FolderStore


def put(store: FolderStore, name: str, data: bytes) -> None:
    with store.create(name) as sink:
        sink.write(data)


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    store = FolderStore(name="test", root=tmp_path / "not-mounted")
    for call in (lambda: put(store, "x", b"x"), store.probe, lambda: list(store.folders("x"))):
        with pytest.raises(StorageError, match=r"not-mounted does not exist; create it, or mount"):
            call()
    with pytest.raises(StorageError, match="does not exist"):
        store.delete_folder("x")
    assert not (tmp_path / "not-mounted").exists()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission denied")],
)
def test_the_reason_that_a_folder_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, sentence: str
) -> None:
    store = FolderStore(name="test", root=tmp_path)
    put(store, "demo/there", b"old")

    def failing(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", failing)
    for call in (lambda: put(store, "demo/x", b"x"), lambda: store.replace("demo/there", b"x"), store.probe):
        with pytest.raises(StorageError, match=sentence):
            call()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "demo" / "there"]
    assert store.read("demo/there", at_most=9) == b"old"


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refusing(source: object, target: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refusing)
    store = FolderStore(name="test", root=tmp_path)
    put(store, "demo/x", b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "demo" / "x"]
    with pytest.raises(StorageError, match="never overwritten"):
        put(store, "demo/x", b"y")


def test_a_deletion_that_is_cut_off_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(name="test", root=tmp_path)
    for name in ("a", "manifest.jsonl", "z"):
        put(store, f"demo/{name}", b"1")

    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        store.delete_folder("demo", first="manifest.jsonl")
    assert [file.name for file in store.files("demo")] == ["demo/a", "demo/z"]


def test_a_probe_knows_how_much_fits_in(tmp_path: Path) -> None:
    state = FolderStore(name="test", root=tmp_path).probe()
    assert state.free_bytes is not None
    assert abs(state.free_bytes - os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize) < 2**30
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_no_object(tmp_path: Path) -> None:
    store = FolderStore(name="test", root=tmp_path)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / ".x.abc123.unfinished").write_bytes(b"half")
    assert list(store.files("demo")) == []
    assert store.delete_folder("demo") == 1
