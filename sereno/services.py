"""What uses a system's database, stopped before it is changed and started again after, as its folder says."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.commands import CommandError, run
from sereno.errors import SerenoError
from sereno.reports.model import Finding
from sereno.systems.model import System


class ServicesError(SerenoError):
    """A service could not be stopped or started."""


def stop(system: System) -> None:
    """Stop the system's services.

    Raises:
        ServicesError: a command failed; they were started again then.
    """
    try:
        _run_all(system, system.services.stop)
    except ServicesError as error:
        started = start(system)
        failed = "" if started.passed else f"; and {started.evidence}"
        raise ServicesError(
            f"nothing was begun, since the services of {system.name} were not stopped: {error}{failed}"
        ) from None


def start(system: System) -> Finding:
    """Start the system's services, all of them even when one does not start; what became of it."""
    failures = []
    for command in system.services.start:
        try:
            _run_all(system, [command])
        except ServicesError as error:
            failures.append(str(error))
    evidence = "; ".join(failures) or f"{len(system.services.start)} commands ended well"
    return Finding(name="the services were started again", passed=not failures, evidence=evidence)


def _run_all(system: System, commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        try:
            ended = run(command, timeout_seconds=system.services.timeout_seconds)
        except CommandError as error:
            raise ServicesError(str(error)) from None
        if ended.code:
            raise ServicesError(f"`{ended.shown}` ended with {ended.code}: {ended.last_lines(1)}")
