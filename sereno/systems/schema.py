"""The JSON Schema of `system.yaml`: what editors complete by, and what messages take their words from."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeAlias

from pydantic import BaseModel

from sereno.systems.model import System
from sereno.systems.yaml_document import KeyPath

JsonSchema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def system_schema() -> JsonSchema:
    """The JSON Schema of one system.yaml, with a description and examples at every key."""
    return schema_of(System, title="A system under Sereno's care")


def schema_of(model: type[BaseModel], *, title: str) -> JsonSchema:
    """The JSON Schema of a file that `model` describes."""
    return {"$schema": DIALECT, **_without_titles(model.model_json_schema()), "title": title}


def schema_text() -> str:
    """`system_schema()` as it is checked in and as `sereno schema` prints it, with a line feed at its end."""
    return as_text(system_schema())


def as_text(schema: JsonSchema) -> str:
    """A schema as a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_at(path: KeyPath, data: Any = None, whole: JsonSchema | None = None) -> JsonSchema | None:
    """What the schema says about the value at `path`, references followed; None where it says nothing.

    Args:
        path: the keys that lead to the value.
        data: the whole document, which tells of which form a section is that may have several.
        whole: the schema of the whole file. Default: that of system.yaml.
    """
    whole = whole or _system_schema()
    here: JsonSchema | None = _followed(whole, whole, data)
    for part in path:
        if here is None:
            return None
        inside = here.get("items") if isinstance(part, int) else _member(here, part)
        data = _inside(data, part)
        here = _followed(inside, whole, data) if isinstance(inside, dict) else None
    return here


_system_schema = cache(system_schema)


def _member(schema: JsonSchema, key: str) -> Any:
    """What `schema` says about `key`: one of its own, or one that people name as they like."""
    named_freely = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
    return schema.get("properties", {}).get(key, named_freely)


def _inside(data: Any, part: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _followed(schema: JsonSchema, whole: JsonSchema, data: Any) -> JsonSchema:
    """`schema` with its reference followed, "or nothing" left out, and of several forms the one that `data` has."""
    if "$ref" in schema:
        target = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return _followed({**target, **{key: value for key, value in schema.items() if key != "$ref"}}, whole, data)
    if "oneOf" in schema:
        forms = [_followed(form, whole, data) for form in schema["oneOf"]]
        return max(forms, key=lambda form: len(set(form.get("required", ())).intersection(data or ())))
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return _followed({**options[0], **rest}, whole, data)
    return schema


def _without_titles(schema: Any) -> Any:
    """Without the titles that merely repeat a key in capitals (keys called `title` stay, also in examples)."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if isinstance(schema, dict):
        return {
            key: value if key == "examples" else _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return schema
