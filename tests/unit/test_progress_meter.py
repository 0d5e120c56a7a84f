from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sereno.progress import ByteMeter, bytes_of


class Watcher:
    def __init__(self) -> None:
        self.told: list[tuple[int, int, str]] = []

    def __call__(self, *, done: int, total: int, what: str) -> None:
        self.told.append((done, total, what))


def test_progress_names_the_table_the_bytes_and_how_many_tables_there_are() -> None:
    watcher = Watcher()
    meter = ByteMeter(watcher, total=3_400_000_000, tables=["public.users", "public.bookings", "public.plans"])
    meter.add(1_000_000_000, "public.users")
    meter.add(200_000_000, "public.bookings")
    meter.add(100_000_000, "public.users")
    assert [what for *_, what in watcher.told] == [
        "public.users, 1.0 of 3.4 GB, table 1 of 3",
        "public.bookings, 1.2 of 3.4 GB, table 2 of 3",
        "public.users, 1.3 of 3.4 GB, table 1 of 3",
    ]


def test_what_is_no_table_is_named_without_a_number() -> None:
    watcher = Watcher()
    ByteMeter(watcher, total=10, tables=["public.users"]).add(5, "keys of public.users")
    assert watcher.told == [(5, 10, "keys of public.users, 5 of 10 B")]


def test_a_total_that_was_guessed_too_low_grows() -> None:
    watcher = Watcher()
    ByteMeter(watcher, total=10, tables=[]).add(25, "x")
    assert watcher.told == [(25, 25, "x, 25 of 25 B")]


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [(900_000_000, 3_400_000_000, "900 MB of 3.4 GB"), (0, 0, "0 of 0 B"), (0, 5_000, "0 B of 5.0 kB")],
)
def test_units_are_written_once_where_they_are_the_same(done: int, total: int, text: str) -> None:
    assert bytes_of(done, total) == text


def test_threads_lose_nothing() -> None:
    watcher = Watcher()
    meter = ByteMeter(watcher, total=40_000, tables=["a"])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: meter.add(10, "a"), range(4_000)))
    assert watcher.told[-1][0] == 40_000
