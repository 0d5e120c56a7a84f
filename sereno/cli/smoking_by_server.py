"""`sereno smoke` through a Prefect server: the run stands in its history, with `ci` and the commit as tags."""

from __future__ import annotations

import json
import os
import subprocess

from sereno.cli.running import carried_out, code_with, report_in, without_report
from sereno.reports.model import Report
from sereno.smoke.planned import PASSWORD, TOKEN, USERNAME
from sereno.smoke.suite.reading import read_suites
from sereno.smoke.wishes import Wishes, chosen_suite, variables_of_run

TAGS = "SERENO_RUN_TAGS"
SOURCE = "ci"
_COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")


def by_server(system: str, wishes: Wishes, confirm_live: str) -> tuple[Report | None, int]:
    """The report of the run, if it left one, and the exit code.

    Raises:
        ConfigurationError: the suites are wrong; seen before anything is started.
        SerenoError: the run ended well and left no report.
    """
    file = read_suites(system).file
    chosen_suite(file, wishes.suite)
    variables_of_run(file, wishes.values)
    words = {"suite": wishes.suite, "base_url": wishes.base_url}
    values = [f"{name}={value}" for name, value in words.items() if value]
    values += [f"{name}=true" for name in ("live", "insecure") if getattr(wishes, name)]
    values += [f"confirm_live={confirm_live}"] if wishes.live else []
    values += [f"values={json.dumps(dict(wishes.values))}"] if wishes.values else []
    code, output = carried_out(["smoke", system, *values], more=_environment(wishes))
    report = report_in(output)
    return (None, without_report(code)) if report is None else (report, code_with(report, code))


def _environment(wishes: Wishes) -> dict[str, str]:
    given = wishes.credentials
    secrets = zip((TOKEN, USERNAME, PASSWORD), (given.token, given.username, given.password), strict=True)
    tags = [SOURCE, *([f"commit:{commit}"] if (commit := _commit()) else [])]
    return {TAGS: ",".join(tags), **(dict(secrets) if given else {})}


def _commit() -> str:
    """The commit that is tested; empty where nobody knows."""
    for name in _COMMIT_VARIABLES:
        if commit := os.environ.get(name, ""):
            return commit[:40]
    try:
        asked = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()[:40] if asked.returncode == 0 else ""
