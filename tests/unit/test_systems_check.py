"""Checking a folder without a network says what is ready and what is not, one finding each."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.check import check_system, offered_jobs
from sereno.check.offers import OFFERS, Offer
from sereno.errors import ConfigurationError
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.loader import load_system

SYSTEM = """\
name: point
title: Point integrations
timezone: Europe/Lisbon
database: {url: "${POINT_URL}"}
restore: {targets: [{name: staging, url: "${STAGING_URL}"}]}
"""
BACKUP = 'backup: {stores: [{name: local, folder: backups}], passphrase: "${POINT_PASSPHRASE}"}\n'
MIRROR = "INSERT INTO audit (at, action, actor, effect, payload) VALUES (:at, :action, :actor, :effect, :payload)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    folder = tmp_path / "deployments" / "point"
    (folder / "sql").mkdir(parents=True)
    (folder / "system.yaml").write_text(SYSTEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POINT_URL", "postgresql://u:hunter2!@127.0.0.1:1/d")
    monkeypatch.delenv("STAGING_URL", raising=False)
    monkeypatch.delenv("POINT_PASSPHRASE", raising=False)
    return folder


def findings(*, online: bool = False) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_system("point", online=online, settings=Settings())}


def test_a_system_that_there_is_not_is_no_finding_but_an_error(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no system 'pint'"):
        check_system("pint", online=False, settings=Settings())


def test_a_right_folder_passes(folder: Path) -> None:
    (folder / "sql" / "audit.mirror.sql").write_text(MIRROR)
    found = findings()
    assert [finding for finding in found.values() if not finding.passed and finding.required] == []
    assert found["sql/audit.mirror.sql has the right form"].passed


def test_jobs_are_offered_by_their_sections(folder: Path) -> None:
    assert offered_jobs(load_system("point", Settings())) == (
        "history",
        "audit_search",
        "audit_verify",
        "database_care",
    )
    assert findings()["jobs offered"].evidence == "history, audit_search, audit_verify, database_care"
    (folder / "system.yaml").write_text(SYSTEM + BACKUP)
    backups = ("backup", "restore", "verify_backups", "restore_drill", "prune")
    jobs = (*backups, "history", "audit_search", "audit_verify", "database_care")
    assert offered_jobs(load_system("point", Settings())) == jobs
    assert findings()["jobs offered"].evidence == ", ".join(jobs)


def test_a_secret_is_there_or_not_and_never_shown(folder: Path) -> None:
    (folder / "system.yaml").write_text(SYSTEM + BACKUP)
    found = findings()
    assert found["secret of database.url"].evidence == "${POINT_URL}"
    missing = found["secret of backup.passphrase"]
    assert (missing.passed, missing.required) == (False, True)
    assert missing.evidence == "the secret ${POINT_PASSPHRASE} is not set; export POINT_PASSPHRASE or put it into .env"
    target = found["secret of restore.targets[0].url"]
    assert (target.passed, target.required) == (False, False)
    assert "hunter2" not in str(found)


def test_a_wrong_system_file_does_not_hide_wrong_sql(folder: Path) -> None:
    (folder / "system.yaml").write_text(SYSTEM + "unknown: 1\n")
    (folder / "sql" / "audit.mirror.sql").write_text("COMMIT")
    found = findings(online=True)
    assert "system.yaml:6: unknown: is not known here" in found["system.yaml is right"].evidence
    assert "not with COMMIT" in found["sql/audit.mirror.sql has the right form"].evidence
    assert len(found) == 2


@pytest.mark.parametrize("name", ["audit.miror.sql", "notes.txt", "audit.mirror"])
def test_an_unknown_file_is_a_warning(folder: Path, name: str) -> None:
    (folder / "sql" / name).write_text("x")
    found = findings()[f"sql/{name} is known"]
    assert (found.passed, found.required) == (False, False)
    assert found.evidence == "no job asks for it; did you mean audit.mirror.sql?" or name == "notes.txt"


@pytest.mark.parametrize("name", ["drill.users_have_plans.sql", "drill.2.sql", "drill.a.b.sql"])
def test_a_system_may_have_as_many_check_queries_for_drills_as_it_likes(folder: Path, name: str) -> None:
    (folder / "sql" / name).write_text("SELECT id, name FROM users WHERE plan_id IS NULL")
    found = findings()[f"sql/{name} has the right form"]
    assert (found.passed, found.evidence) == (True, "Returns no row where a restored backup is right.")


def test_a_check_query_of_a_drill_only_reads_and_takes_no_parameters(folder: Path) -> None:
    (folder / "sql" / "drill.cleans.sql").write_text("DELETE FROM users")
    (folder / "sql" / "drill.asks.sql").write_text("SELECT 1 WHERE :now IS NULL")
    found = findings()
    assert "a query begins with one of" in found["sql/drill.cleans.sql has the right form"].evidence
    assert "no parameter :now; there are none" in found["sql/drill.asks.sql has the right form"].evidence


@pytest.mark.parametrize("name", ["drill..sql", "drill.sql", "drills.x.sql"])
def test_a_check_query_needs_a_name(folder: Path, name: str) -> None:
    (folder / "sql" / name).write_text("SELECT 1")
    assert not findings()[f"sql/{name} is known"].passed


def test_hidden_files_of_editors_are_left_alone(folder: Path) -> None:
    (folder / "sql" / ".audit.mirror.sql.swp").write_bytes(b"\0")
    assert not [name for name in findings() if name.startswith("sql/")]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (MIRROR.replace(":at", ":when"), "deployments/point/sql/audit.mirror.sql:1: no parameter :when; there are :at"),
        ("SELECT 'x", "audit.mirror.sql:1: the quote ' is not closed"),
        (MIRROR + ";\nCOMMIT", "audit.mirror.sql:2: a second statement"),
        ("", "holds no statement"),
    ],
)
def test_the_form_of_each_file_is_checked(folder: Path, text: str, evidence: str) -> None:
    (folder / "sql" / "audit.mirror.sql").write_text(text)
    found = findings()["sql/audit.mirror.sql has the right form"]
    assert (found.passed, found.required) == (False, True)
    assert evidence in found.evidence


def test_a_file_that_cannot_be_read_is_a_finding(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.sql").write_text(MIRROR)
    (folder / "sql" / "audit.mirror.sql").symlink_to(tmp_path / "outside.sql")
    assert "leaves its system's folder" in findings()["sql/audit.mirror.sql has the right form"].evidence


def test_parameters_that_are_not_used_are_a_warning(folder: Path) -> None:
    (folder / "sql" / "audit.mirror.sql").write_text("INSERT INTO audit (at) VALUES (:at)")
    found = findings()["sql/audit.mirror.sql uses every parameter"]
    assert (found.passed, found.required) == (False, False)
    assert found.evidence == "not used: :action, :actor, :effect, :payload"


def test_a_file_that_a_job_needs_is_missed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = Offer("maintenance", lambda _: True, lambda _: ("idle.candidates",))
    monkeypatch.setattr("sereno.check.offers.OFFERS", (*OFFERS, offer))
    found = findings()["sql/idle.candidates.sql is there"]
    assert (found.passed, found.required, found.evidence) == (False, True, "needed by maintenance")


def test_a_database_that_does_not_answer_is_one_finding_without_the_password(folder: Path) -> None:
    found = findings(online=True)
    refused = found["database.url connects"]
    assert not refused.passed
    assert "refused" in refused.evidence
    assert "hunter2" not in str(found)
