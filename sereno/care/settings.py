"""The server's settings that are worth a look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sereno.database.read_session import ReadSession

_SETTINGS = """
    SELECT name, setting AS value, coalesce(unit, '') AS unit, source, pending_restart
    FROM pg_catalog.pg_settings ORDER BY name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as a session sees it; what only a superuser may see is not among them."""

    name: str
    value: str
    unit: str
    source: str
    pending_restart: bool

    def __str__(self) -> str:
        if self.unit == "8kB":
            return f"{int(self.value) * 8:,} kB"
        return self.value if self.value.startswith("-") else f"{self.value} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Advice:
    """Something about a setting. Dangerous is what loses data or stops the database one day."""

    setting: str
    value: str
    why: str
    dangerous: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    worth_a_look: Callable[[str], bool]
    why: str
    dangerous: bool = False


def _off(value: str) -> bool:
    return value == "off"


_RULES = (
    _Rule("fsync", _off, "a power failure can destroy the whole cluster", dangerous=True),
    _Rule("full_page_writes", _off, "a power failure can tear pages that nothing mends", dangerous=True),
    _Rule("autovacuum", _off, "dead rows stay, and transaction ids run out in the end", dangerous=True),
    _Rule("track_counts", _off, "autovacuum does not know where to work", dangerous=True),
    _Rule("synchronous_commit", _off, "the last moments before a crash are lost, though they were confirmed"),
    _Rule("data_checksums", _off, "a damaged page is found when it is too late; pg_checksums turns them on"),
    _Rule("password_encryption", lambda value: value == "md5", "MD5 passwords can be guessed; scram-sha-256"),
    _Rule("log_lock_waits", _off, "who waited for whom can be told afterwards only with it"),
    _Rule(
        "log_min_duration_statement",
        lambda value: value == "-1",
        "slow statements leave no trace; 1s logs the slow ones",
    ),
    _Rule("max_connections", lambda value: int(value) > 500, "each costs memory; a pooler serves more with fewer"),
)
_DEFAULT_BUFFERS = 16_384  # blocks of 8 KiB: 128 MB
_LARGE_BYTES = 4 * 1024**3


def look(session: ReadSession) -> tuple[Setting, ...]:
    """Ask the server; sorted by name. What the session of the job itself has set is as the job set it."""
    return tuple(Setting(**row) for row in session.rows(_SETTINGS))


def advice(settings: Sequence[Setting], *, database_bytes: int | None, accepted: Sequence[str]) -> list[Advice]:
    """What is worth a look, the dangerous first.

    Args:
        settings: the server's.
        database_bytes: the size of the database, where it is known.
        accepted: the names of settings that are right as they are.
    """
    known = {setting.name: setting for setting in settings if setting.name not in accepted}
    found = [*_by_rule(known), *_by_size(known, database_bytes), *_waiting(known)]
    return sorted(found, key=lambda each: not each.dangerous)


def _by_rule(known: Mapping[str, Setting]) -> Iterator[Advice]:
    for rule in _RULES:
        setting = known.get(rule.name)
        if setting and setting.source not in {"client", "session"} and rule.worth_a_look(setting.value):
            yield Advice(rule.name, str(setting), rule.why, rule.dangerous)


def _by_size(known: Mapping[str, Setting], database_bytes: int | None) -> Iterator[Advice]:
    buffers = known.get("shared_buffers")
    if buffers and (database_bytes or 0) > _LARGE_BYTES and int(buffers.value) <= _DEFAULT_BUFFERS:
        why = "the default is small for a database of this size; a quarter of the memory is usual"
        yield Advice("shared_buffers", str(buffers), why)


def _waiting(known: Mapping[str, Setting]) -> Iterator[Advice]:
    for setting in known.values():
        if setting.pending_restart:
            yield Advice(setting.name, str(setting), "its new value in the file waits for a restart of the server")
