"""What the tests of the compliance jobs share: asking as the jobs' steps ask, the demo's folder, and a run's report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from infra.demo.system import DemoSystem
from integration.conftest import REFERENCE
from sereno.compliance import looking
from sereno.compliance.composing import compose
from sereno.compliance.content import Content
from sereno.compliance.period import last_days
from sereno.compliance.report.verifying import verify_report
from sereno.reports.model import Report
from sereno.settings import Settings
from sereno.systems.model import System
from sereno.systems.sections.compliance import Language
from tasks.job import JobFailedError


def seen(
    system: System, *, now: datetime = REFERENCE, days: int = 30, language: Language = Language.ENGLISH
) -> Content:
    """Everything, as the job's steps ask it."""
    map_ = looking.reach(system)
    period = last_days(days, now=now, zone=system.zone)
    everything = looking.Seen(
        period=period,
        now=now,
        map_=map_,
        tables=looking.ask_tables(system, period, now=now),
        own=looking.ask_own(system, map_),
        trail=looking.ask_trail(system, period),
    )
    return compose(system, everything, language=language)


def home_of_demo(demo: DemoSystem, folder: Path, environment: pytest.MonkeyPatch) -> None:
    """Make `folder` a SERENO_HOME in which the demo system can be loaded."""
    (folder / "demo" / "backups").mkdir(parents=True)
    (folder / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    environment.setenv("SERENO_HOME", str(folder))


def own_copy(system: str, folder: Path, environment: pytest.MonkeyPatch) -> Path:
    """A copy of a system's folder, which is the one that is loaded from here on."""
    copy = folder / "systems" / system
    copytree(Settings().systems_path / system, copy)
    environment.setenv("SERENO_SYSTEMS_DIR", str(copy.parent))
    return copy


async def report_of(ended: Any) -> Report:
    """The report of a run that has ended, however it went."""
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


def missed(path: Path) -> dict[str, str]:
    """The required checks of `report verify` that a file does not pass, with what they say."""
    return {each.name: each.evidence for each in verify_report(path).findings if not each.passed and each.required}
