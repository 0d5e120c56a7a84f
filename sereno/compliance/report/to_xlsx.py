"""What a report rests on as an Excel workbook: every control and figure, registers, clocks and evidence, one a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.compliance.content import Clocks, SealedReport
from sereno.compliance.evidence import digest_of
from sereno.compliance.report.sections import Sections
from sereno.compliance.report.texts import Texts
from sereno.reports.presentation import legible
from sereno.reports.sheet import Cell, Sheet
from sereno.reports.workbook import workbook


def render(sealed: SealedReport) -> bytes:
    """The bytes of the .xlsx; the same for the same report."""
    return workbook(tuple(map(_legible, sheets_of(sealed))), taken_at=sealed.content.generated_at)


def sheets_of(sealed: SealedReport) -> Iterator[Sheet]:
    """The sheets in the language of the report; names of controls, figures and parts stay as the JSON file has them."""
    content, say = sealed.content, Texts(sealed.content.language)
    sections = Sections(sealed, say)
    numbers = {proof: f"E{number}" for number, proof in enumerate(sections.evidence, 1)}
    yield _sheet(
        say,
        "controls",
        ("control", "outcome", "severity", "weight", "why", "evidence"),
        [
            (
                sections.name_of(each),
                say(f"outcome.{each.outcome.value}"),
                say(f"severity.{each.severity.value}"),
                each.weight,
                say.reason(each.reason),
                ", ".join(numbers[proof] for proof in each.evidence),
            )
            for each in content.controls
        ],
    )
    figures = [
        (each.name, say(f"figure.{name}"), value) for each in content.controls for name, value in each.figures.items()
    ]
    yield _sheet(say, "figures", ("control", "figure", "value"), figures)
    if content.consents is not None:
        names = ("purpose", "legal_basis", "people", "active", "withdrawn", "expired", "in_use_without")
        rows = [tuple(getattr(each, name) for name in names) for each in content.consents]
        yield _sheet(say, "consents", names, rows)
    for key, clocks in (("requests", content.requests), ("breaches", content.breaches)):
        if clocks is not None:
            yield _sheet(say, key, ("reference", "kind", "began", "due", "left"), _clocks(clocks, say))
    for table in content.tables:
        yield _sheet(say, table.key, table.columns, [tuple(map(say.cell, row)) for row in table.rows])
    if content.gaps:
        yield _sheet(say, "gaps", ("part", "why"), list(content.gaps.items()))
    yield _sheet(
        say,
        "evidence",
        ("evidence", "part", "source", "query", "query_sha256", "asked", "rows", "digest", "problem"),
        [
            (
                *(numbers[each], each.name, say(f"source.{each.source.value}"), each.query, each.query_sha256),
                *(each.taken_at.isoformat(), each.rows, each.digest, each.problem),
            )
            for each in sections.evidence
        ],
    )
    parts = [(name, digest_of(text)) for name, text in content.parts().items()]
    seal = (say("fact.event"), f"{sealed.sealed.sequence}: {sealed.sealed.hash}")
    yield Sheet(say("section.seal"), (say("column.part"), "SHA-256"), [seal, *parts])


def _clocks(clocks: Clocks, say: Texts) -> list[tuple[Cell, ...]]:
    return [
        (
            *(each.reference, each.kind, each.began_at.isoformat(), each.due_at.isoformat()),
            say("figure.overdue") if each.overdue else say("figure.open"),
        )
        for each in clocks.open_clocks
    ]


def _sheet(say: Texts, key: str, columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Sheet:
    return Sheet(say(f"section.{key}"), tuple(say(f"column.{column}") for column in columns), rows)


def _legible(sheet: Sheet) -> Sheet:
    rows = [tuple(legible(cell) if isinstance(cell, str) else cell for cell in row) for row in sheet.rows]
    return Sheet(sheet.title, sheet.columns, rows)
