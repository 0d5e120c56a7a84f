"""What uses a system's database, stopped before it is changed and started again after, as its folder says."""

from __future__ import annotations

import logging
import subprocess
import tempfile
from collections.abc import Sequence

from sereno.errors import SerenoError
from sereno.redaction import redact
from sereno.reports.model import Finding
from sereno.systems.model import System

logger = logging.getLogger("sereno.services")

_LONGEST = 2_000  # characters of a command's output that are kept


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
        shown = redact(" ".join(command))
        logger.info("running: %s", shown)
        code, output = _run(command, shown=shown, timeout_seconds=system.services.timeout_seconds)
        if output:
            logger.info("it said: %s", output)
        if code:
            last = output.splitlines()[-1] if output else "without a word"
            raise ServicesError(f"`{shown}` ended with {code}: {last}")


def _run(command: Sequence[str], *, shown: str, timeout_seconds: int) -> tuple[int, str]:
    """The exit code and what the command wrote; into a file, since what it starts may keep a pipe open for ever."""
    with tempfile.TemporaryFile() as output:
        try:
            ended = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ServicesError(f"`{shown}` did not end within {timeout_seconds} s") from None
        except OSError as error:
            raise ServicesError(f"`{shown}` cannot be run: {error.strerror}") from None
        output.seek(0)
        return ended.returncode, redact(output.read().decode(errors="replace").strip()[-_LONGEST:])
