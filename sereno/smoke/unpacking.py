"""Bodies within bounds: what comes over the wire, and what it becomes when it is unpacked."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

_AUTOMATIC, _RAW = 47, -15  # gzip or zlib by its header; deflate without one, as some servers send it
_AT_ONCE = 64 * 1024
ACCEPTED = "gzip, deflate"
"""What a request says that it understands."""


class UnreadableBodyError(Exception):
    """A body that cannot or must not be taken: too large, damaged, or packed in a way that nobody asked for."""


async def read_body(chunks: AsyncIterator[bytes], *, encoding: str, at_most: int) -> bytes:
    """The whole body, unpacked.

    Args:
        chunks: as they come over the wire.
        encoding: the answer's Content-Encoding.
        at_most: bytes, packed and unpacked.

    Raises:
        UnreadableBodyError: it is larger, damaged, or of an encoding that was not asked for.
    """
    kind = encoding.strip().lower()
    if kind not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise UnreadableBodyError(f"the body is packed as {kind[:40]!r}, which was not asked for")
    received = 0
    if kind in {"", "identity"}:
        parts: list[bytes] = []
        async for chunk in chunks:
            received += len(chunk)
            _require(received, at_most)
            parts.append(chunk)
        return b"".join(parts)
    body = bytearray()
    unpacker = _Unpacker(at_most)
    async for chunk in chunks:
        received += len(chunk)
        _require(received, at_most)
        unpacker.feed(chunk, body)
    unpacker.finish(received)
    return bytes(body)


class _Unpacker:
    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._stream = zlib.decompressobj(_AUTOMATIC)
        self._begun = False

    def feed(self, data: bytes, body: bytearray) -> None:
        while data:
            if self._stream.eof:
                self._stream = zlib.decompressobj(_AUTOMATIC)
            body += self._unpacked(data)
            _require(len(body), self._at_most, packed=True)
            data = self._stream.unconsumed_tail or self._stream.unused_data

    def finish(self, received: int) -> None:
        if received and not self._stream.eof:
            raise UnreadableBodyError("the packed body ends too early")

    def _unpacked(self, data: bytes) -> bytes:
        try:
            part = self._stream.decompress(data, _AT_ONCE)
        except zlib.error:
            part = b""
            if not self._begun:
                self._stream = zlib.decompressobj(_RAW)
                with suppress(zlib.error):
                    part = self._stream.decompress(data, _AT_ONCE)
            if not part:
                raise UnreadableBodyError("the packed body is damaged") from None
        self._begun = True
        return part


def _require(size: int, at_most: int, *, packed: bool = False) -> None:
    if size > at_most:
        raise UnreadableBodyError(
            f"the body is larger than {at_most:,} bytes{' once it is unpacked' if packed else ''}"
        )
