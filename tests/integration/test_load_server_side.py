"""The database's side of a load check."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.demo.seed import DATABASE
from infra.demo.system import DemoSystem
from integration.databases import system_of
from sereno.load import server_side
from sereno.load.server_side import watched_server
from sereno.postgres.server import PostgresServer

PERSONAL = "maria@salon.example"


def busy(url: str, over: threading.Event, begun: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            begun.set()
            connection.execute(f"SELECT pg_sleep(0.2), '{PERSONAL}' AS who")


def test_connections_and_statements_of_the_window_are_seen_without_what_they_say(
    demo: DemoSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_side, "_EVERY_SECONDS", 0.05)
    system = system_of(demo.url)
    over, begun = threading.Event(), threading.Event()
    worker = threading.Thread(target=busy, args=(demo.url, over, begun))
    worker.start()
    assert begun.wait(30)
    try:
        with watched_server(system) as side:
            until_seen(side, "pg_sleep")
    finally:
        over.set()
        worker.join()
    assert side.problem == ""
    assert side.looks >= 2
    assert 1 <= side.active <= side.connections < side.allowed
    (statement,) = [each for each in side.statements if "pg_sleep" in each.text]
    assert statement.text == "SELECT pg_sleep(?), ? AS who"
    assert statement.times >= 1
    assert PERSONAL not in repr(side.statements)
    assert not side.counted, "the demo's server has no pg_stat_statements"


def until_seen(side: server_side.ServerSide, word: str) -> None:
    pause = threading.Event()
    for _ in range(600):
        if any(word in text for text in list(side.seen)):
            return
        pause.wait(0.05)
    raise AssertionError(f"{word} was never seen")


@pytest.fixture
def blind_url(demo: DemoSystem) -> Iterator[str]:
    """The URL of a role that may connect, and see nothing of others."""
    name, password = f"blind_{uuid4().hex[:12]}", uuid4().hex
    names = {"role": sql.Identifier(name), "database": sql.Identifier(DATABASE)}
    with psycopg.connect(demo.superuser_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {role} LOGIN PASSWORD {}").format(sql.Literal(password), **names))
        server.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {role}").format(**names))
        yield make_conninfo(demo.url, user=name, password=password)
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM {role}").format(**names))
        server.execute(sql.SQL("DROP ROLE {role}").format(**names))


def test_a_role_that_may_not_see_others_is_told_what_to_grant(demo: DemoSystem, blind_url: str) -> None:
    with psycopg.connect(demo.url), watched_server(system_of(blind_url)) as side:
        pass
    assert side.hidden >= 1
    assert "GRANT pg_read_all_stats" in side.problem


def test_the_demos_reader_sees_what_others_do(demo: DemoSystem) -> None:
    with psycopg.connect(demo.url), watched_server(system_of(demo.read_url)) as side:
        pass
    assert side.connections >= 1
    assert (side.hidden, side.problem) == (0, "")


def test_statements_are_counted_where_the_server_counts_them(tmp_path: Path) -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements", "fsync": "off"}
    server = PostgresServer(tmp_path / "server", settings=settings)
    server.start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE SCHEMA statistics")
            connection.execute("CREATE EXTENSION pg_stat_statements SCHEMA statistics")
            connection.execute("SELECT 1 AS before")
            with watched_server(system_of(server.url())) as side:
                for number in range(7):
                    connection.execute(f"SELECT pg_sleep(0.01), '{PERSONAL}' AS who, {number} AS number")
    finally:
        PostgresServer.drop(tmp_path / "server")
    assert (side.problem, side.counted) == ("", True)
    (statement,) = side.statements
    assert statement.text == "SELECT pg_sleep($1), $2 AS who, $3 AS number"
    assert statement.times == 7
    assert statement.seconds >= 0.07


def test_a_database_that_does_not_answer_is_a_sentence_and_no_error() -> None:
    with watched_server(system_of("postgresql://nobody@127.0.0.1:1/none")) as side:
        pass
    assert side.looks == 0
    assert side.problem
    assert side.statements == ()
