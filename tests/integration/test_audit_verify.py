"""`audit_verify`: on from where the last run ended, against what the stores remember, and what of tampering it sees."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration.databases import PASSPHRASE, system_of
from sereno import audit
from sereno.audit import Event, Fault, Verification
from sereno.auditing.report import audit_report
from sereno.auditing.verify import note_head, verify_chain
from sereno.auditing.witnesses import Witnesses, ask_witnesses
from sereno.cli.anchors import read_anchors
from sereno.ledger import open_ledger
from sereno.reports.build import tally
from sereno.reports.model import Effect, Finding, Result
from sereno.systems.model import System


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    system = system_of("postgresql://nobody@127.0.0.1/nothing")
    happen(system, 3)
    return system


def happen(system: System, times: int, *, actor: str = "maria") -> None:
    with open_ledger() as ledger:
        for number in range(times):
            audit.append(
                ledger,
                Event(
                    system=system.name,
                    job="purge",
                    action="RUN_PURGE",
                    effect=Effect.LIVE,
                    result=Result.PASSED,
                    actor=actor,
                    actor_source="login",
                    time=datetime(2026, 11, 23, tzinfo=UTC),
                    figures={"number": number},
                ),
            )


def tamper(home: Path, statement: str) -> None:
    with sqlite3.connect(home / "ledger.db") as connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


def carried_out(system: System, *, full: bool = False) -> tuple[Verification, Witnesses, tuple[Finding, ...]]:
    witnesses = ask_witnesses(system, full=full)
    verified = verify_chain(system, witnesses, full=full)
    return verified, witnesses, note_head(system, verified)


def noted(home: Path) -> list[Path]:
    return sorted((home / "backups" / "_audit" / "awkward").glob("*.json"))


def test_a_run_goes_on_where_the_one_before_it_ended(system: System) -> None:
    first, _, _ = carried_out(system)
    happen(system, 2)
    second, witnesses, _ = carried_out(system)
    assert (first.checked, first.since) == (3, 0)
    assert (second.checked, second.since, second.anchors) == (2, 3, 1)
    assert second.summary == "the audit chain of awkward holds: 2 events after event 3, 1 anchors"
    assert audit_report(second, witnesses, ()).figures["events"] == 5


def test_a_full_run_reads_every_event_again(system: System) -> None:
    carried_out(system)
    again, _, _ = carried_out(system, full=True)
    assert (again.checked, again.since) == (3, 0)


def test_the_head_is_noted_once_in_the_store_where_the_command_line_can_use_it(system: System, tmp_path: Path) -> None:
    verified, _, (written,) = carried_out(system)
    _, _, (unchanged,) = carried_out(system)
    (file,) = noted(tmp_path)
    assert (written.evidence, unchanged.evidence) == ("event 3", "event 3, as before")
    assert verified.head is not None
    assert [anchor.hash for anchor in read_anchors(file, system="awkward")] == [verified.head.hash]


def test_a_cut_end_is_seen_by_what_the_store_remembers(system: System, tmp_path: Path) -> None:
    carried_out(system)
    tamper(tmp_path, "DELETE FROM sereno_audit_events WHERE sequence = 3")
    verified, witnesses, more = carried_out(system)
    assert verified.broken is not None
    assert (verified.broken.sequence, verified.broken.fault) == (3, Fault.MISSING)
    assert more == (), "the head of a broken chain is noted nowhere"
    report = audit_report(verified, witnesses, more)
    assert tally(report.findings) is Result.FAILED
    assert report.headline.startswith("the audit chain of awkward breaks at event 3: it is missing, but ")


def test_a_ledger_that_was_written_anew_with_its_cursor_is_told_by_the_store(system: System, tmp_path: Path) -> None:
    carried_out(system)
    (tmp_path / "ledger.db").unlink()
    happen(system, 9, actor="somebody")
    verified, _, _ = carried_out(system)
    assert verified.broken is not None
    assert (verified.broken.sequence, verified.broken.fault) == (3, Fault.REWRITTEN)
    assert "in store local noted the hash" in verified.broken.evidence


def test_an_old_event_that_was_edited_is_found_by_a_full_run(system: System, tmp_path: Path) -> None:
    carried_out(system)
    tamper(
        tmp_path,
        """UPDATE sereno_audit_events SET text = replace(text, '"number":1', '"number":7')
        WHERE sequence = 2""",
    )
    happen(system, 1)
    assert carried_out(system)[0].passed, "a run that goes on relies on the one before it"
    broken = carried_out(system, full=True)[0].broken
    assert broken is not None
    assert (broken.sequence, broken.fault) == (2, Fault.TEXT)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no noted head any more: it was damaged or edited"),
        ('"text"', "is no noted head any more"),
        (
            json.dumps(
                {
                    "schema": "sereno.audit-head/1",
                    "system": "other",
                    "audit": {"sequence": 1, "hash": "00"},
                    "noted_at": "2026",
                }
            ),
            "is about 'other': it was put there from elsewhere",
        ),
    ],
)
def test_a_noted_head_that_was_touched_is_a_finding(system: System, tmp_path: Path, content: str, words: str) -> None:
    carried_out(system)
    noted(tmp_path)[0].write_text(content)
    verified, witnesses, _ = carried_out(system)
    assert verified.passed
    (finding,) = witnesses.findings
    assert not finding.passed
    assert words in finding.evidence


def test_a_store_that_is_gone_is_a_finding_and_the_chain_is_read_all_the_same(system: System, tmp_path: Path) -> None:
    (tmp_path / "backups").rmdir()
    verified, witnesses, more = carried_out(system)
    assert verified.checked == 3
    assert [finding.passed for finding in (*witnesses.findings, *more)] == [False, False]


def test_a_system_without_backups_has_a_chain_too(system: System) -> None:
    verified, witnesses, more = carried_out(system.model_copy(update={"backup": None}))
    assert (verified.checked, witnesses.anchors, more) == (3, (), ())
    (finding,) = audit_report(verified, witnesses, more).findings
    assert "so a cut end would not be seen" in finding.evidence


def test_a_chain_without_events_holds(system: System) -> None:
    verified, _, more = carried_out(system.model_copy(update={"name": "quiet"}))
    assert verified.passed
    assert (verified.checked, verified.head, more) == (0, None, ())
