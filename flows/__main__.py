"""`python -m flows JOB SYSTEM [name=value ...]`: carry out one job here and print its report as JSON.

The report is the only thing on stdout; logs go to stderr. Exit codes: 0 passed, 1 failed, 2 usage or configuration,
3 refused, 130 interrupted.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import inspect
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, cast, get_type_hints

from sereno.cli import COLLECT_AFTER
from sereno.cli.failures import complain, guarded
from sereno.cli.jobs import read_value, require_job, require_known, split_values
from sereno.cli.reporting import exit_code, lost_report
from sereno.errors import EXIT_INTERRUPTED, ConfigurationError, SerenoError, StorageError, SystemUnavailableError
from sereno.reports import ReportFormat, render
from sereno.reports.build import shortened
from sereno.reports.model import Report
from sereno.settings import load_settings
from sereno.systems.folders import system_folder

if TYPE_CHECKING:
    from prefect import Flow, State

TAGS = "SERENO_RUN_TAGS"
"""Tags of the run, separated by commas; `sereno smoke` sets it."""
_STARTUP_SECONDS = "180"  # Prefect's own 20 are too few for a busy machine
_LONGEST = 500  # characters of a headline
_USAGE = "write: python -m flows JOB SYSTEM [name=value ...]"
_PREFECT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "sereno",
    # As infra.local.environment has it for a worker's flows, which may not be imported here; a test compares the two.
    # The local stack ends a run after 90 seconds without a heartbeat, and Prefect's own 180 would be too slow for that.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}


def main() -> int:
    """Carry out the command line; the exit code."""
    gc.set_threshold(COLLECT_AFTER)
    return guarded(lambda: _carry_out(sys.argv[1:], report_to=_claimed_stdout()))


def _carry_out(words: Sequence[str], *, report_to: int) -> int:
    if len(words) < 2:
        raise ConfigurationError(_USAGE)
    job, system, *rest = words
    require_job(job, Path(__file__).parent)
    system_folder(system)
    values = split_values(rest)
    signal.signal(signal.SIGTERM, _interrupt)
    # A shell lets its background jobs ignore SIGINT. With this handler, and no other, asyncio cancels the run.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _prepare_prefect()
    flow = getattr(importlib.import_module(f"flows.{job}"), job)
    parameters = _parameters(flow, job, system, values)
    _require_server()
    runner = asyncio.Runner()
    report, code = _reported(runner, flow, job, parameters)
    with os.fdopen(report_to, "wb") as output:
        output.write(render(report, ReportFormat.JSON))
    if code == EXIT_INTERRUPTED:
        _leave(code)
    try:
        runner.close()  # not before the report is written: it waits for threads, and what goes wrong here loses nothing
    except Exception as error:
        complain(f"the run is over, and its event loop could not be closed: {error}")
    return code


def _claimed_stdout() -> int:
    """A descriptor that leads to stdout; whatever else writes there from now on reaches stderr."""
    descriptor = os.dup(1)
    os.dup2(2, 1)
    return descriptor


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _leave(code: int) -> NoReturn:
    """End now: Python would first wait for the step under way, whose thread cannot be told to stop."""
    atexit._run_exitfuncs()  # Prefect stops its own server there
    os._exit(code)


def _prepare_prefect() -> None:
    """Set what Prefect reads when it is imported."""
    for name, value in _PREFECT_SETTINGS.items():
        os.environ.setdefault(name, value)
    if os.environ.get("PREFECT_API_URL"):
        return
    home = Path(os.environ.setdefault("PREFECT_HOME", str(load_settings().home_path / "prefect")))
    os.environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "true")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", _STARTUP_SECONDS)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"Prefect's folder {home} cannot be used: {error.strerror}") from None


def _parameters(flow: Flow[..., Any], job: str, system: str, values: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter of `flow`, as Prefect validates them."""
    from prefect.exceptions import ParameterTypeError

    signature, types = inspect.signature(flow.fn), get_type_hints(flow.fn)
    known = [name for name in signature.parameters if name != "system"]
    read: dict[str, Any] = {"system": system}
    for name, text in values.items():
        require_known(name, known, what=f"parameter of {job}")
        kind = types.get(name)
        read[name] = text if isinstance(kind, type) and issubclass(kind, str) else read_value(text, name=name)
    log = logging.getLogger("prefect.flows")
    log.disabled = True  # it would say at length what becomes one sentence below
    try:
        valid = flow.validate_parameters(read)
    except ParameterTypeError as error:
        problems = [line.removeprefix(" - ") for line in str(error).splitlines()[1:]]
        raise ConfigurationError(f"a parameter of {job} is wrong: {'; '.join(problems) or error}") from None
    finally:
        log.disabled = False
    bound = signature.bind(**valid)
    bound.apply_defaults()
    return dict(bound.arguments)


def _require_server() -> None:
    """See that a server answers, or start Prefect's own."""
    from prefect.client.orchestration import get_client
    from prefect.settings import get_current_settings

    url = get_current_settings().api.url
    if url is None:
        complain(
            "no PREFECT_API_URL is set, so Prefect starts a server for this run alone; that takes 20 to 30 seconds"
        )
    problem: Exception | None
    try:
        with get_client(sync_client=True) as client:
            problem = client.api_healthcheck()
    except RuntimeError as error:  # what Prefect raises when its own server does not come up
        problem = error
    if problem is not None and url is None:
        raise SystemUnavailableError(f"Prefect's own server did not start: {problem}; see whether `sereno up` does")
    if problem is not None:
        raise SystemUnavailableError(
            f"the Prefect server {url} does not answer ({type(problem).__name__}: {problem}); "
            "start it with `sereno up`, or unset PREFECT_API_URL"
        )


def _reported(
    runner: asyncio.Runner, flow: Flow[..., Any], job: str, parameters: Mapping[str, Any]
) -> tuple[Report, int]:
    """The report of the run, whatever becomes of it, and the exit code that belongs to its end."""
    from prefect.exceptions import TerminationSignal

    started_at = datetime.now(UTC)
    try:
        ended = runner.run(_ended(flow, parameters))
    except (KeyboardInterrupt, asyncio.CancelledError, TerminationSignal):
        return lost_report(job, parameters, started_at, "the run was interrupted before its end"), EXIT_INTERRUPTED
    except Exception as error:
        ended = error
    report = ended if isinstance(ended, Report) else getattr(ended, "report", None)
    if not isinstance(report, Report):
        headline = f"the run ended without a report: {shortened(str(ended), _LONGEST)}"
        report = lost_report(job, parameters, started_at, headline)
    return report, ended.exit_code if isinstance(ended, SerenoError) else exit_code(report)


async def _ended(flow: Flow[..., Any], parameters: Mapping[str, Any]) -> Any:
    """What the run's last state holds: the report, or the error that carries it."""
    from prefect import tags

    with tags(*filter(None, os.environ.get(TAGS, "").split(","))):
        state: State[Any] = await cast("Any", flow)(**parameters, return_state=True)
    return await state.aresult(raise_on_failure=False)


if __name__ == "__main__":
    sys.exit(main())
