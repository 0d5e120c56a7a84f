"""SQL of a new pg_restore for a psql and a server that are older: without what they do not know."""

from __future__ import annotations

import re
from collections.abc import Callable

_HEAD = re.compile(rb"(--|SET |SELECT pg_catalog\.set_config|\\restrict |\s*\Z)")
_RESTRICT = b"\\restrict "
_UNKNOWN_SETTING = re.compile(rb"SET transaction_timeout\b")


class PortableSql:
    r"""Passes a script on, line by line, without `\restrict`, `\unrestrict` and settings that came with newer servers.

    They are looked for in the head alone, before the first object: what looks like one of them further down stands in a
    function or a comment. The end of `\restrict` is told by its key, which is random.
    """

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        """Pass what is left on to `sink`."""
        self._sink = sink
        self._rest = b""
        self._in_head = True
        self._marks: frozenset[bytes] = frozenset()

    def write(self, data: bytes) -> None:
        """Take the next bytes of the script."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        kept = [line for line in lines if self._is_known(line)]
        if kept:
            self._sink(b"\n".join((*kept, b"")))

    def close(self) -> None:
        """The script is over."""
        if self._rest and self._is_known(self._rest):
            self._sink(self._rest + b"\n")

    def _is_known(self, line: bytes) -> bool:
        if self._in_head and _HEAD.match(line):
            if line.startswith(_RESTRICT):
                self._marks = frozenset((line, b"\\un" + line[1:]))
                return False
            return not _UNKNOWN_SETTING.match(line)
        self._in_head = False
        return line not in self._marks
