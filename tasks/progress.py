"""Progress of a long step as an artifact: the thread that works only notes where it is, a ticker shows it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

_EVERY_SECONDS = 2.0
_PATIENCE_SECONDS = 5.0
"""For one answer of the server; the step waits for the last one."""

logger = logging.getLogger("sereno.progress")


@dataclass
class _Noted:
    percent: float = 0.0
    what: str = "starting"

    def __call__(self, *, done: int, total: int, what: str) -> None:
        self.percent = min(100.0, 100.0 * done / total) if total else 100.0
        self.what = what


@dataclass
class _Bar:
    """The artifact. Where the server does not take it, one warning says so and the step goes on without."""

    key: str
    artifact: UUID | None = None
    warned: bool = False

    async def draw(self, noted: _Noted) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                if self.artifact is None:
                    self.artifact = await acreate_progress_artifact(noted.percent, self.key, noted.what)
                else:
                    await aupdate_progress_artifact(self.artifact, noted.percent, noted.what)
        except Exception as error:
            if not self.warned:
                logger.warning("the progress of %s is not shown: %s", self.key, str(error) or type(error).__name__)
            self.warned = True


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
        await asyncio.wait({ticker})


async def _show(noted: _Noted, *, key: str) -> None:
    await asyncio.sleep(_EVERY_SECONDS)  # a step that is over by then needs no bar
    bar = _Bar(key)
    try:
        while True:
            await bar.draw(noted)
            await asyncio.sleep(_EVERY_SECONDS)
    finally:
        await bar.draw(noted)
