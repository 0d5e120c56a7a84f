from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sereno.errors import StorageError
from sereno.whole_files import write_whole


def test_a_file_is_replaced_whole_with_the_rights_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "sereno.prom"
    before = os.umask(0o077)
    try:
        write_whole(path, b"old\n")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        write_whole(path, b"new\n", mode=0o644)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    write_whole(path, b"old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sereno.whole_files.os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        write_whole(path, b"new\n")
    assert path.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_a_storage_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"missing/report\.json"):
        write_whole(tmp_path / "missing" / "report.json", b"")


def test_a_name_as_long_as_the_file_system_takes_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".json")
    write_whole(path, b"{}")
    assert path.read_bytes() == b"{}"
