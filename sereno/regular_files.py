"""Reading files that somebody else named: never a device or a pipe, which may not end, and never without a bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sereno.errors import ConfigurationError


def read_regular(path: Path, *, at_most: int, shown: str | None = None) -> bytes:
    """All bytes of the regular file at `path`.

    Args:
        path: where; a link is followed.
        at_most: how many bytes it may have.
        shown: what messages call it; default is the path.

    Raises:
        ConfigurationError: it cannot be read, is no regular file, or is larger.
    """
    shown = shown or str(path)
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            content = file.read(at_most + 1)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > at_most:
        raise ConfigurationError(f"{shown} is larger than {at_most:,} bytes")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a regular file. Opening a pipe would otherwise wait for whoever writes to it."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("it is no regular file")
    return descriptor
