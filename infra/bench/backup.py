"""Backup and restore against pg_dump and pg_restore, of the same database in the same run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial

from infra.bench.measured import Measured
from infra.bench.pgbackrest import pgbackrest_backup
from infra.bench.subject import Subject, run
from infra.bench.timing import Sample, in_turn, ratio
from sereno.backup import read_back, write
from sereno.backup.copying import Copying, CopySession, Work, copy_in_parallel, copying_rows
from sereno.backup.manifest import Manifest
from sereno.backup.place import BackupPlace
from sereno.restore import load, plan, prove, target
from sereno.systems.model import System


def measure_backup(subject: Subject, *, rounds: int) -> list[Measured]:
    """Full backup, key sets included, against `pg_dump -Fc`; COPY to nowhere is the floor."""
    system = subject.system(subject.url)
    dump = subject.home / "peer.dump"
    written: list[write.WrittenBackup] = []

    def ours() -> None:
        shutil.rmtree(subject.home / "backups" / "bench", ignore_errors=True)
        written[:] = [write.write(system)]

    sides: dict[str, Callable[[], object]] = {
        "sereno": ours,
        "pg_dump": lambda: run(subject.binaries.program("pg_dump"), "-Fc", f"--file={dump}", f"--dbname={subject.url}"),
        "floor": lambda: _copy_to_nowhere(subject, written[0]),
        "read back": lambda: read_back.read_back(system, written[0]),
    }
    physical = pgbackrest_backup(subject)
    if physical:
        sides["pgBackRest"] = physical
    samples = in_turn(sides, rounds=rounds)
    manifest = written[0].manifest
    size = manifest.stored_bytes / dump.stat().st_size
    stored = f"{manifest.plain_bytes / 1e9:.2f} GB of text, {size:.2f} of pg_dump's bytes"
    beside = [
        _line(
            "backup / pgBackRest full, encrypted", samples["sereno"], samples["pgBackRest"], 1.3, "two processes each"
        )
    ]
    return [
        _line("backup / pg_dump -Fc", samples["sereno"], samples["pg_dump"], 0.45, stored),
        *(beside if physical else ()),
        _line("COPY to nowhere / pg_dump -Fc", samples["floor"], samples["pg_dump"], None, "the floor"),
        _line("reading back / pg_dump -Fc", samples["read back"], samples["pg_dump"], None, "a step of its own"),
    ]


def measure_restore(subject: Subject, *, rounds: int) -> list[Measured]:
    """Restore of that backup against `pg_restore -j2` of that dump, each into a new database on the same server."""
    dump = subject.home / "peer.dump"
    program = subject.binaries.program("pg_restore")
    samples: dict[str, list[float]] = {"sereno": [], "proof": [], "pg_restore": []}
    for _ in range(rounds):
        with subject.database("bench_target") as url:
            system = subject.system(subject.url, target=url)
            taken = in_turn({"sereno": partial(restore, system), "proof": partial(_prove, system)}, rounds=1)
        with subject.database("bench_target") as url:
            taken |= in_turn({"pg_restore": partial(run, program, "-j2", f"--dbname={url}", dump)}, rounds=1)
        for name, sample in taken.items():
            samples[name] += sample.seconds
    each = {name: Sample(name=name, seconds=tuple(seconds)) for name, seconds in samples.items()}
    return [
        _line(
            "restore / pg_restore -j2",
            each["sereno"],
            each["pg_restore"],
            0.9,
            "with ANALYZE, which pg_restore leaves out",
        ),
        _line("proof / pg_restore -j2", each["proof"], each["pg_restore"], None, "every row read again and hashed"),
    ]


def _ignore(data: bytes) -> None:
    del data


def _line(name: str, one: Sample, other: Sample, limit: float | None, detail: str) -> Measured:
    return Measured(name, ratio(one, other), limit, f"{one.median:.1f} s / {other.median:.1f} s; {detail}")


def restore(system: System, *, tables: Sequence[str] = ()) -> None:
    """Restore the newest backup into the target `empty`, without its proof."""
    chosen = plan.plan_restore(system, tables=tables, target="empty")
    into = target.target_url(system, "empty")
    roles = load.create_roles(chosen, into)
    load.restore_before_rows(system, chosen, into, roles)
    load.load_rows(system, chosen, into)
    load.restore_after_rows(system, chosen, into, roles)


def _prove(system: System) -> None:
    chosen = plan.RestorePlan(manifest=(manifest := _manifest(system)), target="empty", tables=manifest.tables)
    findings = prove.prove_content(system, chosen, target.target_url(system, "empty"))
    wrong = [finding.name for finding in findings if not finding.passed]
    if wrong:
        raise SystemExit(f"the restore that was measured is wrong: {wrong}")


def _manifest(system: System) -> Manifest:
    return BackupPlace.of(system).open("latest").manifest


def _copy_to_nowhere(subject: Subject, written: write.WrittenBackup) -> None:
    def work(copying: Copying) -> Work:
        async def copy(session: CopySession) -> None:
            await copying(session, _ignore)

        return copy

    tables = sorted(written.manifest.tables, key=lambda table: -table.plain_bytes)
    copies = [copying_rows(table.schema_name, table.name, table.copied_columns) for table in tables]
    copy_in_parallel(
        subject.url, snapshot=None, connections=2, purpose="bench", work=[work(copying) for copying in copies]
    )
