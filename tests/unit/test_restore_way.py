from __future__ import annotations

import pytest

from sereno.errors import RefusedError
from sereno.restore.way import Way, WithVolumes, way_of


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


@pytest.mark.parametrize("target", ["scratch", "staging", "original"])
def test_volumes_alone_are_a_way_of_their_own(target: str) -> None:
    assert way_of(target=target, tables=[], data_only=False, volumes=WithVolumes.ONLY) is Way.FILES


@pytest.mark.parametrize(("tables", "data_only"), [(["users"], False), ([], True)])
def test_volumes_alone_bring_no_rows(tables: list[str], data_only: bool) -> None:
    with pytest.raises(RefusedError, match="volumes=only restores no rows"):
        way_of(target="staging", tables=tables, data_only=data_only, volumes=WithVolumes.ONLY)


def test_some_tables_go_back_into_the_original_only_by_their_rows() -> None:
    with pytest.raises(RefusedError, match="add data_only=true"):
        way_of(target="original", tables=["users"], data_only=False)


def test_a_scratch_server_has_no_tables_to_fill() -> None:
    with pytest.raises(RefusedError, match="leave data_only off"):
        way_of(target="scratch", tables=[], data_only=True)
