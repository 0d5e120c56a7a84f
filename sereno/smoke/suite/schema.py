"""The JSON Schema of smoke.yaml."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache

from pydantic import BaseModel

from sereno.smoke.suite.file import SmokeFile
from sereno.smoke.suite.part import SmokePart
from sereno.systems.schema import JsonSchema, as_text, schema_of


@cache
def smoke_schema() -> JsonSchema:
    """The JSON Schema of one smoke.yaml, with a description and examples at every key."""
    schema = schema_of(SmokeFile, title="Smoke suites of a system under Sereno's care")
    for part in SmokePart.__subclasses__():
        section = schema if part is SmokeFile else schema.get("$defs", {}).get(part.__name__)
        for name, description in _docstrings(part):
            field = part.model_fields[name]
            if section is not None:
                section["properties"][field.alias or name]["description"] = description
    return schema


def smoke_schema_text() -> str:
    """`smoke_schema()` as it is checked in and as `sereno schema smoke` prints it."""
    return as_text(smoke_schema())


def _docstrings(part: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The fields of a model with the text that stands below each."""
    (definition,) = ast.parse(inspect.getsource(part)).body
    assert isinstance(definition, ast.ClassDef)
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        told = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and below.value.value
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(told, str):
            yield field.target.id, inspect.cleandoc(told)
