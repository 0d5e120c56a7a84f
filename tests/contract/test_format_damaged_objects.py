"""An object that is not what was written, or not what the document describes, is refused by the reader.

The manifest is made anew after every damage, so that no digest hides what the encryption itself has to refuse.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from contract.format_case import FIRST, MIB, SECOND, Backup, flipped, forge, take_apart


def longer(frame: bytes) -> bytes:
    """A frame that says that it is a byte longer than it is."""
    return (len(frame) - 3).to_bytes(4, "big") + frame[4:]


DAMAGES: dict[str, Callable[[bytes, list[bytes]], bytes]] = {
    "magic": lambda header, frames: flipped(header, 0) + b"".join(frames),
    "identity": lambda header, frames: flipped(header, 8) + b"".join(frames),
    "frame size": lambda header, frames: flipped(header, 27) + b"".join(frames),
    "nonce prefix": lambda header, frames: flipped(header, 28) + b"".join(frames),
    "zero byte": lambda header, frames: flipped(header, 35) + b"".join(frames),
    "commitment": lambda header, frames: flipped(header, 36) + b"".join(frames),
    "length of the name": lambda header, frames: flipped(header, 69) + b"".join(frames),
    "name": lambda header, frames: flipped(header, -1) + b"".join(frames),
    "length of a frame": lambda header, frames: header + flipped(frames[0], 3) + b"".join(frames[1:]),
    "length beyond the end": lambda header, frames: header + b"".join(frames[:-1]) + longer(frames[-1]),
    "enormous frame": lambda header, frames: header + b"\xff" + frames[0][1:] + b"".join(frames[1:]),
    "first frame": lambda header, frames: header + flipped(frames[0], 4) + b"".join(frames[1:]),
    "last bit": lambda header, frames: header + b"".join(frames[:-1]) + flipped(frames[-1], -1),
    "cut at a boundary": lambda header, frames: header + b"".join(frames[:-1]),
    "cut inside a frame": lambda header, frames: header + b"".join(frames)[:-5],
    "cut inside a length": lambda header, frames: header + b"".join(frames[:-1]) + frames[-1][:3],
    "first frame gone": lambda header, frames: header + b"".join(frames[1:]),
    "no frames": lambda header, frames: header,
    "half a header": lambda header, frames: header[:50],
    "nothing at all": lambda header, frames: b"",
    "reordered": lambda header, frames: header + frames[1] + frames[0] + b"".join(frames[2:]),
    "repeated": lambda header, frames: header + frames[0] + b"".join(frames),
    "appended": lambda header, frames: header + b"".join(frames) + frames[-1],
    "zeros appended": lambda header, frames: header + b"".join(frames) + bytes(4),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_objects_are_refused(full: Backup, damage: Callable[[bytes, list[bytes]], bytes]) -> None:
    path = full.folder / FIRST
    path.write_bytes(damage(*take_apart(path.read_bytes())))
    with pytest.raises(ValueError, match="stored digest"):
        full.read(FIRST)
    full.seal()
    with pytest.raises((ValueError, InvalidTag)):
        full.read(FIRST)


def test_exchanged_objects_are_refused(full: Backup) -> None:
    first, second = full.folder / FIRST, full.folder / SECOND
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    full.texts = {FIRST: full.texts[SECOND], SECOND: full.texts[FIRST]}
    full.seal()
    for name in (FIRST, SECOND):
        with pytest.raises(ValueError, match="header"):
            full.read(name)


def test_frames_of_another_object_are_refused(full: Backup) -> None:
    full.write("rows/000002-0000", full.texts[FIRST])
    header, _ = take_apart((full.folder / FIRST).read_bytes())
    _, frames = take_apart((full.folder / "rows/000002-0000").read_bytes())
    (full.folder / FIRST).write_bytes(header + b"".join(frames))
    full.seal()
    with pytest.raises(InvalidTag):
        full.read(FIRST)


def test_an_object_of_another_backup_is_refused(full: Backup, tmp_path: Path) -> None:
    other = Backup(tmp_path / "20261124T020000Z-full-00000000", serial=1)
    other.write(FIRST, full.texts[FIRST])
    (full.folder / FIRST).write_bytes((other.folder / FIRST).read_bytes())
    full.seal()
    with pytest.raises(ValueError, match="header"):
        full.read(FIRST)


@pytest.mark.parametrize(
    ("members", "text", "complaint"),
    [
        ([gzip.compress(b"a") + gzip.compress(b"b")], b"ab", "member"),
        ([gzip.compress(b"a") + gzip.compress(b"")], b"a", "member"),
        ([gzip.compress(b"a") + b"\0"], b"a", "member"),
        ([gzip.compress(b"a")[:-1]], b"a", "member"),
        ([gzip.compress(bytes(1001))], bytes(1001), "member"),
        ([gzip.compress(b"a"), gzip.compress(b"")], b"a", "empty frame"),
        ([gzip.compress(b""), gzip.compress(b"a")], b"a", "empty frame"),
        ([gzip.compress(b""), gzip.compress(b"")], b"", "empty frame"),
        ([b""], b"", "length"),
        ([gzip.compress(b"a") + bytes(67_000)], b"a", "length"),
        ([], b"", "length"),
    ],
    ids=[
        "two members",
        "an empty member behind",
        "a byte behind",
        "a member cut off",
        "more than the frame size",
        "an empty frame at the end",
        "an empty frame at the beginning",
        "two empty frames",
        "nothing in a frame",
        "a frame too long",
        "no frame",
    ],
)
def test_authentic_frames_of_a_wrong_kind_are_refused(
    backup: Backup, members: list[bytes], text: bytes, complaint: str
) -> None:
    forge(backup, *members)
    backup.texts[FIRST] = text
    backup.seal()
    with pytest.raises(ValueError, match=complaint):
        backup.read(FIRST)


@pytest.mark.parametrize("frame_size", [0, MIB + 1])
def test_frame_sizes_out_of_bounds_are_refused(backup: Backup, frame_size: int) -> None:
    forge(backup, gzip.compress(b""), frame_size=frame_size)
    backup.texts[FIRST] = b""
    backup.seal()
    with pytest.raises(ValueError, match="header"):
        backup.read(FIRST)


def test_a_wrong_digest_of_the_plain_text_is_refused(full: Backup) -> None:
    full.texts[SECOND] = b"1\n3\n"
    full.seal()
    with pytest.raises(ValueError, match="plain digest"):
        full.read(SECOND)


def test_a_wrong_number_of_rows_is_refused(full: Backup) -> None:
    full.seal(tables=[{"parts": [full.entry(SECOND) | {"rows": 3}], "key_set": None}])
    with pytest.raises(ValueError, match="rows"):
        full.read(SECOND)


def test_only_objects_of_the_manifest_are_read(full: Backup) -> None:
    with pytest.raises(KeyError):
        full.read("keys.json")
