"""The identity of this SERENO_HOME, by which it knows its own leftovers in a store that others use too."""

from __future__ import annotations

import os
import uuid

from sereno.errors import StorageError
from sereno.settings import Settings


def installation_id(settings: Settings) -> str:
    """A random identifier, made on first use and kept in SERENO_HOME.

    Raises:
        StorageError: SERENO_HOME cannot be written.
    """
    path = settings.home_path / "installation"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            candidate = path.with_suffix(f".{os.getpid()}")
            candidate.write_text(uuid.uuid4().hex)
            try:
                os.link(candidate, path)
            except FileExistsError:
                pass
            finally:
                candidate.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise StorageError(f"SERENO_HOME {settings.home_path} cannot be used: {error.strerror}") from error
