"""Whether everything that the section `checks` names is there, before the first run says that it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sereno.data_checks import labels, parents
from sereno.data_checks.relations import find_relation
from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.systems.sections.checks import Checks, EnumLabels, ForeignKeys


def unknown_names(session: ReadSession, checks: Checks) -> list[str]:
    """Every table, column, enum type and foreign key that is not in the database, each with where it is named.

    Raises:
        SerenoError: the database cannot be asked.
    """
    looks = [(place, partial(_has, session, table, columns)) for place, table, columns in _columns(checks)]
    looks += [(f"checks.enums[{number}]", partial(_is_enum, session, each)) for number, each in enumerate(checks.enums)]
    return [
        *(f"{place}: {problem}" for place, look in looks if (problem := _problem(look))),
        *_unknown_keys(session, checks.foreign_keys),
    ]


def _problem(look: Callable[[], None]) -> str:
    try:
        look()
    except ContractError as error:
        return str(error)
    return ""


def _unknown_keys(session: ReadSession, keys: ForeignKeys | None) -> Iterator[str]:
    named = (*keys.only, *keys.leave_out) if keys else ()
    known = {key.name for key in parents.declared_keys(session)} if named else set()
    yield from (f"checks.foreign_keys: there is no foreign key {name!r}" for name in named if name not in known)


def _columns(checks: Checks) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for number, rows in enumerate(checks.rows):
        yield f"checks.rows[{number}]", rows.table, tuple(rows.where)
    for number, row in enumerate(checks.known_rows):
        yield f"checks.known_rows[{number}]", row.table, (*row.where, *row.values)
    for number, fresh in enumerate(checks.fresh):
        yield f"checks.fresh[{number}]", fresh.table, (fresh.column, *fresh.where)
    for number, unique in enumerate(checks.unique):
        yield f"checks.unique[{number}]", unique.table, unique.columns
    for number, reference in enumerate(checks.foreign_keys.undeclared if checks.foreign_keys else ()):
        place = f"checks.foreign_keys.undeclared[{number}]"
        yield place, reference.table, reference.columns
        yield place, reference.parent, reference.parent_columns


def _has(session: ReadSession, table: str, columns: tuple[str, ...]) -> None:
    relation = find_relation(session, table)
    for name in columns:
        relation.column(name)


def _is_enum(session: ReadSession, enum: EnumLabels) -> None:
    labels.find_enum(session, enum.type)
