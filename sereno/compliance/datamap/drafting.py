"""A proposal for a data map: what is mapped stays, what looks personal is added with a guess, and keys become edges."""

from __future__ import annotations

from typing import Any

import yaml

from sereno.compliance.datamap.catalog import Catalog, CatalogColumn
from sereno.compliance.datamap.checking import unmapped
from sereno.compliance.datamap.model import Category, DataMap, MappedTable
from sereno.compliance.datamap.personal import looks_like

HEADER = """\
# yaml-language-server: $schema=../datamap.schema.json
# Proposed from the catalog: every category, edge and activity is a guess until somebody who knows has read it.
"""
_TO_BE_NAMED = {
    "name": "to-be-named",
    "title": "What these data are for",
    "purpose": "to be said by somebody who knows",
    "gdpr": "contract",
    "lgpd": "contract",
    "subjects": ["customers"],
}
_AGES = (
    "created_at",
    "createdAt",
    "timestamp",
    "at",
    "date_joined",
    "requested_at",
    "granted_at",
    "criado_em",
    "creado_en",
)
_EMPTY = DataMap(activities=(), tables=())


def draft(map_: DataMap | None, catalog: Catalog) -> str:
    """The file: YAML that loads, with `map_` in it as it was and whatever it does not know of the catalog."""
    known = map_ or _EMPTY
    new = unmapped(known, catalog)
    tables = [_table(mapped, catalog, new) for mapped in known.tables]
    mapped_already = {catalog.named(mapped.table) for mapped in known.tables}
    unknown = dict.fromkeys(column.table for column in new if column.table not in mapped_already)
    tables += [_new_table(table, catalog, new) for table in unknown]
    tables += _leading_on({table["table"] for table in tables}, catalog)
    activities = [activity.model_dump(mode="json", exclude_defaults=True) for activity in known.activities]
    used = {activity for table in tables for activity in table["activities"]}
    if used - {activity["name"] for activity in activities}:
        activities.append(_TO_BE_NAMED)
    said: dict[str, Any] = {"activities": activities, "tables": tables}
    if known.not_personal:
        said["not_personal"] = list(known.not_personal)
    return HEADER + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=140)


def _table(mapped: MappedTable, catalog: Catalog, new: list[CatalogColumn]) -> dict[str, Any]:
    said = mapped.model_dump(mode="json", exclude_defaults=True)
    added = _guessed([column for column in new if column.table == catalog.named(mapped.table)])
    return {**said, "columns": {**said["columns"], **added}}


def _new_table(table: str, catalog: Catalog, new: list[CatalogColumn]) -> dict[str, Any]:
    columns = _guessed([column for column in new if column.table == table])
    edges = _edges(table, catalog)
    contact = next((name for name, category in columns.items() if category == Category.CONTACT.value), None)
    age = next((name for name in _AGES if name in catalog.tables[table]), None)
    return {
        "table": table,
        "activities": [_TO_BE_NAMED["name"]],
        "columns": columns,
        **({"person": contact} if contact else {}),
        **({"edges": edges} if edges else {}),
        **({"age_column": age} if age else {}),
    }


def _leading_on(mapped: set[str], catalog: Catalog) -> list[dict[str, Any]]:
    """Tables without a personal column of their own whose rows belong to a person all the same."""
    found = []
    for table in catalog.tables:
        edges = {
            column: target for column, target in _edges(table, catalog).items() if target.rpartition(".")[0] in mapped
        }
        if table not in mapped and edges:
            references = dict.fromkeys(edges, Category.REFERENCE.value)
            found.append({"table": table, "activities": [_TO_BE_NAMED["name"]], "columns": references, "edges": edges})
    return found


def _guessed(columns: list[CatalogColumn]) -> dict[str, str]:
    return {column.name: category.value for column in columns if (category := looks_like(column)) is not None}


def _edges(table: str, catalog: Catalog) -> dict[str, str]:
    return {key.column: f"{key.to_table}.{key.to_column}" for key in catalog.keys if key.table == table}
