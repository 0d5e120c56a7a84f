from __future__ import annotations

import pytest

from sereno.backup.catalog import TableSource
from sereno.backup.manifest import Column, Table
from sereno.restore.present import can_be_emptied, unfit, with_whole_parents


def column(name: str, type_name: str = "integer", *, generated: bool = False) -> Column:
    return Column(number=1, name=name, type=type_name, generated=generated)


def backed_up(*columns: Column) -> Table:
    return Table(oid=1, schema_name="public", name="t", columns=columns, fingerprint="", rows=0, parts=())


def there(*columns: Column, oid: int = 1, has_rows: bool = True, partition_of: int | None = None) -> TableSource:
    return TableSource(
        oid=oid,
        schema_name="public",
        name="t",
        has_rows=has_rows,
        is_heap=True,
        refers=False,
        partition_of=partition_of,
        inherits=False,
        bytes=0,
        pages=0,
        condition=None,
        readable=True,
        hides_rows=False,
        columns=columns,
        key=(),
        key_types=(),
        fingerprint="",
    )


def test_columns_may_stand_in_another_order_and_generated_ones_may_differ() -> None:
    table = backed_up(column("a"), column("b", "text"), column("g", generated=True))
    assert unfit(table, there(column("b", "text"), column("a"))) is None
    assert unfit(table, there(column("h", "text", generated=True), column("a"), column("b", "text"))) is None


@pytest.mark.parametrize(
    ("present", "problem"),
    [
        (None, "public.t is not there"),
        (there(), "public.t has no column a"),
        (there(column("a", "bigint")), "public.t.a is bigint, integer was backed up"),
        (there(column("a", generated=True)), "public.t.a is generated now, so no rows can be put into it"),
        (there(column("a"), column("z")), "public.t has a column z that was not backed up"),
    ],
)
def test_a_table_of_another_shape_is_named(present: TableSource | None, problem: str) -> None:
    assert unfit(backed_up(column("a")), present) == problem


def test_a_partitioned_table_is_meant_when_every_partition_of_it_is() -> None:
    tree = [
        there(oid=1, has_rows=False),
        there(oid=2, partition_of=1),
        there(oid=3, has_rows=False, partition_of=1),
        there(oid=4, partition_of=3),
        there(oid=5, has_rows=False),
    ]
    assert with_whole_parents({2, 4}, tree) == {1, 2, 3, 4}
    assert with_whole_parents({4}, tree) == {3, 4}
    assert with_whole_parents({2}, tree) == {2}


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (set(), {1, 2, 3}),
        ({(2, 1), (3, 2)}, {1, 2, 3}),
        ({(9, 1)}, {2, 3}),
        ({(9, 2), (2, 1), (3, 9)}, {3}),
        ({(9, 3), (3, 2), (2, 1)}, set()),
        ({(1, 2), (2, 1)}, {1, 2, 3}),
    ],
)
def test_what_others_refer_to_cannot_be_emptied(references: set[tuple[int, int]], expected: set[int]) -> None:
    assert can_be_emptied({1, 2, 3}, references) == expected
