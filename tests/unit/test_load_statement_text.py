"""Statements are shown without what their literals say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.load.statement_text import without_literals


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT * FROM users WHERE email = 'maria@salon.example'", "SELECT * FROM users WHERE email = ?"),
        ("SELECT  1,\n 2.5e3, x1 FROM t2", "SELECT ?, ?, x1 FROM t2"),
        ("SELECT 'it''s', E'a\\'b', $tag$ x $tag$, $$y$$", "SELECT ?, ?, ?, ?"),
        ('SELECT "userName" FROM "User" -- for Maria', 'SELECT "userName" FROM "User"'),
        ("SELECT /* Maria */ $1::int, U&'x' FROM t", "SELECT $1::int, U&? FROM t"),
        ("INSERT INTO people VALUES ('Maria", "INSERT INTO people VALUES (?"),
        ("SELECT $tag$ cut", "SELECT ?"),
        ("SELECT date '2026-01-01' /* cut", "SELECT date ?"),
        ("<insufficient privilege>", "<insufficient privilege>"),
    ],
)
def test_literals_and_comments_are_left_out(text: str, shown: str) -> None:
    assert without_literals(text) == shown


@given(st.text(max_size=60))
def test_any_text_is_shown_on_one_bounded_line(text: str) -> None:
    assert "\n" not in without_literals(text * 20)
    assert len(without_literals(text * 20)) <= 160


@given(st.text(st.characters(exclude_characters="'\\", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_nothing_of_a_string_remains(secret: str) -> None:
    assert without_literals(f"SELECT a FROM t WHERE b = '{secret}' AND c") == "SELECT a FROM t WHERE b = ? AND c"
