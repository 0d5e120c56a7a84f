"""The system's first smoke suite as a step of another job: does the system answer again?"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from sereno.errors import SerenoError
from sereno.progress import Progress, silent
from sereno.reports.model import Finding
from sereno.smoke.planned import plan_job
from sereno.smoke.report.draft import headline_of
from sereno.smoke.running import run_plan
from sereno.smoke.suite.reading import has_suites

_PAUSE_SECONDS = 5.0


def smoke_afterwards(
    system: str,
    *,
    patience: timedelta,
    progress: Progress = silent,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Finding | None:
    """Whether the suite passes; None where the system has no suites. Checks that change something are left out.

    What was started a moment ago may need a while, so the suite is run again until it passes or `patience` is over. A
    suite that cannot be run here says nothing about the system: that is an optional finding.

    Args:
        system: the system's name.
        patience: how long it may take until the suite passes.
        progress: hears of each check.
        clock: seconds that only grow.
        sleep: waits so many seconds.
    """
    name = "the system's smoke suite passes"
    deadline = clock() + patience.total_seconds()
    try:
        if not has_suites(system):
            return None
        plan = plan_job(system, suite="", base_url="", live=False, insecure=False, values={})
        while True:
            run = run_plan(plan, progress=progress)
            passed = any(each.passed for each in run.results) and all(
                each.passed for each in run.results if each.required
            )
            if passed or clock() + _PAUSE_SECONDS > deadline:
                return Finding(name=name, passed=passed, evidence=headline_of(run))
            sleep(_PAUSE_SECONDS)
    except SerenoError as error:
        return Finding(name=name, passed=False, required=False, evidence=f"it could not be run: {error}")
