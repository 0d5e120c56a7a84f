"""A store that is a bucket of S3, or of a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import Any

from sereno.errors import StorageError
from sereno.stores.protocol import Sink, Source, StoredFile, StoreState
from sereno.stores.s3_bucket import Bucket
from sereno.stores.s3_client import PATIENCE, Patience
from sereno.stores.s3_download import Download
from sereno.stores.s3_probe import probe
from sereno.stores.s3_upload import Upload
from sereno.systems.sections.stores import S3Store as S3Section

_AT_ONCE = 1000  # keys of one listing, and of one deletion


@dataclass(frozen=True)
class S3Store:
    """A bucket, or what lies below a prefix in it."""

    section: S3Section
    home: Path
    patience: Patience = PATIENCE

    @property
    def name(self) -> str:
        """What reports call the store."""
        return self.section.name

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """Write a new object; see `Store.create`."""
        upload = Upload(self._bucket, name)
        try:
            yield upload
            upload.finish()
        except BaseException:
            upload.abort()
            raise

    def replace(self, name: str, data: bytes) -> None:
        """Replace a small object; see `Store.replace`."""
        bucket, doing = self._bucket, f"replacing {name}"
        bucket.require(name, doing)
        bucket.call("put_object", doing, Key=bucket.key(name), Body=data, **bucket.new_object, **bucket.checksum(data))

    @contextmanager
    def open(self, name: str) -> Iterator[Source]:
        """Read an object; see `Store.open`."""
        with closing(Download(self._bucket, name)) as download:
            yield download

    def read(self, name: str, *, at_most: int) -> bytes:
        """A whole small object; see `Store.read`."""
        with self.open(name) as source:
            data = source.read(at_most + 1)
        if len(data) > at_most:
            raise StorageError(f"store {self.name}: {name} is larger than the {at_most} bytes that it may have")
        return data

    def size(self, name: str) -> int:
        """The object's size in bytes."""
        return int(self._bucket.require(name, f"looking at {name}")["ContentLength"])

    def exists(self, name: str) -> bool:
        """Whether the object is there."""
        return self._bucket.find(name, f"looking for {name}") is not None

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """Every complete object below `prefix`; see `Store.files`."""
        found = [
            StoredFile(
                name=self._bucket.name(entry["Key"]),
                bytes=int(entry["Size"]),
                modified=entry["LastModified"].astimezone(UTC),
            )
            for page in self._pages(prefix, f"listing {prefix}")
            for entry in page
            if not entry["Key"].endswith("/")  # how other programs mark an empty folder
        ]
        yield from sorted(found, key=lambda file: file.name)

    def folders(self, prefix: str, *, holding: Collection[str] = ()) -> Iterator[str]:
        """The names of the folders right below `prefix`, sorted; see `Store.folders`. One listing finds them all.

        Found by the objects themselves: asked for common prefixes, some servers name folders that are long empty.
        """
        doing, below = f"listing {prefix}", self._bucket.key(prefix) + "/"
        keys = {entry["Key"] for page in self._pages(prefix, doing) for entry in page}
        if not holding:
            keys.update(key for key, _ in self._uploads(prefix, doing))
        names = (key.removeprefix(below).partition("/") for key in keys)
        yield from sorted({name for name, _, rest in names if rest and (not holding or rest in holding)})

    def delete_folder(self, prefix: str, *, first: str | None = None) -> int:
        """Delete everything below `prefix`; see `Store.delete_folder`."""
        doing, count = f"deleting {prefix}", 0
        if first and self._bucket.find(f"{prefix}/{first}", doing):
            self._bucket.call("delete_object", doing, Key=self._bucket.key(f"{prefix}/{first}"))
            count += 1
        for page in self._pages(prefix, doing):
            self._bucket.delete([entry["Key"] for entry in page], doing)
            count += len(page)
        for key, upload_id in self._uploads(prefix, doing):
            self._bucket.abort(key, upload_id, doing)
            count += 1
        return count

    def probe(self) -> StoreState:
        """Write, list, read and delete a tiny object; see `Store.probe`."""
        return probe(self._bucket)

    def _pages(self, prefix: str, doing: str) -> Iterator[list[dict[str, Any]]]:
        wanted = {"Prefix": self._bucket.key(prefix) + "/", "PaginationConfig": {"PageSize": _AT_ONCE}}
        for page in self._bucket.pages("list_objects_v2", doing, **wanted):
            if contents := page.get("Contents"):
                yield contents

    def _uploads(self, prefix: str, doing: str) -> Iterator[tuple[str, str]]:
        """The keys and ids of the multipart uploads under way below `prefix`, dead ones included."""
        return self._bucket.uploads(self._bucket.key(prefix) + "/", doing)

    @cached_property
    def _bucket(self) -> Bucket:
        return Bucket.of(self.section, home=self.home, patience=self.patience)
