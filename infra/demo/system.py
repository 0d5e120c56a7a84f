"""The demo system as one object: start its database and its API, know their addresses, stop what was started."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import httpx
from psycopg.conninfo import conninfo_to_dict

from infra.demo.seed import DATABASE, OWNER, READER, create_roles, fill
from sereno.errors import ConfigurationError, SystemUnavailableError
from sereno.postgres.server import PostgresServer

_API_START_SECONDS = 60
_API_STOP_SECONDS = 15
_CHECKOUT = Path(__file__).resolve().parents[2]


class DemoSystem:
    """The demo system that lives in `home/demo`; a second object for the same home finds what the first one made."""

    def __init__(
        self,
        home: Path,
        *,
        scale: float = 1,
        reference: datetime | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the system; nothing is started yet.

        Args:
            home: the SERENO_HOME; created when missing.
            scale: how many rows, when they are created: 1 is about 100,000.
            reference: the moment that is "now" in the rows; default is the one they were created with, else the
                present full hour.
            settings: server settings of PostgreSQL, such as `{"fsync": "off"}` for tests.
        """
        self.folder = home.absolute() / "demo"
        self.scale = scale
        self._given_reference = reference
        self._server = PostgresServer(self.folder / "server", settings=settings)
        self._started_server = False
        self._api: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The libpq URL of the database's owner."""
        return self._server.url(DATABASE, user=OWNER, password=self._password_in("database_url"))

    @property
    def read_url(self) -> str:
        """The libpq URL of the role that can only read."""
        return self._server.url(DATABASE, user=READER, password=self._password_in("database_read_url"))

    @property
    def superuser_url(self) -> str:
        """The libpq URL of the superuser, in the database `postgres`."""
        return self._server.url()

    @property
    def reference(self) -> datetime:
        """The moment that is "now" in the rows."""
        note = self.folder / "reference"
        if note.is_file():
            return datetime.fromisoformat(note.read_text().strip())
        return self._given_reference or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def start_database(self) -> None:
        """Start PostgreSQL; create the roles, the schema, the rows and the secrets that are not there yet."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        for name in ("secrets", "backups"):
            (self.folder / name).mkdir(exist_ok=True, mode=0o700)
        if not self._server.is_running:
            self._server.start()
            self._started_server = True
        for name in ("database_url", "database_read_url"):
            if not self._secret(name).is_file():
                self._write_secret(name, f"postgresql://:{secrets.token_urlsafe(24)}@/")
        create_roles(
            self.superuser_url,
            owner_password=self._password_in("database_url"),
            reader_password=self._password_in("database_read_url"),
        )
        self._write_secret("database_url", self.url)  # the socket may have moved
        self._write_secret("database_read_url", self.read_url)
        for name in ("backup_passphrase", "admin_password"):
            if not self._secret(name).is_file():
                self._write_secret(name, secrets.token_urlsafe(24))
        if not self._secret("officer_email").is_file():
            self._write_secret("officer_email", "officer@salon.example")
        reference = self.reference
        if fill(self.url, scale=self.scale, reference=reference):
            (self.folder / "reference").write_text(f"{reference.isoformat()}\n")

    def start_api(self, port: int = 0) -> str:
        """Start the HTTP API on 127.0.0.1 and wait until it reaches its database.

        Args:
            port: 0 takes any free one.

        Returns:
            Its base URL, such as `http://127.0.0.1:8321`.

        Raises:
            ConfigurationError: the port is taken, or the API ended; its log says why.
            SystemUnavailableError: it does not become healthy in a minute.
        """
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as error:
                reason = getattr(error, "strerror", None) or error
                raise ConfigurationError(f"the demo API cannot listen on port {port}: {reason}") from None
            listener.listen(128)
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            environment = {"DEMO_SECRETS": str(self.folder / "secrets"), "DEMO_SOCKET": str(listener.fileno())}
            with self._api_log.open("ab") as log:
                self._api = subprocess.Popen(
                    [sys.executable, "-m", "infra.demo.api"],
                    cwd=_CHECKOUT,
                    env={**os.environ, **environment},
                    pass_fds=[listener.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        self._await_health(self._api, base)
        return base

    def stop_api(self) -> None:
        """Stop the API that this object started, if any."""
        if self._api:
            self._api.terminate()
            try:
                self._api.wait(_API_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._api.kill()
                self._api.wait()
            self._api = None

    def stop_database(self) -> None:
        """Stop the database if this object started it; the API goes on and answers 503."""
        if self._started_server:
            self._server.stop()
            self._started_server = False

    def stop(self) -> None:
        """Stop what this object started; what was running before goes on."""
        self.stop_api()
        self.stop_database()

    def remove(self) -> None:
        """Stop everything, whoever started it, and delete the database's files; secrets and backups stay."""
        self.stop_api()
        PostgresServer.drop(self._server.folder)
        (self.folder / "reference").unlink(missing_ok=True)

    def _await_health(self, api: subprocess.Popen[bytes], base: str) -> None:
        until = monotonic() + _API_START_SECONDS
        with httpx.Client(base_url=base, timeout=5, trust_env=False) as client:
            while monotonic() < until:
                if api.poll() is not None:
                    raise ConfigurationError(f"the demo API ended at its start; its log {self._api_log} says why")
                try:
                    if client.get("/health/ready").is_success:
                        return
                except httpx.TransportError:
                    pass
                sleep(0.1)
        self.stop_api()
        raise SystemUnavailableError(f"the demo API is not healthy after {_API_START_SECONDS} s; see {self._api_log}")

    @property
    def _api_log(self) -> Path:
        return self.folder / "api.log"

    def _secret(self, name: str) -> Path:
        return self.folder / "secrets" / name

    def _password_in(self, name: str) -> str:
        return str(conninfo_to_dict(self._secret(name).read_text().strip())["password"])

    def _write_secret(self, name: str, value: str) -> None:
        path = self._secret(name)
        unfinished = path.with_name(f".{name}.unfinished")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{value}\n")
        unfinished.replace(path)
