"""Archives as directories: what leads elsewhere is refused, what differs is named, and what only root may do."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.volume_case import (
    NOBODY,
    as_nobody,
    awkward_directory,
    different,
    folder_for_all,
    keeping_time,
    packed,
    unpacked,
)
from sereno.errors import IntegrityError, StorageError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    root = awkward_directory(tmp_path_factory.mktemp("source") / "awkward")
    yield packed(root)[0]
    (root / "closed").chmod(0o700)


@pytest.fixture
def public() -> Iterator[Path]:
    with folder_for_all() as folder:
        yield folder


def forged(*infos: tuple[str, bytes, str]) -> bytes:
    """An archive with members of these names, types and link targets."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, target in ((".", tarfile.DIRTYPE, ""), *infos):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, 0o755
            info.size = 4 if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(b"evil"))
    return archive.getvalue()


REG, DIR, SYM, LNK = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    "infos",
    [
        [("/tmp/evil", REG, "")],
        [("../evil", REG, "")],
        [("inner", DIR, ""), ("inner/../../evil", REG, "")],
        [("link", SYM, ".."), ("link/evil", REG, "")],
        [("link", SYM, "/"), ("link", DIR, ""), ("link/evil", REG, "")],
        [("link", SYM, "../secret"), ("link", REG, "")],
        [("inner", DIR, ""), ("other", REG, ""), ("inner/evil", REG, "")],
        [("hard", LNK, "../secret")],
        [("hard", LNK, "/etc/passwd")],
        [("link", SYM, ".."), ("hard", LNK, "link/secret")],
        [("twice", REG, ""), ("twice", REG, "")],
        [("a device", tarfile.CHRTYPE, "")],
        [("a pipe", tarfile.FIFOTYPE, "")],
        [("inner//evil", REG, "")],
    ],
)
def test_an_archive_that_leads_elsewhere_is_refused(tmp_path: Path, infos: list[tuple[str, bytes, str]]) -> None:
    (tmp_path / "secret").write_bytes(b"as it was")
    with pytest.raises((IntegrityError, StorageError)):
        unpacked(forged(*infos), tmp_path / "back")
    assert (tmp_path / "secret").read_bytes() == b"as it was"
    assert (tmp_path / "secret").stat().st_nlink == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"secret", "back"}


def test_an_archive_that_does_not_begin_with_its_folder_or_is_none_is_refused(tmp_path: Path, archive: bytes) -> None:
    archive_of_a_file = forged(("a", REG, ""))[512:]
    for number, wrong in enumerate((archive_of_a_file, b"no archive at all" * 100, archive[:100_000], b"")):
        with pytest.raises(IntegrityError):
            unpacked(wrong, tmp_path / str(number))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "content": (
        lambda root: keeping_time(root / "empty file", lambda path: path.write_bytes(b"x")),
        "content differs",
    ),
    "one byte": (lambda root: keeping_time(root / "large", _flip), "content differs"),
    "rights": (lambda root: (root / "large").chmod(0o600), "rights are 600"),
    "time": (lambda root: os.utime(root / "large", ns=(1, 1)), "time differs"),
    "missing": (lambda root: keeping_time(root, lambda root: (root / "-rf").unlink()), "No such file"),
    "target": (lambda root: _relink(root / "a link"), "leads elsewhere"),
    "kind": (lambda root: keeping_time(root, lambda root: _to_folder(root / "-rf")), "a folder where a file"),
    "no hard link": (lambda root: keeping_time(root / "empty", lambda f: _copied(f / "also large")), "no other name"),
}


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[1_000_000] ^= 1
    path.write_bytes(data)


def _relink(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


def _to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _copied(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_differs_is_named(archive: bytes, tmp_path: Path, damage: str) -> None:
    unpacked(archive, tmp_path / "back")
    change, problem = DAMAGES[damage]
    change(tmp_path / "back")
    found = different(archive, tmp_path / "back")
    assert any(problem in each for each in found), found
    assert packed(tmp_path / "back")[0] != archive
    (tmp_path / "back" / "closed").chmod(0o700)


@needs_root
def test_without_root_everything_belongs_to_the_process_and_no_file_is_set_user_id(public: Path) -> None:
    source = public / "source"
    source.mkdir()
    (source / "program").write_bytes(b"x")
    (source / "program").chmod(0o4755)
    archive, _ = packed(source)
    with as_nobody():
        done = unpacked(archive, public / "back")
    status = (public / "back" / "program").stat()
    assert (status.st_uid, oct(status.st_mode)) == (NOBODY, "0o100755")
    assert done.others_owners == 2
    assert different(archive, public / "back", owners=False) == []
    assert different(archive, public / "back") != []
