"""What the demo system's own audit table hears of runs, and what a report looks like whose mirror failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.demo.system import DemoSystem
from sereno import audit, mirror, publishing, redaction
from sereno.audit import RecordedEvent
from sereno.ledger import open_ledger
from sereno.reports.model import Draft, Effect, Finding, JobContext, Report, Result

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DRAFT = Draft(headline="42 rows were purged", figures={"rows": 42})


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a ledger of its own, and the demo system's secrets."""
    (tmp_path / "demo").symlink_to(demo.folder)
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    yield tmp_path
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


@pytest.fixture
def mirror_is_away(demo: DemoSystem) -> Iterator[None]:
    with psycopg.connect(demo.url, autocommit=True) as connection:
        connection.execute("ALTER TABLE audit_events RENAME TO audit_events_away")
        yield
        connection.execute("ALTER TABLE audit_events_away RENAME TO audit_events")


def published(draft: Draft = DRAFT, *, effect: Effect = Effect.LIVE, system: str = "demo") -> Report:
    context = JobContext(
        job="purge", system=system, effect=effect, started_at=NOON, flow_run_id="f-1", run_name="purge demo"
    )
    report = publishing.compose(draft, context, finished_at=NOON + timedelta(seconds=2))
    report = publishing.seal(mirror.note_in_system(report) if mirror.is_due(report) else report)
    publishing.keep(report)
    return report


def mirrored(demo: DemoSystem) -> list[tuple[Any, ...]]:
    with psycopg.connect(demo.url) as connection:
        wanted = "SELECT at, action, actor, effect, payload FROM audit_events WHERE model = 'sereno' ORDER BY id"
        return connection.execute(wanted).fetchall()


def recorded() -> tuple[RecordedEvent, ...]:
    with open_ledger() as ledger:
        return audit.events(ledger, "demo")


def test_a_live_run_is_noted_once_with_what_the_audit_chain_says_too(
    demo: DemoSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERENO_ACTOR", "Maria")
    report = published()
    payload = {"result": "passed", "figures": {"rows": 42}}
    assert mirrored(demo) == [(NOON + timedelta(seconds=2), "RUN_PURGE", "Maria", "live", payload)]
    (event,) = recorded()
    assert (event.time, event.action, event.actor) == (NOON + timedelta(seconds=2), "RUN_PURGE", "Maria")
    assert report.result is Result.PASSED


def test_a_live_run_that_failed_is_noted_too(demo: DemoSystem) -> None:
    published(Draft(headline="it broke half way", result=Result.FAILED))
    ((*_, payload),) = mirrored(demo)
    assert payload["result"] == "failed"


@pytest.mark.parametrize("effect", [Effect.READ, Effect.DRY_RUN])
def test_a_run_that_changes_nothing_is_in_the_chain_alone(effect: Effect, demo: DemoSystem) -> None:
    assert published(effect=effect).result is Result.PASSED
    assert mirrored(demo) == []
    assert len(recorded()) == 1


def test_a_refused_run_is_in_the_chain_alone(demo: DemoSystem) -> None:
    published(Draft(headline="a live run needs confirm_live=YES", result=Result.REFUSED))
    assert mirrored(demo) == []
    assert len(recorded()) == 1


@pytest.mark.usefixtures("mirror_is_away")
def test_a_mirror_that_fails_is_a_failed_finding_and_the_run_has_failed() -> None:
    report = published(Draft(headline="42 rows were purged.", findings=(Finding(name="rows gone", passed=True),)))
    assert report.result is Result.FAILED
    assert report.headline == "42 rows were purged; but it could not be noted in the system's own audit table"
    assert [(finding.name, finding.passed) for finding in report.findings] == [
        ("rows gone", True),
        ("noted in the system's own audit table", False),
    ]
    assert "audit.mirror.sql" in report.findings[-1].evidence
    (event,) = recorded()
    assert event.result is Result.FAILED


def test_a_defect_in_the_mirror_is_a_failed_finding_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("payload")

    monkeypatch.setattr(mirror, "find_sql", broken)
    assert published().findings[-1].evidence == "KeyError: 'payload'"


def test_a_system_without_a_mirror_needs_none(home: Path, monkeypatch: pytest.MonkeyPatch, demo: DemoSystem) -> None:
    folder = home / "systems" / "demo"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text((Path("deployments/demo/system.yaml")).read_text())
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(home / "systems"))
    assert published().result is Result.PASSED
    assert mirrored(demo) == []


def test_a_run_for_no_system_leaves_no_event_and_still_a_report(home: Path) -> None:
    assert published(system="nowhere").audit is None
    assert len(list((home / "reports").glob("nowhere-purge-*.json"))) == 1
    assert not (home / "metrics").exists()


def test_no_secret_reaches_a_file_the_chain_or_the_mirror(
    home: Path, demo: DemoSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "_known", ())
    redaction.remember("hunter2-hunter2")
    said = "logged in with hunter2-hunter2"
    finding = Finding(name=said, passed=False, evidence="postgresql://maria:swordfish@localhost/point")
    published(Draft(headline=said, findings=(finding,), figures={"note": said}))
    files = [path for folder in ("reports", "metrics") for path in (home / folder).iterdir()]
    assert sorted(path.suffix for path in files) == [".html", ".json", ".prom"]
    written = "".join(path.read_text() for path in files) + repr(mirrored(demo)) + repr(recorded())
    assert "logged in with ***" in written
    assert "hunter2" not in written
    assert "swordfish" not in written


@pytest.mark.parametrize("spoilt", ["reports", "metrics"])
def test_a_file_that_cannot_be_written_is_a_warning(spoilt: str, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / spoilt).write_text("in the folder's place")
    report = published()
    assert (report.result, len(recorded())) == (Result.PASSED, 1)
    warned = [record.getMessage() for record in caplog.records if record.name == "sereno.publishing"]
    assert warned
    assert all(spoilt in each for each in warned)


def test_reports_are_written_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    published()
    before = {path: path.read_bytes() for path in (home / "reports").iterdir()}
    monkeypatch.setattr(os, "fsync", full)
    published(Draft(headline="another one"))
    assert {path: path.read_bytes() for path in (home / "reports").iterdir()} == before
