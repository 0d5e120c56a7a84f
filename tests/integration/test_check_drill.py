"""What `sereno check --online` says before the first drill does: of its SQL files and of its server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import PASSPHRASE, as_url, database, reference, system_of
from integration.system_folders import written
from sereno.check import check_system
from sereno.reports.model import Finding
from sereno.systems.model import System

SCRIPT = "CREATE TABLE salon (id int PRIMARY KEY, name text, opened_at timestamptz)"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    return tmp_path


@pytest.fixture
def system(demo: Any) -> Iterator[System]:
    with database(str(demo.superuser_url), script=SCRIPT) as url:
        yield system_of(url)


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in check_system("awkward", online=True)}


def test_check_queries_are_prepared_and_may_return_any_columns(system: System, home: Path) -> None:
    checks = {
        "drill.named": "SELECT id, name, now() FROM salon WHERE name IS NULL",
        "drill.gone": "SELECT id FROM salons",
        "drill_newest_row": "SELECT max(opened_at) AS newest_at FROM salon",
    }
    written(system, home / "deployments", sql=checks)
    found = findings()
    assert found["sql/drill.named.sql fits the database"].passed
    assert 'relation "salons" does not exist' in found["sql/drill.gone.sql fits the database"].evidence
    assert found["sql/drill_newest_row.sql fits the database"].passed


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("SELECT max(id) AS newest_at FROM salon", "column newest_at is integer; expected timestamp"),
        ("SELECT max(opened_at) FROM salon", "gives no column newest_at; expected timestamp"),
    ],
)
def test_the_newest_row_is_a_timestamp_of_that_name(system: System, home: Path, text: str, evidence: str) -> None:
    written(system, home / "deployments", sql={"drill_newest_row": text})
    assert evidence in findings()["sql/drill_newest_row.sql fits the database"].evidence


def test_the_role_on_a_server_for_drills_has_to_be_able_to_create_databases(
    system: System, home: Path, demo: Any
) -> None:
    server = str(demo.superuser_url)
    name = "drill.server_url may create databases"
    written(system, home / "deployments", drill={"server_url": reference(server)})
    assert findings()[name].passed
    with psycopg.connect(server) as connection:
        connection.execute("CREATE ROLE helpless LOGIN PASSWORD 'p'")
    try:
        helpless = reference(as_url(server, user="helpless", password="p"))
        written(system, home / "deployments", drill={"server_url": helpless})
        assert findings()[name].evidence == "role helpless may not; give it CREATEDB"
    finally:
        with psycopg.connect(server) as connection:
            connection.execute("DROP ROLE helpless")
