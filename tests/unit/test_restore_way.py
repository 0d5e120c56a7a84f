from __future__ import annotations

import pytest

from sereno.errors import RefusedError
from sereno.restore.way import Way, way_of


@pytest.mark.parametrize(
    ("target", "tables", "data_only", "way"),
    [
        ("scratch", [], False, Way.BUILD),
        ("scratch", ["users"], False, Way.BUILD),
        ("staging", ["users"], False, Way.BUILD),
        ("staging", [], True, Way.REFILL),
        ("original", [], False, Way.REPLACE),
        ("original", [], True, Way.REFILL),
        ("original", ["users"], True, Way.REFILL),
    ],
)
def test_target_and_choice_lead_to_one_way(target: str, tables: list[str], data_only: bool, way: Way) -> None:
    assert way_of(target=target, tables=tables, data_only=data_only) is way


def test_some_tables_go_back_into_the_original_only_by_their_rows() -> None:
    with pytest.raises(RefusedError, match="add data_only=true"):
        way_of(target="original", tables=["users"], data_only=False)


def test_a_scratch_server_has_no_tables_to_fill() -> None:
    with pytest.raises(RefusedError, match="leave data_only off"):
        way_of(target="scratch", tables=[], data_only=True)
