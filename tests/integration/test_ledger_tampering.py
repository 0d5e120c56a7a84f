from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sereno import audit
from sereno.audit import Anchor, Event, Fault
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.chain import chain_hash
from sereno.reports.model import Effect, Result
from sereno.settings import Settings

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Tamper = Callable[..., None]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty ledger, made once, since making one takes longer than a test here may."""
    home = tmp_path_factory.mktemp("empty")
    open_ledger(Settings(home=home)).close()
    return home / "ledger.db"


@pytest.fixture
def home(empty: Path, tmp_path: Path) -> Path:
    shutil.copy(empty, tmp_path / "ledger.db")
    return tmp_path


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    with open_ledger(Settings(home=home)) as opened:
        yield opened


@pytest.fixture
def tamper(home: Path, ledger: Ledger) -> Tamper:
    """Changes the file behind the ledger's back, as somebody with the rights to it could."""

    def change(statement: str, *values: Any) -> None:
        with sqlite3.connect(home / "ledger.db") as connection:
            assert connection.execute(statement, values).rowcount > 0
        connection.close()

    return change


def event(number: int = 1, **changes: Any) -> Event:
    said: dict[str, Any] = {
        "system": "demo",
        "job": "backup",
        "action": "RUN_BACKUP",
        "effect": Effect.READ,
        "result": Result.PASSED,
        "actor": "maria",
        "actor_source": "login",
        "time": NOON + timedelta(minutes=number),
        "figures": {"rows": number},
    }
    return Event(**{**said, **changes})


def append(ledger: Ledger, count: int) -> None:
    audit.append(ledger, event(1), *(event(number) for number in range(2, count + 1)))


def row(home: Path, sequence: int) -> dict[str, Any]:
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM sereno_audit_events WHERE sequence = ?", [sequence]).fetchone()
    connection.close()
    return dict(found)


def fault(ledger: Ledger, *anchors: Anchor) -> tuple[int, Fault]:
    found = audit.verify(ledger, "demo", against=anchors)
    assert found.broken is not None
    assert not found.passed
    assert found.checked == found.broken.sequence - 1
    return found.broken.sequence, found.broken.fault


def test_an_untouched_chain_holds_and_so_do_its_anchors(ledger: Ledger, home: Path) -> None:
    append(ledger, 2500)
    anchors = [Anchor(sequence=number, hash=row(home, number)["hash"]) for number in (1, 1000, 2500)]
    found = audit.verify(ledger, "demo", against=anchors)
    assert found.passed
    assert (found.checked, found.anchors, found.head) == (2500, 3, audit.head(ledger, "demo"))
    assert found.summary == "the audit chain of demo holds: 2,500 events, 3 anchors"


def test_no_events_hold_without_an_anchor(ledger: Ledger) -> None:
    found = audit.verify(ledger, "demo")
    assert (found.passed, found.checked, found.head) == (True, 0, None)


@pytest.mark.parametrize("sequence", [1, 3, 4])
def test_an_edited_text_is_found(ledger: Ledger, tamper: Tamper, sequence: int) -> None:
    append(ledger, 5)
    tamper("UPDATE sereno_audit_events SET text = replace(text, 'maria', 'mario') WHERE sequence = ?", sequence)
    assert fault(ledger) == (sequence, Fault.TEXT)


def test_an_edited_text_of_the_last_event_cannot_be_told_from_an_edited_hash(
    ledger: Ledger, tamper: Tamper, home: Path
) -> None:
    append(ledger, 2)
    anchor = Anchor(sequence=2, hash=row(home, 2)["hash"])
    tamper("UPDATE sereno_audit_events SET text = text || ' ' WHERE sequence = 2")
    assert fault(ledger) == (2, Fault.TEXT_OR_HASH)
    assert fault(ledger, anchor) == (2, Fault.TEXT)


def test_a_damaged_byte_in_the_file_is_found(ledger: Ledger, home: Path) -> None:
    append(ledger, 3)
    ledger.close()
    content = (home / "ledger.db").read_bytes()
    place = content.index(b"maria", content.index(b'"sequence":2') - 250)
    (home / "ledger.db").write_bytes(content[:place] + b"\xed" + content[place + 1 :])
    assert fault(ledger) == (2, Fault.TEXT)


@pytest.mark.parametrize("value", [None, b"\x00\xff", 7, "", "{"])
def test_a_text_that_was_replaced_by_anything_is_found(ledger: Ledger, home: Path, value: Any) -> None:
    append(ledger, 3)
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'text TEXT NOT NULL', 'text')")
    connection.close()
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.execute("UPDATE sereno_audit_events SET text = ? WHERE sequence = 2", [value])
    connection.close()
    assert fault(ledger) == (2, Fault.TEXT)


def test_an_edited_hash_is_found(ledger: Ledger, tamper: Tamper) -> None:
    append(ledger, 3)
    tamper("UPDATE sereno_audit_events SET hash = ? WHERE sequence = 2", "ab" * 32)
    assert fault(ledger) == (2, Fault.HASH)


@pytest.mark.parametrize("value", ["ab" * 32, "no hash", "é", ""])
def test_an_edited_previous_hash_is_found(ledger: Ledger, tamper: Tamper, value: str) -> None:
    append(ledger, 3)
    tamper("UPDATE sereno_audit_events SET previous_hash = ? WHERE sequence = 2", value)
    assert fault(ledger) == (2, Fault.PREVIOUS_HASH)


@pytest.mark.parametrize(("first", "last", "says"), [(1, 1, "it is missing"), (2, 2, "it is"), (2, 4, "events 2 to 4")])
def test_missing_events_are_found(ledger: Ledger, tamper: Tamper, first: int, last: int, says: str) -> None:
    append(ledger, 5)
    tamper("DELETE FROM sereno_audit_events WHERE sequence BETWEEN ? AND ?", first, last)
    assert fault(ledger) == (first, Fault.MISSING)
    assert says in audit.verify(ledger, "demo").summary


def test_an_event_that_was_taken_out_and_the_rest_renumbered_is_found(ledger: Ledger, tamper: Tamper) -> None:
    append(ledger, 5)
    tamper("DELETE FROM sereno_audit_events WHERE sequence = 3")
    tamper("UPDATE sereno_audit_events SET sequence = 3 WHERE sequence = 4")
    tamper("UPDATE sereno_audit_events SET sequence = 4 WHERE sequence = 5")
    assert fault(ledger) == (3, Fault.MOVED)
    assert "written as event 4 of demo" in audit.verify(ledger, "demo").summary


def test_events_that_changed_places_are_found(ledger: Ledger, tamper: Tamper) -> None:
    append(ledger, 5)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        tamper("UPDATE sereno_audit_events SET sequence = ? WHERE sequence = ?", new, old)
    assert fault(ledger) == (2, Fault.MOVED)


@pytest.mark.parametrize(("value", "place"), [(0, 1), (-7, 1), ("abc", 3)])
def test_a_number_that_no_event_can_have_is_found(ledger: Ledger, tamper: Tamper, value: Any, place: int) -> None:
    append(ledger, 3)
    tamper("UPDATE sereno_audit_events SET sequence = ? WHERE sequence = 3", value)
    assert fault(ledger) == (place, Fault.MOVED)


def test_an_event_of_another_system_is_found(ledger: Ledger, tamper: Tamper) -> None:
    append(ledger, 1)
    audit.append(ledger, event(1, system="point"), event(2, system="point"))
    tamper("UPDATE sereno_audit_events SET system = 'demo' WHERE system = 'point' AND sequence = 2")
    assert fault(ledger) == (2, Fault.MOVED)


def test_a_forged_event_that_others_do_not_continue_is_found(ledger: Ledger, tamper: Tamper, home: Path) -> None:
    append(ledger, 4)
    forge(tamper, home, sequence=2)
    assert fault(ledger) == (3, Fault.REPLACED)


@pytest.mark.parametrize("column", ["time", "action", "job", "effect", "result", "actor", "flow_run_id"])
def test_a_column_that_contradicts_its_text_is_found(ledger: Ledger, tamper: Tamper, column: str) -> None:
    append(ledger, 3)
    tamper(f"UPDATE sereno_audit_events SET {column} = 'other' WHERE sequence = 2")
    assert fault(ledger) == (2, Fault.COLUMN)
    assert f"its column {column} says other" in audit.verify(ledger, "demo").summary


def test_a_cut_end_is_found_by_an_anchor_only(ledger: Ledger, tamper: Tamper, home: Path) -> None:
    append(ledger, 5)
    anchor = Anchor(sequence=5, hash=row(home, 5)["hash"], source="the backup of Monday")
    tamper("DELETE FROM sereno_audit_events WHERE sequence > 3")
    assert audit.verify(ledger, "demo").passed
    assert fault(ledger, anchor) == (4, Fault.CUT)
    assert "the backup of Monday knows event 5" in audit.verify(ledger, "demo", against=[anchor]).summary


def test_a_ledger_that_was_emptied_is_found_by_an_anchor(ledger: Ledger, tamper: Tamper, home: Path) -> None:
    append(ledger, 2)
    anchor = Anchor(sequence=2, hash=row(home, 2)["hash"])
    tamper("DELETE FROM sereno_audit_events")
    assert fault(ledger, anchor) == (1, Fault.CUT)


def test_a_full_rewrite_is_found_by_an_anchor_only(ledger: Ledger, tamper: Tamper, home: Path) -> None:
    append(ledger, 5)
    good, later = (Anchor(sequence=number, hash=row(home, number)["hash"]) for number in (2, 4))
    for sequence in (3, 4, 5):
        forge(tamper, home, sequence=sequence)
    assert audit.verify(ledger, "demo").passed
    assert fault(ledger, later, good) == (4, Fault.REWRITTEN)
    assert "between event 2, for which an anchor holds" in audit.verify(ledger, "demo", against=[good, later]).summary


def test_the_database_itself_refuses_a_second_event_in_the_same_place(ledger: Ledger, tamper: Tamper) -> None:
    append(ledger, 2)
    columns = "previous_hash, hash, text, time, action, job, effect, result, actor"
    copy = f"INSERT INTO sereno_audit_events (system, sequence, {columns}) SELECT system, ?, {columns}"
    for sequence in (2, 3):
        with pytest.raises(sqlite3.IntegrityError):
            tamper(f"{copy} FROM sereno_audit_events WHERE sequence = 2", sequence)


def forge(tamper: Tamper, home: Path, *, sequence: int) -> None:
    """Replace one event by another that is sealed as it should be."""
    said = json.loads(row(home, sequence)["text"])
    text = json.dumps({**said, "figures": {"rows": 0}}, sort_keys=True, separators=(",", ":"))
    previous = row(home, sequence - 1)["hash"]
    tamper(
        "UPDATE sereno_audit_events SET text = ?, previous_hash = ?, hash = ? WHERE sequence = ?",
        text,
        previous,
        chain_hash(previous, text),
        sequence,
    )
