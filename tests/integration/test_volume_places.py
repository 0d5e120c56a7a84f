"""Putting a directory in the place of another: both are whole whatever fails, and nothing is lost."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sereno.backup.manifest import Volume
from sereno.errors import RefusedError
from sereno.restore import volume_rooms
from sereno.restore.chosen import PlannedVolume
from sereno.restore.volume_rooms import VolumeRoom, put_volumes_in_place, require_place
from sereno.volumes.trees import delete_tree, exchange

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
ENTRY = Volume(name="media", path="/srv/media", archive=None, listing=None, files=1, bytes=3)
BEFORE, RESTORED = "media_before_20261123t020000z", "media_restored_20261123t020000z"


@pytest.fixture
def room(tmp_path: Path) -> VolumeRoom:
    """A volume that is unpacked beside the directory whose place it takes."""
    for name in ("media", ".side"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return VolumeRoom(PlannedVolume(ENTRY, tmp_path / "media", replaces=True), tmp_path / ".side")


def contents(folder: Path) -> dict[str, str]:
    return {path.name: (path / "file").read_text() for path in folder.iterdir()}


def test_two_directories_change_names_at_once(tmp_path: Path, room: VolumeRoom) -> None:
    if not exchange(tmp_path / "media", tmp_path / ".side"):
        pytest.skip("this file system cannot exchange two names")
    assert contents(tmp_path) == {"media": ".side", ".side": "media"}
    with pytest.raises(OSError, match="No such file"):
        exchange(tmp_path / "media", tmp_path / "missing")


@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_there_is_kept(
    tmp_path: Path, room: VolumeRoom, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    if not at_once:
        monkeypatch.setattr(volume_rooms, "exchange", lambda *_: False)
    (finding,) = put_volumes_in_place([room], now=NOW)
    assert finding.passed, finding.evidence
    assert contents(tmp_path) == {"media": ".side", BEFORE: "media"}


def test_a_directory_that_cannot_be_exchanged_is_as_it_was(
    tmp_path: Path, room: VolumeRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Path) -> bool:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(volume_rooms, "exchange", refuse)
    (finding,) = put_volumes_in_place([room], now=NOW)
    assert (finding.passed, finding.required) == (False, True)
    assert "is as it was: Operation not permitted" in finding.evidence
    assert contents(tmp_path) == {"media": "media", ".side": ".side"}


@pytest.mark.parametrize(
    ("exchanged", "failing", "left"),
    [
        (True, RESTORED, {"media": ".side", RESTORED: "media"}),
        (False, "media", {"media": "media", ".side": ".side"}),
        (False, RESTORED, {"media": "media", ".side": ".side"}),
    ],
)
def test_a_renaming_that_fails_loses_nothing(
    tmp_path: Path, room: VolumeRoom, monkeypatch: pytest.MonkeyPatch, exchanged: bool, failing: str, left: object
) -> None:
    """Renaming `failing` to anything but what undoes it fails."""
    rename = Path.rename

    def failing_rename(path: Path, target: Path) -> Path:
        if path.name == failing and Path(target).name != ".side":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    if not exchanged:
        monkeypatch.setattr(volume_rooms, "exchange", lambda *_: False)
    elif not exchange(tmp_path / "media", tmp_path / ".side"):
        pytest.skip("this file system cannot exchange two names")
    else:
        exchange(tmp_path / "media", tmp_path / ".side")
    monkeypatch.setattr(Path, "rename", failing_rename)
    (finding,) = put_volumes_in_place([room], now=NOW)
    assert finding.passed is exchanged
    assert contents(tmp_path) == left


def test_a_place_that_cannot_be_renamed_to_is_refused_before_anything_is_done(
    tmp_path: Path, room: VolumeRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_place(room.volume)
    for folder, replaces, complaint in (
        (tmp_path / "missing" / "media", True, "there is no folder"),
        (tmp_path / "media", False, "is not an empty folder"),
        (tmp_path / "media" / "file", True, "is not an empty folder"),
    ):
        with pytest.raises(RefusedError, match=complaint):
            require_place(PlannedVolume(ENTRY, folder, replaces=replaces))
    monkeypatch.setattr("os.path.ismount", lambda _: True)
    with pytest.raises(RefusedError, match="is a mount point"):
        require_place(room.volume)


def test_a_deleted_tree_takes_nothing_with_it_that_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir(mode=0o500)
    (tmp_path / "tree" / "closed").mkdir(parents=True)
    (tmp_path / "tree" / "closed" / "file").touch()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "tree" / "closed").chmod(0o000)
    delete_tree(tmp_path / "tree")
    delete_tree(tmp_path / "tree")
    assert {path.name for path in tmp_path.iterdir()} == {"outside"}
    assert oct((tmp_path / "outside").stat().st_mode & 0o777) == "0o500"
