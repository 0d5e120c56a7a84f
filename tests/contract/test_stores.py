"""What every store has to do, whatever it is made of."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sereno.errors import StorageError
from sereno.stores import FolderStore, Store


@pytest.fixture(params=["folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    assert request.param == "folder"
    return FolderStore(name="test", root=tmp_path)


def put(store: Store, name: str, data: bytes) -> None:
    with store.create(name) as sink:
        sink.write(data)


def test_what_is_written_is_read(store: Store) -> None:
    put(store, "demo/one/rows/1", b"abc" * 100_000)
    assert store.exists("demo/one/rows/1")
    assert store.size("demo/one/rows/1") == 300_000
    assert store.read("demo/one/rows/1", at_most=300_000) == b"abc" * 100_000
    with store.open("demo/one/rows/1") as source:
        assert source.read(4) == b"abca"


def test_an_object_appears_only_when_it_is_whole(store: Store) -> None:
    with store.create("demo/one/x") as sink:
        sink.write(b"half")
        assert not store.exists("demo/one/x")
    assert store.exists("demo/one/x")


def test_an_error_while_writing_leaves_nothing(store: Store) -> None:
    def failing() -> None:
        with store.create("demo/one/x") as sink:
            sink.write(b"half")
            raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        failing()
    assert not store.exists("demo/one/x")
    put(store, "demo/one/x", b"whole")
    assert store.delete_folder("demo/one") == 1


def test_an_error_of_the_block_is_not_called_the_store_s(store: Store) -> None:
    def failing() -> None:
        with store.create("demo/one/x"):
            raise ConnectionResetError("the database went away")

    with pytest.raises(ConnectionResetError):
        failing()


def test_an_object_is_never_overwritten(store: Store) -> None:
    put(store, "demo/one/x", b"first")
    with pytest.raises(StorageError, match="never overwritten"):
        put(store, "demo/one/x", b"second")
    assert store.read("demo/one/x", at_most=100) == b"first"


def test_a_large_object_is_not_read_as_a_small_one(store: Store) -> None:
    put(store, "demo/one/x", b"12345")
    with pytest.raises(StorageError, match="larger than the 4 bytes"):
        store.read("demo/one/x", at_most=4)


def test_folders_are_listed_sorted_and_an_unknown_prefix_has_none(store: Store) -> None:
    for name in ("b", "a", "c"):
        put(store, f"demo/{name}/manifest.jsonl", b"{}")
    assert list(store.folders("demo")) == ["a", "b", "c"]
    assert list(store.folders("other")) == []


def test_deleting_a_folder_takes_what_is_unfinished_too(store: Store) -> None:
    put(store, "demo/one/x", b"1")
    put(store, "demo/one/rows/y", b"2")
    assert store.delete_folder("demo/one") == 2
    assert list(store.folders("demo")) == []


def test_what_is_missing_is_said_to_be_missing(store: Store) -> None:
    with pytest.raises(StorageError, match="it is not there"):
        store.read("demo/none", at_most=1)
    with pytest.raises(StorageError, match="it is not there"):
        store.size("demo/none")


@pytest.mark.parametrize("name", ["../x", "demo/../../x", "/etc/passwd", "", "demo/\0"])
def test_a_name_that_leaves_the_store_is_refused(store: Store, name: str) -> None:
    with pytest.raises(StorageError, match="no name of an object"):
        put(store, name, b"x")
    with pytest.raises(StorageError, match="no name of an object"):
        store.exists(name)


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    store = FolderStore(name="test", root=tmp_path / "not-mounted")
    with pytest.raises(StorageError, match=r"not-mounted does not exist; create it, or mount"):
        put(store, "demo/one/x", b"x")
    assert not (tmp_path / "not-mounted").exists()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission denied")],
)
def test_the_reason_that_a_folder_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, sentence: str
) -> None:
    store = FolderStore(name="test", root=tmp_path)

    def failing(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageError, match=sentence):
        put(store, "demo/one/x", b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
