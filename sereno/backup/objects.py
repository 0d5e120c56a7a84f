"""One sealed object: header, then gzip members, each encrypted (docs/backup-format.md, "Objects").

The plaintext is cut into frames of at most 1 MiB. Each frame becomes one gzip member, so the decrypted members in a
row are an ordinary .gz; each member is sealed by AES-256-GCM with a STREAM nonce (7-byte prefix, 32-bit counter, flag
of the last frame) and the whole header as associated data. Cutting, reordering, repeating, appending and swapping
fail.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from isal import igzip, isal_zlib

from sereno.backup.keys import DataKey
from sereno.errors import IntegrityError
from sereno.stores import Sink, Source

MAGIC = b"SERENO01"
FRAME_BYTES = 1024 * 1024
TAG_BYTES = 16
COMPRESSION_LEVEL = 1
_FIXED = struct.Struct(">8s16sI7sx32sH")
_LENGTH = struct.Struct(">I")
_NAME_AT_MOST_BYTES = 1024
_MEMBER_SLACK_BYTES = 64 * 1024  # gzip makes incompressible bytes a little larger
_WBITS_GZIP = 31


@dataclass(frozen=True)
class ObjectFigures:
    """What was written: `stored` is the object as it lies in the store, `plain` what it holds."""

    stored_bytes: int
    stored_sha256: str
    plain_bytes: int
    plain_sha256: str


class ObjectWriter:
    """Seals one object into a sink. Constant memory: one frame."""

    def __init__(self, sink: Sink, *, key: DataKey, name: str, frame_bytes: int = FRAME_BYTES) -> None:
        """Write the header of the object that the backup calls `name`.

        Raises:
            ValueError: `name` is no relative path of 1 to 1,024 bytes.
        """
        if not _is_name(name):
            raise ValueError(f"{name[:80]!r} is no name of an object in a backup")
        secret = _object_secret(key, name)
        self.name = name
        self._sink = sink
        self._cipher = AESGCM(secret[:32])
        self._frame_bytes = frame_bytes
        self._prefix = os.urandom(7)
        self._header = _pack_header(key.identity, frame_bytes, self._prefix, secret[32:], name)
        self._counter = 0
        self._pending = bytearray()
        self._stored, self._plain = hashlib.sha256(), hashlib.sha256()
        self._stored_bytes = self._plain_bytes = 0
        self._emit(self._header)

    def write(self, data: bytes) -> None:
        """Take the next plaintext bytes, any number of them."""
        self._plain.update(data)
        self._plain_bytes += len(data)
        self._pending += data
        if len(self._pending) <= self._frame_bytes:
            return
        view = memoryview(self._pending)
        position = 0
        while len(view) - position > self._frame_bytes:  # the last frame is known only at the end
            self._seal(view[position : position + self._frame_bytes], last=False)
            position += self._frame_bytes
        rest = bytes(view[position:])
        view.release()
        self._pending = bytearray(rest)

    def close(self) -> ObjectFigures:
        """Seal the last frame."""
        self._seal(self._pending, last=True)
        return ObjectFigures(
            stored_bytes=self._stored_bytes,
            stored_sha256=self._stored.hexdigest(),
            plain_bytes=self._plain_bytes,
            plain_sha256=self._plain.hexdigest(),
        )

    def _seal(self, frame: bytearray | memoryview, *, last: bool) -> None:
        member = igzip.compress(frame, COMPRESSION_LEVEL, mtime=0)
        sealed = self._cipher.encrypt(_nonce(self._prefix, self._counter, last=last), member, self._header)
        self._counter += 1
        self._emit(_LENGTH.pack(len(sealed)))
        self._emit(sealed)

    def _emit(self, data: bytes) -> None:
        self._sink.write(data)
        self._stored.update(data)
        self._stored_bytes += len(data)


@dataclass
class StoredDigest:
    """The size and SHA-256 of what `read_members` has read, for comparison with the manifest."""

    size: int = 0

    def __post_init__(self) -> None:
        self._sha256 = hashlib.sha256()

    def update(self, data: bytes) -> None:
        self.size += len(data)
        self._sha256.update(data)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()


def read_members(source: Source, *, key: DataKey, name: str, digest: StoredDigest | None = None) -> Iterator[bytes]:
    """The decrypted gzip members in order: joined, they are an ordinary .gz file.

    Raises:
        IntegrityError: the object is not what was written under this name in this backup; nothing of a frame that
            fails is ever returned.
    """
    reader = _ExactReader(source, name, digest or StoredDigest())
    fixed = reader.exactly(_FIXED.size)
    magic, identity, frame_bytes, prefix, commitment, name_bytes = _FIXED.unpack(fixed)
    if magic != MAGIC:
        raise IntegrityError(f"{name} is no object of a Sereno backup, or its first bytes are damaged")
    if not 1 <= frame_bytes <= FRAME_BYTES or name_bytes > _NAME_AT_MOST_BYTES:
        raise IntegrityError(f"{name}: the header is damaged")
    header = fixed + reader.exactly(name_bytes)
    secret = _object_secret(key, name)
    if identity != key.identity or header[_FIXED.size :] != name.encode():
        raise IntegrityError(f"{name}: the object belongs to another backup or to another place in it")
    if not hmac.compare_digest(commitment, secret[32:]):
        raise IntegrityError(f"{name}: the header is damaged, or the object was sealed with another key")
    cipher = AESGCM(secret[:32])
    length_bytes = reader.exactly(_LENGTH.size)
    counter, last = 0, False
    while not last:
        (length,) = _LENGTH.unpack(length_bytes)
        if not TAG_BYTES < length <= frame_bytes + _MEMBER_SLACK_BYTES:
            raise IntegrityError(f"{name}: frame {counter} is damaged (its length cannot be)")
        sealed = reader.exactly(length)
        length_bytes = reader.at_most(_LENGTH.size)
        last = not length_bytes
        try:
            yield cipher.decrypt(_nonce(prefix, counter, last=last), sealed, header)
        except InvalidTag:
            raise IntegrityError(f"{name}: frame {counter} is damaged, moved, or the object was cut after it") from None
        if not last and len(length_bytes) < _LENGTH.size:
            raise IntegrityError(f"{name}: the object was cut after frame {counter}")
        counter += 1


def read_plain(source: Source, *, key: DataKey, name: str, digest: StoredDigest | None = None) -> Iterator[bytes]:
    """The plaintext in frames of at most 1 MiB; raises as `read_members` does."""
    for member in read_members(source, key=key, name=name, digest=digest):
        inflater = isal_zlib.decompressobj(wbits=_WBITS_GZIP)
        frame = inflater.decompress(member, FRAME_BYTES + 1)
        if not inflater.eof or inflater.unused_data or len(frame) > FRAME_BYTES:
            raise IntegrityError(f"{name}: a frame does not hold one gzip member of at most {FRAME_BYTES} bytes")
        yield frame


class _ExactReader:
    def __init__(self, source: Source, name: str, digest: StoredDigest) -> None:
        self._source = source
        self._name = name
        self._digest = digest

    def at_most(self, size: int) -> bytes:
        parts: list[bytes] = []
        missing = size
        while missing and (part := self._source.read(missing)):
            parts.append(part)
            missing -= len(part)
        data = b"".join(parts) if len(parts) != 1 else parts[0]
        self._digest.update(data)
        return data

    def exactly(self, size: int) -> bytes:
        data = self.at_most(size)
        if len(data) < size:
            raise IntegrityError(f"{self._name}: the object was cut short")
        return data


def _is_name(name: str) -> bool:
    return 1 <= len(name.encode()) <= _NAME_AT_MOST_BYTES and not {"", ".", ".."} & set(name.split("/"))


def _object_secret(key: DataKey, name: str) -> bytes:
    return key.derive(f"sereno object 1\0{name}", length=64)


def _pack_header(identity: bytes, frame_bytes: int, prefix: bytes, commitment: bytes, name: str) -> bytes:
    encoded = name.encode()
    return _FIXED.pack(MAGIC, identity, frame_bytes, prefix, commitment, len(encoded)) + encoded


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    return prefix + counter.to_bytes(4, "big") + (b"\1" if last else b"\0")
