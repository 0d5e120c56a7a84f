"""Changes of a system's folder become events of its chain, once, and the trail of a period is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sereno import audit
from sereno.auditing.configuration import compared, named, note_configuration
from sereno.auditing.tally import configuration_changes, count_by_kind
from sereno.errors import ConfigurationError
from sereno.history.query import Origin
from sereno.ledger import open_ledger
from sereno.systems.loader import load_system
from sereno.systems.model import System

AGO, SOON = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
YAML = "name: salon\ntitle: Salon\ntimezone: UTC\ndatabase: {url: '${NOWHERE}'}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    folder = tmp_path / "systems" / "salon"
    (folder / "sql").mkdir(parents=True)
    (folder / "system.yaml").write_text(YAML)
    (folder / "sql" / "check.true.sql").write_text("SELECT 1")
    (folder / ".hidden").write_text("x")
    return folder


@pytest.fixture
def system(folder: Path) -> System:
    return load_system("salon")


def noted() -> list[audit.RecordedEvent]:
    with open_ledger() as ledger:
        return list(audit.events(ledger, "salon"))[::-1]


def test_a_change_is_an_event_once_and_names_files_not_contents(folder: Path, system: System) -> None:
    assert note_configuration(system).evidence.startswith("2 files, of which 2 changed since the last look; added: ")
    assert note_configuration(system).evidence == "2 files, of which 0 changed since the last look"
    (folder / "sql" / "check.true.sql").write_text("SELECT 'secret' AS word")
    (folder / "sql" / "check.new.sql").write_text("SELECT 2")
    note_configuration(system)
    (folder / "sql" / "check.true.sql").unlink()
    note_configuration(system)
    first, second, third = noted()
    assert first.action == "CONFIGURATION_CHANGED"
    assert (second.figures["added"], second.figures["changed"]) == ("sql/check.new.sql", "sql/check.true.sql")
    assert third.figures["removed"] == "sql/check.true.sql"
    assert "secret" not in second.model_dump_json()
    assert len({event.figures["sha256"] for event in noted()}) == 3


def test_what_is_no_file_is_named_and_nothing_is_noted(folder: Path, system: System) -> None:
    (folder / "sql" / "gone.sql").symlink_to(folder / "nowhere")
    with pytest.raises(ConfigurationError, match=r"gone\.sql cannot be read"):
        note_configuration(system)
    assert noted() == []


def test_many_names_are_bounded() -> None:
    changes = compared({}, {f"sql/{number:03}.sql": "" for number in range(50)})
    assert changes.number == 50
    assert named(changes.added).endswith("sql/019.sql and 30 more")


def test_the_trail_of_a_period_is_counted_and_what_cannot_be_read_is_no_zero(system: System) -> None:
    note_configuration(system)
    assert count_by_kind(system, Origin.SERENO, since=AGO, until=SOON) == {"configuration-change": 1}
    assert count_by_kind(system, Origin.SERENO, since=AGO - timedelta(days=9), until=AGO) == {}
    with pytest.raises(ConfigurationError, match="salon has no audit table that Sereno knows of"):
        count_by_kind(system, Origin.SYSTEM, since=AGO, until=SOON)
    (change,) = configuration_changes(system, since=AGO, until=SOON)
    assert change.payload["figures"]["files"] == 2
