"""A report that lies somewhere: every later edit of it, or of history, is found and named; and how long it stays."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.demo.system import DemoSystem
from integration.compliance_case import home_of_demo, missed, seen
from sereno import audit
from sereno.auditing.noted_heads import note_in_store
from sereno.backup.place import BackupPlace
from sereno.compliance.content import SealedReport
from sereno.compliance.report.files import rendered, store_files, write_files
from sereno.compliance.report.sealing import seal
from sereno.compliance.report.verifying import verify_report
from sereno.errors import ConfigurationError
from sereno.ledger import open_ledger
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.systems.sections.compliance import Language


@pytest.fixture
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home_of_demo(demo, tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def salons(home: Path) -> System:
    return load_system("demo")


@pytest.fixture
def written(salons: System) -> dict[str, Path]:
    """The files of a report, by their format."""
    sealed = seal(seen(salons), run_id=None)
    return {Path(file.path).suffix[1:]: Path(file.path) for file in write_files(salons, sealed, run_id=None)}


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert text.count(old) >= 1
    edited = path.with_name(f"edited{path.suffix}")
    edited.write_text(text.replace(old, new, 1), "utf-8")
    return edited


def tamper(home: Path, statement: str, *values: Any) -> None:
    with sqlite3.connect(home / "ledger.db") as connection:
        assert connection.execute(statement, values).rowcount > 0
    connection.close()


@pytest.mark.parametrize("kind", ["json", "pdf", "html", "xlsx"])
def test_a_report_that_nobody_touched_is_proven(written: dict[str, Path], kind: str) -> None:
    checked = verify_report(written[kind])
    assert checked.system == "demo"
    assert [each.name for each in checked.findings if not each.passed] == []
    assert "every link of the audit chain holds" in {each.name for each in checked.findings}


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('"outcome": "failed"', '"outcome": "passed"', "edited: control."),
        ('"received": ', '"received": 1', "edited: control.requests_in_time"),
        ('"in_use_without": ', '"in_use_without": 9', "edited: control.consents_in_use"),
        ("to let staff in", "to sell", "edited: table.processing"),
        ('"digest": "', '"digest": "0', "edited: control."),
        ('"bounded": false', '"bounded": true', "edited: score"),
    ],
)
def test_an_edited_part_is_named(written: dict[str, Path], old: str, new: str, part: str) -> None:
    told = missed(edit(written["json"], old, new))
    assert part in told["every part says what it said when it was sealed"]


def test_a_report_with_more_in_it_is_none(written: dict[str, Path]) -> None:
    edited = edit(written["json"], '"until": "', '"hidden": "x", "until": "')
    with pytest.raises(
        ConfigurationError, match=r"was edited so that it is no report any more: content\.period\.hidden"
    ):
        verify_report(edited)


def test_a_part_that_was_taken_out_and_a_seal_of_another_event_are_named(written: dict[str, Path]) -> None:
    told = json.loads(written["json"].read_text())
    told["content"]["controls"] = told["content"]["controls"][1:]
    edited = written["json"].with_name("edited.json")
    edited.write_text(json.dumps(told))
    assert any("taken out: control." in evidence for evidence in missed(edited).values())
    told["sealed"]["sequence"] += 1
    edited.write_text(json.dumps(told))
    assert "the report says" in missed(edited)["the event that the report is sealed in stands in the ledger"]
    told["sealed"]["sequence"] += 400
    edited.write_text(json.dumps(told))
    assert "its end was cut" in missed(edited)["the event that the report is sealed in stands in the ledger"]


@pytest.mark.parametrize("kind", ["pdf", "html", "xlsx"])
def test_an_edited_file_is_named_with_both_digests(written: dict[str, Path], tmp_path: Path, kind: str) -> None:
    content = written[kind].read_bytes()
    copy = tmp_path / written[kind].name
    copy.write_bytes(content[:-9] + b"0" + content[-8:])
    (evidence,) = missed(copy).values()
    assert hashlib.sha256(content).hexdigest() in evidence
    assert hashlib.sha256(copy.read_bytes()).hexdigest() in evidence
    assert "it was edited afterwards" in evidence
    renamed = tmp_path / f"another.{kind}"
    renamed.write_bytes(copy.read_bytes())
    assert "no event of this ledger notes" in next(iter(missed(renamed).values()))
    renamed.write_bytes(content)
    assert missed(renamed) == {}  # a name is no proof, the bytes are


def test_an_edit_of_the_event_that_seals_is_found_with_the_first_bad_link(home: Path, written: dict[str, Path]) -> None:
    sealed = SealedReport.model_validate_json(written["json"].read_bytes()).sealed
    with sqlite3.connect(home / "ledger.db") as connection:
        (text,) = connection.execute(
            "SELECT text FROM sereno_audit_events WHERE sequence = ?", (sealed.sequence,)
        ).fetchone()
    connection.close()
    other = json.loads(text)
    name = next(name for name in other["figures"] if name.startswith("part control."))
    other["figures"][name] = "0" * 64
    edited = json.dumps(other, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    tamper(home, "UPDATE sereno_audit_events SET text = ? WHERE sequence = ?", edited, sealed.sequence)
    told = missed(written["json"])
    assert f"event {sealed.sequence:,}: " in told["every link of the audit chain holds"]
    assert name.removeprefix("part ") in told["every part says what it said when it was sealed"]


def test_a_chain_that_was_cut_is_found(home: Path, written: dict[str, Path]) -> None:
    tamper(home, "DELETE FROM sereno_audit_events WHERE system = 'demo'")
    told = missed(written["json"])
    assert "its end was cut" in told["the event that the report is sealed in stands in the ledger"]
    assert "every link of the audit chain holds" in told


def test_a_history_written_anew_is_found_by_what_a_store_remembers(home: Path, salons: System) -> None:
    sealed = seal(seen(salons), run_id=None)
    files = {Path(file.path).suffix[1:]: Path(file.path) for file in write_files(salons, sealed, run_id=None)}
    with open_ledger() as ledger:
        head = audit.head(ledger, "demo")
    assert head
    note_in_store(BackupPlace.of(salons).store, "demo", head, at=datetime.now(UTC))
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (home / name).unlink(missing_ok=True)
    content = seen(salons)
    forged = seal(content.model_copy(update={"title": "Better salons"}), run_id=None)
    again = {Path(file.path).suffix[1:]: Path(file.path) for file in write_files(salons, forged, run_id=None)}
    assert "every link of the audit chain holds" in missed(again["json"])
    assert "the event that the report is sealed in stands in the ledger" in missed(files["json"])


@pytest.mark.parametrize("name", ["report.txt", "nothing.json"])
def test_what_is_no_report_is_refused_in_a_sentence(home: Path, name: str) -> None:
    path = home / name
    path.write_text('{"content": {"schema": "other"}}')
    with pytest.raises(ConfigurationError, match="is no compliance report"):
        verify_report(path)


def test_the_same_report_gives_the_same_bytes_in_every_language(salons: System) -> None:
    for language in Language:
        sealed = seal(seen(salons, language=language), run_id=None)
        assert rendered(sealed) == rendered(SealedReport.model_validate_json(sealed.model_dump_json()))


def test_a_report_lies_in_every_store_and_goes_when_its_time_is_over(salons: System) -> None:
    assert salons.compliance
    place = BackupPlace.of(salons).store
    names = []
    for years in (6, 4, 0):
        content = seen(salons)
        content = content.model_copy(update={"generated_at": content.generated_at - timedelta(days=366 * years)})
        sealed = seal(content, run_id=None)
        files = write_files(salons, sealed, run_id=None)
        (finding,) = store_files(salons, sealed, files)
        assert finding.passed
        (again,) = store_files(salons, sealed, files)  # a step that is tried again
        assert again.passed
        names.append(Path(files[0].path).parent.name)
    assert list(place.folders("_reports/demo")) == sorted(names[1:])
    assert "1 report from before" in finding.evidence
    assert sorted(path.name for path in Path(files[0].path).parents[1].iterdir()) == sorted(names[1:])
    assert len(list(place.files(f"_reports/demo/{names[2]}"))) == 4
