"""The part of the page about the server as a whole: memory, transaction ids, sequences, settings, what is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many

from sereno.care.looking import Seen, Unseen
from sereno.care.page.area import Area, Judged, table, unseen, without
from sereno.care.page.connections import hidden_sessions
from sereno.care.sequences import Sequence
from sereno.care.server import IDS, Holder, Server
from sereno.care.settings import Setting, advice
from sereno.care.tables import Table
from sereno.reports.build import human_bytes, human_count, human_seconds
from sereno.reports.charts import bar_chart
from sereno.reports.model import Finding
from sereno.systems.sections.care import Care

_ENOUGH_BLOCKS = 10_000
_HOUR_SECONDS = 3_600
_CHARTED_PERCENT = 10
_KEPT_WAL_BYTES = 5 * 1024**3


def server_area(server: Server, tables: Many[Table] | Unseen, care: Care) -> Area:
    """Cache, transaction ids, and what keeps old rows."""
    holders = [_told(each) for each in server.holders if _lasts(each)]
    kept = without(
        holders,
        "no forgotten prepared transaction or replication slot keeps old rows or WAL",
        trouble=("forgotten prepared transaction or slot", "forgotten prepared transactions or slots"),
        advice="COMMIT or ROLLBACK PREPARED, or drop the slot: what it keeps grows until the disk is full",
        required=True,
    )
    return Area(
        judged=[*_memory(server, care), _ids(server, tables, care), kept],
        figures={
            "database_bytes": server.database_bytes,
            "table_hit_percent": _rounded(server.table_hit_percent),
            "index_hit_percent": _rounded(server.index_hit_percent),
            "transaction_ids_percent": round(server.ids_percent, 2),
            "deadlocks": server.deadlocks,
            "temporary_files_bytes": server.temp_bytes,
        },
    )


def _ids(server: Server, tables: Many[Table] | Unseen, care: Care) -> Judged:
    passed = server.ids_percent <= care.transaction_ids_percent
    used = human_count(max(server.transaction_ids, server.multixact_ids))
    evidence = f"{used} of {human_count(IDS)} ({server.ids_percent:.1f} %)"
    oldest = [] if isinstance(tables, Unseen) else sorted(tables, key=lambda each: -each.transaction_ids)[:3]
    if oldest:
        evidence += f"; the oldest rows are in {', '.join(each.name for each in oldest)}"
    advice = "\n→ VACUUM those tables, and end what keeps their rows; at 100 % the server stops"
    name = f"at most {care.transaction_ids_percent} % of the transaction ids are used up"
    finding = Finding(name=name, passed=passed, evidence=evidence + ("" if passed else advice))
    return Judged(finding, f"{server.ids_percent:.0f} % of the transaction ids used up")


def _memory(server: Server, care: Care) -> Iterator[Judged]:
    for what, blocks, percent in (
        ("table", server.heap_hit + server.heap_read, server.table_hit_percent),
        ("index", server.index_hit + server.index_read, server.index_hit_percent),
    ):
        few = blocks < _ENOUGH_BLOCKS or percent is None
        passed = few or percent is None or percent >= care.cache_hit_percent
        evidence = f"{percent:.1f} % of {human_count(blocks)}" if percent is not None else "none was asked for yet"
        evidence += "; too few to judge" if few else ""
        evidence += "" if passed else "\n→ queries read too much, or shared_buffers is small"
        name = f"at least {care.cache_hit_percent} % of the {what} blocks come out of memory"
        yield Judged(Finding(name=name, passed=passed, required=False, evidence=evidence), f"{what} blocks from disk")


def _lasts(holder: Holder) -> bool:
    waits, keeps = (holder.seconds or 0) > _HOUR_SECONDS, (holder.kept_bytes or 0) > _KEPT_WAL_BYTES
    return waits or keeps or "without a consumer" in holder.what


def _told(holder: Holder) -> str:
    parts = [
        f"waits {human_seconds(holder.seconds)}" if holder.seconds is not None else "",
        f"keeps {human_bytes(holder.kept_bytes)} of WAL" if holder.kept_bytes is not None else "",
        f"keeps rows of {human_count(holder.ids)} transactions ago" if holder.ids is not None else "",
    ]
    return f"{holder.what}: {', '.join(part for part in parts if part) or 'keeps nothing yet'}"


def sequences_area(sequences: Many[Sequence] | Unseen, care: Care) -> Area:
    """How far the sequences have come."""
    if isinstance(sequences, Unseen):
        return unseen("sequences", sequences)
    ranked = sorted(sequences, key=lambda each: -each.used_percent)
    far = [each for each in ranked if each.used_percent >= care.sequence_percent]
    hidden = sum(each.hidden for each in sequences)
    bars = [(each.name, round(each.used_percent, 1)) for each in ranked[:10] if each.used_percent >= _CHARTED_PERCENT]
    return Area(
        judged=[
            without(
                [
                    f"{each.name} has given out {each.used_percent:.1f} %, {human_count(each.left)} numbers are left"
                    + (f" for {each.owner}" if each.owner else "")
                    for each in far
                ],
                f"no sequence has given out {care.sequence_percent} % of its numbers",
                trouble=("sequence near its end", "sequences near their end"),
                advice="change the column, and what refers to it, to bigint: without a number no row can be added",
                required=True,
                otherwise=f"of those that can be seen; {human_count(hidden)} cannot" if hidden else "",
            )
        ],
        charts={"How much of their numbers sequences have given out": bar_chart("Sequences near their end", bars, "%")}
        if bars
        else {},
    )


def settings_area(settings: Many[Setting] | Unseen, server: Server, care: Care) -> Area:
    """The settings that are worth a look."""
    if isinstance(settings, Unseen):
        return unseen("settings", settings)
    found = advice(settings, database_bytes=server.database_bytes, accepted=care.accepted_settings)
    dangerous = [each for each in found if each.dangerous]
    others = [each for each in found if not each.dangerous]
    return Area(
        judged=[
            without(
                [f"{each.setting} is {each.value}: {each.why}" for each in dangerous],
                "no setting endangers the data",
                trouble=("dangerous setting", "dangerous settings"),
                advice="set it back, or name it under care.accepted_settings where it is meant so",
                required=True,
            ),
            without(
                [f"{each.setting} is {each.value}" for each in others],
                "the server's settings are as they should be",
                trouble=("setting", "settings"),
                advice="the table of settings says why; name those that are meant so under care.accepted_settings",
                required=False,
            ),
        ],
        tables=table("Settings worth a look", ("setting", "is", "why"), ((e.setting, e.value, e.why) for e in found)),
    )


def visibility_area(seen: Seen) -> Area:
    """What the role cannot see, so that nobody takes it for zero."""
    server = seen.server
    sequences = [] if isinstance(seen.sequences, Unseen) else [each for each in seen.sequences if each.hidden]
    sessions = hidden_sessions(seen.sessions)
    hidden = [
        f"what {human_count(len(sessions), 'session')} of other roles do" if sessions else "",
        f"how far {human_count(len(sequences), 'sequence')} have come" if sequences else "",
        "" if server.sees_everything else "sessions and statements of other roles",
    ]
    grants = [
        "" if server.sees_everything else f"GRANT pg_read_all_stats TO {server.role}",
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA ... TO {server.role}" if sequences else "",
    ]
    return Area(
        judged=[
            without(
                [f"hidden: {each}" for each in hidden if each],
                f"the role {server.role} sees everything that this page is about",
                trouble=("hidden thing", "hidden things"),
                advice="; ".join(grant for grant in grants if grant),
                required=False,
            )
        ]
    )


def _rounded(percent: float | None) -> float | str:
    return "not yet known" if percent is None else round(percent, 1)
