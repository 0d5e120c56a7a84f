"""Which labels an enum type has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.systems.sections.checks import EnumLabels

_TYPES = """
    SELECT format('%I.%I', n.nspname, t.typname) AS label, t.typtype = 'e' AS is_enum,
           ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
             AS labels
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd')
      AND CAST(:name AS text) IN (t.typname::text, n.nspname || '.' || t.typname, quote_ident(t.typname),
                    format('%I.%I', n.nspname, t.typname))
    ORDER BY 1
"""


def judged(session: ReadSession, check: EnumLabels) -> Verdict:
    """Compare the labels."""
    count = str(len(check.labels))
    name = f"the enum {check.type} has its {count} labels"
    return judge(Kind.ENUM, name, partial(_look, session, check), required=check.required, expected=count)


def find_enum(session: ReadSession, name: str) -> list[str]:
    """The labels of an enum type, in their order.

    Raises:
        ContractError: there is no such type, or there are several.
    """
    found = [row for row in session.rows(_TYPES, {"name": name}) if row["is_enum"]]
    if not found:
        raise ContractError(f"there is no enum type {name!r} in the database")
    if len(found) > 1:
        raise ContractError(f"{name!r} could be {' or '.join(row['label'] for row in found)}; write which")
    return list(found[0]["labels"])


def difference(wanted: Sequence[str], found: Sequence[str]) -> str:
    """What is missing and what is there besides, in words; empty where nothing is."""
    missing = [label for label in wanted if label not in found]
    added = [label for label in found if label not in wanted]
    parts = [f"missing: {', '.join(missing)}" if missing else "", f"not expected: {', '.join(added)}" if added else ""]
    return "; ".join(part for part in parts if part)


def _look(session: ReadSession, check: EnumLabels) -> Look:
    found = find_enum(session, check.type)
    differs = difference(check.labels, found)
    return Look(passed=not differs, evidence=differs or ", ".join(found), seen=str(len(found)))
