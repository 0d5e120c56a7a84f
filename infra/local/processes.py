"""Child processes with a log each, stopped in good time and by their id."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.local.descendants import die_with_parent
from sereno.errors import SerenoError

_SHOWN_LINES = 15


class ChildDiedError(SerenoError):
    """A part of the stack ended by itself. The message holds its last log lines."""


@dataclass(frozen=True)
class Child:
    """A running part of the stack."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    async def watch(self) -> None:
        """Wait until it ends, which it should not.

        Raises:
            ChildDiedError: it ended.
        """
        code = await self.process.wait()
        how = f"with code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        raise ChildDiedError(f"the {self.name} ended {how}; the last lines of {self.log}:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:]
        return "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"

    async def stop(self, *, patience_seconds: float) -> None:
        """Ask it to end; when `patience_seconds` pass, kill it and what it started in its own process group."""
        if not self.running:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), patience_seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


async def start_child(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, logs: Path
) -> Child:
    """Start `command` in a process group of its own, so that the terminal's Ctrl-C reaches only us.

    Args:
        name: what messages and its log file call it.
        command: program and arguments.
        environment: all of its environment.
        folder: its working directory.
        logs: the folder for `<name>.log`; the log of the time before is kept as `<name>.log.previous`.
    """
    log = _fresh_log(logs, name)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    return Child(name, process, log)


def _fresh_log(logs: Path, name: str) -> Path:
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.previous"))
    return log
