"""What `sereno check` says of purges before the first one runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database
from integration.maintenance_case import LOGS, OLD, TABLES, YOUNG, rows, system_with
from sereno.check import check_system
from sereno.reports.model import Finding


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    return tmp_path / "deployments"


@pytest.fixture(scope="module")
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as made:
        yield made


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in check_system("awkward", online=True)}


def test_a_purge_that_fits_and_lacks_an_index_is_told(url: str, systems: Path) -> None:
    system_with(url, systems, LOGS, idle=True, sql={"purge_hold.logs": "SELECT id FROM log WHERE level = 'error'"})
    found = findings()
    assert found["purge logs fits the database"].evidence.startswith("public.log with the key (id)")
    missing = found["purge logs has an index on its date"]
    assert (missing.passed, missing.required) == (False, False)
    assert found["sql/idle_clients.candidates.sql fits the database"].passed
    assert found["sql/purge_hold.logs.sql belongs to a purge"].passed
    assert rows(url, "SELECT count(*) FROM log") == [(OLD + YOUNG,)]


def test_what_does_not_fit_is_named(url: str, systems: Path) -> None:
    gone = {**LOGS, "name": "gone", "table": "gone"}
    sql = {"purge_only.logs": "SELECT number AS id FROM log", "purge_hold.lost": "SELECT id FROM log"}
    system_with(url, systems, LOGS, gone, sql=sql)
    found = {name: finding.evidence for name, finding in findings().items() if not finding.passed}
    assert "there is no table gone" in found["purge gone fits the database"]
    assert "purge_only.logs.sql:1" in found["sql/purge_only.logs.sql fits the database"]
    assert 'column "number" does not exist' in found["purge logs fits the database"]
    assert "has no purge 'lost'; it has: gone, logs" in found["sql/purge_hold.lost.sql belongs to a purge"]


def test_an_idle_clients_section_without_its_files_is_a_finding(url: str, systems: Path) -> None:
    system_with(url, systems, idle=True)
    (systems / "awkward" / "sql" / "idle_clients.deactivate.sql").unlink()
    assert findings()["sql/idle_clients.deactivate.sql is there"].evidence == "needed by maintenance"


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("SELECT name AS label FROM client WHERE :cutoff IS NOT NULL", "gives no column id"),
        ("SELECT id, updated_at FROM client WHERE :cutoff IS NOT NULL", "gives a column 'updated_at'"),
        ("SELECT active AS id FROM client WHERE :cutoff IS NOT NULL", "column id is boolean"),
        ("DELETE FROM client RETURNING id", "begins with one of"),
    ],
)
def test_candidates_of_another_shape_are_refused(url: str, systems: Path, text: str, evidence: str) -> None:
    system_with(url, systems, idle=True, sql={"idle_clients.candidates": text})
    said = " ".join(finding.evidence for finding in findings().values() if not finding.passed)
    assert evidence in said
