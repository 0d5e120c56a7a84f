"""Salonix with its operators for tests of support, and an Ops Console that answers as a test wants it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integration.five_systems import Deployed
from integration.restoring import query
from sereno import audit
from sereno.intents import IntentLog
from sereno.ledger import open_ledger
from sereno.metrics import exposition
from sereno.reports.model import Draft, Effect, JobContext
from sereno.support.choosing import BatchFilter, Chosen, choose_batch, choose_one
from sereno.support.counters import support_counts
from sereno.support.kinds import RESEND, Kind
from sereno.support.report import outcome_report
from sereno.support.way import Wanted, way_of
from sereno.support.work import Outcome, carry_out

TOKEN = "a token of the console"
FAILED, PENDING, SENT = "3", "4", "7"
"""Ids of notifications by their status in the generated rows."""
AUDITED = """SELECT action || ' ' || coalesce(payload ->> {key}, '') FROM ops_opssupportauditlog
             WHERE payload ->> 'source' = 'sereno'"""


def context(kind: Kind = RESEND, *, run: str = "calm-otter") -> JobContext:
    return JobContext(
        job=kind.job,
        system="salonix",
        effect=Effect.LIVE,
        started_at=datetime.now(UTC),
        flow_run_id=run,
        run_name=run,
    )


def one(place: Deployed, kind: Kind, identifier: str, *, wanted: Wanted = Wanted.STATEMENT, **more: Any) -> Outcome:
    way = way_of(place.system, kind, wanted)
    chosen = choose_one(place.system, kind, identifier, way=way)
    return carry_out(place.system, chosen, way=way, context=context(kind), **more)


def batch(place: Deployed, *, wanted: Wanted, **filters: Any) -> tuple[Chosen, Outcome, Draft]:
    way = way_of(place.system, RESEND, wanted)
    chosen = choose_batch(place.system, BatchFilter(**filters))
    outcome = carry_out(place.system, chosen, way=way, context=context())
    return chosen, outcome, outcome_report("salonix", chosen, way, outcome)


def events() -> list[audit.RecordedEvent]:
    with open_ledger() as ledger:
        return list(audit.events(ledger, "salonix"))


def metrics() -> list[str]:
    with open_ledger() as ledger:
        text = exposition([], counts=support_counts(ledger, "salonix")).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def notification(place: Deployed, identifier: str) -> list[Any]:
    select = "SELECT status || ' ' || coalesce(metadata ->> 'ops_resends', '-') FROM notifications_notificationlog"
    return query(place.database.owner, f"{select} WHERE id = {identifier}")


def unsettled(kind: Kind) -> list[Any]:
    with open_ledger() as ledger:
        return IntentLog(ledger, system="salonix", job=kind.job, step="desk", run_id="asks").unsettled()


@dataclass
class Console:
    """What was asked of it; `answer` gives the status of each call, or None for a connection that just ends."""

    answer: Callable[[str, dict[str, Any]], int | None]
    url: str = ""
    calls: list[tuple[str, dict[str, Any], str | None]] = field(default_factory=list)


@contextmanager
def ops_console(answer: Callable[[str, dict[str, Any]], int | None]) -> Iterator[Console]:
    """A console on a free port, while the block runs."""
    console = Console(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/api/ops/auth/login/":
                right = body == {"email": "ops@example.org", "password": "told to nobody but the API"}
                self._say(200 if right else 401, {"access": TOKEN})
                return
            console.calls.append((self.path, body, self.headers.get("Authorization")))
            status = console.answer(self.path, body)
            if status is not None:
                self._say(status, {"status": "sent"})

        def _say(self, status: int, data: dict[str, Any]) -> None:
            text = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    console.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield console
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
