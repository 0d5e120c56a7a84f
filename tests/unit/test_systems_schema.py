"""The JSON Schema of system.yaml is complete, valid and checked in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from sereno.systems.part import Part
from sereno.systems.schema import schema_at, schema_text, system_schema

CHECKED_IN = Path(__file__).parents[2] / "deployments" / "system.schema.json"
UNITS = ("seconds", "minutes", "hours", "days", "months", "bytes", "percent", "rows", "megabytes", "mebibytes")
COUNTED = {
    "attempts",
    "begin_hour",
    "best_of",
    "connections",
    "daily",
    "drop_partitions",
    "end_hour",
    "free_connections",
    "idle_limit",
    "keep_last",
    "local_hour",
    "max_delete",
    "minimum",
    "monthly",
    "per_recipient_per_day",
    "smtp_port",
    "weekly",
    "weight",
    "yearly",
}


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    yield part
    for kind in part.__subclasses__():
        yield from _parts(kind)


PARTS = list(_parts(Part))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)


def test_the_schema_is_valid_by_its_own_metaschema() -> None:
    Draft202012Validator.check_schema(system_schema())


def test_the_checked_in_schema_is_the_one_of_the_models() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == schema_text(), (
        "the models have changed; run: sereno schema > deployments/system.schema.json"
    )


def test_unknown_keys_are_refused_everywhere() -> None:
    assert all(part["additionalProperties"] is False for part in objects(system_schema()))


def test_every_key_has_a_description_and_every_value_an_example() -> None:
    for part in objects(system_schema()):
        for key, value in part["properties"].items():
            assert value.get("description"), key
            is_section = "$ref" in json.dumps(value) and value.get("type") != "array"
            assert is_section or value.get("examples"), key


def test_every_example_is_right_by_the_schema() -> None:
    schema = system_schema()
    for part in objects(schema):
        for value in part["properties"].values():
            for example in value.get("examples", ()):
                Draft202012Validator({**value, "$defs": schema["$defs"]}).validate(example)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_has_a_description(part: type[BaseModel]) -> None:
    assert part is Part or part.model_fields
    assert all(field.description for field in part.model_fields.values())


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_quantity_has_a_unit_in_its_name(part: type[BaseModel]) -> None:
    quantities = [name for name, field in part.model_fields.items() if field.annotation in {int, float}]
    assert [name for name in quantities if name not in COUNTED and not name.endswith(UNITS)] == []


def test_the_schema_can_be_asked_about_one_place() -> None:
    assert schema_at(("backup", "stores", 0, "name")) is not None
    assert (schema_at(("database", "read_url")) or {})["format"] == "secret-reference"
    assert schema_at(("database", "nothing")) is None
    assert schema_at(("name", "inside", "text")) is None


def test_of_a_section_with_several_forms_the_schema_of_the_one_that_stands_there_is_told() -> None:
    data = {"backup": {"stores": [{"name": "x", "folder": "y"}, {"name": "x", "bucket": "y", "region": 3}]}}
    assert (schema_at(("backup", "stores", 0), data) or {})["required"] == ["name", "folder"]
    assert (schema_at(("backup", "stores", 1, "region"), data) or {})["type"] == "string"
    assert schema_at(("backup", "stores", 0, "region"), data) is None
    assert schema_at(("backup", "stores", 2, "name"), data) is not None
