"""One link of an audit chain against what the links before it make us expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sereno.ledger.chain import INDEXED, chain_hash, members


class Fault(StrEnum):
    """What is wrong with a link."""

    TEXT = "text-edited"
    HASH = "hash-edited"
    TEXT_OR_HASH = "text-or-hash-edited"
    PREVIOUS_HASH = "previous-hash-edited"
    COLUMN = "column-contradicts-text"
    MISSING = "missing"
    MOVED = "moved"
    REPLACED = "replaced"
    REWRITTEN = "rewritten"
    CUT = "cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLink:
    """The first link that does not hold. `evidence` is one sentence that says what was found and what was expected."""

    sequence: int
    fault: Fault
    evidence: str


@dataclass(frozen=True, slots=True)
class Link:
    """A row as it was found. Its values may be of any type, as they are what is in doubt."""

    system: str
    expected: int
    """The sequence that is next."""
    newest: str
    """The hash of the event before it."""
    sequence: Any
    previous_hash: Any
    hash: Any
    text: Any
    indexed: Sequence[Any]
    """The columns of `INDEXED`, in that order."""

    @property
    def is_sealed(self) -> bool:
        """Whether sequence, previous hash, text and hash are what they have to be in this place."""
        return (
            self.sequence == self.expected
            and self.previous_hash == self.newest
            and isinstance(self.text, str)
            and self.hash == chain_hash(self.newest, self.text)
        )

    def break_of_seal(self, witnesses: Set[str]) -> BrokenLink:
        """What is wrong with a link that is not sealed.

        Args:
            witnesses: the hashes by which the event after it and anchors remember this one; they tell an edited text
                from an edited hash.
        """
        if self.sequence != self.expected:
            return self._out_of_sequence()
        if not isinstance(self.text, str):
            return self._broken(Fault.TEXT, "its text was replaced by something that is no text")
        if self._is_sealed_elsewhere():
            return self._moved(members(self.text) or {}) or self._broken(
                Fault.REPLACED,
                f"it continues an event with the hash {self.previous_hash}, but {self._before} has {self.newest}; "
                "one of the two was put in the place of another",
            )
        right = chain_hash(self.newest, self.text)
        if self.hash == right:
            return self._broken(
                Fault.PREVIOUS_HASH,
                f"its previous hash is {_shown(self.previous_hash)}, {self._before} has {self.newest}",
            )
        if right in witnesses:
            return self._broken(Fault.HASH, f"its hash was edited: it is {_shown(self.hash)}, its text gives {right}")
        if self.hash in witnesses:
            return self._broken(Fault.TEXT, f"its text was edited: it gives the hash {right}, sealed was {self.hash}")
        return self._broken(
            Fault.TEXT_OR_HASH,
            f"its text or its hash was edited: the hash is {_shown(self.hash)}, the text gives {right}",
        )

    def contradiction(self) -> BrokenLink | None:
        """What is wrong with a sealed link: its text is no event or of another place, or a column differs."""
        said = members(self.text)
        if said is None:
            return self._broken(Fault.TEXT, "its text is no event")
        if moved := self._moved(said):
            return moved
        for name, value in zip(INDEXED, self.indexed, strict=True):
            if said.get(name) != value:
                return self._broken(
                    Fault.COLUMN, f"its column {name} says {_shown(value)}, its text {_shown(said.get(name))}"
                )
        return None

    @property
    def _before(self) -> str:
        return f"event {self.expected - 1:,}" if self.expected > 1 else "the beginning"

    def _is_sealed_elsewhere(self) -> bool:
        """Whether it is whole in itself, continuing another event than the one before it."""
        try:
            return self.previous_hash != self.newest and bool(self.hash == chain_hash(self.previous_hash, self.text))
        except (TypeError, ValueError):
            return False

    def _out_of_sequence(self) -> BrokenLink:
        if not isinstance(self.sequence, int) or self.sequence < self.expected:
            return self._broken(Fault.MOVED, f"in its place stands one that is numbered {_shown(self.sequence)}")
        last = self.sequence - 1
        missing = "it is missing" if last == self.expected else f"events {self.expected:,} to {last:,} are missing"
        return self._broken(Fault.MISSING, f"{missing}: after {self._before} comes event {self.sequence:,}")

    def _moved(self, said: Mapping[str, Any]) -> BrokenLink | None:
        if (said.get("system"), said.get("sequence")) == (self.system, self.expected):
            return None
        written = f"event {_shown(said.get('sequence'))} of {_shown(said.get('system'))}"
        return self._broken(
            Fault.MOVED, f"in its place stands what was written as {written}: events were taken out or changed places"
        )

    def _broken(self, fault: Fault, evidence: str) -> BrokenLink:
        return BrokenLink(sequence=self.expected, fault=fault, evidence=evidence)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
