"""The jobs `resend_notifications`, `clear_lockout` and `resolve_alert` on a real server, with the demo system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from prefect import Flow
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.clear_lockout import clear_lockout
from flows.resend_notifications import resend_notifications
from flows.resolve_alert import resolve_alert
from infra.demo.system import DemoSystem
from integration.restoring import query
from sereno import audit
from sereno.errors import SerenoError
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}
FIRST_FAILED = "SELECT id::text FROM notification_logs WHERE status = 'failed' ORDER BY id LIMIT 1"
FIRST_LOCKED = "SELECT id::text FROM account_lockouts WHERE resolved_at IS NULL ORDER BY id LIMIT 1"
FIRST_ALERT = "SELECT id::text FROM ops_alerts WHERE resolved_at IS NULL ORDER BY id LIMIT 1"


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    """A home of the demo system, whose tables are as they were when the test ends."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_ACTOR", "admin@salon.example")
    tables = ("notification_logs", "account_lockouts", "ops_alerts", "users")
    with psycopg.connect(demo.url, autocommit=True) as connection, temporary_settings({PREFECT_API_URL: api_url}):
        for table in tables:
            connection.execute(f"CREATE TABLE kept_{table} AS TABLE {table}".encode())
        yield tmp_path
        connection.execute(
            """UPDATE notification_logs t SET status = k.status, metadata = k.metadata, sent_at = k.sent_at,
               retry_count = k.retry_count FROM kept_notification_logs k WHERE k.id = t.id AND k IS DISTINCT FROM t"""
        )
        for table in ("account_lockouts", "ops_alerts"):
            change = f"UPDATE {table} t SET resolved_at = k.resolved_at FROM kept_{table} k WHERE k.id = t.id"
            connection.execute(change.encode())
        connection.execute("UPDATE users t SET is_active = k.is_active FROM kept_users k WHERE k.id = t.id")
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno' OR action = lower(action)")
        for table in tables:
            connection.execute(f"DROP TABLE kept_{table}".encode())


async def carried_out(flow: Flow[..., Any], **parameters: Any) -> State[Any]:
    state: State[Any] = await cast("Any", flow)(system="demo", **parameters, return_state=True)
    return state


def actions() -> list[str]:
    with open_ledger() as ledger:
        return [event.action for event in audit.events(ledger, "demo")]


@pytest.mark.parametrize(
    ("flow", "parameter", "first", "action"),
    [
        (resend_notifications, "notification_id", FIRST_FAILED, "resend_notification"),
        (clear_lockout, "lockout_id", FIRST_LOCKED, "clear_lockout"),
        (resolve_alert, "alert_id", FIRST_ALERT, "resolve_alert"),
    ],
)
async def test_a_dry_run_changes_nothing_and_a_live_run_does_it_once(
    demo: DemoSystem, home: Path, flow: Flow[..., Any], parameter: str, first: str, action: str
) -> None:
    (identifier,) = query(demo.url, first)
    preview = await carried_out(flow, **{parameter: identifier})
    assert str(preview.message).startswith("would have 1 ")
    assert query(demo.url, first) == [identifier]
    live = await carried_out(flow, **{parameter: identifier}, **LIVE)
    again = await carried_out(flow, **{parameter: identifier}, **LIVE)
    assert [state.name for state in (preview, live, again)] == ["Completed"] * 3
    assert "nothing to do" in str(again.message)
    job = flow.fn.__name__.upper()
    assert actions() == [f"RUN_{job}", f"RUN_{job}", action, f"PREVIEW_{job}"]
    assert query(demo.url, f"SELECT actor FROM audit_events WHERE action = '{action}'") == ["admin@salon.example"]
    if action != "resolve_alert":
        assert 'result="noop"' in (home / "metrics" / "demo.prom").read_text()


async def test_a_batch_tells_how_many_and_that_nothing_was_sent(demo: DemoSystem) -> None:
    live = await carried_out(resend_notifications, channel="sms", limit=3, **LIVE)
    assert str(live.message).startswith("3 notifications of demo marked as sent; more are left")
    assert actions() == ["RUN_RESEND_NOTIFICATIONS", *["resend_notification"] * 3]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_whoever_is_no_ops_admin_is_refused(monkeypatch: pytest.MonkeyPatch, dry_run: bool) -> None:
    monkeypatch.setenv("SERENO_ACTOR", "somebody")
    confirmed = {} if dry_run else LIVE
    state = await carried_out(clear_lockout, lockout_id="3", **confirmed)
    assert state.name == "Refused"
    assert str(state.message).startswith("somebody may not clear lockouts of demo")
    assert cast("SerenoError", await state.aresult(raise_on_failure=False)).exit_code == 3


async def test_two_runs_at_once_are_one_too_many() -> None:
    with exclusive(system="demo", job="resolve_alert", run="calm-otter"):
        state = await carried_out(resolve_alert, alert_id="1")
    assert state.name == "Refused"
    assert "resolve_alert of demo is already running: run calm-otter" in str(state.message)


@pytest.mark.parametrize("word", ["yes", "YES ", "true", ""])
async def test_a_live_run_that_is_not_confirmed_is_refused(demo: DemoSystem, word: str) -> None:
    state = await carried_out(resolve_alert, alert_id="1", dry_run=False, confirm_live=word)
    assert state.name == "Refused"


@pytest.mark.parametrize(
    ("flow", "wrong"),
    [
        (resend_notifications, {"limit": 0}),
        (resend_notifications, {"limit": 501}),
        (resend_notifications, {"limit": "all"}),
        (resend_notifications, {"status": "sent"}),
        (clear_lockout, {"lockout_id": "1" * 201}),
        (clear_lockout, {"lockout_id": "1", "note": "x" * 501}),
        (resolve_alert, {"alert_id": "1" * 201}),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_the_form(flow: Flow[..., Any], wrong: dict[str, Any]) -> None:
    with pytest.raises((ParameterTypeError, TypeError)):
        flow.validate_parameters({"system": "demo", **wrong})
