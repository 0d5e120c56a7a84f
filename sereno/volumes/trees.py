"""Whole directories: exchanging one for another at once, and deleting one."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE
_CANNOT = {errno.ENOSYS, errno.EINVAL}


def exchange(one: Path, other: Path) -> bool:
    """Let two directories of one file system change names in one step; false where the system cannot.

    Raises:
        OSError: they cannot be renamed.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), str(other))


def delete_tree(path: Path) -> None:
    """Delete a directory of our own, also one whose folders nobody may write to; nothing happens where there is none.

    Raises:
        OSError: it cannot be deleted.
    """
    if not os.path.lexists(path):
        return
    with suppress(OSError):
        path.chmod(0o700)
    for folder, folders, _ in os.walk(path):
        for name in folders:
            inside = Path(folder) / name
            if not inside.is_symlink():
                with suppress(OSError):
                    inside.chmod(0o700)
    shutil.rmtree(path)
