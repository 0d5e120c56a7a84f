"""Every test runs with a SERENO_HOME and a PREFECT_HOME of its own session, and without the developer's settings."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_KEPT = {"SERENO_PG_BIN"}


def _isolate() -> None:
    """Before anything is imported that reads its settings at import, as Prefect does."""
    folder = Path(tempfile.mkdtemp(prefix="sereno-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "SERENO_")) and name not in _KEPT]:
        del os.environ[name]
    os.environ.update(
        SERENO_HOME=str(folder / "sereno"),
        PREFECT_HOME=str(folder / "prefect"),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
    )


_isolate()
