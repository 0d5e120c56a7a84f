"""Proving the schema, and saying in which lines it differs where it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sereno.backup.place import BackupPlace
from sereno.backup.schema_dump import Dumper, schema_lines
from sereno.database.connection import connect, translated
from sereno.drill.database import PURPOSE
from sereno.postgres.binaries import find_binaries
from sereno.postgres.programs import hidden_file
from sereno.reports.build import human_count, shortened
from sereno.reports.model import Finding
from sereno.restore.archive import fetched
from sereno.restore.load import Roles
from sereno.restore.plan import RestorePlan
from sereno.restore.prove import prove_schema
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_MOST_SHOWN = 10  # lines
_LONGEST = 200  # characters of a line


def prove_whole_schema(system: System, plan: RestorePlan, target: Secret, roles: Roles) -> tuple[Finding, ...]:
    """Sequences, and the schema: by its digest, or, where owners could not be restored, line by line without them."""
    findings = prove_schema(plan, target, roles)
    proven = next((finding for finding in findings if finding.name == "schema"), None)
    if proven and proven.passed:
        return findings
    others = tuple(finding for finding in findings if finding is not proven)
    lines = list(_differences(system, plan, target, owners=roles.owners_kept))
    if proven:
        return (*others, proven.model_copy(update={"evidence": f"{proven.evidence}\n{_listed(lines)}"}))
    evidence = _listed(lines) if lines else "equal line by line, without owners and grants"
    return (*others, Finding(name="schema", passed=not lines, evidence=evidence))


def _differences(system: System, plan: RestorePlan, target: Secret, *, owners: bool) -> Iterator[str]:
    before, now = _backed_up(system, plan, owners=owners), _restored(target, owners=owners)
    for missing in (before - now).elements():
        yield f"only in the backup: {missing}"
    for more in (now - before).elements():
        yield f"only in the restored database: {more}"


def _backed_up(system: System, plan: RestorePlan, *, owners: bool) -> Counter[str]:
    backup = BackupPlace.of(system).open(plan.backup)
    wrote = int(plan.manifest.versions.pg_dump.partition(".")[0])
    with fetched(backup, plan.schema_dump) as archive:
        binaries = find_binaries("pg_restore", at_least=wrote)
        return Counter(_texts(schema_lines(archive, binaries=binaries, owners=owners)))


def _restored(target: Secret, *, owners: bool) -> Counter[str]:
    with connect(target.resolve(), purpose=PURPOSE) as connection, translated("dumping the schema again"):
        row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        binaries = find_binaries("pg_dump", "pg_restore", at_least=connection.info.server_version // 10_000)
        dumper = Dumper(url=target.resolve(), binaries=binaries, snapshot=str(row and row[0]), lock_timeout_seconds=30)
        with hidden_file() as archive:
            dumper.schema(archive)
            return Counter(_texts(schema_lines(archive, binaries=binaries, owners=owners)))


def _texts(lines: Iterator[bytes]) -> Iterator[str]:
    for line in lines:
        if text := shortened(line.decode(errors="replace"), _LONGEST):
            yield text


def _listed(lines: list[str]) -> str:
    more = len(lines) - _MOST_SHOWN
    return "\n".join([*lines[:_MOST_SHOWN], *([f"and {human_count(more, 'more line')}"] if more > 0 else [])])
