"""Sealed objects: what is written is read back, and whatever is not what was written is refused."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.backup.keys import DataKey
from sereno.backup.objects import ObjectFigures, ObjectWriter, StoredDigest, read_members, read_plain
from sereno.errors import IntegrityError

FRAME = 64
NAME = "rows/000001-0000"
HEADER = 70 + len(NAME)
KEY = DataKey(b"k" * 32, identity=b"i" * 16)


def sealed(plain: bytes, *, key: DataKey = KEY, name: str = NAME) -> tuple[bytes, ObjectFigures]:
    sink = io.BytesIO()
    writer = ObjectWriter(sink, key=key, name=name, frame_bytes=FRAME)
    writer.write(plain)
    figures = writer.close()
    return sink.getvalue(), figures


def opened(data: bytes, *, key: DataKey = KEY, name: str = NAME) -> bytes:
    return b"".join(read_plain(io.BytesIO(data), key=key, name=name))


def frame_ends(data: bytes) -> list[int]:
    ends, position = [], HEADER
    while position < len(data):
        position += 4 + int.from_bytes(data[position : position + 4], "big")
        ends.append(position)
    return ends


@given(pieces=st.lists(st.binary(max_size=3 * FRAME), max_size=6))
@settings(max_examples=200)
def test_whatever_is_written_in_whatever_pieces_is_read_back(pieces: list[bytes]) -> None:
    sink = io.BytesIO()
    writer = ObjectWriter(sink, key=KEY, name=NAME, frame_bytes=FRAME)
    for piece in pieces:
        writer.write(piece)
    figures = writer.close()
    plain = b"".join(pieces)
    digest = StoredDigest()
    read = b"".join(read_plain(io.BytesIO(sink.getvalue()), key=KEY, name=NAME, digest=digest))
    assert read == plain
    assert (figures.plain_bytes, figures.stored_bytes) == (len(plain), len(sink.getvalue()))
    assert (digest.size, digest.sha256) == (figures.stored_bytes, figures.stored_sha256)


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 5 * FRAME])
def test_the_decrypted_members_are_an_ordinary_gzip_file(size: int) -> None:
    plain = os.urandom(size)
    data, _ = sealed(plain)
    assert gzip.decompress(b"".join(read_members(io.BytesIO(data), key=KEY, name=NAME))) == plain


def test_an_empty_object_has_one_frame_and_an_exact_multiple_no_empty_one() -> None:
    assert len(frame_ends(sealed(b"")[0])) == 1
    assert len(frame_ends(sealed(b"x" * 3 * FRAME)[0])) == 3


def test_every_cut_is_refused() -> None:
    data, _ = sealed(bytes(range(256)))
    for length in range(len(data)):
        with pytest.raises(IntegrityError):
            opened(data[:length])


def test_every_flipped_bit_is_refused() -> None:
    data, _ = sealed(b"some rows\n" * 20)
    for position in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[position // 8] ^= 1 << position % 8
        if position // 8 == 35:  # the reserved byte is no field, but it is authenticated all the same
            assert opened(data) == b"some rows\n" * 20
        with pytest.raises(IntegrityError):
            opened(bytes(damaged))


def reordered(data: bytes, ends: list[int]) -> bytes:
    return data[:HEADER] + data[ends[0] : ends[1]] + data[HEADER : ends[0]] + data[ends[1] :]


def repeated(data: bytes, ends: list[int]) -> bytes:
    return data[: ends[0]] + data[HEADER : ends[0]] + data[ends[0] :]


def dropped(data: bytes, ends: list[int]) -> bytes:
    return data[: ends[0]] + data[ends[1] :]


def appended(data: bytes, ends: list[int]) -> bytes:
    return data + data[ends[-2] : ends[-1]]


def followed_by_a_byte(data: bytes, ends: list[int]) -> bytes:
    return data + b"\0"


@pytest.mark.parametrize("change", [reordered, repeated, dropped, appended, followed_by_a_byte])
def test_frames_moved_or_added_are_refused(change: Callable[[bytes, list[int]], bytes]) -> None:
    data, _ = sealed(os.urandom(4 * FRAME))
    with pytest.raises(IntegrityError):
        opened(change(data, frame_ends(data)))


def test_an_object_under_another_name_or_of_another_backup_is_refused() -> None:
    data, _ = sealed(b"rows")
    with pytest.raises(IntegrityError, match="another place"):
        opened(data, name="rows/000002-0000")
    other = DataKey(b"k" * 32, identity=b"o" * 16)
    with pytest.raises(IntegrityError, match="another backup"):
        opened(data, key=other)


def test_another_key_is_told_by_the_commitment_before_anything_is_decrypted() -> None:
    data, _ = sealed(b"rows")
    with pytest.raises(IntegrityError, match="sealed with another key"):
        opened(data, key=DataKey(b"x" * 32, identity=b"i" * 16))


def test_a_length_that_cannot_be_is_refused_before_memory_is_taken() -> None:
    data, _ = sealed(b"rows")
    with pytest.raises(IntegrityError, match="length cannot be"):
        opened(data[:HEADER] + b"\xff\xff\xff\xff" + data[HEADER + 4 :])


@pytest.mark.parametrize("name", ["", "../x", "a//b", "/a", "a/.", "x" * 1025, "é" * 513])
def test_a_name_that_is_no_relative_path_is_not_written(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an object"):
        ObjectWriter(io.BytesIO(), key=KEY, name=name)


def test_two_objects_of_the_same_content_share_no_bytes() -> None:
    first, second = sealed(b"rows" * 100)[0], sealed(b"rows" * 100)[0]
    assert first[HEADER:] != second[HEADER:]
