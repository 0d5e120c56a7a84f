"""`sereno check --online` tries every store and every restore target, and one that fails hides none of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.demo.system import DemoSystem
from s3_server import S3Server
from sereno.check import check_system
from sereno.reports.model import Finding
from sereno.settings import Settings

SYSTEM = """\
name: point
title: Point integrations
timezone: Europe/Lisbon
database: {{url: "${{POINT_URL}}"}}
backup:
  passphrase: "${{POINT_PASSPHRASE}}"
  stores:
    - {{name: local, folder: backups}}
    - {{name: not-mounted, folder: elsewhere}}
    - {{name: offsite, bucket: backups, prefix: {prefix}, endpoint_url: "{url}", region: us-east-1,
       access_key_id: "${{TEST_S3_KEY}}", secret_access_key: "${{TEST_S3_SECRET}}"}}
    - {{name: unreachable, bucket: backups, endpoint_url: "http://127.0.0.1:1", region: us-east-1,
       access_key_id: "${{TEST_S3_KEY}}", secret_access_key: "${{TEST_S3_SECRET}}"}}
restore:
  targets:
    - {{name: staging, url: "${{POINT_URL}}"}}
    - {{name: gone, url: "postgresql://nobody@127.0.0.1:1/gone"}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("project")
    (project / "flows").mkdir()
    (project / "prefect.yaml").touch()
    (project / "deployments" / "point").mkdir(parents=True)
    (project / ".sereno" / "backups").mkdir(parents=True)
    return project


@pytest.fixture(scope="module")
def findings(demo: DemoSystem, s3_server: S3Server, project: Path) -> dict[str, Finding]:
    section = s3_server.section()
    file = project / "deployments" / "point" / "system.yaml"
    file.write_text(SYSTEM.format(prefix=section.prefix, url=section.endpoint_url))
    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(project)
        environment.delenv("SERENO_HOME")
        environment.setenv("POINT_URL", demo.url)
        environment.setenv("POINT_PASSPHRASE", "correct horse battery")
        return {finding.name: finding for finding in check_system("point", online=True, settings=Settings())}


def test_every_store_and_every_target_gets_one_line(findings: dict[str, Finding], project: Path) -> None:
    lines = {name: found.passed for name, found in findings.items() if name.startswith(("store ", "restore target "))}
    assert lines == {
        "restore target staging connects": True,
        "restore target gone connects": False,
        "store local can be written to": True,
        "store not-mounted can be written to": False,
        "store offsite can be written to": True,
        "store unreachable can be written to": False,
    }
    assert list((project / ".sereno" / "backups").iterdir()) == []


def test_a_store_that_works_says_where_it_is_and_what_is_free(findings: dict[str, Finding], project: Path) -> None:
    local = findings["store local can be written to"].evidence
    assert local.startswith(f"{project}/.sereno/backups: an object was written, read and deleted; ")
    assert local.endswith("B are free")
    assert findings["store offsite can be written to"].evidence.startswith("s3://backups/test-")


def test_a_store_that_does_not_work_says_what_to_do(findings: dict[str, Finding]) -> None:
    assert "does not exist; create it, or mount what belongs there" in (
        findings["store not-mounted can be written to"].evidence
    )
    assert "no connection; check endpoint_url" in findings["store unreachable can be written to"].evidence
    assert all(findings[f"store {name} can be written to"].required for name in ("not-mounted", "unreachable"))


def test_a_target_that_cannot_be_reached_is_a_warning(findings: dict[str, Finding]) -> None:
    assert findings["restore target staging connects"].evidence.startswith("PostgreSQL ")
    gone = findings["restore target gone connects"]
    assert "refused" in gone.evidence
    assert not gone.required
