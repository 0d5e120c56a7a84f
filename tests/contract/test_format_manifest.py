"""A manifest that was edited, or that belongs to another backup, is refused by the reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract import reader_by_document as reader
from contract.format_case import FIRST, Backup, flipped

MANIFESTS: dict[str, Callable[[bytes], bytes]] = {
    "a figure": lambda text: text.replace(b'"rows": 2', b'"rows": 3'),
    "the seal": lambda text: flipped(text, -5),
    "no seal": lambda text: text.split(b"\n")[0] + b"\n",
    "no line feed at the end": lambda text: text[:-1],
    "a third line": lambda text: text + b"{}\n",
    "a seal without its space": lambda text: text.replace(b'{"hmac_sha256": ', b'{"hmac_sha256":'),
    "carriage returns": lambda text: text.replace(b"\n", b"\r\n"),
    "nothing": lambda text: b"",
}


@pytest.mark.parametrize("edit", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_an_edited_manifest_is_refused(full: Backup, edit: Callable[[bytes], bytes]) -> None:
    path = full.folder / "manifest.jsonl"
    before = path.read_bytes()
    path.write_bytes(edit(before))
    assert path.read_bytes() != before
    with pytest.raises(ValueError, match=r"seal|unpack"):
        reader.read_manifest(full.folder, full.keys)


@pytest.mark.parametrize("changes", [{"id": "another"}, {"identity": "00" * 16}, {"format": "sereno-backup/2"}])
def test_a_sealed_manifest_of_something_else_is_refused(full: Backup, changes: dict[str, str]) -> None:
    full.seal(**changes)
    with pytest.raises(ValueError, match="manifest"):
        reader.read_manifest(full.folder, full.keys)


def test_without_a_manifest_there_is_no_backup(full: Backup) -> None:
    (full.folder / "manifest.jsonl").unlink()
    with pytest.raises(FileNotFoundError):
        full.read(FIRST)


def test_a_renamed_folder_is_refused(full: Backup) -> None:
    with pytest.raises(ValueError, match="another manifest"):
        reader.read_manifest(full.folder.rename(full.folder.with_name("renamed")), full.keys)
