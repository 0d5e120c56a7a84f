"""Reading an audit chain from its beginning, link by link, to the first that does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from json.encoder import encode_basestring_ascii
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal, select
from sqlalchemy.orm import Session

from sereno.ledger.chain import BEGINNING, INDEXED, SCHEMA, Anchor, Head, chain_hash
from sereno.ledger.ledger import Ledger
from sereno.ledger.link import BrokenLink, Fault, Link
from sereno.ledger.models import AuditRow

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a chain turned out to be. `head` is the last event that holds, `checked` how many were read and do."""

    system: str
    checked: int
    head: Head | None
    anchors: int
    """How many anchors were met and hold."""
    broken: BrokenLink | None
    since: int = 0
    """The event up to which an earlier verification is relied on; 0 where all were read."""

    @property
    def passed(self) -> bool:
        """Whether every link and every anchor holds."""
        return self.broken is None

    @property
    def summary(self) -> str:
        """One sentence for an operator."""
        if self.broken:
            return f"the audit chain of {self.system} breaks at event {self.broken.sequence:,}: {self.broken.evidence}"
        read = f"{self.checked:,} events" + (f" after event {self.since:,}" if self.since else "")
        return f"the audit chain of {self.system} holds: {read}, {self.anchors:,} anchors"


def verify(ledger: Ledger, system: str, *, against: Sequence[Anchor] = (), after: Head | None = None) -> Verification:
    """Check every link of the chain of `system`, in one pass and with memory that does not grow with it.

    Args:
        ledger: where it is.
        system: whose it is.
        against: hashes that were noted outside the ledger; without them a cut end or a full rewrite cannot be seen.
        after: the head of an earlier verification: only what came later is read, and of what came before only the
            events that have an anchor, and those only by their hash.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    start = after or Head(sequence=0, hash=BEGINNING)
    anchors = _by_sequence(against)
    earlier = _by_sequence(anchor for anchor in (*against, *_relied_on(after)) if anchor.sequence <= start.sequence)
    link = (AuditRow.sequence, AuditRow.previous_hash, AuditRow.hash, AuditRow.text)
    rows = select(*link, AuditRow.action, AuditRow.actor, AuditRow.effect, _ending())
    rows = rows.where(AuditRow.system == system).order_by(AuditRow.sequence)
    if after:
        rows = rows.where(AuditRow.sequence > after.sequence)
    with ledger.reading() as session:
        if broken := _contradicted(session, system, earlier):
            return Verification(system=system, checked=0, head=None, anchors=0, broken=broken, since=start.sequence)
        found = session.connection().execute(rows, execution_options={"yield_per": _ROWS_AT_ONCE})
        return _walk(session, found, system, anchors, start)


def _relied_on(after: Head | None) -> tuple[Anchor, ...]:
    if after is None:
        return ()
    return (Anchor(sequence=after.sequence, hash=after.hash, source="the verification before this one"),)


def _by_sequence(anchors: Iterable[Anchor]) -> dict[int, list[Anchor]]:
    found: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        found.setdefault(anchor.sequence, []).append(anchor)
    return found


def _contradicted(session: Session, system: str, anchors: dict[int, list[Anchor]]) -> BrokenLink | None:
    """The first event that is not what an anchor says, or is gone; only the hashes are looked at."""
    held = 0
    for sequence in sorted(anchors):
        found = session.scalar(select(AuditRow.hash).where(AuditRow.system == system, AuditRow.sequence == sequence))
        if found is None:
            evidence = f"it is missing, but {anchors[sequence][0].source} knows it"
            return BrokenLink(sequence=sequence, fault=Fault.MISSING, evidence=evidence)
        if broken := _rewritten(sequence, found, anchors[sequence], after=held):
            return broken
        held = sequence
    return None


def _walk(
    session: Session,
    rows: Iterable[Sequence[Any]],
    system: str,
    anchors: dict[int, list[Anchor]],
    start: Head,
) -> Verification:
    anchored = start.sequence
    met = sum(len(noted) for sequence, noted in anchors.items() if sequence <= start.sequence)
    broken: BrokenLink | None = None
    sequence, sealed = start.sequence, start.hash
    for row in rows:
        expected = sequence + 1
        noted = anchors.get(expected, ())
        if not _holds(row, expected, sealed):
            broken = _broken_link(session, system, expected, sealed, row, noted)
        broken = broken or _rewritten(expected, row[2], noted, after=anchored)
        if broken:
            break
        sequence, sealed = expected, row[2]
        if noted:
            met, anchored = met + len(noted), expected
    broken = broken or _cut(sequence, anchors)
    return Verification(
        system=system,
        checked=sequence - start.sequence,
        head=Head(sequence=sequence, hash=sealed) if sequence else None,
        anchors=met,
        broken=broken,
        since=start.sequence,
    )


def _holds(row: Sequence[Any], expected: int, newest: str) -> bool:
    """Whether a row is what it has to be, seen quickly; false as well where only a closer look can tell."""
    number, previous, sealed, text, action, actor, effect, ending = row
    if number != expected or previous != newest or not isinstance(text, str) or sealed != chain_hash(newest, text):
        return False
    beginning, middle = _around_the_source(action, actor, effect)
    return text.startswith(beginning) and middle in text and isinstance(ending, str) and text.endswith(ending)


@lru_cache(maxsize=1024)
def _around_the_source(action: Any, actor: Any, effect: Any) -> tuple[str, str]:
    """What a text says before and after its member `actor_source`, in quotes that cannot stand inside a value."""
    quoted = [encode_basestring_ascii(str(value)) for value in (action, actor, effect)]
    return f'{{"action":{quoted[0]},"actor":{quoted[1]},"actor_source":"', f'","effect":{quoted[2]},"figures":{{'


def _broken_link(
    session: Session, system: str, expected: int, newest: str, row: Sequence[Any], noted: Iterable[Anchor]
) -> BrokenLink | None:
    """What is wrong with a row that did not pass at first sight; None when it only needed a closer look."""
    columns = select(*(getattr(AuditRow, name) for name in INDEXED))
    indexed = session.execute(columns.where(AuditRow.system == system, AuditRow.sequence == row[0])).one()
    link = Link(system, expected, newest, row[0], row[1], row[2], row[3], tuple(indexed))
    if not link.is_sealed:
        return link.break_of_seal(_witnesses(session, system, expected, noted))
    return link.contradiction()


def _ending() -> ColumnElement[str]:
    """How the text of an event ends according to the columns beside it, as the database puts it together.

    The text is canonical JSON: its members come in the order of their names. Where a value has to be escaped in JSON
    this is another text, and the row is looked at closely.
    """
    run = func.coalesce(literal('"', Text).concat(AuditRow.flow_run_id).concat('"'), "null")
    parts: tuple[Any, ...] = (
        *(',"job":"', AuditRow.job),
        *('","result":"', AuditRow.result),
        *(f'","schema":"{SCHEMA}","sequence":', cast(AuditRow.sequence, Text)),
        *(',"system":"', AuditRow.system),
        *('","time":"', AuditRow.time),
        '"}',
    )
    return reduce(lambda joined, part: joined.concat(part), parts, literal(',"flow_run_id":', Text).concat(run))


def _witnesses(session: Session, system: str, sequence: int, noted: Iterable[Anchor]) -> frozenset[str]:
    """The hashes that others remember the event `sequence` by: the event after it, and anchors."""
    after = select(AuditRow.previous_hash).where(AuditRow.system == system, AuditRow.sequence == sequence + 1)
    return frozenset({*session.scalars(after), *(anchor.hash for anchor in noted)})


def _rewritten(sequence: int, sealed: str, noted: Iterable[Anchor], *, after: int) -> BrokenLink | None:
    for anchor in noted:
        if anchor.hash != sealed:
            since = f"between event {after:,}, for which an anchor holds, and this one" if after else "up to this event"
            evidence = f"{anchor.source} noted the hash {anchor.hash}, here it is {sealed}; rewritten {since}"
            return BrokenLink(sequence=sequence, fault=Fault.REWRITTEN, evidence=evidence)
    return None


def _cut(last: int, anchors: dict[int, list[Anchor]]) -> BrokenLink | None:
    furthest = max(anchors, default=0)
    if furthest <= last:
        return None
    ends = f"the chain ends with event {last:,}" if last else "there are no events"
    evidence = f"{ends}, but {anchors[furthest][0].source} knows event {furthest:,}; the end was cut off"
    return BrokenLink(sequence=last + 1, fault=Fault.CUT, evidence=evidence)
