"""`sereno check` looks at the smoke suites too."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.check import check_system
from sereno.settings import Settings

SYSTEM = "name: point\ntitle: Point\ntimezone: UTC\ndatabase: {url: '${POINT_URL}'}\n"
SUITES = """
base_url: https://point.example
logins: {admin: {token: "${POINT_TOKEN}"}}
fingerprints: {rows: {sql: rows}}
suites:
  daily:
    description: For a test.
    without_database: it is only a test
    checks: [{name: well, get: /ok, login: admin, expect: [status == 200]}]
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("POINT_TOKEN", raising=False)
    (tmp_path / "point" / "sql").mkdir(parents=True)
    (tmp_path / "point" / "system.yaml").write_text(SYSTEM)
    return Settings(systems_dir=tmp_path, home=tmp_path / "home")


def findings(settings: Settings) -> dict[str, tuple[bool, bool, str]]:
    found = check_system("point", online=False, settings=settings)
    return {each.name: (each.passed, each.required, each.evidence) for each in found}


def test_a_system_without_suites_does_not_offer_the_job(settings: Settings) -> None:
    found = findings(settings)
    assert "smoke.yaml is right" not in found
    assert "smoke" not in found["jobs offered"][2]


def test_suites_that_are_right_are_counted_and_what_they_refer_to_is_looked_for(settings: Settings) -> None:
    (settings.systems_path / "point" / "smoke.yaml").write_text(SUITES)
    found = findings(settings)
    assert found["smoke.yaml is right"] == (True, True, "1 suite, 1 check")
    assert found["sql/fingerprint.rows.sql is there"][:2] == (False, True)
    assert found["secret of smoke.yaml: logins.admin.token"][:2] == (False, False)
    assert "smoke" in found["jobs offered"][2]
    sql = settings.systems_path / "point" / "sql" / "fingerprint.rows.sql"
    sql.write_text("SELECT 'users' AS name, count(*) AS value FROM users\n")
    found = findings(settings)
    assert "sql/fingerprint.rows.sql is there" not in found
    assert found["sql/fingerprint.rows.sql has the right form"][0]


def test_suites_that_are_wrong_are_a_finding_with_its_line(settings: Settings) -> None:
    (settings.systems_path / "point" / "smoke.yaml").write_text(SUITES.replace("status == 200", "status = 200"))
    passed, required, evidence = findings(settings)["smoke.yaml is right"]
    assert (passed, required) == (False, True)
    assert ":9:" in evidence
