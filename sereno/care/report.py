"""What the job `database_care` reports: one page about the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.care.actions import Action
from sereno.care.growth import earlier
from sereno.care.looking import Seen
from sereno.care.page import connections, health, index_area, statement_area, storage
from sereno.care.page.area import Area, Judged, table
from sereno.ledger.care_readings import CareReading
from sereno.reports.build import human_bytes, human_count
from sereno.reports.model import Draft, Finding, ReportTable
from sereno.systems.model import System


def care_report(
    system: System,
    seen: Seen,
    readings: Sequence[CareReading],
    *,
    planned: Sequence[Action] = (),
    done: Sequence[Finding] = (),
) -> Draft:
    """The page.

    Args:
        system: whose database.
        seen: what was seen of it; after the actions, where there were some.
        readings: the looks so far, oldest first, this one last.
        planned: what was asked for, in a dry run.
        done: what became of the actions of a live run, which alone decide whether it passed.
    """
    areas = list(_areas(system, seen, readings))
    judged = [each for area in areas for each in area.judged]
    findings = [*done, *(_after(each.finding) if done else each.finding for each in judged)]
    tables = [*_preview(planned), *(each for area in areas for each in area.tables)]
    return Draft(
        headline="; ".join([*_acted(planned, done), _answer(system, seen, judged)]),
        figures={
            **{key: value for area in areas for key, value in area.figures.items()},
            **({"actions": len(done)} if done else {}),
            **({"would_do": len(planned)} if planned and not done else {}),
        },
        findings=tuple(findings),
        charts={told: chart for area in areas for told, chart in area.charts.items()},
        tables=tuple(tables),
    )


def _areas(system: System, seen: Seen, readings: Sequence[CareReading]) -> Iterator[Area]:
    care, zone, before = system.care, system.zone, earlier(readings)
    yield connections.area(seen.sessions, seen.server, care)
    yield health.server_area(seen.server, seen.tables, care)
    yield health.sequences_area(seen.sequences, care)
    yield storage.area(seen.tables, readings, before, care, zone)
    yield index_area.area(seen.indexes, seen.unindexed, seen.server, care)
    yield statement_area.area(seen.statements, readings[-1], before, care, zone)
    yield health.settings_area(seen.settings, seen.server, care)
    yield health.visibility_area(seen)


def _after(finding: Finding) -> Finding:
    """A live run passes or fails by its actions; what is still the matter is told and left to the next dry run."""
    return finding.model_copy(update={"required": False})


def _preview(planned: Sequence[Action]) -> list[ReportTable]:
    rows = ((str(action), action.why) for action in planned)
    return table("What a live run would do", ("action", "about"), rows)


def _acted(planned: Sequence[Action], done: Sequence[Finding]) -> Iterator[str]:
    if done:
        failed = [each for each in done if not each.passed]
        yield f"{len(done) - len(failed)} of {human_count(len(done), 'action')} done"
        yield from (f"not {each.name}" for each in failed)
    elif planned:
        yield f"would {', '.join(map(str, planned))} (run again with dry_run off and confirm_live=YES)"


def _answer(system: System, seen: Seen, judged: Sequence[Judged]) -> str:
    server = seen.server
    size = human_bytes(server.database_bytes) if server.database_bytes is not None else "size unknown"
    urgent = [each.trouble for each in judged if each.finding.required and not each.finding.passed]
    later = [each.trouble for each in judged if not each.finding.required and not each.finding.passed]
    quiet = f"for a quiet hour: {', '.join(later)}" if later else ""
    if urgent:
        return "; ".join(filter(None, [f"the database of {system.name} needs care now: {', '.join(urgent)}", quiet]))
    well = f"the database of {system.name} is well ({size}, PostgreSQL {server.version.split()[0]})"
    return "; ".join(filter(None, [well, quiet]))
