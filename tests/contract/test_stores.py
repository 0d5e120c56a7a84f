"""What every store has to do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sereno.errors import StorageError
from sereno.stores import Store, StoredFile, open_store
from sereno.systems.sections.stores import FolderStore as FolderSection

PART_BYTES = 5 * 1024 * 1024
"""What the S3 store of the tests sends at once."""


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store(FolderSection(name="test", folder=tmp_path))
    return open_store(request.getfixturevalue("s3_server").section())


def put(store: Store, name: str, data: bytes) -> None:
    with store.create(name) as sink:
        sink.write(data)


def names(store: Store, prefix: str) -> list[str]:
    return [file.name for file in store.files(prefix)]


def test_what_is_written_is_read(store: Store) -> None:
    put(store, "demo/one/rows/1", b"abc" * 100_000)
    assert store.exists("demo/one/rows/1")
    assert store.size("demo/one/rows/1") == 300_000
    assert store.read("demo/one/rows/1", at_most=300_000) == b"abc" * 100_000
    with store.open("demo/one/rows/1") as source:
        assert source.read(4) == b"abca"


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 7])
def test_objects_of_every_size_come_back_as_they_were(store: Store, size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    with store.create("demo/x") as sink:
        for start in range(0, size, 999_983):
            sink.write(data[start : min(start + 999_983, size)])
    assert store.size("demo/x") == size
    with store.open("demo/x") as source:
        pieces = list(iter(lambda: source.read(1_000_003), b""))
    assert b"".join(pieces) == data[:size]
    assert all(len(piece) == 1_000_003 for piece in pieces[:-1])


@pytest.mark.parametrize(
    "name", ["demo/a b", "demo/ä/ö", "demo/50%25", "demo/a+b&c=d?e#f", "demo/'\"<>", "demo/.hidden", "demo/~", "x"]
)
def test_a_name_may_hold_any_printable_character(store: Store, name: str) -> None:
    put(store, name, b"1")
    assert store.read(name, at_most=1) == b"1"
    if "/" in name:
        assert names(store, "demo") == [name]
        assert store.delete_folder("demo") == 1
        assert not store.exists(name)


@pytest.mark.parametrize("size", [4, PART_BYTES + 4])
def test_an_object_appears_only_when_it_is_whole(store: Store, size: int) -> None:
    with store.create("demo/one/x") as sink:
        sink.write(bytes(size))
        assert not store.exists("demo/one/x")
        assert names(store, "demo") == []
    assert store.exists("demo/one/x")


@pytest.mark.parametrize("size", [4, 2 * PART_BYTES + 4])
def test_an_error_while_writing_leaves_nothing(store: Store, size: int) -> None:
    def failing() -> None:
        with store.create("demo/one/x") as sink:
            sink.write(bytes(size))
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


@pytest.mark.parametrize("size", [6, PART_BYTES + 6])
def test_an_object_is_never_overwritten(store: Store, size: int) -> None:
    put(store, "demo/one/x", b"first")
    with pytest.raises(StorageError, match="writing demo/one/x failed: it exists already, and objects are never overw"):
        put(store, "demo/one/x", bytes(size))
    assert store.read("demo/one/x", at_most=100) == b"first"
    assert store.delete_folder("demo/one") == 1


@pytest.mark.parametrize("size", [6, PART_BYTES + 6])
def test_of_two_that_write_the_same_name_the_first_to_finish_wins(store: Store, size: int) -> None:
    def late() -> None:
        with store.create("demo/one/x") as sink:
            sink.write(bytes(size))
            put(store, "demo/one/x", b"first")

    with pytest.raises(StorageError, match="never overwritten"):
        late()
    assert store.read("demo/one/x", at_most=100) == b"first"
    assert store.delete_folder("demo/one") == 1


def test_many_objects_are_written_and_read_at_the_same_time(store: Store) -> None:
    def there_and_back(number: int) -> bool:
        data = bytes([number]) * (number * 700_000)
        put(store, f"demo/{number}", data)
        return store.read(f"demo/{number}", at_most=len(data)) == data

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert all(pool.map(there_and_back, range(12)))


def test_a_small_object_can_be_replaced(store: Store) -> None:
    put(store, "demo/one/keys.json", b"old")
    store.replace("demo/one/keys.json", b"a new one")
    assert store.read("demo/one/keys.json", at_most=100) == b"a new one"
    store.replace("demo/one/keys.json", b"")
    assert store.size("demo/one/keys.json") == 0
    assert names(store, "demo") == ["demo/one/keys.json"]


def test_what_is_not_there_cannot_be_replaced(store: Store) -> None:
    with pytest.raises(StorageError, match=r"replacing demo/one/keys.json failed: it is not there"):
        store.replace("demo/one/keys.json", b"new")
    assert not store.exists("demo/one/keys.json")


def test_a_large_object_is_not_read_as_a_small_one(store: Store) -> None:
    put(store, "demo/one/x", b"12345")
    with pytest.raises(StorageError, match="larger than the 4 bytes"):
        store.read("demo/one/x", at_most=4)


def test_files_are_listed_however_deep_sorted_by_name(store: Store) -> None:
    for name in ("demo/b/x", "demo/a/z/y", "demo/a-b/x", "demo/a/x", "demo/top", "demonstration/x"):
        put(store, name, name.encode())
    expected = ["demo/a-b/x", "demo/a/x", "demo/a/z/y", "demo/b/x", "demo/top"]
    assert names(store, "demo") == expected == sorted(expected)
    assert names(store, "demo/a") == ["demo/a/x", "demo/a/z/y"]
    assert names(store, "other") == []


def test_a_listed_file_says_its_size_and_when_it_was_written(store: Store) -> None:
    put(store, "demo/x", b"12345")
    (file,) = store.files("demo")
    assert file == StoredFile(name="demo/x", bytes=5, modified=file.modified)
    assert file.modified.tzinfo is UTC
    assert abs(datetime.now(UTC) - file.modified) < timedelta(minutes=1)


def test_folders_are_listed_sorted_and_an_unknown_prefix_has_none(store: Store) -> None:
    for name in ("b", "a", "a-b"):
        put(store, f"demo/{name}/deep/manifest.jsonl", b"{}")
    put(store, "demo/no-folder", b"{}")
    assert list(store.folders("demo")) == ["a", "a-b", "b"]
    assert list(store.folders("other")) == []


def test_folders_can_be_listed_by_what_they_hold(store: Store) -> None:
    for name in ("b/manifest.jsonl", "a/manifest.jsonl", "a/keys.json", "c/keys.json", "d/deep/manifest.jsonl"):
        put(store, f"demo/{name}", b"{}")
    assert list(store.folders("demo", holding=["manifest.jsonl"])) == ["a", "b"]
    assert list(store.folders("demo", holding=["manifest.jsonl", "keys.json"])) == ["a", "b", "c"]
    assert list(store.folders("demo", holding=["nothing"])) == []
    with store.create("demo/e/manifest.jsonl") as sink:
        sink.write(bytes(PART_BYTES + 1))
        assert list(store.folders("demo", holding=["manifest.jsonl"])) == ["a", "b"]


def test_a_folder_that_holds_only_unfinished_objects_is_listed(store: Store) -> None:
    with store.create("demo/one/x") as sink:
        sink.write(bytes(PART_BYTES + 1))
        assert list(store.folders("demo")) == ["one"]
        assert names(store, "demo") == []


def test_deleting_a_folder_takes_everything_below_it_and_nothing_else(store: Store) -> None:
    for name in ("demo/one/x", "demo/one/rows/y", "demo/one-more/x", "demo/two"):
        put(store, name, b"1")
    assert store.delete_folder("demo/one") == 2
    assert list(store.folders("demo")) == ["one-more"]
    assert names(store, "demo") == ["demo/one-more/x", "demo/two"]


def test_deleting_a_folder_takes_what_is_unfinished_too(store: Store) -> None:
    def failing() -> None:
        with store.create("demo/one/x") as sink:
            sink.write(bytes(PART_BYTES + 1))
            assert store.delete_folder("demo/one") == 1
            assert list(store.folders("demo")) == []
            sink.write(bytes(PART_BYTES))

    with pytest.raises(StorageError):
        failing()
    assert list(store.folders("demo")) == []
    assert names(store, "demo") == []


def test_deleting_a_folder_that_does_not_exist_is_no_error(store: Store) -> None:
    assert store.delete_folder("demo/one") == 0
    assert store.delete_folder("demo/one", first="manifest.jsonl") == 0


def test_one_object_can_be_deleted_before_all_others(store: Store) -> None:
    for name in ("a", "manifest.jsonl", "z"):
        put(store, f"demo/one/{name}", b"1")
    assert store.delete_folder("demo/one", first="manifest.jsonl") == 3
    assert names(store, "demo") == []
    put(store, "demo/two/a", b"1")
    assert store.delete_folder("demo/two", first="rows/manifest.jsonl") == 1


def test_a_probe_says_where_the_store_is_and_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    put(store, "demo/x", b"1")
    state = store.probe()
    assert state.place.startswith((str(tmp_path), "s3://backups/test-"))
    assert state.warnings == ()
    assert state.free_bytes is None or state.free_bytes > 0
    assert names(store, "demo") == ["demo/x"]


@pytest.mark.parametrize(
    "name", ["../x", "demo/../../x", "/etc/passwd", "//x", "", ".", "demo/\0", "demo/\n", "x" * 901]
)
def test_a_name_that_leaves_the_store_is_refused(store: Store, name: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: put(store, name, b"x"),
        lambda: store.replace(name, b"x"),
        lambda: store.read(name, at_most=1),
        lambda: store.size(name),
        lambda: store.exists(name),
        lambda: list(store.files(name)),
        lambda: list(store.folders(name)),
        lambda: store.delete_folder(name),
        lambda: store.delete_folder("demo", first=f"../{name}"),
    ]
    for call in calls:
        with pytest.raises(StorageError, match=r"no name of an object|longer than the 900 bytes"):
            call()


def test_what_is_missing_is_said_to_be_missing(store: Store) -> None:
    with pytest.raises(StorageError, match="reading demo/none failed: it is not there"):
        store.read("demo/none", at_most=1)
    with pytest.raises(StorageError, match="looking at demo/none failed: it is not there"):
        store.size("demo/none")
    assert not store.exists("demo/none")
