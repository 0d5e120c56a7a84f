"""`sereno run`: the job in a process of its own, its log passed through, its report read from its output."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from sereno.cli.failures import complain
from sereno.cli.jobs import require_job, split_values
from sereno.cli.processes import CODE_ROOT, module_command, module_environment
from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import exit_code
from sereno.errors import EXIT_DONE, EXIT_FAILED, SerenoError
from sereno.reports.model import Report
from sereno.systems.folders import system_folder

_ENDING_SECONDS = 60.0
"""How long a process may take to end once its report is there."""


def run_job(job: str, system: str, values: Sequence[str], *, as_json: bool, reports: Sequence[Path]) -> int:
    """Run `job` for `system`, print its report and write it to `reports`; the exit code is the job's own.

    Raises:
        ConfigurationError: there is no such job or system, a value has no name, or one of `reports` cannot be written.
        SerenoError: the job ended well and left no report.
    """
    require_job(job, CODE_ROOT / "flows")
    system_folder(system)
    split_values(values)
    require_places(reports)
    code, output = carried_out([job, system, *values])
    report = report_in(output)
    if report is None:
        return without_report(code)
    return hand_over(report, as_json=as_json, files=reports, code=code_with(report, code))


def report_in(output: bytes) -> Report | None:
    """The report that a job wrote, if it is one."""
    try:
        return Report.model_validate_json(output)
    except ValidationError:
        return None


def code_with(report: Report, code: int | None) -> int:
    """The exit code of a job that left `report`: its own, the report's where it has none, 1 where a signal ended it."""
    if code is None:
        return exit_code(report)
    return code if code >= 0 else EXIT_FAILED


def carried_out(words: Sequence[str], *, more: Mapping[str, str] | None = None) -> tuple[int | None, bytes]:
    """The exit code and the output of `python -m flows words`, with `more` in its environment.

    A process that has written its report and then does not end is ended, and has no exit code of its own.
    """
    process = subprocess.Popen(
        module_command("flows", words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**module_environment(), **(more or {})},
        process_group=0,  # so that Ctrl-C reaches the job once, and not the programs that it uses
    )
    with process, _signals_end(process):
        assert process.stdout is not None
        output = process.stdout.read()
        try:
            process.wait(_ENDING_SECONDS if output else None)
        except subprocess.TimeoutExpired:
            _end_group(process, signal.SIGKILL)
            return None, output
    if process.returncode not in (EXIT_DONE, EXIT_FAILED):
        _end_group(process, signal.SIGTERM)  # programs of a job that did not end by itself
    return process.returncode, output


def _end_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextmanager
def _signals_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """What would end this process interrupts the job, which says in its report how far it came."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
        process.send_signal(signal.SIGINT)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def without_report(code: int | None) -> int:
    """The exit code of a job that ended with `code` and left no report.

    Raises:
        SerenoError: it ended well.
    """
    if code is None or code == EXIT_DONE:
        raise SerenoError("the job ended without a report; its log is above")
    if code < 0:
        complain(f"the job was ended by {signal.Signals(-code).name}, so there is no report")
        return EXIT_FAILED
    return code
