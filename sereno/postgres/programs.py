"""Running PostgreSQL's own programs: the connection travels in the environment, never on a command line."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from sereno.database.connection import translated
from sereno.errors import ContractError, SystemUnavailableError
from sereno.redaction import redact

_CHUNK_BYTES = 256 * 1024
_LOST = ("could not connect", "connection to server", "server closed the connection", "terminating connection")


@dataclass(frozen=True)
class HiddenFile:
    """A file without a name: nobody else opens it, and nothing of it stays on the disk however this process ends."""

    file: IO[bytes]

    @property
    def seen_by_programs(self) -> str:
        """The path under which a program that `run_program` starts opens it, for reading or anew for writing."""
        return f"/proc/self/fd/{self.file.fileno()}"


@contextmanager
def hidden_file() -> Iterator[HiddenFile]:
    """An empty hidden file, gone when the block ends; for what must not lie about in clear."""
    with tempfile.TemporaryFile() as file:
        yield HiddenFile(file)


def libpq_environment(url: str, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with the `PG*` variables that say what `url` says.

    Args:
        url: anything that libpq reads.
        settings: server settings for the program's sessions (`PGOPTIONS`).
    """
    with translated("reading the database URL"):
        given = conninfo_to_dict(url)
    variables = {option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    ours = {variables[key]: str(value) for key, value in given.items() if value is not None and key in variables}
    options = " ".join(
        [ours.pop("PGOPTIONS", ""), *(f"-c {name}={value}" for name, value in (settings or {}).items())]
    ).strip()
    kept = {name: value for name, value in os.environ.items() if name not in variables.values()}
    return {**kept, **ours, **({"PGOPTIONS": options} if options else {}), "LC_ALL": "C"}


def run_program(
    command: Sequence[str | Path | HiddenFile],
    *,
    environment: Mapping[str, str],
    receive: Callable[[bytes], object] | None = None,
) -> None:
    """Run a program to its end, handing its standard output over in pieces.

    Args:
        command: the program and its arguments; a hidden file stands for its path.
        environment: the program's whole environment.
        receive: takes what the program writes to its standard output.

    Raises:
        SystemUnavailableError: it lost the server.
        ContractError: it failed for another reason; the message has its last lines.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [part.seen_by_programs if isinstance(part, HiddenFile) else str(part) for part in command],
            env=dict(environment),
            pass_fds=[part.file.fileno() for part in command if isinstance(part, HiddenFile)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if receive else subprocess.DEVNULL,
            stderr=complaints,
        )
        try:
            if receive and process.stdout:
                _hand_over(process.stdout, receive)
            code = process.wait()
        finally:
            process.kill()
            process.wait()
        if code:
            complaints.seek(0)
            raise _failure(Path(str(command[0])).name, code, complaints.read().decode(errors="replace"))


def _hand_over(output: IO[bytes], receive: Callable[[bytes], object]) -> None:
    with output:
        while data := output.read(_CHUNK_BYTES):
            receive(data)


def _failure(program: str, code: int, complaints: str) -> Exception:
    lines = [line for line in complaints.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower()]
    text = redact(" | ".join((errors or lines)[-3:]) or f"exit code {code}")
    kind = SystemUnavailableError if any(part in text for part in _LOST) else ContractError
    return kind(f"{program} failed: {text}")
