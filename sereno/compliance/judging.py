"""How each control is judged by what the system's own tables say. Rules over values: nothing is asked here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sereno.compliance.asking import Answer
from sereno.compliance.catalogue import judged, without_data
from sereno.compliance.clocks import breach_due, request_due
from sereno.compliance.content import Clock, Clocks, Consents
from sereno.compliance.control import Judged, Outcome
from sereno.database.sessions import Row
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance, ManualControl, OwnControl

_MOST_CLOCKS = 200


def by_answer(
    name: str, section: Compliance, answer: Answer | None, judge: Callable[[Answer], Judged], *, file: str
) -> Judged:
    """What `judge` makes of the answer; no data where there is none, or where it is not as its contract says."""
    if answer is None:
        return without_data(name, section, f"there is no sql/{file}.sql")
    if answer.problem:
        return without_data(name, section, answer.problem, (answer.evidence,))
    try:
        return judge(answer)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        reason = f"{answer.evidence.query} does not give what its contract says: {type(error).__name__}: {error}"
        return without_data(name, section, reason, (answer.evidence,))


def share(name: str, section: Compliance, reached: str) -> Callable[[Answer], Judged]:
    """All `people` are among those `reached`. Nobody at all is no data: a question about nobody proves nothing."""

    def judge(answer: Answer) -> Judged:
        people, count = int(answer.only["people"]), int(answer.only[reached])
        if not people:
            return without_data(name, section, "there is nobody whom it is about", (answer.evidence,))
        figures: dict[str, int | str | None] = {"people": people, reached: count, "percent": count * 100 // people}
        return judged(name, section, passed=count >= people, evidence=(answer.evidence,), figures=figures)

    return judge


def consents_in_use(section: Compliance) -> Callable[[Answer], Judged]:
    """No consent that is withdrawn or expired is in use."""

    def judge(answer: Answer) -> Judged:
        kinds = [consents_of(row) for row in answer.rows]
        wrong = sum(each.in_use_without for each in kinds)
        figures: dict[str, int | str | None] = {
            "active": sum(each.active for each in kinds),
            "withdrawn": sum(each.withdrawn for each in kinds),
            "expired": sum(each.expired for each in kinds),
            "in_use_without": wrong,
        }
        return judged("consents_in_use", section, passed=not wrong, evidence=(answer.evidence,), figures=figures)

    return judge


def consents_of(row: Row) -> Consents:
    """A row of `compliance.consents`."""
    counts = {name: int(row[name]) for name in ("people", "active", "withdrawn", "expired", "in_use_without")}
    return Consents(purpose=str(row["purpose"]), legal_basis=str(row["legal_basis"]), **counts)


def in_time(
    name: str, section: Compliance, clocks: Callable[[Sequence[Row]], Clocks], *, words: tuple[str, str]
) -> Callable[[Answer], Judged]:
    """Nothing is overdue, neither what is open nor what was answered. `words` name what came in and what ended."""

    def judge(answer: Answer) -> Judged:
        found = clocks(answer.rows)
        began, ended = words
        figures: dict[str, int | str | None] = {
            began: found.received,
            ended: found.answered,
            "overdue": found.overdue,
        }
        return judged(name, section, passed=not found.overdue, evidence=(answer.evidence,), figures=figures)

    return judge


def request_clocks(system: System, section: Compliance, now: datetime) -> Callable[[Sequence[Row]], Clocks]:
    """Requests with their deadlines: the system's own where it is earlier than that of the law."""

    def due(row: Row) -> datetime:
        by_law = request_due(moment(row["received_at"], system), laws=section.laws, zone=system.zone)
        own = row.get("due_at")
        return min(by_law, moment(own, system)) if own else by_law

    return lambda rows: _clocks(rows, system, now, begins="received_at", ends="answered_at", due=due)


def breach_clocks(system: System, section: Compliance, now: datetime) -> Callable[[Sequence[Row]], Clocks]:
    """Breaches with the deadlines of the law."""

    def due(row: Row) -> datetime:
        return breach_due(moment(row["known_at"], system), laws=section.laws, zone=system.zone)

    return lambda rows: _clocks(rows, system, now, begins="known_at", ends="notified_at", due=due)


def access_reviewed(section: Compliance) -> Callable[[Answer], Judged]:
    """Somebody holds the rights of an administrator, and nobody who does is dormant."""

    def judge(answer: Answer) -> Judged:
        holders = sum(int(row["holders"]) for row in answer.rows)
        dormant = sum(int(row["dormant"]) for row in answer.rows)
        figures: dict[str, int | str | None] = {"administrators": holders, "dormant": dormant}
        return judged("access_reviewed", section, passed=not dormant, evidence=(answer.evidence,), figures=figures)

    return judge


def failed_logins(section: Compliance) -> Callable[[Answer], Judged]:
    """At most so many of a hundred logins failed."""

    def judge(answer: Answer) -> Judged:
        attempts, failed = int(answer.only["attempts"]), int(answer.only["failed"])
        percent = failed * 100 / attempts if attempts else 0
        figures: dict[str, int | str | None] = {"logins": attempts, "failed": failed, "percent": round(percent)}
        passed = percent <= section.most_failed_logins_percent
        return judged("failed_logins", section, passed=passed, evidence=(answer.evidence,), figures=figures)

    return judge


def own_control(control: OwnControl, answer: Answer | None) -> Judged:
    """A control of the system's own: nothing that was checked failed, and something was checked."""
    base = {"name": control.name, "title": control.title, "weight": control.weight, "severity": control.severity}
    if answer is None:
        reason = f"there is no sql/compliance.control.{control.name}.sql"
        return Judged(**base, outcome=Outcome.NO_DATA, reason=reason)
    evidence = (answer.evidence,)
    try:
        checked, failed = (int(answer.only[name]) for name in ("checked", "failed"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        reason = answer.problem or f"{answer.evidence.query} does not give checked and failed: {error}"
        return Judged(**base, outcome=Outcome.NO_DATA, reason=reason, evidence=evidence)
    if not checked:
        return Judged(**base, outcome=Outcome.NO_DATA, reason="nothing was there to be checked", evidence=evidence)
    outcome = Outcome.FAILED if failed else Outcome.PASSED
    return Judged(**base, outcome=outcome, figures={"checked": checked, "failed": failed}, evidence=evidence)


def manual_control(control: ManualControl) -> Judged:
    """A control that somebody has to look at."""
    return Judged(
        name=control.name,
        title=control.title,
        weight=control.weight,
        severity=control.severity,
        outcome=Outcome.MANUAL,
        reason=control.what,
    )


def moment(value: Any, system: System) -> datetime:
    """A time of the system's tables; one without a zone is taken in the system's own."""
    if not isinstance(value, datetime):
        raise TypeError(f"a time was expected, not {type(value).__name__}")
    return value if value.tzinfo else value.replace(tzinfo=system.zone)


def _clocks(
    rows: Sequence[Row],
    system: System,
    now: datetime,
    *,
    begins: str,
    ends: str,
    due: Callable[[Row], datetime],
) -> Clocks:
    found = []
    for row in rows:
        ended, until = (moment(row[ends], system) if row[ends] else None), due(row)
        found.append(
            Clock(
                reference=str(row["reference"]),
                kind=str(row["kind"]),
                began_at=moment(row[begins], system),
                due_at=until,
                ended_at=ended,
                overdue=(ended or now) > until,
            )
        )
    return Clocks(
        received=len(found),
        answered=sum(each.ended_at is not None for each in found),
        overdue=sum(each.overdue for each in found),
        open_clocks=tuple(
            sorted((each for each in found if each.ended_at is None), key=lambda each: each.due_at)[:_MOST_CLOCKS]
        ),
    )
