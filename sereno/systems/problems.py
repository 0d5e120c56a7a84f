"""What a person reads when a value of system.yaml is not what the model expects.

Values are shown only where the schema asks for a number, a word of a list or other plain text; never at a place for
a secret, at an unknown key, or where text stands in place of a section.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from sereno.redaction import redact
from sereno.systems.schema import JsonSchema, schema_at
from sereno.systems.secrets import SECRET_FORMAT
from sereno.systems.sections import fields
from sereno.systems.yaml_document import Document, KeyPath, Problem, dotted

_LONGEST_SHOWN = 40  # characters of a value


def problems_of(error: ValidationError, document: Document, whole: JsonSchema | None = None) -> list[Problem]:
    """Each of pydantic's complaints as a line of the file, a key and a sentence.

    Args:
        error: the complaints.
        document: the file.
        whole: the schema of the file. Default: that of system.yaml.
    """
    complaints = [
        (_path_in(document, details["loc"], missing=details["type"] == "missing"), details)
        for details in error.errors(include_url=False, include_input=False)
    ]
    read = {
        path[:length]
        for path, told in complaints
        if told["type"] == fields.EXPRESSION
        for length in range(len(path) + 1)
    }
    complaints = [(path, told) for path, told in complaints if told["type"] == fields.EXPRESSION or path not in read]
    around = {path[:length] for path, _ in complaints for length in range(len(path))}
    return [
        Problem(
            document.line(path),
            dotted(path),
            _sentence(details["type"], details, path, document, whole),
            _column(details, path, document),
        )
        for path, details in complaints
        if not (details["type"] == "too_short" and path in around)  # pydantic counts only the items that are right
    ]


def expectation(schema: JsonSchema | None) -> str:
    """What a schema asks for in words: `an integer from 1 to 16`, `one of a, b`, `a section`, `a list`."""
    if schema is None:
        return "something else"
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("format") == SECRET_FORMAT:
        return "a reference to a secret, ${NAME} or ${file:PATH}"
    match schema.get("type"):
        case "integer":
            return _number("an integer", schema)
        case "number":
            return _number("a number", schema)
        case "boolean":
            return "true or false"
        case "array":
            return _counted("a list", _between(schema, "minItems", "maxItems"), "items")
        case "object":
            return f"a section with {', '.join(required)}" if (required := schema.get("required")) else "a section"
        case "string" if "pattern" in schema:
            return f"text like {schema.get('examples', ['this'])[0]}, matching {schema['pattern']}"
        case "string" if schema.get("format") == "path":
            return "a path"
        case "string" if schema.get("format") == "date":
            return "a date like 2026-01-31"
        case "string":
            return _counted("text", _between(schema, "minLength", "maxLength"), "characters")
    return "something else"


def _column(details: Any, path: KeyPath, document: Document) -> int | None:
    if details["type"] != fields.EXPRESSION or path not in document.columns:
        return None
    return document.columns[path] + int(details["ctx"]["column"])


def _sentence(kind: str, details: Any, path: KeyPath, document: Document, whole: JsonSchema | None) -> str:
    schema = schema_at(path, document.data, whole)
    match kind:
        case "missing":
            return f"is missing; expected {expectation(schema)}"
        case "extra_forbidden":
            return "is not known here" + _suggestion(path, document, whole)
        case "value_error":
            return str(details["ctx"]["error"])
        case fields.NO_ALTERNATIVE:
            return str(details["msg"])
        case fields.EXPRESSION:
            told = details["ctx"]
            return f"{told['message']}\n    {told['text']}\n    {' ' * told['column']}^"
    return f"expected {expectation(schema)}, found {_found(path, schema, document)}"


def _suggestion(path: KeyPath, document: Document, whole: JsonSchema | None) -> str:
    known = list((schema_at(path[:-1], document.data, whole) or {}).get("properties", {}))
    close = get_close_matches(str(path[-1]).lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; known keys: {', '.join(known)}" if known else ""


def _found(path: KeyPath, schema: JsonSchema | None, document: Document) -> str:
    value: Any = document.data
    for part in path:
        value = value[part]
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list):
        return f"a list of {len(value)} items" if value else "an empty list"
    if value is None:
        return "nothing"
    written = document.written.get(path, "")
    kind = "text" if isinstance(value, str) else "true or false" if isinstance(value, bool) else "a number"
    plain = schema is not None and (
        schema.get("type") in {"integer", "number", "boolean", "string"} or "enum" in schema
    )
    hidden = schema is None or schema.get("format") == SECRET_FORMAT or "://" in written or redact(written) != written
    if not plain or hidden:
        return kind
    return repr(written if len(written) <= _LONGEST_SHOWN else written[:_LONGEST_SHOWN] + "…")


def _path_in(document: Document, location: tuple[str | int, ...], *, missing: bool) -> KeyPath:
    """`location` without the names of alternatives that pydantic puts between the keys."""
    path: list[str | int] = []
    here: Any = document.data
    for index, part in enumerate(location):
        inside = isinstance(here, list) and isinstance(part, int) and part < len(here)
        if inside or (isinstance(here, dict) and part in here):
            here = here[part]
            path.append(part)
        elif missing and index == len(location) - 1 and isinstance(here, dict):
            path.append(part)
    return tuple(path)


def _between(schema: JsonSchema, lowest: str, highest: str) -> str:
    """The bounds in words: `1`, `1 to 16`, `at least 1`, `at most 16`, or nothing."""
    low, high = schema.get(lowest), schema.get(highest)
    if low is not None and high is not None:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if low is not None:
        return f"at least {low:,}"
    return f"at most {high:,}" if high is not None else ""


def _number(what: str, schema: JsonSchema) -> str:
    bounds = _between(schema, "minimum", "maximum")
    return f"{what} {'from' if ' to ' in bounds else 'of'} {bounds}" if bounds else what


def _counted(what: str, bounds: str, unit: str) -> str:
    return f"{what} of {bounds} {unit.removesuffix('s') if bounds.endswith('1') else unit}" if bounds else what
