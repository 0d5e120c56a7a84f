"""What Sereno knows itself: backups, the audit chain, row-level security, how old rows are, whether the map is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sereno.auditing.tally import count_by_kind
from sereno.auditing.verify import verify_chain
from sereno.auditing.witnesses import ask_witnesses
from sereno.backup.place import BackupPlace
from sereno.compliance.asking import Answer, ask_own, ask_text
from sereno.compliance.catalogue import is_left_out
from sereno.compliance.datamap.catalog import read_catalog
from sereno.compliance.datamap.checking import check_data_map
from sereno.compliance.datamap.model import DataMap
from sereno.compliance.datamap.registers import RetentionRule
from sereno.compliance.evidence import Source
from sereno.database.names import quoted, split
from sereno.database.sessions import Row
from sereno.errors import IntegrityError
from sereno.history.query import Origin
from sereno.history.system_source import ROWS
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance
from sereno.verify.inventory import take_inventory

_ROW_SECURITY = """
SELECT t.name, c.oid IS NOT NULL AS there, coalesce(c.relrowsecurity, false) AS enabled,
       coalesce(c.relforcerowsecurity, false) AS forced,
       (SELECT count(*) FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid) AS policies
FROM unnest(CAST(:names AS text[])) AS t(name)
LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t.name)
ORDER BY t.name
"""

_SOURCES = {Origin.SERENO: Source.LEDGER, Origin.SYSTEM: Source.SYSTEM}


def ask_backups(system: System) -> Answer:
    """Every complete backup in every store, and when it was last proven."""
    return ask_own(
        "ledger.backups",
        "complete backups of every store by their manifests; when each was last read whole, and drilled",
        lambda: _backups(system),
    )


def ask_keys(system: System) -> Answer:
    """Whether the newest backup of each store has key slots that are intact: without them it opens for nobody."""
    return ask_own("stores.keys", "backups of every store, and the key slots of the newest one", lambda: _keys(system))


def ask_chain(system: System) -> Answer:
    """The audit chain, on from the last verification, against what the stores remember of it."""
    return ask_own(
        "ledger.chain",
        "the audit chain on from the last verification, against heads that stores and manifests remember",
        lambda: _chain(system),
    )


def ask_row_security(system: System, section: Compliance) -> Answer:
    """Whether row-level security is in force on the tables that the section names."""
    names = [quoted(*(part for part in split(table) if part)) for table in section.row_security]
    return ask_text(system, "catalog.row_security", _ROW_SECURITY, {"names": names})


def ask_oldest(system: System, rule: RetentionRule) -> Answer:
    """The oldest row of a table."""
    return ask_text(system, f"retention.{rule.table}", oldest_of(rule), source=Source.SYSTEM)


def oldest_of(rule: RetentionRule) -> str:
    """The question for the oldest row of a table."""
    table = quoted(*(part for part in split(rule.table) if part))
    return f"SELECT min(t.{quoted(rule.age_column)}) AS oldest FROM {table} t"  # noqa: S608 (names are quoted)


def ask_data_map(system: System, map_: DataMap) -> Answer:
    """The findings of the data map against the live schema."""
    return ask_own(
        "catalog.data_map",
        "data_map.yaml against the catalog",
        lambda: _map_findings(system, map_),
        source=Source.CATALOG,
    )


def ask_events(system: System, origin: Origin, *, since: datetime, until: datetime) -> Answer:
    """How many events of each kind there are in the period."""

    def rows() -> Iterator[Row]:
        for kind, number in count_by_kind(system, origin, since=since, until=until).items():
            yield {"kind": kind, "events": number}

    question = f"events from {since.isoformat()} to {until.isoformat()} by kind"
    source = "the audit chain" if origin is Origin.SERENO else f"deployments/{system.name}/sql/{ROWS}.sql"
    return ask_own(f"audit.{origin}", f"{source}: {question}", rows, source=_SOURCES[origin])


def asks_for_row_security(section: Compliance) -> bool:
    """Whether the section names tables for it, and does not leave it out."""
    return bool(section.row_security) and not is_left_out("row_security_in_force", section)


def _backups(system: System) -> Iterator[Row]:
    if system.backup is None:
        return
    inventory = take_inventory(system)
    for each in inventory.backups:
        yield {
            "store": each.store,
            "id": each.id,
            "kind": each.kind.value,
            "taken_at": each.taken_at,
            "whole_at": each.whole_at,
            "drilled_at": each.drilled_at,
            "bytes": each.stored_bytes,
        }


def _keys(system: System) -> Iterator[Row]:
    for place in BackupPlace.all_of(system) if system.backup else ():
        backups = place.identifiers()
        yield {"store": place.store.name, "backups": len(backups), "newest_intact": _has_slots(place, backups)}


def _has_slots(place: BackupPlace, backups: Sequence[str]) -> bool:
    try:
        file = place.key_file(backups[-1]) if backups else None
    except IntegrityError:
        return False
    return file is not None and all(file.is_intact(slot) for slot in file.slots)


def _chain(system: System) -> Iterator[Row]:
    verified = verify_chain(system, ask_witnesses(system, full=False), full=False)
    yield {
        "events": verified.since + verified.checked,
        "anchors": verified.anchors,
        "head_sequence": verified.head.sequence if verified.head else None,
        "head_hash": verified.head.hash if verified.head else None,
        "broken": verified.broken.sequence if verified.broken else None,
        "evidence": verified.broken.evidence if verified.broken else "",
    }


def _map_findings(system: System, map_: DataMap) -> Iterator[Row]:
    for finding in check_data_map(map_, read_catalog(system)):
        yield finding.model_dump(include={"name", "passed", "required", "evidence"})
