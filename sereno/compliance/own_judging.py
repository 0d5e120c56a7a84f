"""How the controls are judged that Sereno answers itself. Rules over answers: nothing is asked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sereno.compliance.asking import Answer
from sereno.compliance.catalogue import judged, without_data
from sereno.compliance.control import Judged
from sereno.compliance.datamap.model import DataMap
from sereno.compliance.datamap.registers import retention_rules
from sereno.database.sessions import Row
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance
from sereno.verify.freshness import recovery_points


def judge_backups(
    system: System, section: Compliance, backups: Answer, keys: Answer, *, now: datetime
) -> Iterator[Judged]:
    """Taken, encrypted, verified and drilled, in time."""
    names = ("backups_taken", "backups_encrypted", "backups_verified", "backups_drilled")
    if system.backup is None or backups.problem:
        reason = backups.problem or "the system has no section backup"
        yield from (without_data(name, section, reason, (backups.evidence,)) for name in names)
        return
    stores = tuple(store.name for store in system.backup.stores)
    point = recovery_points(system.backup)[0]
    kinds = {kind.value for kind in point.kinds}
    links = [row for row in backups.rows if row["kind"] in kinds]
    taken = _newest(links, "taken_at", stores)
    read = _newest(links, "whole_at", stores)
    drilled = max((row["drilled_at"] for row in backups.rows if row["drilled_at"]), default=None)
    yield judged(
        names[0],
        section,
        passed=_within(taken.values(), now, point.within),
        evidence=(backups.evidence,),
        figures={"backups": len(backups.rows), "oldest_newest_hours": _hours(taken.values(), now)},
    )
    yield _encrypted(section, keys)
    yield judged(
        names[2],
        section,
        passed=_within(read.values(), now, timedelta(days=section.verified_within_days)),
        evidence=(backups.evidence,),
        figures={"stores": len(stores), "days_since": _days(read.values(), now)},
    )
    yield judged(
        names[3],
        section,
        passed=_within([drilled], now, timedelta(days=section.drilled_within_days)),
        evidence=(backups.evidence,),
        figures={"days_since": _days([drilled], now)},
    )


def judge_chain(section: Compliance, answer: Answer) -> Judged:
    """Every link holds. A chain that does not is a failure, one that cannot be read is no data."""
    if answer.problem:
        return without_data("audit_chain_intact", section, answer.problem, (answer.evidence,))
    row = answer.only
    figures: dict[str, int | str | None] = {"events": row["events"], "anchors": row["anchors"]}
    if row["broken"]:
        figures["first_broken"] = row["broken"]
    evidence = (answer.evidence,)
    return judged("audit_chain_intact", section, passed=not row["broken"], evidence=evidence, figures=figures)


def judge_row_security(section: Compliance, answer: Answer) -> Judged:
    """It is in force on every table that the section names: enabled, with a policy."""
    name = "row_security_in_force"
    if answer.problem:
        return without_data(name, section, answer.problem, (answer.evidence,))
    open_ = [row["name"] for row in answer.rows if not (row["enabled"] and row["policies"])]
    figures: dict[str, int | str | None] = {"tables": len(answer.rows), "without": len(open_)}
    if open_:
        figures["first_without"] = str(open_[0])
    return judged(name, section, passed=not open_, evidence=(answer.evidence,), figures=figures)


def judge_retention(
    section: Compliance, map_: DataMap | None, answers: Mapping[str, Answer], *, now: datetime
) -> Judged:
    """No table has a row that is older than its policy. One that cannot be read is no data for all of it."""
    name, rules = "retention_kept", retention_rules(map_) if map_ else ()
    evidence = tuple(answer.evidence for answer in answers.values())
    if not rules:
        reason = "no table of the data map has retention_days" if map_ else "there is no data_map.yaml"
        return without_data(name, section, reason)
    for answer in answers.values():
        if answer.problem:
            return without_data(name, section, f"{answer.evidence.name}: {answer.problem}", evidence)
    late = []
    for rule in rules:
        age = _age_days(answers[rule.table].only["oldest"], now)
        if age is not None and age > rule.days:
            late.append((age - rule.days, rule.table))
    figures: dict[str, int | str | None] = {"tables": len(rules), "too_old": len(late)}
    if late:
        figures["most_days_over"], figures["table"] = max(late)
    return judged(name, section, passed=not late, evidence=evidence, figures=figures)


def judge_data_map(section: Compliance, answer: Answer | None) -> Judged:
    """The map says what the live schema says."""
    name = "data_map_true"
    if answer is None:
        return without_data(name, section, "there is no data_map.yaml; `sereno datamap draft` proposes one")
    if answer.problem:
        return without_data(name, section, answer.problem, (answer.evidence,))
    missed = [row for row in answer.rows if row["required"] and not row["passed"]]
    figures: dict[str, int | str | None] = {"statements": len(answer.rows), "untrue": len(missed)}
    return judged(name, section, passed=not missed, evidence=(answer.evidence,), figures=figures)


def _encrypted(section: Compliance, keys: Answer) -> Judged:
    name = "backups_encrypted"
    if keys.problem:
        return without_data(name, section, keys.problem, (keys.evidence,))
    count = sum(row["backups"] for row in keys.rows)
    if not count:
        return without_data(name, section, "there is no backup", (keys.evidence,))
    passed = all(row["newest_intact"] for row in keys.rows if row["backups"])
    return judged(name, section, passed=passed, evidence=(keys.evidence,), figures={"backups": count})


def _newest(rows: Sequence[Row], column: str, stores: Sequence[str]) -> dict[str, datetime | None]:
    return {
        store: max((row[column] for row in rows if row["store"] == store and row[column]), default=None)
        for store in stores
    }


def _within(moments: Iterable[datetime | None], now: datetime, period: timedelta) -> bool:
    return all(each is not None and now - each <= period for each in moments)


def _days(moments: Iterable[datetime | None], now: datetime) -> int | None:
    hours = _hours(moments, now)
    return None if hours is None else hours // 24


def _hours(moments: Iterable[datetime | None], now: datetime) -> int | None:
    """How long ago the oldest of them was; None where one is missing."""
    ages = [None if moment is None else (now - moment).total_seconds() for moment in moments]
    known = [age for age in ages if age is not None]
    return max(0, int(max(known) // 3600)) if known and len(known) == len(ages) else None


def _age_days(oldest: Any, now: datetime) -> int | None:
    if oldest is None:
        return None
    if isinstance(oldest, datetime):
        return (now - (oldest if oldest.tzinfo else oldest.replace(tzinfo=UTC))).days
    if isinstance(oldest, date):
        return (now.date() - oldest).days
    raise TypeError(f"age_column holds {type(oldest).__name__}, which is no time")
