"""The names of objects: relative paths with `/` that cannot lead out of a store."""

from __future__ import annotations

from pathlib import PurePosixPath

from sereno.errors import StorageError

LONGEST_BYTES = 900
"""Of a name in UTF-8; S3 takes keys of 1,024 bytes, a store's prefix included."""


def name_parts(name: str, *, store: str) -> tuple[str, ...]:
    """The parts of an object's name, or of a folder's.

    Args:
        name: such as `demo/20261123T020000Z-full-1f3a/manifest.jsonl`.
        store: what messages call the store.

    Raises:
        StorageError: it is empty, absolute or too long, holds `..` or characters that cannot be printed.
    """
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or parts[0].startswith("/") or not name.isprintable():
        raise StorageError(f"store {store}: {name[:80]!r} is no name of an object")
    if len(name.encode()) > LONGEST_BYTES:
        raise StorageError(f"store {store}: {name[:80]!r}… is longer than the {LONGEST_BYTES} bytes of a name")
    return parts
