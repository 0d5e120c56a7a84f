"""Running a command of a system's folder: no shell, a time limit, its output kept and cleaned."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sereno.errors import SerenoError
from sereno.redaction import redact

logger = logging.getLogger("sereno.commands")

_KEPT_BYTES = 256 * 1024
_PATIENCE_SECONDS = 10
"""Between asking a command to end and ending it."""
_ROWS = re.compile(r"^\s*(?:DETAIL:|CONTEXT:|\[parameters:|\[SQL:).*$", re.MULTILINE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class CommandError(SerenoError):
    """A command could not be run, or did not end in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that ended: its exit code, and what it wrote, without secrets and without rows that it quoted."""

    shown: str
    code: int
    output: str

    def last_lines(self, number: int = 5) -> str:
        """The end of the output, such as shows why it failed."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return " | ".join(lines[-number:]) or "without a word"


def run(
    command: Sequence[str],
    *,
    timeout_seconds: int,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run `command` and wait for its end.

    Args:
        command: the program and its arguments.
        timeout_seconds: after which it is ended.
        folder: its working directory.
        environment: set besides this process's own.

    Raises:
        CommandError: it cannot be run, or did not end in time; with the last lines that it wrote.
    """
    shown = redact(" ".join(command))
    logger.info("running: %s", shown)
    with tempfile.TemporaryFile() as output:  # since what it starts may keep a pipe open for ever
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **(environment or {})},
            )
        except OSError as error:
            raise CommandError(f"`{shown}` cannot be run: {error.strerror}") from None
        try:
            code: int | None = process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - _KEPT_BYTES))
        text = cleaned(output.read().decode(errors="replace"))
    ended = Ended(shown=shown, code=-1 if code is None else code, output=text)
    if code is None:
        raise CommandError(f"`{shown}` did not end within {timeout_seconds} s and was ended: {ended.last_lines()}")
    logger.info("it ended with %s; it said: %s", code, ended.last_lines())
    return ended


def cleaned(output: str) -> str:
    """What a command wrote, without secrets, e-mail addresses, and the lines in which tools quote rows."""
    return _ADDRESS.sub("***", _ROWS.sub("", redact(output)))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
