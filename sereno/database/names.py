"""Names of the database as SQL needs them."""

from __future__ import annotations


def quoted(*names: str) -> str:
    """`"public"."Outbox"`: each name in quotation marks."""
    return ".".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)


def split(table: str) -> tuple[str | None, str]:
    """The schema, where `table` says it, and the table's own name."""
    schema, dot, name = table.partition(".")
    return (schema, name) if dot else (None, table)
