"""Key sets compared as streams give what Python's own sets give, however the texts are cut into blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.backup.key_changes import KeyEvent, decoded, since_parent
from sereno.backup.key_diff import KeyDiff
from sereno.backup.key_order import Encoding, order_of
from sereno.errors import IntegrityError

INTEGERS = st.sets(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300), max_size=200)
WORDS = st.sets(st.text(alphabet="ab\\\t\né\x01 ", max_size=4), max_size=60)
CUTS = st.lists(st.integers(0, 2000), max_size=6)


def copy_text(word: str) -> bytes:
    escaped = word.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\x08", "\\b")
    return escaped.encode()


def blocks(text: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    return (text[start:end] for start, end in pairwise(places))


def differences(
    old: bytes, new: bytes, *, encoding: Encoding, kinds: Sequence[str], cuts: Sequence[int]
) -> list[tuple[str, bytes]]:
    told: list[tuple[str, bytes]] = []
    diff = KeyDiff(
        blocks(old, cuts),
        encoding=encoding,
        order=order_of(kinds),
        told=lambda change, line: told.append((change, line)),
    )
    for block in blocks(new, cuts):
        diff.feed(block)
    diff.close()
    return told


def text_of(keys: Iterable[bytes], encoding: Encoding) -> bytes:
    lines = list(keys)
    if encoding == "integer-deltas":
        values = [0, *map(int, lines)]
        lines = [b"%d" % (value - before) for before, value in pairwise(values)]
    return b"".join(line + b"\n" for line in lines)


@given(INTEGERS, INTEGERS, CUTS)
def test_integers_that_came_and_went_are_told_in_order(old: set[int], new: set[int], cuts: list[int]) -> None:
    kept = {key for key in old if key % 3}
    present = new | kept
    texts = [text_of((b"%d" % key for key in sorted(keys)), "integer-deltas") for keys in (old, present)]
    found = differences(*texts, encoding="integer-deltas", kinds=["int8"], cuts=cuts)
    expected = sorted([(key, "removed") for key in old - present] + [(key, "added") for key in present - old])
    assert found == [(change, b"%d" % key) for key, change in expected]


@given(WORDS, WORDS, CUTS)
def test_texts_that_came_and_went_are_told_in_the_order_of_their_bytes(
    old: set[str], new: set[str], cuts: list[int]
) -> None:
    present = new | {word for word in old if len(word) % 2}
    texts = [
        text_of((copy_text(word) for word in sorted(words, key=str.encode)), "copy-text") for words in (old, present)
    ]
    found = differences(*texts, encoding="copy-text", kinds=["text"], cuts=cuts)
    changed = sorted(
        [(word.encode(), "removed", word) for word in old - present]
        + [(word.encode(), "added", word) for word in present - old]
    )
    assert found == [(change, copy_text(word)) for _, change, word in changed]


@given(st.lists(INTEGERS, min_size=2, max_size=6))
def test_a_history_of_increments_gives_what_changed_since_the_last(moments: list[set[int]]) -> None:
    base, *later = [{key % 40 for key in moment} for moment in moments]

    def changes(old: set[int], new: set[int], level: int) -> list[KeyEvent]:
        lines = sorted((key, "removed" if key in old else "added") for key in old ^ new)
        return [KeyEvent((key,), level, change, b"%d" % key) for key, change in lines]  # type: ignore[arg-type]

    steps = list(pairwise([base, *later]))
    history = [changes(old, new, level) for level, (old, new) in enumerate(steps[:-1])]
    found = list(since_parent(history, changes(base, later[-1], len(history))))
    parent = steps[-1][0]
    assert found == [(event.change, event.line) for event in changes(parent, later[-1], 0)]


@given(INTEGERS, CUTS)
def test_keys_survive_being_stored(keys: set[int], cuts: list[int]) -> None:
    lines = [b"%d" % key for key in sorted(keys)]
    for encoding in ("integer-deltas", "copy-text"):
        assert list(decoded(blocks(text_of(lines, encoding), cuts), encoding=encoding)) == lines


def test_a_key_set_that_ends_in_the_middle_of_a_line_is_refused() -> None:
    with pytest.raises(IntegrityError, match="whole line"):
        differences(b"1\n1\n1", b"1\n1\n", encoding="integer-deltas", kinds=["int8"], cuts=[])
