"""The data maps of the demo and of the five systems against their schemas, and the verbs of `sereno datamap`."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from infra.demo.system import DemoSystem
from integration.five_systems import NAMES, Deploy, FiveSystems, in_place
from sereno.cli import main
from sereno.compliance.datamap.catalog import read_catalog
from sereno.compliance.datamap.checking import check_data_map
from sereno.compliance.datamap.reading import parsed, read_data_map
from sereno.errors import EXIT_FAILED


@pytest.fixture
def salons(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_each_shipped_map_says_what_the_schema_says(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as place:
        map_ = read_data_map(name)
        assert map_
        missed = [f for f in check_data_map(map_, read_catalog(place.system)) if not f.passed and f.required]
        assert missed == []


def test_a_role_that_sees_no_row_sees_the_catalog(deployed: Deploy) -> None:
    place = deployed("fvstudios")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FVSTUDIOS_DATABASE_READ_URL", place.database.url("blind"))
        assert "auth.users" in read_catalog(place.system).tables


def test_a_column_that_comes_and_a_table_that_goes_are_found(
    deployed: Deploy, capsys: pytest.CaptureFixture[str]
) -> None:
    place = deployed("point")
    with psycopg.connect(place.database.owner, autocommit=True) as connection:
        connection.execute("ALTER TABLE core_notificacion ADD COLUMN telefone text")
        connection.execute("DROP TABLE core_userprofile CASCADE")
    assert main(["datamap", "check", "point", "--json"]) == EXIT_FAILED
    report = json.loads(capsys.readouterr().out)
    evidence = {finding["name"]: finding["evidence"] for finding in report["findings"] if not finding["passed"]}
    assert evidence["every column that looks personal is mapped"].startswith("1 not: core_notificacion.telefone")
    assert evidence["every mapped table and column is there"].startswith("1 not: core_userprofile")


def test_the_demos_map_fits_and_a_proposal_adds_nothing_required(
    salons: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["datamap", "check", "demo"]) == 0
    assert "the data map of demo says what its schema says: personal data in 11 tables of 18" in capsys.readouterr().out
    assert main(["datamap", "draft", "demo"]) == 0
    proposed, shipped = parsed(capsys.readouterr().out, where="draft"), read_data_map("demo")
    assert shipped
    assert proposed.tables[: len(shipped.tables)] == shipped.tables


def test_a_proposal_is_written_to_a_new_file_only(salons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = salons / "proposal.yaml"
    assert main(["datamap", "draft", "demo", "--to", str(to)]) == 0
    before = to.read_bytes()
    assert main(["datamap", "draft", "demo", "--to", str(to)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert to.read_bytes() == before
    assert main(["datamap", "draft", "demo", "--to", str(salons / "nowhere" / "x.yaml")]) == 2


def test_a_system_without_a_map_is_told_how_to_get_one(
    salons: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = salons / "systems" / "salon"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text("name: salon\ntitle: S\ntimezone: UTC\ndatabase: {url: '${NOWHERE}'}\n")
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(folder.parent))
    assert main(["datamap", "check", "salon"]) == 2
    assert "`sereno datamap draft salon` proposes one" in capsys.readouterr().err
