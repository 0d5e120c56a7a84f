"""Reading HTTP/1.1 answers as they arrive: where each one ends, and nothing more. Bodies are counted, never kept.

It follows RFC 9112, section 6.3, on what ends an answer. Nothing is decoded: a gzip bomb is as large as what was sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

LARGEST_HEAD = 64 * 1024
_LARGEST_LINE = 4 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?\Z")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\Z", re.DOTALL)
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,15}\Z")
_CHUNKED = -1
_UNTIL_CLOSE = -2


class NotHttpError(Exception):
    """What arrived is no answer in HTTP/1.1; the text says why."""


class BodyTooLargeError(Exception):
    """The body is larger than what is read of one."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of an answer says about its end."""

    status: int
    length: int
    """Bytes, or -1 for chunks, or -2 for everything until the connection is closed."""
    keeps_alive: bool


class _At(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNK_SIZE = auto()
    CHUNK = auto()
    CHUNK_END = auto()
    TRAILER = auto()
    DONE = auto()


class AnswerReader:
    """Reads one answer after the other of one connection."""

    __slots__ = ("_at", "_held", "_largest_body", "_left", "_without_body", "begun", "body_bytes", "head", "surplus")

    def __init__(self, *, largest_body: int) -> None:
        """Read bodies of at most `largest_body` bytes."""
        self._largest_body = largest_body
        self.expect(without_body=False)

    def expect(self, *, without_body: bool) -> None:
        """Get ready for the next answer, which has no body where the request was HEAD."""
        self._without_body = without_body
        self._at = _At.HEAD
        self._held = b""
        self._left = 0
        self.begun = False
        """Whether anything of the answer has arrived."""
        self.body_bytes = 0
        self.head: Head | None = None
        self.surplus = False
        """Whether something followed the answer that nobody asked for."""

    def feed(self, data: bytes) -> bool:
        """Take what arrived; True when the answer is complete.

        Raises:
            NotHttpError: it is no answer.
            BodyTooLargeError: it is too large.
        """
        self.begun = True
        if self._held:
            data, self._held = self._held + data, b""
        while self._at is _At.HEAD:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._hold(data, LARGEST_HEAD, "a head")
                return False
            self._begin_body(read_head(data[:end]))
            data = data[end + 4 :]
        if self._at is _At.BODY:
            return self._plain(data)
        if self._at is not _At.DONE:
            return self._chunks(data)
        self.surplus = bool(data)
        return True

    def closed(self) -> bool:
        """The other side closed the connection; True when that makes the answer complete."""
        return self._at is _At.BODY and self._left == _UNTIL_CLOSE

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection may be used again."""
        return self.head is not None and self.head.keeps_alive and not self.surplus and self._left != _UNTIL_CLOSE

    def _begin_body(self, head: Head) -> None:
        if head.status < 200:
            if head.status == 101:
                raise NotHttpError("it switched to another protocol")
            return
        self.head = head
        self._left = head.length
        if self._without_body or head.status in (204, 304) or head.length == 0:
            self._at, self._left = _At.DONE, 0
        elif head.length == _CHUNKED:
            self._at, self._left = _At.CHUNK_SIZE, 0
        else:
            self._at = _At.BODY
            self._count(max(0, head.length))

    def _plain(self, data: bytes) -> bool:
        if self._left == _UNTIL_CLOSE:
            self._count(len(data))
            return False
        self._left -= len(data)
        if self._left > 0:
            return False
        self.surplus, self._at = self._left < 0, _At.DONE
        return True

    def _chunks(self, data: bytes) -> bool:
        position = 0
        while self._at is not _At.DONE:
            if self._at is _At.CHUNK:
                taken = min(self._left, len(data) - position)
                position, self._left = position + taken, self._left - taken
                if self._left:
                    return False
                self._at = _At.CHUNK_END
            end = data.find(b"\r\n", position)
            if end < 0:
                self._hold(data[position:], _LARGEST_LINE, "a line between chunks")
                return False
            self._line(data[position:end])
            position = end + 2
        self.surplus = position < len(data)
        return True

    def _line(self, line: bytes) -> None:
        if self._at is _At.CHUNK_SIZE:
            size = line.partition(b";")[0].strip()
            if not _HEXADECIMAL.match(size):
                raise NotHttpError("the size of a chunk is no number")
            self._left = int(size, 16)
            self._at = _At.CHUNK if self._left else _At.TRAILER
            self._count(self._left)
        elif self._at is _At.CHUNK_END:
            if line:
                raise NotHttpError("a chunk is longer than its size")
            self._at = _At.CHUNK_SIZE
        elif line:
            self._left += len(line)
            if self._left > LARGEST_HEAD:
                raise NotHttpError(f"the trailers are longer than {LARGEST_HEAD:,} bytes")
        else:
            self._at = _At.DONE

    def _count(self, size: int) -> None:
        self.body_bytes += size
        if self.body_bytes > self._largest_body:
            raise BodyTooLargeError

    def _hold(self, data: bytes, largest: int, what: str) -> None:
        if len(data) > largest:
            raise NotHttpError(f"{what} is longer than {largest:,} bytes")
        self._held = data


@lru_cache(maxsize=64)
def read_head(text: bytes) -> Head:
    """The head of an answer, without the empty line that ends it; the same head is read once.

    Raises:
        NotHttpError: it is none.
    """
    first, *lines = text.split(b"\r\n")
    status_line = _STATUS_LINE.match(first)
    if not status_line:
        raise NotHttpError("it does not begin with HTTP/1.1 and a status")
    lengths, codings, connection = set[bytes](), b"", b""
    for line in lines:
        field = _FIELD.match(line)
        if not field:
            raise NotHttpError("a header has no name")
        name, value = field[1].lower(), field[2]
        if name == b"content-length":
            lengths.update(part.strip() for part in value.split(b","))
        elif name == b"transfer-encoding":
            codings += b"," + value.lower()
        elif name == b"connection":
            connection += b"," + value.lower()
    options = {option.strip() for option in connection.split(b",")}
    keeps_alive = b"keep-alive" in options if status_line[1] == b"0" else b"close" not in options
    return Head(int(status_line[2]), _length(lengths, codings), keeps_alive)


def _length(lengths: set[bytes], codings: bytes) -> int:
    if codings:
        if lengths:
            raise NotHttpError("it has a length as well as a transfer coding")
        return _CHUNKED if codings.rpartition(b",")[2].strip() == b"chunked" else _UNTIL_CLOSE
    if not lengths:
        return _UNTIL_CLOSE
    (length, *others) = lengths
    if others or not length.isdigit() or len(length) > 15:
        raise NotHttpError("its length is no number, or two different ones")
    return int(length)
