r"""What an older psql or server does not know is left out of a script's head, and nothing else anywhere."""

from __future__ import annotations

import pytest

from sereno.restore.portable_sql import PortableSql

HEAD = rb"""--
-- PostgreSQL database dump
--

\restrict 6pfbWlkKuX3rQl

-- Dumped from database version 15.1

SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
"""
BODY = rb"""
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS '
\restrict another
\unrestrict another
SET transaction_timeout = 0;
';
"""
END = b"\n\\unrestrict 6pfbWlkKuX3rQl\n\n"


def portable(script: bytes, *, chunk: int) -> bytes:
    parts: list[bytes] = []
    writer = PortableSql(parts.append)
    for at in range(0, len(script), chunk):
        writer.write(script[at : at + chunk])
    writer.close()
    return b"".join(parts)


@pytest.mark.parametrize("chunk", [1, 7, 100_000])
def test_only_the_head_and_the_mark_s_end_lose_lines(chunk: int) -> None:
    expected = (HEAD + BODY + END).replace(b"\\restrict 6pfbWlkKuX3rQl\n", b"", 1)
    expected = expected.replace(b"\\unrestrict 6pfbWlkKuX3rQl\n", b"").replace(
        b"SET transaction_timeout = 0;\n", b"", 1
    )
    assert portable(HEAD + BODY + END, chunk=chunk) == expected


def test_a_script_of_an_older_program_passes_as_it_is() -> None:
    old = HEAD.replace(b"\\restrict 6pfbWlkKuX3rQl\n", b"").replace(b"SET transaction_timeout = 0;\n", b"") + BODY
    assert portable(old, chunk=10) == old


def test_a_last_line_without_its_line_feed_gets_one_and_nothing_stays_nothing() -> None:
    assert portable(b"SELECT 1;", chunk=3) == b"SELECT 1;\n"
    assert portable(b"", chunk=1) == b""
