from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sereno import audit, redaction
from sereno.audit import Anchor, Event
from sereno.errors import IntegrityError
from sereno.ledger import Ledger, open_ledger
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


def test_an_event_is_sealed_by_the_previous_hash_and_the_bytes_of_its_text(ledger: Ledger, home: Path) -> None:
    append(ledger, 2)
    first, second = row(home, 1), row(home, 2)
    assert first["previous_hash"] == "0" * 64
    assert first["hash"] == sha256(bytes(32) + first["text"].encode()).hexdigest()
    assert second["previous_hash"] == first["hash"]
    assert second["hash"] == sha256(bytes.fromhex(first["hash"]) + second["text"].encode()).hexdigest()


def test_the_text_of_an_event_is_canonical_json(ledger: Ledger, home: Path) -> None:
    audit.append(ledger, event(figures={"b": Decimal("1.50"), "a": "não\0\ud800", "c": float("nan"), "d": True}))
    assert row(home, 1)["text"] == (
        '{"action":"RUN_BACKUP","actor":"maria","actor_source":"login","effect":"read",'
        '"figures":{"a":"n\\u00e3o\\u0000\\ud800","b":"1.50","c":"nan","d":true},"flow_run_id":null,"job":"backup",'
        '"result":"passed","schema":"sereno.audit/1","sequence":1,"system":"demo","time":"2026-11-23T12:01:00.000000Z"}'
    )


def test_times_are_kept_in_utc(ledger: Ledger) -> None:
    lisbon = timezone(timedelta(hours=1))
    audit.append(ledger, event(time=datetime(2026, 7, 1, 0, 30, tzinfo=lisbon)))
    assert audit.events(ledger, "demo")[0].time == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


def test_appending_refers_to_the_event_that_is_the_head(ledger: Ledger) -> None:
    assert audit.head(ledger, "demo") is None
    reference = audit.append(ledger, event(1), event(2), event(3))
    head = audit.head(ledger, "demo")
    assert head is not None
    assert (head.sequence, head.hash) == (reference.sequence, reference.hash)
    assert reference.sequence == 3


def test_each_system_has_a_chain_of_its_own(ledger: Ledger) -> None:
    append(ledger, 3)
    assert audit.append(ledger, event(system="point")).sequence == 1
    assert audit.verify(ledger, "demo").checked == 3
    assert audit.verify(ledger, "point").passed


def test_events_of_two_systems_are_not_appended_at_once(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="chain of its own"):
        audit.append(ledger, event(), event(system="point"))
    assert audit.head(ledger, "demo") is None


def test_a_batch_that_fails_half_way_leaves_nothing(ledger: Ledger) -> None:
    broken = event(2).model_copy(update={"figures": {"x": object()}})
    with pytest.raises(TypeError):
        audit.append(ledger, event(1), broken)
    assert audit.head(ledger, "demo") is None


@pytest.mark.parametrize(
    "wrong",
    [{"system": "../demo"}, {"action": "run backup"}, {"time": datetime(2026, 1, 1)}, {"actor": ""}, {"note": "x"}],
)
def test_what_is_no_event_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        event(**wrong)


def test_secrets_are_masked_before_they_are_sealed(ledger: Ledger, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", ())
    redaction.remember("hunter2-hunter2")
    redaction.remember("live")  # a password that is also a word of ours
    audit.append(ledger, event(effect=Effect.LIVE, figures={"note": "used hunter2-hunter2"}, actor="hunter2-hunter2"))
    assert "hunter2" not in (home / "ledger.db").read_bytes().decode("latin-1")
    assert audit.verify(ledger, "demo").passed
    assert audit.events(ledger, "demo")[0].effect is Effect.LIVE


def test_events_come_newest_first_in_pages(ledger: Ledger) -> None:
    append(ledger, 5)
    assert [each.sequence for each in audit.events(ledger, "demo", limit=2, offset=1)] == [4, 3]


def test_events_are_found_by_action_and_time(ledger: Ledger) -> None:
    audit.append(ledger, event(1), event(2, action="PREVIEW_PURGE"), event(3))
    assert [each.sequence for each in audit.events(ledger, "demo", action="PREVIEW_PURGE")] == [2]
    since, until = NOON + timedelta(minutes=2), NOON + timedelta(minutes=3)
    assert [each.sequence for each in audit.events(ledger, "demo", since=since, until=until)] == [2]
    assert [each.sequence for each in audit.events(ledger, "demo", since=since + timedelta(microseconds=1))] == [3]


def test_an_event_comes_back_as_it_was(ledger: Ledger) -> None:
    written = event(figures={"rows": 3, "ratio": 0.5, "done": True, "none": None}, flow_run_id="f-1")
    reference = audit.append(ledger, written)
    read = audit.events(ledger, "demo")[0]
    assert read.model_dump(exclude={"sequence", "previous_hash", "hash"}) == written.model_dump()
    assert (read.sequence, read.hash) == (reference.sequence, reference.hash)


def test_an_event_that_cannot_be_read_is_an_error_that_names_it(ledger: Ledger, tamper: Tamper) -> None:
    append(ledger, 1)
    tamper("UPDATE sereno_audit_events SET text = 'x'")
    with pytest.raises(IntegrityError, match="audit event 1 of demo cannot be read"):
        audit.events(ledger, "demo")


def test_no_event_has_the_number_zero() -> None:
    with pytest.raises(ValueError, match="event 1 or a later one"):
        Anchor(sequence=0, hash="0" * 64)


def test_the_actor_is_the_one_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    assert audit.actor_of_process(Settings(actor=" Maria\n da Silva\x07 ")) == ("Maria da Silva", "SERENO_ACTOR")


@pytest.mark.parametrize("variable", ["GITHUB_ACTOR", "GITLAB_USER_LOGIN"])
def test_the_actor_of_a_ci_run_is_its_user(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for each in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(variable, "octocat")
    assert audit.actor_of_process(Settings(actor=None)) == ("octocat", variable)


def test_the_actor_is_else_the_login_whatever_the_environment_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    actor, source = audit.actor_of_process(Settings(actor=None))
    assert (bool(actor), actor != "somebody-else", source) == (True, True, "login")


def test_a_login_without_a_name_is_shown_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_123_456)
    assert audit.actor_of_process(Settings(actor=None)) == ("uid 4123456", "login")


def test_the_event_of_a_step_that_is_tried_again_stands_once(ledger: Ledger) -> None:
    said = event(flow_run_id="f-1")
    first = audit.append_once(ledger, said)
    audit.append(ledger, event(2))
    assert audit.append_once(ledger, said) == first
    assert audit.verify(ledger, "demo").checked == 2


@pytest.mark.parametrize(
    "change",
    [
        {"time": NOON},
        {"result": Result.FAILED},
        {"action": "RUN_RESTORE"},
        {"flow_run_id": "f-2"},
        {"flow_run_id": None},
        {"system": "point"},
    ],
)
def test_an_event_that_says_anything_else_is_another_one(change: dict[str, Any], ledger: Ledger) -> None:
    first = audit.append_once(ledger, event(flow_run_id="f-1"))
    assert audit.append_once(ledger, event(**{"flow_run_id": "f-1", **change})).hash != first.hash


def test_an_event_of_no_flow_run_is_always_appended(ledger: Ledger) -> None:
    assert [audit.append_once(ledger, event()).sequence for _ in range(2)] == [1, 2]


def test_an_event_is_found_again_by_an_id_in_which_a_secret_is_masked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "_known", ())
    redaction.remember("beef")
    said = event(flow_run_id="5d6fbeef-0000")
    assert audit.append_once(ledger, said) == audit.append_once(ledger, said)
