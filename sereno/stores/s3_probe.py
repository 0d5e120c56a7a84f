"""Trying an S3 store with one tiny object: can it be written, listed, read and deleted, and is it never overwritten?"""

from __future__ import annotations

from contextlib import closing
from uuid import uuid4

from sereno.errors import StorageError
from sereno.stores.protocol import StoreState
from sereno.stores.s3_bucket import Bucket
from sereno.stores.s3_download import Download
from sereno.stores.s3_errors import EXISTS_CODE, code_of
from sereno.stores.s3_upload import Upload

_CONTENT = b"written by a probe of Sereno; it may be deleted\n"
_DOING = "trying it out"


def probe(bucket: Bucket) -> StoreState:
    """Write, list, read and delete one object; see `Store.probe`."""
    name = f".sereno-probe-{uuid4().hex}"
    _write(bucket, name)
    try:
        overwritten = _is_overwritten(bucket, name)
        _require_listed(bucket, name)
        _require_read(bucket, name)
    finally:
        kept = _delete(bucket, name)
    return StoreState(place=bucket.place, free_bytes=None, warnings=(*overwritten, *kept))


def _write(bucket: Bucket, name: str) -> None:
    upload = Upload(bucket, name)
    upload.write(_CONTENT)
    upload.finish()


def _is_overwritten(bucket: Bucket, name: str) -> list[str]:
    try:
        _write(bucket, name)
    except StorageError as error:
        if code_of(error.__cause__) == EXISTS_CODE:
            return []
        raise
    return ["the server ignores If-None-Match, so nothing but Sereno's own care keeps objects from being overwritten"]


def _require_listed(bucket: Bucket, name: str) -> None:
    pages = bucket.pages("list_objects_v2", _DOING, Prefix=bucket.key(name))
    if not any(bucket.name(entry["Key"]) == name for page in pages for entry in page.get("Contents") or ()):
        raise bucket.failure(_DOING, "what was written is not listed; the server is not consistent enough for backups")
    list(bucket.uploads(bucket.key(name), _DOING))


def _require_read(bucket: Bucket, name: str) -> None:
    with closing(Download(bucket, name)) as download:
        if download.read(len(_CONTENT) + 1) != _CONTENT:
            raise bucket.failure(_DOING, "what was written is not what is read")


def _delete(bucket: Bucket, name: str) -> list[str]:
    try:
        bucket.call("delete_object", _DOING, Key=bucket.key(name))
    except StorageError as error:
        return [f"{error} (to delete {name}; backups cannot be deleted either)"]
    return []
