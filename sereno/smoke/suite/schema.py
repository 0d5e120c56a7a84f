"""The JSON Schema of smoke.yaml."""

from __future__ import annotations

from sereno.smoke.suite.file import SmokeFile
from sereno.systems.schema import JsonSchema, as_text, schema_of


def smoke_schema() -> JsonSchema:
    """The JSON Schema of one smoke.yaml, with a description and examples at every key."""
    return schema_of(SmokeFile, title="Smoke suites of a system under Sereno's care")


def smoke_schema_text() -> str:
    """`smoke_schema()` as it is checked in and as `sereno schema smoke` prints it."""
    return as_text(smoke_schema())
