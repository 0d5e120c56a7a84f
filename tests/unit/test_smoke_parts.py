"""Templates, requests, targets, pace, sheets: the small parts of a smoke run."""

from __future__ import annotations

import io
import shlex
import zipfile
from typing import Any

import pytest
from xlsxwriter import Workbook

from sereno.errors import ConfigurationError, RefusedError
from sereno.redaction import redact
from sereno.smoke.grammar.problems import Unfit
from sereno.smoke.pacing import Pace
from sereno.smoke.request import Request, curl, headers_of, request_of
from sereno.smoke.sheets import csv_sheet, xlsx_sheet
from sereno.smoke.target import is_loopback, target_of
from sereno.smoke.templates import filled, filled_path, names_in
from sereno.smoke.unpacking import UnreadableBodyError, read_body
from sereno.smoke.wishes import Credentials, Wishes
from unit.smoke_case import plan_of, suite_of

LOGIN = "logins: {admin: {token: '${T}'}}"
CHECK = "{name: a, get: /a, expect: ['status == 200']}"


def test_text_that_is_one_name_keeps_its_type_and_other_text_does_not() -> None:
    known = {"n": 5, "s": "a/b c", "flag": True}
    assert filled({"x": "{{n}}", "y": ["{{ flag }}"], "z": "<{{n}}>"}, known) == {"x": 5, "y": [True], "z": "<5>"}
    assert set(names_in({"{{a}}": ["{{b}}", 1]})) == {"a", "b"}


def test_what_is_put_into_a_path_can_neither_climb_nor_add_parameters() -> None:
    assert filled_path("/users/{{x}}?q={{x}}", {"x": "../a?b=c&d"}) == "/users/..%2Fa%3Fb%3Dc%26d?q=..%2Fa%3Fb%3Dc%26d"
    assert filled_path("{{next}}", {"next": "https://a/b?c=d"}) == "https://a/b?c=d"


def test_a_request_joins_base_url_path_and_query() -> None:
    check = "{name: a, get: '/a?x=1', query: {y: '{{v}}', z: true}, headers: {H: '{{v}}'}, expect: ['status == 200']}"
    (case,) = plan_of(suite_of(check, head="variables: {v: b c}")).cases
    made = request_of(case, base_url="https://h/prefix/", headers={"G": "g"}, variables={"v": "b c"})
    assert (made.method, made.url) == ("GET", "https://h/prefix/a?x=1&y=b+c&z=true")
    assert made.headers == {"G": "g", "H": "b c"}


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirect_of_a_post_becomes_a_get_where_http_says_so(status: int, method: str) -> None:
    sent = Request("POST", "https://a/x", {"H": "h"}, b"body", {"Authorization": "secret"})
    moved = sent.redirected("https://a/y", status)
    assert (moved.method, moved.body) == (method, b"body" if method == "POST" else None)
    assert moved.credentials == {"Authorization": "secret"}
    away = sent.redirected("https://b/y", status)
    assert (away.credentials, away.headers) == ({}, {})


def test_a_command_is_quoted_for_a_shell_and_hides_who_asked() -> None:
    sent = Request(
        "POST", "https://a/x?password=hunter2", {"X": "it's"}, b'{"a": "$(id)"}', {"Authorization": "Bearer abc"}
    )
    command = curl(sent, insecure=True)
    assert command.startswith("curl -i -k -X POST 'https://a/x?password=***'")
    assert "Authorization: ***" in command
    assert '\'{"a": "$(id)"}\'' in command
    assert "hunter2" not in command
    assert "abc" not in command


def test_a_command_stays_a_command_when_it_is_masked_once_more_and_hides_headers_by_their_names() -> None:
    headers = {"X-Api-Key": "abc", "Cookie": "sid=abc", "X-CSRF": "password=abc", "Accept": "text/csv"}
    command = redact(curl(Request("POST", "https://a/x?token=abc&b=c", headers, b'{"token": "abc", "password":"abc"}')))
    assert "abc" not in command
    assert redact(command) == command
    assert [word for word in shlex.split(command) if ": " in word][:4] == [
        "X-Api-Key: ***",
        "Cookie: ***",
        "X-CSRF: password=***",
        "Accept: text/csv",
    ]
    assert shlex.split(command)[4] == "https://a/x?token=***&b=c"


def test_what_a_server_said_is_never_read_as_a_reference_to_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOKE_ONE", "one-of-ours")
    said = {"name": "${SMOKE_TWO} ${file:secrets/key}"}
    assert headers_of({"X": "${SMOKE_ONE} {{name}}", "Y": "{{name}}"}, said) == {
        "X": "one-of-ours ${SMOKE_TWO} ${file:secrets/key}",
        "Y": "${SMOKE_TWO} ${file:secrets/key}",
    }


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("127.0.0.1.evil.example", False), ("10.0.0.1", False)],
)
def test_the_loopback_address_is_known_from_names_that_look_like_it(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_logins_may_go_to_the_files_host_to_those_it_names_and_to_a_caller_who_brings_the_only_one() -> None:
    file = suite_of(CHECK, head=f"hosts: ['*.point.example']\n{LOGIN}")
    for url in ("http://127.0.0.1:1", "https://staging.point.example"):
        assert target_of(file, Wishes(base_url=url)).base_url == url
    with pytest.raises(RefusedError):
        target_of(file, Wishes(base_url="https://point.example.evil.example"))
    brought = Wishes(base_url="https://other.example", credentials=Credentials(token="a-token-of-the-caller"))
    assert target_of(file, brought).owns("https://other.example/x")
    assert target_of(suite_of(CHECK), Wishes(base_url="https://anybody.example"))
    with pytest.raises(RefusedError, match="the headers of smoke"):
        target_of(suite_of(CHECK, head="headers: {X-Api-Key: '${KEY}'}"), Wishes(base_url="https://anybody.example"))
    with pytest.raises(ConfigurationError):
        target_of(file, Wishes(base_url="https://staging.point.example?x=1"))


async def test_a_pace_lets_as_many_pass_in_a_minute_as_the_system_takes() -> None:
    now, waited = [0.0], list[float]()

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    pace = Pace(3, clock=lambda: now[0], sleep=sleep)
    for _ in range(7):
        await pace.turn()
    assert waited == [60.5, 60.5]


async def packed(body: bytes, encoding: str, at_most: int = 1_000) -> bytes:
    async def chunks() -> Any:
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    return await read_body(chunks(), encoding=encoding, at_most=at_most)


async def test_bodies_are_unpacked_however_servers_pack_them_and_never_beyond_the_bound() -> None:
    import gzip
    import zlib

    text = b"0123456789" * 50
    raw = zlib.compressobj(wbits=-15)
    deflated = raw.compress(text) + raw.flush()
    two = gzip.compress(text[:100]) + gzip.compress(text[100:])
    for body, encoding in (
        (text, ""),
        (text, "identity"),
        (gzip.compress(text), "gzip"),
        (zlib.compress(text), "deflate"),
        (deflated, "deflate"),
        (two, "gzip"),
        (b"", "gzip"),
    ):
        assert await packed(body, encoding) == (text if body else b"")
    for body, encoding in ((text, ""), (gzip.compress(text), "gzip")):
        with pytest.raises(UnreadableBodyError, match="larger than 499 bytes"):
            await packed(body, encoding, at_most=499)
    for body, encoding in ((text, "gzip"), (gzip.compress(text)[:-1], "gzip"), (text, "br")):
        with pytest.raises(UnreadableBodyError):
            await packed(body, encoding)


def workbook(rows: list[Any]) -> bytes:
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("history")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return content.getvalue()


def test_a_workbook_and_a_csv_file_of_the_same_table_are_the_same() -> None:
    rows = [["id", "name", "note"], [1, "é", None], [2, "b", "x"]]
    sheet = xlsx_sheet(workbook(rows))
    assert sheet.columns == ("id", "name", "note")
    assert sheet.rows == (("1", "é", ""), ("2", "b", "x"))
    assert sheet.sheets == ("history",)
    text = "id;name;note\r\n1;é;\r\n2;b;x\r\n"
    assert csv_sheet(text).rows == sheet.rows
    assert csv_sheet(text).column("name") == ["é", "b"]
    with pytest.raises(Unfit, match="no column 'x'"):
        sheet.column("x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("<html>", "like a page"),
        ("a,b\n1\n", "row 2 of the CSV has 1 cells, its header 2"),
        ('a\n"b', "no CSV"),
    ],
)
def test_what_is_no_csv_is_said_to_be_none(text: str, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        csv_sheet(text)


def test_what_is_no_workbook_is_said_to_be_none() -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "no workbook")
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
    evil = io.BytesIO()
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("xl/workbook.xml", bomb)
    odd = io.BytesIO()
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0" encoding="nothing-9"?><workbook/>' * 20)
    start = odd.getvalue().index(b"xl/workbook.xml") + len("xl/workbook.xml")
    damaged, locked = bytearray(odd.getvalue()), bytearray(odd.getvalue())
    damaged[start + 2 : start + 12] = b"\xff" * 10
    for place in (locked.index(b"PK\x03\x04") + 6, locked.index(b"PK\x01\x02") + 8):
        locked[place] |= 1
    bodies = (b"", b"PK\x03\x04", other.getvalue(), evil.getvalue(), odd.getvalue(), bytes(damaged), bytes(locked))
    for body in bodies:
        with pytest.raises(Unfit):
            xlsx_sheet(body)
