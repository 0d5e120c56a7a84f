"""Connections that break while an object is read from S3."""

from __future__ import annotations

import pytest

from contract.s3_stores import MIDDLING, put, read
from faulty_proxy import ALWAYS, FaultyProxy
from sereno.errors import StorageError
from sereno.stores import s3_download
from sereno.stores.s3 import S3Store


@pytest.mark.parametrize("cut_at", [0, 1, 70_000, len(MIDDLING) - 1])
@pytest.mark.parametrize("piece_bytes", [1_000, 65_536, len(MIDDLING)])
def test_a_download_that_breaks_off_goes_on_where_it_was(
    store: S3Store, proxy: FaultyProxy, cut_at: int, piece_bytes: int
) -> None:
    put(store, "demo/x", MIDDLING)
    proxy.cut_answer("GET", "demo/x", after_bytes=cut_at)
    with store.open("demo/x") as source:
        assert b"".join(iter(lambda: source.read(piece_bytes), b"")) == MIDDLING
    first, second = (each.headers.get("Range", "") for each in proxy.requests if each.method == "GET")
    assert first == ""
    assert 0 <= int(second.removeprefix("bytes=").removesuffix("-")) <= cut_at


def test_a_download_that_gets_nowhere_is_given_up(store: S3Store, proxy: FaultyProxy) -> None:
    put(store, "demo/x", MIDDLING)
    proxy.cut_answer("GET", "demo/x", after_bytes=10, times=ALWAYS)
    with pytest.raises(StorageError, match=r"broke off after \d+ of 200,000 bytes, 4 times; try again") as caught:
        read(store, "demo/x")
    assert caught.value.permanent is False


def test_a_download_that_breaks_off_often_but_gets_on_is_finished(
    store: S3Store, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_download, "_PROGRESS_BYTES", 15_000)
    put(store, "demo/x", MIDDLING)
    proxy.cut_answer("GET", "demo/x", after_bytes=20_000, times=ALWAYS)
    with store.open("demo/x") as source:
        assert b"".join(iter(lambda: source.read(5_000), b"")) == MIDDLING
    assert proxy.count("GET", "demo/x") == 10


def test_a_download_is_not_patched_together_from_two_objects(store: S3Store, proxy: FaultyProxy) -> None:
    put(store, "demo/x", MIDDLING)
    proxy.cut_answer("GET", "demo/x", after_bytes=100_000)
    with store.open("demo/x") as source:
        source.read(20_000)
        store.replace("demo/x", MIDDLING[::-1])
        with pytest.raises(StorageError, match="it was replaced while it was being read"):
            source.read(len(MIDDLING))


def test_what_is_deleted_while_it_is_read_is_said_to_be_gone(store: S3Store, proxy: FaultyProxy) -> None:
    put(store, "demo/x", MIDDLING)
    proxy.cut_answer("GET", "demo/x", after_bytes=100_000)
    with store.open("demo/x") as source:
        source.read(20_000)
        store.delete_folder("demo")
        with pytest.raises(StorageError, match="reading demo/x failed: it is not there"):
            source.read(len(MIDDLING))


def test_a_server_that_cannot_resume_is_told_apart(store: S3Store, proxy: FaultyProxy) -> None:
    put(store, "demo/x", MIDDLING)
    proxy.cut_answer("GET", "demo/x", after_bytes=100_000)
    proxy.answer("GET", "demo/x", status=200, body="from the beginning again")
    with pytest.raises(StorageError, match="the connection broke off, and the store cannot resume"):
        read(store, "demo/x")
