"""`sereno check`: the findings of one system, or of all, as one report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sereno.check import SET_UP, check_system
from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import read_report
from sereno.errors import ConfigurationError
from sereno.reports.build import headline, human_count
from sereno.reports.model import Finding
from sereno.settings import load_settings
from sereno.systems.folders import misnamed, shown, system_names

ALL_SYSTEMS = "*"
"""What the report of a check of every system has as its system; no system can be called so."""


def print_check(system: str | None, *, online: bool, as_json: bool, reports: Sequence[Path]) -> int:
    """Check `system`, or every system, print the report, write it to `reports` and return the exit code.

    Of all systems those that are not set up on this machine are named, and fail nothing, unless none is.

    Raises:
        ConfigurationError: there is no such system, no system at all, or one of `reports` cannot be written.
    """
    require_places(reports)
    started_at = datetime.now(UTC)
    settings = load_settings()
    names = (system,) if system is not None else system_names(settings)
    misnamed_folders = () if system is not None else misnamed(settings)
    if not names and not misnamed_folders:
        raise ConfigurationError(f"there is no system to check: {shown(settings.systems_path)} holds none")
    name = "each folder with a system.yaml has a name that a system can have"
    findings = [Finding(name=name, passed=False, evidence="\n".join(misnamed_folders))] if misnamed_folders else []
    away: list[str] = []
    for name in names:
        found = check_system(name, online=online, settings=settings, wherever=system is not None)
        findings += found if system is not None else [_of(name, finding) for finding in found]
        away += [name for finding in found if finding.name == SET_UP]
    if len(away) == len(names):
        findings = [one.model_copy(update={"required": True}) if one.name.endswith(SET_UP) else one for one in findings]
    report = read_report(
        job="check",
        system=system if system is not None else ALL_SYSTEMS,
        started_at=started_at,
        headline=headline(findings, _ready(names, away, online=online)),
        findings=findings,
        figures={"systems": len(names), "set_up": len(names) - len(away), "checks": len(findings), "online": online},
    )
    return hand_over(report, as_json=as_json, files=reports)


def _of(name: str, finding: Finding) -> Finding:
    return finding.model_copy(update={"name": f"{name}: {finding.name}"})


def _ready(names: Sequence[str], away: Sequence[str], *, online: bool) -> str:
    here = [name for name in names if name not in away]
    who = f"{here[0]} is" if len(here) == 1 else f"{'' if away else 'all '}{human_count(len(here), 'system')} are"
    seen = "" if online else ", as far as can be seen without a connection (--online looks further)"
    return f"{who} ready{seen}" + (f"; not set up here: {', '.join(away)}" if away else "")
