"""A smoke suite as the last step of a restore over the original: patient with what was just started, and honest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sereno.smoke.afterwards import smoke_afterwards

SUITE = """
base_url: http://127.0.0.1:{port}
suites:
  daily:
    description: Is it up?
    checks:
      - name: it is up
        get: /health
        touches_database: true
        expect: [status == 200, body == up]
"""


class Starting(BaseHTTPRequestHandler):
    """A service that answers 503 twice, and then is up."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200 if self.asked > 2 else 503)
        self.end_headers()
        self.wfile.write(b"up")

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Starting.asked = 0
    server = HTTPServer(("127.0.0.1", 0), Starting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    made = tmp_path / "deployments" / "salon"
    made.mkdir(parents=True)
    (made / "system.yaml").write_text(
        "name: salon\ntitle: Salon\ntimezone: UTC\ndatabase: {url: postgresql://127.0.0.1/x}\n"
    )
    return made


def ask(*, seconds: float) -> tuple[bool, bool, str] | None:
    now = [0.0]

    def sleep(pause: float) -> None:
        now[0] += pause

    found = smoke_afterwards("salon", patience=timedelta(seconds=seconds), clock=lambda: now[0], sleep=sleep)
    return (found.passed, found.required, found.evidence) if found else None


def test_a_system_without_suites_is_not_asked(folder: Path) -> None:
    assert ask(seconds=60) is None


def test_a_service_that_needs_a_while_is_waited_for(folder: Path, port: int) -> None:
    (folder / "smoke.yaml").write_text(SUITE.format(port=port))
    answer = ask(seconds=60)
    assert answer is not None
    assert answer[:2] == (True, True)
    assert Starting.asked == 3


def test_a_service_that_stays_down_fails_when_patience_is_over(folder: Path, port: int) -> None:
    (folder / "smoke.yaml").write_text(SUITE.format(port=port))
    answer = ask(seconds=0)
    assert answer is not None
    assert answer[:2] == (False, True), answer[2]
    assert "1 of 1 check failed: it is up" in answer[2]


def test_a_suite_that_cannot_be_run_is_said_and_fails_nothing(folder: Path) -> None:
    (folder / "smoke.yaml").write_text("suits: {}\n")
    answer = ask(seconds=0)
    assert answer is not None
    assert answer[:2] == (False, False)
    assert answer[2].startswith("it could not be run: ")
