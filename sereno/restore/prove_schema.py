"""Proving the schema of a restored database: the text of every object, and where the sequences stand."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from sereno.backup.manifest import Sequence
from sereno.backup.place import BackupPlace
from sereno.database.connection import connect, translated
from sereno.postgres.binaries import find_binaries
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.restore.archive import fetched
from sereno.restore.chosen import RestorePlan
from sereno.restore.load import Roles
from sereno.restore.reference import reference_schema
from sereno.restore.schema_text import SchemaText, archived_schema, dumped_schema
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore proof"
_MOST_SHOWN = 10  # lines


def prove_schema(system: System, plan: RestorePlan, target: Secret, roles: Roles) -> tuple[Finding, ...]:
    """The sequences stand where they stood; and in a whole restore every object of the schema is what it was.

    Owners and grants count where they could be restored.
    """
    sequences = sequences_finding(target, plan.manifest.sequences, complete=plan.whole)
    return (sequences, *_schema_findings(system, plan, target, roles)) if plan.whole else (sequences,)


def sequences_finding(target: Secret, sequences: Iterable[Sequence], *, complete: bool) -> Finding:
    """Whether `sequences` stand where they stood; with `complete`, one that is not there does not."""
    different, found = [], 0
    with connect(target.resolve(), purpose=_PURPOSE) as connection, translated("reading sequences"):
        for sequence in sequences:
            name = sql.Identifier(sequence.schema_name, sequence.name)
            exists = connection.execute("SELECT pg_catalog.to_regclass(%s) IS NOT NULL", (name.as_string(),)).fetchone()
            if exists == (True,):
                found += 1
                row = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(name)).fetchone()
                different += [_label(sequence)] if row != (sequence.last_value, sequence.is_called) else []
            elif complete:
                different.append(_label(sequence))
    evidence = f"differs: {', '.join(different)}" if different else f"{found:,} sequences stand where they stood"
    return Finding(name="sequences", passed=not different, evidence=evidence)


def compared(backed_up: SchemaText, restored: SchemaText, reference: SchemaText | str) -> tuple[Finding, ...]:
    """What is to be said of a restored schema whose text is not the backup's.

    Args:
        backed_up: as it went into the backup.
        restored: as it is now.
        reference: the backup's schema after a server like the target's has read it, or why nobody knows it.
    """
    written = backed_up.differences(restored)
    if isinstance(reference, SchemaText):
        different = reference.differences(restored)
        others = human_count(len(written), "line")
        same = f"as in a second database built from the backup; PostgreSQL writes {others} otherwise than before"
        return (Finding(name="schema", passed=not different, evidence=_listed(different) if different else same),)
    objects = backed_up.objects.differences(restored.objects)
    same = f"the same objects; how PostgreSQL writes them could not be compared for sure ({reference})"
    return (
        Finding(name="schema", passed=not objects, evidence=_listed(objects) if objects else same),
        Finding(name="schema, word by word", passed=False, required=False, evidence=_listed(written)),
    )


def _schema_findings(system: System, plan: RestorePlan, target: Secret, roles: Roles) -> tuple[Finding, ...]:
    wrote = int(plan.manifest.versions.pg_dump.partition(".")[0])
    with connect(target.resolve(), purpose=_PURPOSE) as connection:
        server = connection.info.server_version // 10_000
    binaries = find_binaries("pg_dump", "pg_restore", "psql", at_least=max(server, wrote))
    backup = BackupPlace.of(system, store=plan.store).open(plan.backup)
    with fetched(backup, plan.schema_dump) as archive:
        backed_up = archived_schema(archive, binaries=binaries, owners=roles.owners_kept)
        restored = dumped_schema(target.resolve(), binaries=binaries, owners=roles.owners_kept)
        if backed_up == restored:
            without = "" if roles.owners_kept else ", without owners and grants"
            return (Finding(name="schema", passed=True, evidence=f"its dump is the backup's line by line{without}"),)
        reference = reference_schema(system, plan, target, roles, archive=archive, binaries=binaries)
    return compared(backed_up, restored, reference)


def _label(sequence: Sequence) -> str:
    return f"{sequence.schema_name}.{sequence.name}"


def _listed(lines: list[str]) -> str:
    more = len(lines) - _MOST_SHOWN
    return "\n".join([*lines[:_MOST_SHOWN], *([f"and {human_count(more, 'more line')}"] if more > 0 else [])])
