"""`sereno audit list` and `sereno audit verify`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from sereno import audit
from sereno.audit import RecordedEvent
from sereno.auditing.report import chain_finding
from sereno.cli.anchors import read_anchors
from sereno.cli.output import print_json, print_table, print_text
from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import read_report
from sereno.errors import EXIT_DONE, ConfigurationError
from sereno.ledger import Ledger, open_ledger
from sereno.reports.build import human_count
from sereno.systems.folders import is_name, system_folder
from sereno.systems.loader import load_system

_COLUMNS = ("event", "time", "action", "effect", "result", "actor", "flow run")


def print_events(
    system: str,
    *,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
    as_json: bool,
) -> int:
    """Print the events of `system`, newest first; times without a zone are taken in the system's own.

    Raises:
        ConfigurationError: there is no such system, and no chain of that name either, or a time is out of reach.
        IntegrityError: an event cannot be read.
    """
    zone = _zone(system)
    since, until = _in_utc(since, zone), _in_utc(until, zone)
    with open_ledger() as ledger:
        _require_known(ledger, system)
        events = audit.events(
            ledger,
            system,
            limit=limit,
            offset=offset,
            action=action,
            since=since,
            until=until,
        )
        head = audit.head(ledger, system)
    if as_json:
        data = [event.model_dump(mode="json") for event in events]
        print_json({"schema": "sereno.audit-events/1", "system": system, "events": data})
        return EXIT_DONE
    total = head.sequence if head else 0
    print_text(f"{human_count(len(events), 'event')} shown; the audit chain of {system} ends with event {total:,}")
    if events:
        print_text("")
        print_table(_COLUMNS, [_row(event, zone) for event in events], numbers=("event",))
    return EXIT_DONE


def print_verification(system: str, against: Sequence[Path], *, as_json: bool, reports: Sequence[Path]) -> int:
    """Verify the chain of `system` against the anchors in the files `against`, print the report, write it to `reports`.

    Raises:
        ConfigurationError: there is no such system and no chain of that name either, a file holds no anchors, or one of
            `reports` cannot be written.
    """
    require_places(reports)
    started_at = datetime.now(UTC)
    anchors = [anchor for path in against for anchor in read_anchors(path, system=system)]
    with open_ledger() as ledger:
        _require_known(ledger, system)
        verified = audit.verify(ledger, system, against=anchors)
    report = read_report(
        job="audit_verify",
        system=system,
        started_at=started_at,
        headline=verified.summary,
        findings=[chain_finding(verified, outside="--against")],
        figures={
            "events": verified.checked,
            "anchors": verified.anchors,
            "head_sequence": verified.head.sequence if verified.head else None,
            "head_hash": verified.head.hash if verified.head else None,
        },
    )
    return hand_over(report, as_json=as_json, files=reports)


def _row(event: RecordedEvent, zone: tzinfo) -> tuple[str, ...]:
    time = event.time.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    run = event.flow_run_id or ""
    return str(event.sequence), time, event.action, event.effect.value, event.result.value, event.actor, run


def _require_known(ledger: Ledger, system: str) -> None:
    """A chain outlives its system's folder, so either of them will do."""
    if not is_name(system) or audit.head(ledger, system) is None:
        system_folder(system)


def _zone(system: str) -> tzinfo:
    try:
        return load_system(system).zone
    except ConfigurationError:
        return UTC


def _in_utc(moment: datetime | None, zone: tzinfo) -> datetime | None:
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise ConfigurationError(f"the time {moment.isoformat()} lies outside the years 1 to 9999 of UTC") from None
