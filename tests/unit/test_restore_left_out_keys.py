from __future__ import annotations

from typing import Any

from sereno.backup.manifest import Manifest, Relation
from sereno.restore.archive import Entry
from sereno.restore.left_out import LeftOutKey, left_out_keys

NAMES = {10: "a", 20: "a b", 30: "c"}


def manifest() -> Manifest:
    relations = tuple(Relation(oid=oid, schema_name="public", name=name) for oid, name in NAMES.items())
    named: dict[str, Any] = {"tables": (), "partitioned": relations, "left_out": (), "roles": ("er", "own er")}
    return Manifest.model_construct(**named)


def archive(*keys: tuple[str, int, int]) -> list[Entry]:
    """Tables 1, 2 and 3, and foreign keys: what is said of each, and the entries of its two tables."""
    tables = [
        Entry(id=number, line="", relation=oid, kind=f"TABLE public {name} own er", needs=frozenset())
        for number, (oid, name) in enumerate(NAMES.items(), 1)
    ]
    return tables + [
        Entry(id=100 + number, line="", relation=None, kind=f"FK CONSTRAINT public {said}", needs=frozenset({one, two}))
        for number, (said, one, two) in enumerate(keys)
    ]


def test_a_key_is_left_out_on_whichever_side_the_table_is_missing() -> None:
    entries = archive(("c c_fk own er", 3, 1))
    expected = LeftOutKey(name="c_fk", table="public.c", other="public.a", missing="public.a")
    assert left_out_keys(entries, manifest(), {10}) == (expected,)
    assert left_out_keys(entries, manifest(), {30})[0].missing == "public.c"


def test_a_key_between_two_restored_or_two_missing_tables_is_not_listed() -> None:
    entries = archive(("c c_fk own er", 3, 1))
    assert left_out_keys(entries, manifest(), {20}) == ()
    assert left_out_keys(entries, manifest(), {10, 30}) == ()


def test_names_with_spaces_are_told_apart() -> None:
    (key,) = left_out_keys(archive(("a b the key own er", 2, 1)), manifest(), {10})
    assert (key.name, key.table, key.other) == ("the key", "public.a b", "public.a")


def test_a_key_of_a_table_to_itself_goes_with_its_table() -> None:
    assert left_out_keys(archive(("c c_fk own er", 3, 3)), manifest(), {30}) == ()
