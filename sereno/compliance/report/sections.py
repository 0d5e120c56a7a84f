"""The parts of a report, each from what it says, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.compliance.content import Clock, Clocks, Content, SealedReport, Table
from sereno.compliance.control import Judged, Outcome
from sereno.compliance.evidence import Evidence
from sereno.compliance.report.page import Entry, Fact, Grid, Line, Section
from sereno.compliance.report.texts import Texts
from sereno.reports.build import shortened
from sereno.reports.presentation import legible
from sereno.systems.sections.compliance import Severity

_LONGEST = 500
"""Characters of a text that people read; the JSON file and the workbook have it whole."""
TONES = {Outcome.PASSED: "passed", Outcome.FAILED: "failed", Outcome.NO_DATA: "open", Outcome.MANUAL: "open"}
_ORDER = (Outcome.FAILED, Outcome.NO_DATA, Outcome.MANUAL, Outcome.PASSED)
_WEIGHT_OF_SEVERITY = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW)
_CLOCKS = {"requests": ("request", "received", "answered"), "breaches": ("breach", "known", "notified")}
_WIDE = "processing"
_MOST_FIGURES = 6


class Sections:
    """Makes the sections of one report."""

    def __init__(self, sealed: SealedReport, texts: Texts) -> None:
        """Number the evidence in the order in which the report comes to it."""
        self._sealed = sealed
        self._content: Content = sealed.content
        self._say = texts
        self._zone = ZoneInfo(self._content.timezone)
        self.evidence = tuple(dict.fromkeys(_evidence(self._content)))
        self._numbers = {each: number for number, each in enumerate(self.evidence, 1)}

    def all(self) -> Iterator[Section]:
        """In the order in which they are read. A part that cannot be told is left out, and a gap says why."""
        content = self._content
        yield self._controls()
        if content.consents is not None:
            yield self._consents()
        if content.requests is not None:
            yield self._clocks("requests", content.requests)
        if content.breaches is not None:
            yield self._clocks("breaches", content.breaches)
        yield from (self._register(table) for table in content.tables)
        if content.gaps:
            yield self._gaps()
        yield self._proofs()
        yield self._seal()

    def name_of(self, control: Judged) -> str:
        """What people call a control."""
        return shown(control.title) or self._say(f"control.{control.name}")

    def moment(self, moment: datetime) -> str:
        """A moment in the system's zone."""
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def _controls(self) -> Section:
        columns = ("outcome", "control", "severity", "weight", "seen", "evidence")
        ranked = sorted(
            self._content.controls,
            key=lambda each: (_ORDER.index(each.outcome), _WEIGHT_OF_SEVERITY.index(each.severity), -each.weight),
        )
        lines = tuple(
            Line(
                tone=TONES[each.outcome],
                cells=(
                    self._say(f"outcome.{each.outcome.value}"),
                    self.name_of(each),
                    self._say(f"severity.{each.severity.value}"),
                    str(each.weight),
                    self._seen(each),
                    ", ".join(f"E{self._numbers[proof]}" for proof in each.evidence),
                ),
            )
            for each in ranked
        )
        grid = self._grid(columns, lines, shares=(1.7, 3.6, 1.3, 0.9, 5.2, 1.7), numbers={3})
        return self._section("controls", grid=grid)

    def _seen(self, control: Judged) -> str:
        if control.reason:
            return shown(self._say.reason(control.reason))
        told = [
            f"{self._say(f'figure.{name}')}: {self._say('figure.never') if value is None else self._say.number(value)}"
            for name, value in control.figures.items()
        ]
        return shown(", ".join(told[:_MOST_FIGURES]))

    def _consents(self) -> Section:
        numbers = ("people", "active", "withdrawn", "expired", "in_use_without")
        lines = tuple(
            Line(
                tone="failed" if each.in_use_without else "passed",
                cells=(
                    shown(each.purpose),
                    self._say.all.get(f"basis.{each.legal_basis}", shown(each.legal_basis)),
                    *(self._say.number(getattr(each, name)) for name in numbers),
                ),
            )
            for each in self._content.consents or ()
        )
        grid = self._grid(
            ("purpose", "legal_basis", *numbers), lines, shares=(3, 2, *[1.3] * len(numbers)), numbers=set(range(2, 7))
        )
        return self._section("consents", grid=grid, empty=self._say("empty.consents"))

    def _clocks(self, key: str, clocks: Clocks) -> Section:
        kind, received, answered = _CLOCKS[key]
        days = self._say("days.and").join(self._say(f"days.{kind}.{law.value}") for law in self._content.laws)
        lines = tuple(
            Line(
                tone="failed" if each.overdue else "open",
                cells=(
                    shown(each.reference),
                    shown(each.kind),
                    self.moment(each.began_at),
                    self.moment(each.due_at),
                    self._left(each),
                ),
            )
            for each in clocks.open_clocks
        )
        counts = {received: clocks.received, answered: clocks.answered, "overdue": clocks.overdue}
        counts["open"] = clocks.received - clocks.answered
        figures = tuple((self._say(f"figure.{name}"), self._say.number(count)) for name, count in counts.items())
        grid = self._grid(("reference", "kind", "began", "due", "left"), lines, shares=(2.2, 2, 2, 2, 2.4))
        lead = self._say(f"lead.{key}", days=days)
        return self._section(key, lead=lead, figures=figures, grid=grid, empty=self._say("empty.clocks"))

    def _left(self, clock: Clock) -> str:
        left = clock.due_at - self._content.generated_at
        late, span = left < timedelta(), abs(left)
        unit = "days" if span >= timedelta(days=2) else "hours"
        amount = int(span / timedelta(**{unit: 1}))
        if late:
            return self._say("left.overdue" if unit == "days" else "left.overdue_hours", **{unit: amount})
        return self._say(f"left.{unit}", **{unit: amount})

    def _register(self, table: Table) -> Section:
        columns = tuple(self._say(f"column.{column}") for column in table.columns)
        rows = [tuple(shown(self._say.cell(cell)) for cell in row) for row in table.rows]
        empty = self._say("empty.table")
        if table.key != _WIDE:
            numbers = {place for place, name in enumerate(table.columns) if name in {"events", "rows", "event"}}
            shares = tuple(_share(column, rows, place) for place, column in enumerate(columns))
            lines = tuple(Line(cells=row) for row in rows)
            grid = Grid(columns=columns, lines=lines, shares=shares, numbers=frozenset(numbers))
            return self._section(table.key, grid=grid if lines else None, empty=empty)
        entries = tuple(
            Entry(title=row[0], facts=tuple(pair for pair in zip(columns[1:], row[1:], strict=True) if pair[1]))
            for row in rows
        )
        return self._section(table.key, entries=entries, empty=empty)

    def _gaps(self) -> Section:
        lines = tuple(
            Line(tone="open", cells=(self._part(name), shown(self._say.reason(why))))
            for name, why in self._content.gaps.items()
        )
        return self._section("gaps", grid=self._grid(("part", "why"), lines, shares=(2, 5)))

    def _part(self, name: str) -> str:
        kind, _, rest = name.partition(".")
        if kind == "control":
            return self._say("part.control", name=self._say.all.get(f"control.{rest}", shown(rest)))
        return self._say(f"part.{name}")

    def _proofs(self) -> Section:
        return self._section("evidence", entries=tuple(map(self._proof, self.evidence)))

    def _proof(self, proof: Evidence) -> Entry:
        asked = f"{proof.taken_at.astimezone(self._zone):%Y-%m-%d %H:%M:%S} ({proof.seconds:.3f} s)"
        facts: list[Fact] = [
            (self._say("column.source"), self._say(f"source.{proof.source.value}")),
            (self._say("column.query"), shown(proof.query, 300)),
            (self._say("column.query_sha256"), proof.query_sha256),
            (self._say("column.asked"), asked),
            (self._say("column.rows"), self._say.number(proof.rows)),
            (self._say("column.digest"), proof.digest),
        ]
        if proof.problem:
            facts[-2:] = [(self._say("column.problem"), shown(proof.problem))]
        return Entry(
            title=f"E{self._numbers[proof]} {shown(proof.name)}", facts=tuple(facts), mono=frozenset({1, 2, 5})
        )

    def _seal(self) -> Section:
        seal = self._sealed.sealed
        facts = (
            (self._say("fact.event"), self._say.number(seal.sequence)),
            (self._say("fact.hash"), seal.hash),
            (self._say("fact.parts"), self._say.number(len(self._content.parts()))),
        )
        entry = Entry(title=self._say("verify"), facts=facts, mono=frozenset({1}))
        return self._section("seal", entries=(entry,))

    def _grid(
        self,
        columns: Sequence[str],
        lines: tuple[Line, ...],
        *,
        shares: tuple[float, ...],
        numbers: set[int] | None = None,
    ) -> Grid | None:
        if not lines:
            return None
        titles = tuple(self._say(f"column.{column}") for column in columns)
        return Grid(columns=titles, lines=lines, shares=shares, numbers=frozenset(numbers or ()))

    def _section(
        self,
        key: str,
        *,
        lead: str = "",
        figures: tuple[Fact, ...] = (),
        grid: Grid | None = None,
        entries: tuple[Entry, ...] = (),
        empty: str = "",
    ) -> Section:
        return Section(
            key=key,
            title=self._say(f"section.{key}"),
            lead=lead or self._say(f"lead.{key}"),
            figures=figures,
            grid=grid,
            entries=entries,
            empty=empty,
        )


def _evidence(content: Content) -> Iterator[Evidence]:
    for control in content.controls:
        yield from control.evidence
    yield from content.evidence


def _share(column: str, rows: Sequence[tuple[str, ...]], place: int) -> float:
    """How wide a column is: by its longest text, within reason."""
    longest = max((len(row[place]) for row in rows), default=0)
    return float(min(40, max(8, len(column), longest)))


def shown(text: str, longest: int = _LONGEST) -> str:
    """`text` as people are shown it: cut, and without characters that draw nothing or reorder others."""
    return shortened(legible(text), longest)
