"""What the tests of S3 stores share."""

from __future__ import annotations

import random
from typing import Any

from s3_server import S3Server
from sereno.settings import load_settings
from sereno.stores import Store
from sereno.stores.s3 import S3Store
from sereno.stores.s3_client import Patience

SMALL = b"small"
MIDDLING = random.Random(3).randbytes(200_000)
LARGE = random.Random(4).randbytes(5 * 1024 * 1024 + 5)
"""A part and a rest: no server takes parts of less than 5 MiB but the last."""
QUICK = Patience(connect_seconds=1, read_seconds=5, attempts=2)

_PIECE_BYTES = 1_000_000


def store_of(server: S3Server, **keys: Any) -> S3Store:
    """A store of its own on the server; `keys` are those of its section."""
    return S3Store(section=server.section(**keys), home=load_settings().home_path, patience=QUICK)


def put(store: Store, name: str, data: bytes) -> None:
    """Write an object piece by piece."""
    with store.create(name) as sink:
        for start in range(0, len(data), _PIECE_BYTES):
            sink.write(data[start : start + _PIECE_BYTES])


def read(store: Store, name: str) -> bytes:
    """An object as large as any of these."""
    return store.read(name, at_most=len(LARGE))


def left(server: S3Server, store: S3Store) -> list[str]:
    """What lies in the store, asked of the server itself: objects, and unfinished uploads with a mark."""
    asked = {"Bucket": store.section.bucket, "Prefix": store.section.prefix}
    objects = server.client.list_objects_v2(**asked).get("Contents", ())
    uploads = server.client.list_multipart_uploads(**asked).get("Uploads", ())
    found = [each["Key"] for each in objects] + [f"unfinished {each['Key']}" for each in uploads]
    return [key.replace(f"{store.section.prefix}/", "") for key in found]
