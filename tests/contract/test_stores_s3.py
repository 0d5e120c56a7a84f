"""What only an S3 store does: options of new objects, checksums, versions, uploads of dead runs, many objects."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contract.s3_stores import LARGE, left, put, store_of
from faulty_proxy import FaultyProxy
from s3_server import BUCKET, S3Server
from sereno.errors import StorageError
from sereno.stores import open_store, s3, s3_upload


def sent(proxy: FaultyProxy, method: str, containing: str) -> list[dict[str, str]]:
    """The headers of such requests, their names in lower case."""
    return [
        {name.lower(): value for name, value in each.headers.items()}
        for each in proxy.requests
        if each.method == method and containing in each.path
    ]


@pytest.mark.parametrize("data", [b"small", LARGE], ids=["small", "large"])
def test_new_objects_get_their_storage_class_and_encryption(s3_server: S3Server, data: bytes) -> None:
    store = store_of(s3_server, storage_class="STANDARD_IA", server_side_encryption="AES256")
    put(store, "demo/x", data)
    found = s3_server.client.head_object(Bucket=BUCKET, Key=f"{store.section.prefix}/demo/x")
    assert (found["StorageClass"], found["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")
    assert store.read("demo/x", at_most=len(data)) == data
    store.replace("demo/x", b"new")
    found = s3_server.client.head_object(Bucket=BUCKET, Key=f"{store.section.prefix}/demo/x")
    assert (found["StorageClass"], found["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")


def test_a_kms_key_is_named_in_every_request_that_makes_an_object(s3_server: S3Server, proxy: FaultyProxy) -> None:
    store = store_of(s3_server, endpoint_url=proxy.url, server_side_encryption="aws:kms", kms_key_id="backups-key")
    begun = "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
    proxy.answer("POST", "uploads", status=200, body=begun)
    proxy.answer("PUT", "small", status=200, body="")
    proxy.refuse("PUT", "large", status=403, code="AccessDenied")
    put(store, "demo/small", b"small")
    with pytest.raises(StorageError):
        put(store, "demo/large", LARGE)
    for headers in (*sent(proxy, "PUT", "small"), *sent(proxy, "POST", "uploads")):
        assert headers["x-amz-server-side-encryption"] == "aws:kms"
        assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "backups-key"


@pytest.mark.parametrize("checksums", ["when_supported", "when_required"])
@pytest.mark.parametrize("data", [b"small", LARGE], ids=["small", "large"])
def test_the_server_refuses_what_was_changed_on_the_way(
    s3_server: S3Server, proxy: FaultyProxy, data: bytes, checksums: str
) -> None:
    store = store_of(s3_server, endpoint_url=proxy.url, checksums=checksums)
    proxy.flip_bit("PUT")
    with pytest.raises(StorageError, match="what arrived is not what was sent: the checksums differ") as caught:
        put(store, "demo/x", data)
    assert caught.value.permanent is False
    assert not store.exists("demo/x")
    assert left(s3_server, store) == []


def test_every_upload_carries_a_checksum_that_the_server_knows(s3_server: S3Server, proxy: FaultyProxy) -> None:
    modern = store_of(s3_server, endpoint_url=proxy.url, prefix="modern")
    picky = store_of(s3_server, endpoint_url=proxy.url, prefix="picky", checksums="when_required")
    for store in (modern, picky):
        put(store, "demo/small", b"small")
        put(store, "demo/large", LARGE)
        store.replace("demo/small", b"new")
        assert store.delete_folder("demo") == 2
    assert [headers["x-amz-checksum-sha256"] != "" for headers in sent(proxy, "PUT", "modern")] == [True] * 4
    requests = [headers for method in ("PUT", "POST") for headers in sent(proxy, method, "picky")]
    assert ["content-md5" in headers for headers in requests] == [True] * 4 + [False] * 2
    (deletion,) = [headers for headers in sent(proxy, "POST", "?delete") if "content-md5" in headers]
    assert [name for headers in (*requests, deletion) for name in headers if "checksum" in name] == []


def test_a_store_without_a_prefix_has_the_whole_bucket(s3_server: S3Server) -> None:
    s3_server.client.create_bucket(Bucket="whole")
    store = store_of(s3_server, bucket="whole", prefix="")
    put(store, "demo/one/x", b"1")
    assert [file.name for file in store.files("demo")] == ["demo/one/x"]
    assert list(store.folders("demo")) == ["one"]
    assert store.delete_folder("demo") == 1


def test_in_a_bucket_with_versions_what_is_deleted_is_gone_from_sight(s3_server: S3Server) -> None:
    s3_server.client.create_bucket(Bucket="versions")
    s3_server.client.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    store = store_of(s3_server, bucket="versions")
    put(store, "demo/one/x", b"1")
    store.replace("demo/one/x", b"2")
    put(store, "demo/one/y", LARGE)
    assert store.delete_folder("demo/one", first="x") == 2
    assert (list(store.files("demo")), list(store.folders("demo"))) == ([], [])
    assert store.delete_folder("demo/one") == 0
    put(store, "demo/one/x", b"3")
    assert store.read("demo/one/x", at_most=9) == b"3"


def test_the_uploads_of_a_dead_run_are_deleted_with_its_folder(s3_server: S3Server) -> None:
    store = store_of(s3_server)
    key = f"{store.section.prefix}/demo/one/x"
    begun = s3_server.client.create_multipart_upload(Bucket=BUCKET, Key=key)
    s3_server.client.upload_part(Bucket=BUCKET, Key=key, UploadId=begun["UploadId"], PartNumber=1, Body=LARGE)
    assert list(store.folders("demo")) == ["one"]
    assert store.delete_folder("demo/one") == 1
    assert left(s3_server, store) == []


def test_many_objects_are_listed_and_deleted_page_by_page(
    s3_server: S3Server, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_AT_ONCE", 3)
    store = store_of(s3_server, endpoint_url=proxy.url)
    expected = [f"demo/{number // 4}/{number:02}" for number in range(14)]
    for name in expected:
        put(store, name, b"1")
    assert [file.name for file in store.files("demo")] == expected
    assert list(store.folders("demo")) == ["0", "1", "2", "3"]
    assert store.delete_folder("demo") == 14
    assert proxy.count("POST", "?delete") == 5
    assert list(store.files("demo")) == []


def test_an_object_of_too_many_parts_is_refused_with_what_to_do(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_upload, "MOST_PARTS", 2)
    store = store_of(s3_server)
    with pytest.raises(StorageError, match="larger than 2 parts of 5 MiB; raise part_size_mebibytes"):
        put(store, "demo/x", LARGE * 2)
    assert left(s3_server, store) == []


def test_what_other_programs_put_there_as_a_folder_is_no_object(s3_server: S3Server) -> None:
    store = store_of(s3_server)
    s3_server.client.put_object(Bucket=BUCKET, Key=f"{store.section.prefix}/demo/one/", Body=b"")
    assert list(store.files("demo")) == []


GROWTH = """
import resource, sys
from sereno.settings import load_settings
from sereno.stores import open_store
from sereno.systems.sections.stores import S3Store
store = open_store(S3Store.model_validate_json(sys.argv[1]))
def write(name, mebibytes):
    with store.create(name) as sink:
        for number in range(mebibytes):
            sink.write(bytes([number]) * 2**20)
write("demo/small", 1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write("demo/large", 200)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_an_object_of_200_mebibytes_needs_the_memory_of_some_parts(s3_server: S3Server) -> None:
    section = s3_server.section(part_size_mebibytes=8)
    done = subprocess.run(
        [sys.executable, "-c", GROWTH, section.model_dump_json()], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 40 * 1024  # KiB
    store = open_store(section)
    assert store.size("demo/large") == 200 * 2**20
    store.delete_folder("demo")


def test_only_whoever_uses_s3_waits_for_boto3_to_be_imported() -> None:
    script = "import sys, sereno.stores, sereno.backup.write; print('boto3' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
