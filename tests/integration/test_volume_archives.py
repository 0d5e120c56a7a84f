"""Directories as archives and back: what comes back, what is refused, and that equal content is equal bytes."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.volume_case import (
    NOBODY,
    as_nobody,
    awkward_directory,
    described,
    different,
    folder_for_all,
    keeping_time,
    packed,
    socket_at,
    unpacked,
)
from sereno.errors import ConfigurationError, ContractError
from sereno.volumes import listing
from sereno.volumes.listing import list_directory
from sereno.volumes.pack import pack


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = awkward_directory(tmp_path_factory.mktemp("source") / "awkward")
    yield root
    (root / "closed").chmod(0o700)


@pytest.fixture(scope="module")
def archive(awkward: Path) -> bytes:
    return packed(awkward)[0]


@pytest.fixture
def public() -> Iterator[Path]:
    with folder_for_all() as folder:
        yield folder


def test_everything_comes_back(awkward: Path, archive: bytes, tmp_path: Path) -> None:
    done = unpacked(archive, tmp_path / "back")
    assert described(tmp_path / "back") == described(awkward)
    assert different(archive, tmp_path / "back") == []
    assert (tmp_path / "back" / "sparse").stat().st_blocks * 512 < 1_000_000, "holes became zeros on the disk"
    assert done.others_owners == 0
    assert packed(tmp_path / "back")[0] == archive, "equal content is equal bytes"
    (tmp_path / "back" / "closed").chmod(0o700)


def test_an_archive_is_what_tar_reads(awkward: Path, archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "back").mkdir()
    (tmp_path / "archive.tar").write_bytes(archive)
    command = ["tar", "--extract", "--same-permissions", "--numeric-owner", "--file", "../archive.tar"]
    subprocess.run(command, cwd=tmp_path / "back", check=True, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]})
    assert described(tmp_path / "back") == described(awkward)
    (tmp_path / "back" / "closed").chmod(0o700)


def test_the_order_in_which_files_were_made_does_not_matter(tmp_path: Path) -> None:
    for root, order in ((tmp_path / "one", 1), (tmp_path / "other", -1)):
        root.mkdir()
        for name in ["b", "a", "B", "é", "a-b"][::order]:
            (root / name).write_bytes(name.encode())
            os.utime(root / name, ns=(5, 5))
        os.utime(root, ns=(7, 7))
    assert packed(tmp_path / "one")[0] == packed(tmp_path / "other")[0]


def test_what_patterns_fit_is_left_out_with_all_that_is_in_it(tmp_path: Path) -> None:
    for name in ("cache/deep/file", "keep/cache/file", "keep/a.tmp", "keep/a.txt", "b.tmp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    archive, _ = packed(tmp_path, ["/cache", "*.tmp"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == [".", "keep", "keep/a.txt", "keep/cache", "keep/cache/file"]


def test_sockets_and_pipes_are_skipped_and_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a pipe")
    with socket_at(tmp_path / "socket"):
        archive, done = packed(tmp_path)
    assert str(done.skipped) == "a pipe, socket"
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["."]


@pytest.mark.parametrize("change", ["longer", "shorter", "the same size"])
def test_a_file_that_changes_while_it_is_read_is_named_and_the_archive_is_whole(tmp_path: Path, change: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    path = root / "busy.log"
    path.write_bytes(b"x" * 3_000_000)
    (root / "z").write_bytes(b"quiet")
    archive = bytearray()

    def receive(data: bytes) -> None:
        archive.extend(data)
        if len(data) == 1024 * 1024 and path.stat().st_mtime_ns != 99:
            with path.open("r+b") as file:
                if change == "shorter":
                    file.truncate(1_500_000)
                else:
                    file.seek(0, os.SEEK_END if change == "longer" else os.SEEK_SET)
                    file.write(b"y" * 1000)
            os.utime(path, ns=(99, 99))

    done = pack(root, [], receive, packed=lambda _: None)
    assert str(done.changed) == "busy.log"
    assert done.listing.digest is None, "the next increment would take it for unchanged"
    unpacked(bytes(archive), tmp_path / "back")
    assert (tmp_path / "back" / "busy.log").stat().st_size == 3_000_000
    assert (tmp_path / "back" / "z").read_bytes() == b"quiet"


@pytest.mark.parametrize("replaced", ["nothing", "a link", "a pipe"])
def test_a_file_that_vanishes_is_left_out_and_named(tmp_path: Path, replaced: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("a", "b", "c"):
        (root / name).write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"not to be read")
    archive = bytearray()

    def receive(data: bytes) -> None:
        archive.extend(data)
        if data == b"x" and (root / "b").is_file() and not (root / "b").is_symlink():
            (root / "b").unlink()
            if replaced == "a link":
                (root / "b").symlink_to(tmp_path / "secret")
            if replaced == "a pipe":
                os.mkfifo(root / "b")

    done = pack(root, [], receive, packed=lambda _: None)
    unpacked(bytes(archive), tmp_path / "back")
    assert b"not to be read" not in archive
    found = str(done.skipped if replaced == "a pipe" else done.gone)
    assert found == ("" if replaced == "a link" else "b")
    assert {path.name for path in (tmp_path / "back").iterdir()} == (
        {"a", "b", "c"} if replaced == "a link" else {"a", "c"}
    )


def test_a_folder_that_is_exchanged_for_a_link_leads_nowhere(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "a").write_bytes(b"x")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"not to be read")
    archive = bytearray()

    def receive(data: bytes) -> None:
        archive.extend(data)
        if data == b"x":
            (root / "b").rmdir()
            (root / "b").symlink_to(tmp_path / "outside")

    pack(root, [], receive, packed=lambda _: None)
    assert b"not to be read" not in archive


def test_what_may_not_be_read_fails_and_is_named(public: Path) -> None:
    root = public / "root"
    (root / "open").mkdir(parents=True)
    for number in range(12):
        (root / "open" / f"secret {number:02}").touch(0o000)
    if os.geteuid() == 0:
        for path in root.rglob("*"):
            os.chown(path, NOBODY, NOBODY)
    with (
        as_nobody(),
        pytest.raises(ContractError, match=r"may not read open/secret 00.* and 2 more; give it the right"),
    ):
        list_directory(root, [])
    with as_nobody(), pytest.raises(ContractError, match="may not read open/secret 00; give it the right"):
        packed(root)
    (root / "open").chmod(0o000)
    with as_nobody(), pytest.raises(ContractError, match="may not read open; give it the right"):
        list_directory(root, [])
    with as_nobody():
        assert list_directory(root, ["/open"]).places == 1


def test_a_volume_that_is_not_there_is_no_empty_archive(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no directory"):
        list_directory(tmp_path / "missing", [])


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda root: (root / "file").write_bytes(b"X"),
    "content, with its old time": lambda root: keeping_time(root / "file", lambda path: path.write_bytes(b"X")),
    "rights": lambda root: (root / "file").chmod(0o600),
    "a new name": lambda root: (root / "file").rename(root / "other"),
    "a new file": lambda root: (root / "inner" / "new").touch(),
    "a deleted file": lambda root: (root / "file").unlink(),
    "another file in its place": lambda root: (
        shutil.copy2(root / "file", root / "n"),
        (root / "n").rename(root / "file"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_listing_tells_every_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(listing, "SETTLED_SECONDS", -60)
    (tmp_path / "inner").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    os.utime(tmp_path / "file", ns=(5, 5))
    before = list_directory(tmp_path, [])
    assert list_directory(tmp_path, []) == before
    assert packed(tmp_path)[1].listing == before
    CHANGES[change](tmp_path)
    assert list_directory(tmp_path, []).digest != before.digest


def test_a_listing_of_what_has_just_been_written_is_not_relied_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert list_directory(tmp_path, []).digest is None
