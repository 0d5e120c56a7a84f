"""Verbs that leave a trace: like a job they are confirmed, end in one report, and stand in the audit chain.

They run here, without Prefect, for the hour in which there may be no server: the keys and the rows of a backup have to
be within reach of a command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sereno import mirror, publishing
from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import exit_code
from sereno.effects import CONFIRM_WORD
from sereno.errors import EXIT_INTERRUPTED, RefusedError, SerenoError
from sereno.reports.model import Draft, Effect, JobContext, Report, Result
from sereno.systems.loader import load_system
from sereno.systems.model import System


def act(
    job: str,
    name: str,
    work: Callable[[System, bool], Draft],
    *,
    confirm_live: str,
    effect: Effect,
    as_json: bool,
    reports: Sequence[Path],
) -> int:
    """Do `work` for the system `name`, seal and print its report, write it to `reports`; the exit code.

    Args:
        job: what the report and the audit event call it.
        name: the system's name.
        work: gets the system, and whether to do it really or only to say what would be done.
        confirm_live: `YES` to really do it; empty for a dry run.
        effect: what it may change in the system when it is really done.
        as_json: print the report as JSON and nothing else.
        reports: where else the report goes.

    Raises:
        ConfigurationError: there is no such system, or one of `reports` cannot be written.
        SerenoError: the ledger cannot be written.
    """
    require_places(reports)
    system = load_system(name)
    confirmed = bool(confirm_live)
    context = JobContext(
        job=job,
        system=system.name,
        effect=effect if confirmed else Effect.DRY_RUN,
        started_at=datetime.now(UTC),
        flow_run_id=None,
        run_name=job,
    )
    code: int | None = None
    try:
        _require_word(confirm_live)
        draft = work(system, confirmed)
    except SerenoError as error:
        result = Result.REFUSED if isinstance(error, RefusedError) else Result.FAILED
        draft, code = Draft(headline=str(error), result=result), error.exit_code
    except KeyboardInterrupt:
        draft = Draft(headline="interrupted; run it again, it goes on with what is left", result=Result.FAILED)
        code = EXIT_INTERRUPTED
    report = _published(draft, context)
    return hand_over(report, as_json=as_json, files=reports, code=max(exit_code(report), code or 0))


def _require_word(confirm_live: str) -> None:
    if confirm_live not in ("", CONFIRM_WORD):
        raise RefusedError(f"--confirm-live takes the word {CONFIRM_WORD} and nothing else; nothing was done")


def _published(draft: Draft, context: JobContext) -> Report:
    """The report of a run that ends now, sealed in the audit chain as that of a job is."""
    report = publishing.compose(draft, context, finished_at=datetime.now(UTC))
    if mirror.is_due(report):
        report = mirror.note_in_system(report)
    report = publishing.seal(report)
    publishing.keep(report)
    return report
