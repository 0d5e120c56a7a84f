"""What a system itself asks of a restored backup: `sql/drill.*.sql` return no row, `sql/drill_newest_row.sql` a moment.

They run on the restored database as the folder's SQL always does: read-only, one plain SELECT; and, where the drill's
role is a superuser, as a role of its own that may read everything and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from zoneinfo import ZoneInfo

from psycopg import sql

from sereno.check.statements import stated
from sereno.database.connection import connect, translated
from sereno.database.read_session import ReadSession, Row
from sereno.database.session_settings import roll_back, session_settings
from sereno.drill.database import PURPOSE, reader_name
from sereno.drill.plan import DrillPlan
from sereno.errors import ContractError
from sereno.reports.build import human_count, human_seconds
from sereno.reports.model import Finding
from sereno.settings import load_settings
from sereno.systems.contracts.drill import DRILL_CHECKS
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sql_folder import find_sql, sql_paths
from sereno.verify.freshness import CLOCKS_DIFFER

_MOST_COUNTED = 1_000  # rows
_READS_EVERYTHING_SINCE = 140_000
NEWEST_ROW = "drill_newest_row"


def run_own_checks(system: System, plan: DrillPlan, target: Secret) -> tuple[Finding, ...]:
    """A finding for each of the system's own queries; one that fails hides none of the others."""
    settings = load_settings()
    restored = _Restored(system, target, role=_reader(system, target))
    names = [path.stem for path in sql_paths(system.name, settings) if DRILL_CHECKS.of(path.stem)]
    findings = [stated(f"sql/{name}.sql returns no row", partial(_no_row, restored, name)) for name in names]
    if f"{NEWEST_ROW}.sql" in {path.name for path in sql_paths(system.name, settings)}:
        findings.append(stated("the newest row is fresh", partial(_fresh, restored, plan)))
    return tuple(findings)


def newest_row(newest_at: datetime | None, *, taken_at: datetime, within: timedelta, zone: ZoneInfo) -> str:
    """Evidence that the newest row is of shortly before the backup.

    Args:
        newest_at: of the row; without a time zone it is taken in `zone`. None when there is no row.
        taken_at: the backup's moment.
        within: how much older the row may be.
        zone: the system's.

    Raises:
        ContractError: there is no row, it is too old, or it is of a time that the backup cannot know.
    """
    if newest_at is None:
        raise ContractError("there is no row")
    moment = newest_at if newest_at.tzinfo else newest_at.replace(tzinfo=zone)
    age = (taken_at - moment).total_seconds()
    of = f"it is of {moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    if age < -CLOCKS_DIFFER.total_seconds():
        raise ContractError(f"{of}, {human_seconds(-age)} after the backup: a clock is wrong, or the query is")
    evidence = f"{of}, {human_seconds(max(0.0, age))} before the backup"
    if age > within.total_seconds():
        raise ContractError(
            f"{evidence}, more than the {human_seconds(within.total_seconds())} of drill.newest_row_hours: "
            "does the system still write, and to this database?"
        )
    return evidence


@dataclass(frozen=True)
class _Restored:
    """The restored database, and the role that the system's queries run as; None for the drill's own."""

    system: System
    target: Secret
    role: str | None

    def rows(self, name: str, *, at_most: int) -> list[Row]:
        """The first rows that `sql/<name>.sql` gives."""
        file = find_sql(self.system.name, name)
        if file is None:
            raise ContractError(f"sql/{name}.sql is gone")
        settings = {**session_settings(self.system), **({"role": self.role} if self.role else {})}
        connection = connect(self.target.resolve(), purpose=PURPOSE, settings=settings)
        try:
            return list(islice(ReadSession(connection).rows(file), at_most))
        finally:
            roll_back(connection)
            connection.close()


def _no_row(restored: _Restored, name: str) -> str:
    found = len(restored.rows(name, at_most=_MOST_COUNTED + 1))
    if found:
        counted = f"more than {_MOST_COUNTED:,} rows" if found > _MOST_COUNTED else human_count(found, "row")
        raise ContractError(f"it returned {counted}; run it on the system to see them")
    return "none"


def _fresh(restored: _Restored, plan: DrillPlan) -> str:
    first = next(iter(restored.rows(NEWEST_ROW, at_most=1)), {"newest_at": None})
    if not isinstance(moment := first.get("newest_at", ""), datetime | None):
        raise ContractError(f"sql/{NEWEST_ROW}.sql gives no timestamp called newest_at")
    system = restored.system
    within = timedelta(hours=system.drill.newest_row_hours)
    return newest_row(moment, taken_at=plan.taken_at, within=within, zone=system.zone)


def _reader(system: System, target: Secret) -> str | None:
    """A role that may read everything; None where the drill's own role can make none."""
    with (
        connect(target.resolve(), purpose=PURPOSE, read_only=False) as connection,
        translated("making a role that reads"),
    ):
        superuser = connection.info.parameter_status("is_superuser") == "on"
        if not superuser or connection.info.server_version < _READS_EVERYTHING_SINCE:
            return None
        name = reader_name(system)
        role = sql.Identifier(name)
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN BYPASSRLS IN ROLE pg_read_all_data").format(role))
    return name
