"""What the job `prune` reports: what stays, what goes, and how much that frees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from sereno.backup.inventory import Leftover
from sereno.backup.keep import CalendarEntry, Rule
from sereno.backup.periods import MONTH, local_day
from sereno.backup.prune import StoreOutcome
from sereno.backup.prune_plan import Prunable, PrunePlan, StorePlan
from sereno.reports.build import headline, human_bytes, human_count
from sereno.reports.charts import bar_chart
from sereno.reports.model import Draft, Figure, Finding, ReportTable

_COLUMNS = ("backup", "kind", "taken", "size", "stays until about", "because of", "stays in", "goes from")


def prune_report(plan: PrunePlan, outcomes: Sequence[StoreOutcome] | None = None) -> Draft:
    """The report on a plan, or, with `outcomes`, on what was done of it."""
    live = outcomes is not None
    done = outcomes or [StoreOutcome(store.store, deleted=store.going) for store in plan.stores]
    findings = [
        finding
        for store, outcome in zip(plan.stores, done, strict=True)
        for finding in (*_findings(plan, store), *_gone(store, outcome, live=live))
    ]
    going = list({each.id: each for outcome in done for each in outcome.deleted}.values())
    freed = sum(outcome.freed_bytes for outcome in done)
    staying = [entry for store in plan.stores for entry in store.staying]
    return Draft(
        headline=headline(findings, _passed(plan, staying, going, freed, live=live)),
        figures=_figures(plan, staying, going, freed, live=live),
        findings=tuple(findings),
        charts={"What stays, by the month in which it was taken": _chart(plan, staying)},
        tables=(_calendar(plan),),
    )


def _calendar(plan: PrunePlan) -> ReportTable:
    """Each backup, the newest first, its copies told together."""
    entries: dict[str, list[tuple[StorePlan, CalendarEntry]]] = defaultdict(list)
    for store in plan.stores:
        for entry in store.entries:
            entries[entry.backup.id].append((store, entry))
    rows = tuple(_row(plan, entries[identifier]) for identifier in sorted(entries, reverse=True))
    return ReportTable(title="Calendar", columns=_COLUMNS, rows=rows)


def _row(plan: PrunePlan, copies: Sequence[tuple[StorePlan, CalendarEntry]]) -> tuple[str, ...]:
    backup = copies[0][1].backup
    stays = [(store.store, entry) for store, entry in copies if entry.stays]
    goes = [store.store for store, entry in copies if not entry.stays]
    shown = stays[0][1] if stays else copies[0][1]
    return (
        backup.id,
        backup.kind.value,
        _moment(backup.taken_at, plan),
        human_bytes(backup.stored_bytes),
        shown.until(plan.keep.zone),
        shown.why or "no rule asks for it",
        ", ".join(store for store, _ in stays) or "-",
        ", ".join(goes) or "-",
    )


def _findings(plan: PrunePlan, store: StorePlan) -> Iterator[Finding]:
    name = store.store
    if store.problem:
        yield Finding(name=f"store {name} can be pruned", passed=False, evidence=store.problem)
        return
    broken = [entry for entry in store.staying if Rule.BROKEN in {reason.rule for reason in entry.reasons}]
    future = [entry for entry in store.staying if Rule.FUTURE in {reason.rule for reason in entry.reasons}]
    yield _without([*store.unreadable.values()], f"every manifest in store {name} can be read")
    yield _without(
        [f"{entry.backup.id} {entry.why}; fetch that from another copy, or delete this by hand" for entry in broken],
        f"every backup in store {name} has what it rests on",
    )
    if store.damaged:
        advice = "it counts for no rule, so that whole ones stay in its place; see what verify_backups says of it"
        seen = [f"{identifier}: {advice}" for identifier in sorted(store.damaged)]
        yield _without(seen, f"every backup in store {name} was whole when it was last read", required=False)
    if future:
        advice = "it stays and counts for no rule; set the clock, and delete it by hand when it is not needed"
        seen = [f"{entry.backup.id} was taken at {_moment(entry.backup.taken_at, plan)}: {advice}" for entry in future]
        yield _without(seen, f"no backup in store {name} is dated in the future", required=False)
    lines = [
        f"{entry.backup.id}, {human_bytes(entry.backup.stored_bytes)}, until {entry.until(plan.keep.zone)}: {entry.why}"
        for entry in reversed(store.staying)
    ]
    evidence = "\n".join([human_count(len(lines), "backup"), *lines])
    yield Finding(name=f"what the rules ask for stays in store {name}", passed=True, evidence=evidence)


def _gone(store: StorePlan, outcome: StoreOutcome, *, live: bool) -> Iterator[Finding]:
    if store.problem:
        return
    lines = [f"{each.id}, {human_bytes(each.stored_bytes)}" for each in outcome.deleted]
    words = "deleted" if live else "would be deleted"
    evidence = "\n".join([*outcome.problems, f"{human_count(len(lines), 'folder')} {words}", *lines])
    name = f"what no rule asks for goes from store {store.store}"
    yield Finding(name=name, passed=not outcome.problems, evidence=evidence)
    if store.waiting:
        yield Finding(
            name=f"all of it goes from store {store.store} in one run",
            passed=False,
            required=False,
            evidence=f"{human_count(store.waiting)} more wait for the next run; max_delete bounds what goes in one",
        )


def _without(problems: Sequence[str], name: str, *, required: bool = True) -> Finding:
    return Finding(name=name, passed=not problems, required=required, evidence="\n".join(problems))


def _figures(
    plan: PrunePlan, staying: Sequence[CalendarEntry], going: Sequence[Prunable], freed_bytes: int, *, live: bool
) -> dict[str, Figure]:
    prefix, free = ("deleted", "freed_bytes") if live else ("would_delete", "would_free_bytes")
    leftovers = sum(isinstance(each, Leftover) for each in going)
    return {
        "stores": len(plan.stores),
        "kept": len({entry.backup.id for entry in staying}),
        "kept_bytes": sum(entry.backup.stored_bytes for entry in staying),
        prefix: len(going) - leftovers,
        f"{prefix}_leftovers": leftovers,
        free: freed_bytes,
        "waiting": sum(store.waiting for store in plan.stores),
        "unfinished": sum(store.young for store in plan.stores),
        "unreadable": sum(len(store.unreadable) for store in plan.stores),
        "within_days": plan.keep.rules.within_days,
    }


def _passed(
    plan: PrunePlan, staying: Sequence[CalendarEntry], going: Sequence[Prunable], freed_bytes: int, *, live: bool
) -> str:
    kept = len({entry.backup.id for entry in staying})
    size = human_bytes(sum(entry.backup.stored_bytes for entry in staying))
    where = f" in {human_count(len(plan.stores), 'store')}" if len(plan.stores) > 1 else ""
    stays = f"{human_count(kept, 'backup')} of {plan.system} {'stays' if kept == 1 else 'stay'} ({size}{where})"
    if not going:
        return f"{stays}, and nothing has to go"
    leftovers = sum(isinstance(each, Leftover) for each in going)
    what = [(len(going) - leftovers, "backup"), (leftovers, "leftover")]
    goes = " and ".join(human_count(number, noun) for number, noun in what if number)
    done = f"{'was' if len(going) == 1 else 'were'} deleted, which freed" if live else "would go, which would free"
    return f"{stays}; {goes} {done} {human_bytes(freed_bytes)}"


def _chart(plan: PrunePlan, staying: Sequence[CalendarEntry]) -> str:
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for entry in staying:
        month = MONTH.label(local_day(entry.backup.taken_at, plan.keep.zone))
        sizes[month] += entry.backup.stored_bytes
        counts[month] += 1
    bars = [(f"{month}: {human_count(counts[month], 'backup')}", float(sizes[month])) for month in sorted(sizes)]
    return bar_chart("What stays", bars[::-1], "bytes")


def _moment(moment: datetime, plan: PrunePlan) -> str:
    try:
        return f"{moment.astimezone(plan.keep.zone):%Y-%m-%d %H:%M %Z}"
    except OverflowError:
        return moment.isoformat()
