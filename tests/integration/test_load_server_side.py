"""The database's side of a load check."""

from __future__ import annotations

import threading

import psycopg
import pytest

from infra.demo.system import DemoSystem
from integration.databases import system_of
from sereno.load import server_side
from sereno.load.server_side import watched_server

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


def test_a_role_that_may_not_see_others_is_told_what_to_grant(demo: DemoSystem) -> None:
    with psycopg.connect(demo.url), watched_server(system_of(demo.read_url)) as side:
        pass
    assert side.hidden >= 1
    assert "GRANT pg_read_all_stats" in side.problem


def test_a_database_that_does_not_answer_is_a_sentence_and_no_error() -> None:
    with watched_server(system_of("postgresql://nobody@127.0.0.1:1/none")) as side:
        pass
    assert side.looks == 0
    assert side.problem
    assert side.statements == ()
