"""`sereno smoke`: a suite here and now, or through the server at PREFECT_API_URL; the report printed and written.

Without a server neither Prefect nor SQLAlchemy is imported, so that a pipeline gets its answer in a second.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sereno.cli.jobs import split_values
from sereno.cli.output import print_report
from sereno.cli.report_files import require_folder, require_places, write_as
from sereno.cli.reporting import exit_code
from sereno.effects import effect_of_live
from sereno.reports.build import tally
from sereno.reports.model import Draft, Report, ReportTable
from sereno.reports.render import ReportFormat
from sereno.smoke.wishes import Credentials, Wishes

SERVER = "PREFECT_API_URL"


def run_smoke(
    system: str,
    *,
    wishes: Wishes,
    confirm_live: str,
    files: Sequence[tuple[Path, ReportFormat]],
    as_json: bool,
) -> int:
    """Run a suite, print its report and write it to `files`; the exit code is the report's.

    Raises:
        RefusedError: the run would be live and is not confirmed.
        ConfigurationError: there is no such system, suite or variable, or a file is wrong.
        SerenoError: the run ended without a report.
    """
    effect_of_live(live=wishes.live, confirm_live=confirm_live)
    for path, _ in files:
        require_folder(path)
    if os.environ.get(SERVER):
        from sereno.cli.smoking_by_server import by_server

        report, code = by_server(system, wishes, confirm_live)
        if report is None:
            return code
        charts, tables = _shown(report)
    else:
        report, draft = _here(system, wishes)
        code, charts, tables = exit_code(report), draft.charts, draft.tables
    print_report(report, as_json=as_json)
    _tell_github(report, tables, to_stderr=as_json)
    written = [write_as(report, path, as_format, charts=charts, tables=tables) for path, as_format in files]
    return max(code, *written, 0)


def wishes_of(
    *,
    suite: str,
    base_url: str,
    live: bool,
    insecure: bool,
    values: Mapping[str, str],
    sets: Sequence[str],
    given: Mapping[str, str],
) -> Wishes:
    """What the flags ask for, and the environment where a flag is not given.

    Raises:
        ConfigurationError: one of `sets` is no NAME=VALUE.
    """
    said = {name: value or os.environ.get(name, "") for name, value in given.items()}
    return Wishes(
        suite=suite,
        base_url=base_url or os.environ.get("BASE_URL", ""),
        live=live,
        insecure=insecure,
        values={**values, **split_values(sets)},
        credentials=Credentials(token=said["TOKEN"], username=said["USERNAME"], password=said["PASSWORD"]),
    )


def formats_of(junit: Path | None, html: Path | None, others: Sequence[Path]) -> list[tuple[Path, ReportFormat]]:
    """Each file with its format: what its flag says, or its name.

    Raises:
        ConfigurationError: the name of one of `others` says no format, or cannot be written.
    """
    require_places(others)
    named = [(path, found) for path in others if (found := ReportFormat.of_file(path)) is not None]
    asked = [(junit, ReportFormat.JUNIT), (html, ReportFormat.HTML)]
    return [(path, as_format) for path, as_format in asked if path is not None] + named


def _here(system: str, wishes: Wishes) -> tuple[Report, Draft]:
    from sereno.smoke.plan import plan_run
    from sereno.smoke.report.draft import smoke_draft
    from sereno.smoke.running import run_plan
    from sereno.smoke.suite.reading import read_suites

    plan = plan_run(read_suites(system), wishes)
    with _termination_interrupts():
        run = run_plan(plan)
    draft: Draft = smoke_draft(run)
    report = Report(
        job="smoke",
        system=system,
        effect=run.effect,
        result=tally(draft.findings),
        headline=draft.headline,
        started_at=run.started_at,
        finished_at=run.finished_at,
        figures=draft.figures,
        findings=draft.findings,
    )
    return report, draft


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """A pipeline that is stopped still undoes what its live checks did."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _shown(report: Report) -> tuple[dict[str, str], tuple[ReportTable, ...]]:
    """What a page shows besides the report, of a run that was made by another process."""
    from sereno.smoke.report.draft import TOLD_BY_WATERFALL, waterfall
    from sereno.smoke.report.tables import tables_of

    return {TOLD_BY_WATERFALL: waterfall(report.findings)}, tables_of(report.findings)


def _tell_github(report: Report, tables: Sequence[ReportTable], *, to_stderr: bool) -> None:
    """Annotations in the log, and the summary of the step, where GitHub Actions runs this."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from sereno.smoke.report.github import workflow_commands

        stream = sys.stderr if to_stderr else sys.stdout
        stream.writelines(f"{line}\n" for line in workflow_commands(report))
        stream.flush()
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        from sereno.reports.render import render_markdown

        with suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"{render_markdown(report, charts={}, tables=tables)}\n")
