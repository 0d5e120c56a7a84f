"""Progress of a long step as an artifact: the thread that works only notes where it is, a ticker shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

_EVERY_SECONDS = 2.0


@dataclass
class _Noted:
    percent: float = 0.0
    what: str = "starting"

    def __call__(self, *, done: int, total: int, what: str) -> None:
        self.percent = min(100.0, 100.0 * done / total) if total else 100.0
        self.what = what


@asynccontextmanager
async def shown_progress(name: str) -> AsyncIterator[_Noted]:
    """A callable for `progress=`; what it is told is shown every two seconds while the block runs."""
    noted = _Noted()
    ticker = asyncio.create_task(_show(noted, key=name.replace("_", "-")))
    try:
        yield noted
        noted.percent, noted.what = 100.0, "done"
    finally:
        ticker.cancel()
        with suppress(asyncio.CancelledError):
            await ticker


async def _show(noted: _Noted, *, key: str) -> None:
    await asyncio.sleep(_EVERY_SECONDS)  # a step that is over by then needs no bar
    artifact = await acreate_progress_artifact(progress=noted.percent, key=key, description=noted.what)
    try:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            await aupdate_progress_artifact(artifact, progress=noted.percent, description=noted.what)
    finally:
        await aupdate_progress_artifact(artifact, progress=noted.percent, description=noted.what)
