"""Reading answers: wherever the network cuts them, each one ends where HTTP says it does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.load.answer import AnswerReader, BodyTooLargeError, Head, NotHttpError, read_head

LARGEST = 1000
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello\r\n\r\nxy",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhel\r\n\r\nB;a=b\r\n0123456789a\r\n0\r\nA: b\r\n\r\n",
    "nothing": b"HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
}
SIZES = {"length": 11, "chunks": 16, "nothing": 0, "interim": 0}


def fed(reader: AnswerReader, pieces: list[bytes]) -> list[bool]:
    return [reader.feed(piece) for piece in pieces]


@given(st.sampled_from(sorted(ANSWERS)), st.data())
def test_an_answer_is_complete_at_its_last_byte_however_it_is_cut(name: str, data: st.DataObject) -> None:
    answer = ANSWERS[name]
    cuts = data.draw(st.lists(st.integers(1, len(answer) - 1), unique=True).map(sorted))
    edges = [0, *cuts, len(answer)]
    reader = AnswerReader(largest_body=LARGEST)
    done = fed(reader, [answer[start:end] for start, end in pairwise(edges)])
    assert done == [False] * (len(done) - 1) + [True]
    assert (reader.body_bytes, reader.surplus, reader.keeps_alive) == (SIZES[name], False, True)


@given(st.sampled_from(sorted(ANSWERS)), st.binary(min_size=1, max_size=20))
def test_what_follows_an_answer_is_noticed(name: str, more: bytes) -> None:
    reader = AnswerReader(largest_body=LARGEST)
    assert reader.feed(ANSWERS[name] + more)
    assert reader.surplus
    assert not reader.keeps_alive


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_whatever_arrives_is_read_or_refused(pieces: list[bytes]) -> None:
    reader = AnswerReader(largest_body=LARGEST)
    try:
        for piece in pieces:
            if reader.feed(piece):
                break
    except (NotHttpError, BodyTooLargeError):
        pass


def test_one_answer_after_the_other_is_read() -> None:
    reader = AnswerReader(largest_body=LARGEST)
    for name in sorted(ANSWERS) * 2:
        reader.expect(without_body=False)
        assert not reader.begun
        assert reader.feed(ANSWERS[name])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5", Head(200, 5, True)),
        (b"HTTP/1.1 200\r\nContent-Length:5", Head(200, 5, True)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5", Head(200, 5, True)),
        (b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\nContent-Length: 5", Head(200, 5, False)),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5", Head(200, 5, False)),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5", Head(200, 5, True)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked", Head(200, -1, True)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip", Head(200, -2, True)),
        (b"HTTP/1.1 599 \xff\xfe", Head(599, -2, True)),
    ],
)
def test_heads_say_how_the_answer_ends(head: bytes, expected: Head) -> None:
    assert read_head(head) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 99 OK",
        b"HTTP/1.1 2000 OK",
        b"<html>",
        b"HTTP/1.1 200 OK\r\nno colon",
        b"HTTP/1.1 200 OK\r\n: no name",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 20,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    ],
)
def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    with pytest.raises(NotHttpError):
        read_head(head)


@pytest.mark.parametrize(
    "body", [b"5\r\nhelloo\r\n0\r\n\r\n", b"\r\n", b"-1\r\n", b"x" * 5000, b"0\r\n" + b"a: b\r\n" * 20_000]
)
def test_chunks_that_are_none_are_refused(body: bytes) -> None:
    reader = AnswerReader(largest_body=LARGEST)
    with pytest.raises(NotHttpError):
        reader.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1001),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n",
    ],
)
def test_a_body_is_bounded(answer: bytes) -> None:
    with pytest.raises(BodyTooLargeError):
        AnswerReader(largest_body=LARGEST).feed(answer)


def test_an_answer_to_head_has_no_body() -> None:
    reader = AnswerReader(largest_body=LARGEST)
    reader.expect(without_body=True)
    assert reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    assert reader.body_bytes == 0


def test_only_an_answer_that_ends_with_the_connection_is_complete_when_it_closes() -> None:
    until_close = AnswerReader(largest_body=LARGEST)
    assert not until_close.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")
    assert until_close.closed()
    assert not until_close.keeps_alive
    cut = AnswerReader(largest_body=LARGEST)
    assert not cut.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    assert not cut.closed()
    assert not AnswerReader(largest_body=LARGEST).closed()
