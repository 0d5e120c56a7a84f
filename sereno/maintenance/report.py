"""What the job `maintenance` reports: what was or would be done, what it costs, and what to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.maintenance.advice import advice_on
from sereno.maintenance.idle import IdleOutcome
from sereno.maintenance.outcome import PurgeOutcome, idle_figures, purge_figures
from sereno.reports.build import headline, human_bytes, human_count, human_seconds
from sereno.reports.model import Draft, Figure, Finding, ReportTable
from sereno.systems.model import System

_COLUMNS = ("part", "older than", "candidates", "goes in this run", "stays for the next", "size", "time")
_TOTALS = ("candidates", "deactivated", "deleted", "remaining_candidates", "would_deactivate", "would_delete")
_KEYS_SHOWN = 20


def maintenance_report(
    system: System, idle: IdleOutcome | None, purges: Sequence[PurgeOutcome], *, live: bool
) -> Draft:
    """The report of a run.

    Args:
        system: the system.
        idle: the idle clients; None when they were not asked for.
        purges: the purges, in their order.
        live: whether anything was to be changed.
    """
    findings = [
        *(_of_idle(idle, live=live) if idle else ()),
        *(finding for outcome in purges for finding in _of_purge(outcome, idle)),
    ]
    return Draft(
        headline=headline(findings, _passed(system, idle, purges, live=live)),
        figures=_figures(idle, purges, live=live),
        findings=tuple(findings),
        tables=(_table(idle, purges, live=live),),
    )


def cost(outcome: PurgeOutcome) -> str:
    """What a purge costs, or has cost: `about 1.2 MB, about 3 s at 1,600 rows a second`."""
    if outcome.plan is None:
        return ""
    size = f"about {human_bytes(outcome.plan.row_bytes * outcome.going)}"
    if outcome.live:
        return f"{size}, in {human_count(outcome.progress.batches, 'batch', 'batches')}, {_time(outcome)}"
    return f"{size}, {_time(outcome)}"


def _time(outcome: PurgeOutcome) -> str:
    if outcome.live:
        return human_seconds(outcome.progress.working_seconds)
    plan = outcome.plan
    if plan is None or plan.rows_per_second is None:
        return "its time is not known before the first live run"
    pace = human_count(round(plan.rows_per_second), "row")
    return f"about {human_seconds(outcome.going / plan.rows_per_second)} at {pace} a second, as measured"


def _of_idle(idle: IdleOutcome, *, live: bool) -> Iterator[Finding]:
    keys = ", ".join(str(each) for each in idle.chosen[:_KEYS_SHOWN])
    more = f" and {human_count(len(idle.chosen) - _KEYS_SHOWN)} more" if len(idle.chosen) > _KEYS_SHOWN else ""
    done = f"{human_count(idle.deactivated)} were deactivated" if live else "they would be deactivated"
    seen = f"{human_count(idle.candidates)} were idle for {human_count(idle.idle_days, 'day')}"
    evidence = f"{seen}; {done}, of at most {idle.limit}" + (f": {keys}{more}" if keys else "")
    yield Finding(name="idle clients are deactivated", passed=not idle.problem, evidence=idle.problem or evidence)
    yield from _owed(idle.before, "idle clients", "clients were deactivated")
    if idle.unnoted:
        yield _unnoted("idle clients", idle.unnoted)


def _of_purge(outcome: PurgeOutcome, idle: IdleOutcome | None) -> Iterator[Finding]:
    name = outcome.purge.name
    statement = f"purge {name}: rows older than {human_count(outcome.purge.retain_days, 'day')} go"
    yield Finding(name=statement, passed=not outcome.wrong, evidence=_what_went(outcome))
    yield from _owed(outcome.before.others, f"purge {name}", "rows were deleted")
    if outcome.unnoted:
        yield _unnoted(f"purge {name}", outcome.unnoted)
    if outcome.plan:
        yield from advice_on(outcome.plan, idle)


def _what_went(outcome: PurgeOutcome) -> str:
    if outcome.plan is None:
        return outcome.problem
    plan = outcome.plan
    words = "were deleted" if outcome.live else "would be deleted"
    left = f", {human_count(outcome.remaining)} are left for the next run" if outcome.remaining else ""
    old = human_count(outcome.candidates)
    lines = [f"{human_count(outcome.going)} of {old} old rows of {plan.table} {words}{left}"]
    lines.append(cost(outcome))
    if plan.partitions:
        dropped = plan.partitions[: outcome.progress.partitions] if outcome.live else plan.partitions
        names = ", ".join(map(str, dropped)) or "none yet"
        lines.append(f"whole partitions that {'were' if outcome.live else 'would be'} dropped: {names}")
    if outcome.progress.archived:
        lines.append(f"archived in {outcome.progress.archived[0].rpartition('/')[0]}")
    if outcome.progress.waited_seconds:
        lines.append(f"it waited for {human_seconds(outcome.progress.waited_seconds)}")
    if outcome.wrong:
        lines.insert(0, f"{outcome.wrong}; the next run goes on")
    return "\n".join(lines)


def _owed(before: object, part: str, what: str) -> Iterator[Finding]:
    if isinstance(before, dict) and before:
        told = "\n".join(f"run {run}: {human_count(number)} {what}" for run, number in before.items())
        name = f"{part}: what killed runs did is in the audit chain"
        yield Finding(name=name, passed=True, required=False, evidence=told)


def _unnoted(part: str, reason: str) -> Finding:
    return Finding(name=f"{part}: noted in the system's own audit table", passed=False, evidence=reason)


def _figures(idle: IdleOutcome | None, purges: Sequence[PurgeOutcome], *, live: bool) -> dict[str, Figure]:
    """The totals under the runbook's names, and, where there are several parts, each part's own beside them."""
    parts = {"idle_clients": idle_figures(idle, live=live)} if idle else {}
    parts |= {outcome.purge.name: purge_figures(outcome) for outcome in purges}
    totals: dict[str, Figure] = {
        name: sum(int(figures.get(name) or 0) for figures in parts.values())
        for name in _TOTALS
        if any(name in figures for figures in parts.values())
    }
    cutoffs = [str(figures["cutoff"]) for figures in parts.values() if figures["cutoff"]]
    totals["cutoff"] = max(cutoffs, default=None)
    if len(parts) == 1:
        return {**next(iter(parts.values())), **totals}
    return {**totals, **{f"{part}.{name}": value for part, figures in parts.items() for name, value in figures.items()}}


def _table(idle: IdleOutcome | None, purges: Sequence[PurgeOutcome], *, live: bool) -> ReportTable:
    rows = []
    if idle:
        going = idle.deactivated if live else len(idle.chosen)
        numbers = (idle.candidates, going, idle.candidates - going)
        rows.append(("idle clients", f"{idle.cutoff:%Y-%m-%d %H:%M %Z}", *map(human_count, numbers), "", ""))
    for outcome in purges:
        if outcome.plan is None:
            rows.append((outcome.purge.name, "", "", "", "", "", "failed"))
            continue
        numbers = (outcome.candidates, outcome.going, outcome.remaining)
        size = human_bytes(outcome.plan.row_bytes * outcome.going)
        cutoff = f"{outcome.plan.cutoff:%Y-%m-%d %H:%M %Z}"
        rows.append((outcome.purge.name, cutoff, *map(human_count, numbers), size, _time(outcome)))
    return ReportTable(title="Parts", columns=_COLUMNS, rows=tuple(rows))


def _passed(system: System, idle: IdleOutcome | None, purges: Sequence[PurgeOutcome], *, live: bool) -> str:
    said = []
    if idle:
        number = idle.deactivated if live else len(idle.chosen)
        said.append(f"{human_count(number, 'idle client')} {_were(number, live=live)} deactivated")
    if purges:
        number = sum(outcome.going for outcome in purges)
        said.append(f"{human_count(number, 'old row')} {_were(number, live=live)} deleted")
    left = sum(outcome.remaining for outcome in purges)
    rest = f"; {human_count(left)} {'are' if left != 1 else 'is'} left for the next run" if left else ""
    return f"{' and '.join(said)} in {system.name}{rest}"


def _were(number: int, *, live: bool) -> str:
    if not live:
        return "would be"
    return "was" if number == 1 else "were"
