"""Faults of an S3 server, and of the way to it, while objects are written, listed and deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.s3_stores import LARGE, SMALL, left, put, read
from faulty_proxy import ALWAYS, FaultyProxy
from s3_server import BUCKET, S3Server
from sereno.errors import StorageError
from sereno.stores.s3 import S3Store
from sereno.stores.s3_client import Patience

both_sizes = pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (502, "")])
def test_an_error_that_passes_is_not_noticed(store: S3Store, proxy: FaultyProxy, status: int, code: str) -> None:
    for method, containing in (
        ("PUT", "demo/small"), ("POST", "uploads"), ("PUT", "partNumber=2"), ("POST", "uploadId"), ("HEAD", ""),
        ("GET", "demo/large"), ("GET", "list-type=2"), ("POST", "delete"),
    ):  # fmt: skip
        proxy.refuse(method, containing, status=status, code=code, times=2)
    put(store, "demo/small", SMALL)
    put(store, "demo/large", LARGE)
    assert read(store, "demo/large") == LARGE
    assert [file.bytes for file in store.files("demo")] == [len(LARGE), len(SMALL)]
    assert store.delete_folder("demo") == 2


def test_an_error_inside_an_answer_that_says_200_is_seen(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server
) -> None:
    body = "<Error><Code>InternalError</Code><Message>injected</Message></Error>"
    proxy.answer("POST", "uploadId", status=200, body=body, times=2)
    put(store, "demo/x", LARGE)
    assert read(store, "demo/x") == LARGE
    proxy.answer("POST", "uploadId", status=200, body=body, times=ALWAYS)
    with pytest.raises(StorageError, match="the store has a problem of its own"):
        put(store, "demo/y", LARGE)
    assert left(s3_server, store) == ["demo/x"]


@both_sizes
def test_a_store_that_keeps_asking_for_patience_is_said_to_and_may_be_tried_again(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server, data: bytes
) -> None:
    proxy.refuse("PUT", status=503, code="SlowDown", times=ALWAYS)
    with pytest.raises(StorageError) as caught:
        put(store, "demo/x", data)
    assert caught.value.permanent is False
    assert str(caught.value) == (
        f"store offsite (s3://{BUCKET}/{store.section.prefix} at {proxy.url}): writing demo/x failed: "
        "the store asks for patience (503 SlowDown, 3 times); try again later"
    )
    assert proxy.count("PUT") == 3
    assert left(s3_server, store) == []


@pytest.fixture
def hasty_store(store: S3Store) -> S3Store:
    return replace(store, patience=Patience(read_seconds=0.8, attempts=2))


@pytest.mark.parametrize(
    ("method", "containing"), [("PUT", "partNumber=1"), ("PUT", "partNumber=2"), ("POST", "upload")]
)
def test_a_store_that_says_nothing_is_waited_for_only_so_long(
    s3_server: S3Server, proxy: FaultyProxy, hasty_store: S3Store, method: str, containing: str
) -> None:
    proxy.be_silent(method, containing, times=2)
    with pytest.raises(StorageError, match="the store did not answer in time; try again later") as caught:
        put(hasty_store, "demo/x", LARGE)
    assert caught.value.permanent is False
    assert left(s3_server, hasty_store) == []


def test_silence_that_passes_is_not_noticed(store: S3Store, proxy: FaultyProxy) -> None:
    patient = replace(store, patience=Patience(read_seconds=3, attempts=4))  # a busy machine may be silent, too
    proxy.be_silent("PUT", "partNumber=2")
    put(patient, "demo/x", LARGE)
    proxy.be_silent("GET", "demo/x")
    assert read(patient, "demo/x") == LARGE


@both_sizes
@pytest.mark.parametrize("after_bytes", [0, 3])
def test_a_connection_that_breaks_once_in_the_middle_of_an_upload_is_not_noticed(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server, data: bytes, after_bytes: int
) -> None:
    proxy.hang_up("PUT", after_bytes=after_bytes, times=2)
    put(store, "demo/x", data)
    assert read(store, "demo/x") == data
    assert left(s3_server, store) == ["demo/x"]


@pytest.mark.parametrize(
    ("method", "containing"), [("PUT", "partNumber=1"), ("PUT", "partNumber=2"), ("POST", "uploadId"), ("PUT", "small")]
)
def test_a_connection_that_keeps_breaking_in_an_upload_leaves_nothing(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server, method: str, containing: str
) -> None:
    proxy.hang_up(method, containing, after_bytes=3, times=ALWAYS)
    with pytest.raises(StorageError, match="the connection broke off; try again later") as caught:
        put(
            store,
            "demo/small" if containing == "small" else "demo/x",
            SMALL if containing == "small" else LARGE,
        )
    assert caught.value.permanent is False
    assert left(s3_server, store) == []


@pytest.mark.parametrize("times", [1, ALWAYS])
@both_sizes
def test_an_object_whose_last_answer_is_lost_is_known_to_be_there(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server, data: bytes, times: int
) -> None:
    method, containing = ("PUT", "demo/x") if data is SMALL else ("POST", "uploadId")
    proxy.lose_answer(method, containing, times=times)
    put(store, "demo/x", data)
    assert read(store, "demo/x") == data
    assert left(s3_server, store) == ["demo/x"]


def test_an_answer_that_is_lost_does_not_hide_somebody_else_s_object(store: S3Store, proxy: FaultyProxy) -> None:
    put(store, "demo/x", b"first")
    proxy.lose_answer("PUT", "demo/x")
    with pytest.raises(StorageError, match="never overwritten"):
        put(store, "demo/x", b"second")
    assert read(store, "demo/x") == b"first"


def test_an_upload_whose_beginning_was_not_answered_goes_with_its_folder(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server
) -> None:
    proxy.lose_answer("POST", "uploads")
    put(store, "demo/one/x", LARGE)
    assert left(s3_server, store) == ["demo/one/x", "unfinished demo/one/x"]
    assert store.delete_folder("demo/one") == 2
    assert left(s3_server, store) == []


def test_an_upload_that_cannot_be_cleaned_up_now_goes_with_its_folder(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server
) -> None:
    proxy.refuse("PUT", "partNumber=2", status=403, code="AccessDenied")
    proxy.hang_up("DELETE", times=3)
    with pytest.raises(StorageError, match="permission denied; the key needs the right s3:PutObject"):
        put(store, "demo/one/x", LARGE)
    assert left(s3_server, store) == ["unfinished demo/one/x"]
    assert list(store.folders("demo")) == ["one"]
    assert store.delete_folder("demo/one") == 1


def test_an_upload_that_somebody_else_has_ended_meanwhile_is_no_obstacle(
    store: S3Store, proxy: FaultyProxy, s3_server: S3Server
) -> None:
    key = f"{store.section.prefix}/demo/one/x"
    s3_server.client.create_multipart_upload(Bucket=BUCKET, Key=key)
    proxy.refuse("DELETE", "uploadId", status=404, code="NoSuchUpload")
    assert store.delete_folder("demo/one") == 1


def test_an_object_that_cannot_be_deleted_is_named(store: S3Store, proxy: FaultyProxy) -> None:
    put(store, "demo/x", SMALL)
    error = f"<Error><Key>{store.section.prefix}/demo/x</Key><Code>AccessDenied</Code></Error>"
    proxy.answer("POST", "delete", status=200, body=f"<DeleteResult>{error}</DeleteResult>")
    with pytest.raises(StorageError, match=r"deleting demo \(demo/x\) failed: permission denied; .* s3:DeleteObject"):
        store.delete_folder("demo")


def test_a_deletion_that_is_cut_off_leaves_nothing_that_looks_whole(store: S3Store, proxy: FaultyProxy) -> None:
    for name in ("a", "manifest.jsonl"):
        put(store, f"demo/one/{name}", SMALL)
    proxy.hang_up("POST", "delete", times=3)
    with pytest.raises(StorageError, match="the connection broke off"):
        store.delete_folder("demo/one", first="manifest.jsonl")
    assert [file.name for file in store.files("demo")] == ["demo/one/a"]


def test_what_was_damaged_on_the_way_once_can_be_sent_again(store: S3Store, proxy: FaultyProxy) -> None:
    proxy.flip_bit("PUT", "partNumber=2")
    with pytest.raises(StorageError, match="the checksums differ") as caught:
        put(store, "demo/x", LARGE)
    assert caught.value.permanent is False
    put(store, "demo/x", LARGE)
    assert read(store, "demo/x") == LARGE


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (403, "RequestTimeTooSkewed", "this machine's clock differs too much from the store's; set it, best by NTP"),
        (403, "AccessDenied", "permission denied; the key needs the right s3:PutObject"),
        (400, "ExpiredToken", "the temporary credentials are not valid any more; renew them"),
        (400, "InvalidStorageClass", "the store does not have the storage class; change storage_class"),
        (400, "KMS.DisabledException", r"the KMS key cannot be used \(KMS.DisabledException\); check kms_key_id"),
        (507, "XMinioStorageFull", "the store is full, or its quota used up; free some space"),
        (418, "Teapot", "the store answered 418 Teapot: injected"),
    ],
)
def test_an_error_that_stays_says_what_to_do(
    store: S3Store, proxy: FaultyProxy, status: int, code: str, sentence: str
) -> None:
    proxy.refuse("PUT", "demo/x", status=status, code=code, times=ALWAYS)
    with pytest.raises(StorageError, match=f"writing demo/x failed: {sentence}") as caught:
        put(store, "demo/x", SMALL)
    assert caught.value.permanent is True
