"""The sequences of a database, and how much of their numbers they have given out."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.database.read_session import ReadSession

# a bigint sequence that fills an integer column ends where the column does
_SEQUENCES = """
    SELECT format('%I.%I', n.nspname, c.relname) AS name, s.seqincrement AS increment, s.seqcycle AS cycles,
           greatest(s.seqmin, o.lowest) AS lowest, least(s.seqmax, o.highest) AS highest,
           o.owner, NOT p.allowed AS hidden,
           CASE WHEN p.allowed THEN pg_catalog.pg_sequence_last_value(c.oid) END AS last_value
    FROM pg_catalog.pg_sequence s
    JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT pg_catalog.has_sequence_privilege(c.oid, 'USAGE, SELECT') AS allowed) p
    LEFT JOIN LATERAL (
      SELECT format('%I.%I.%I', tn.nspname, t.relname, a.attname) AS owner, r.lowest, r.highest
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
      JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
      JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
      LEFT JOIN (VALUES ('int2'::regtype, -32768::bigint, 32767::bigint),
                        ('int4'::regtype, -2147483648, 2147483647)) r (type, lowest, highest) ON r.type = a.atttypid
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjsubid > 0
      LIMIT 1) o ON true
    WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence. Its bounds are those of the column that it fills, where they are narrower."""

    name: str
    increment: int
    cycles: bool
    lowest: int
    highest: int
    owner: str | None
    hidden: bool
    """Whether the role may not see how far it has come."""
    last_value: int | None
    """None before the first number, and where it is hidden."""

    @property
    def used_percent(self) -> float:
        """How much of its numbers is given out; 0 where it begins anew at the end, or is hidden."""
        if self.last_value is None or self.cycles:
            return 0.0
        given = self.last_value - self.lowest if self.increment > 0 else self.highest - self.last_value
        return 100 * given / (self.highest - self.lowest) if self.highest > self.lowest else 100.0

    @property
    def left(self) -> int:
        """How many numbers are left."""
        last = self.last_value if self.last_value is not None else self.lowest
        return max(0, ((self.highest - last) if self.increment > 0 else (last - self.lowest)) // abs(self.increment))


def look(session: ReadSession) -> tuple[Sequence, ...]:
    """Ask the catalog; sorted by name."""
    return tuple(Sequence(**row) for row in session.rows(_SEQUENCES))
