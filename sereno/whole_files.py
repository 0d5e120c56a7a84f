"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sereno.errors import StorageError


def write_whole(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Put `data` at `path` at once, so that whoever reads it finds the old file or the new one, never half of one.

    Args:
        path: where; its folder has to be there.
        data: all of the content.
        mode: the file's rights; those that the process gives to new files when it is left out.

    Raises:
        StorageError: the file could not be written; what stood at `path` still stands there.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")  # not after `path`, whose name may be as long as can be
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"the file {path} could not be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
