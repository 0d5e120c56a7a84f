"""A changing session changes rows, in transactions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.demo.system import DemoSystem
from integration.session_case import Place, place_in, read_all
from sereno.database.sessions import changing
from sereno.errors import ContractError, RefusedError

NOT_ONE_CHANGE = (
    "COMMIT", "ROLLBACK", "SAVEPOINT x", "COPY watched TO STDOUT", "COPY watched TO PROGRAM 'touch FOLDER/made'",
    "DO $$ BEGIN DELETE FROM watched; COMMIT; END $$", "CALL writes_and_commits()", "LOCK TABLE watched",
    "SET row_security = on", "TRUNCATE watched", "DROP TABLE watched", "DELETE FROM watched; COMMIT",
    "/* ; */ DELETE FROM watched; SELECT 1",
)  # fmt: skip


@pytest.fixture
def place(demo: DemoSystem, scratch_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return place_in(scratch_database, demo=demo, folder=tmp_path, monkeypatch=monkeypatch)


@pytest.fixture
def change(place: Place) -> Callable[..., int]:
    def run(text: str, **parameters: Any) -> int:
        with changing(place.system(), purpose="test") as session, session.transaction():
            return session.execute(place.sql(text), parameters)

    return run


def labels(place: Place) -> list[str]:
    return [row["label"] for row in read_all(place.system(), "SELECT label FROM watched ORDER BY id")]


def test_a_change_is_committed_and_its_rows_are_counted(place: Place, change: Callable[..., int]) -> None:
    assert change("UPDATE watched SET label = :label WHERE id = ANY(:ids)", label="50%", ids=[1, 2, 3]) == 2
    assert change("INSERT INTO watched (id, label) VALUES (3, :at::text);", at=datetime(2026, 1, 1, tzinfo=UTC)) == 1
    assert change("WITH gone AS (DELETE FROM watched WHERE id = 1 RETURNING 1) SELECT * FROM gone") == 1
    assert labels(place) == ["50%", "2026-01-01 05:45:00+05:45"]


def test_a_block_that_fails_commits_nothing(place: Place) -> None:
    with changing(place.system(), purpose="test") as session:
        with suppress(ZeroDivisionError), session.transaction():
            session.execute(place.sql("DELETE FROM watched"))
            raise ZeroDivisionError
        with session.transaction():
            assert session.execute(place.sql("UPDATE watched SET label = label")) == 2
    assert labels(place) == ["one", "two"]


def test_a_change_outside_a_transaction_is_refused(place: Place) -> None:
    with (
        changing(place.system(), purpose="test") as session,
        pytest.raises(RefusedError, match="no transaction is open"),
    ):
        session.execute(place.sql("DELETE FROM watched"))
    assert labels(place) == ["one", "two"]


def test_a_row_that_the_server_quotes_is_not_in_the_message(change: Callable[..., int]) -> None:
    with pytest.raises(ContractError) as caught:
        change("INSERT INTO watched (id, label) VALUES (1, 'ana@example.org')")
    assert "duplicate key value violates unique constraint" in str(caught.value)
    assert "(1)" not in str(caught.value)
    assert "ana" not in str(caught.value)


@pytest.mark.parametrize("text", NOT_ONE_CHANGE)
def test_live_work_is_one_change_of_rows_and_nothing_else(place: Place, change: Callable[..., int], text: str) -> None:
    before = place.state()
    with pytest.raises(RefusedError, match=r"attack\.sql.* was not run"):
        change(text)
    assert place.state() == before


def test_a_constraint_that_waits_for_the_commit_takes_everything_back(place: Place, change: Callable[..., int]) -> None:
    with pytest.raises(ContractError, match="committing a change"):
        change("INSERT INTO child VALUES (99)")
    assert read_all(place.system("owner"), "SELECT * FROM child") == []


def test_a_database_that_its_owner_made_read_only_stays_so(place: Place, change: Callable[..., int]) -> None:
    database = conninfo_to_dict(place.urls["owner"])["dbname"]
    place.as_superuser(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    with pytest.raises(ContractError, match="in a read-only transaction"):
        change("DELETE FROM watched")
