"""One bucket as a store uses it: its requests, the keys of its objects, and what every new object is given."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sereno.errors import StorageError
from sereno.stores.names import name_parts
from sereno.stores.s3_client import Patience, client_of
from sereno.stores.s3_errors import MISSING, NOT_FOUND, code_of, explain
from sereno.systems.sections.stores import S3Store as S3Section

_MEBIBYTE = 1024 * 1024
_NO_LISTING_OF_UPLOADS = {"NotImplemented", "MethodNotAllowed"}


@dataclass(frozen=True)
class Bucket:
    """A bucket, and where in it a store begins."""

    section: S3Section
    client: Any
    patience: Patience

    @classmethod
    def of(cls, section: S3Section, *, home: Path, patience: Patience) -> Bucket:
        """The bucket that the section names; see `client_of`."""
        with _explained(section, "preparing the connection"):
            return cls(section, client_of(section, home=home, patience=patience), patience)

    @property
    def place(self) -> str:
        """Where the store is, for people."""
        return _place(self.section)

    @property
    def part_bytes(self) -> int:
        """How much is held in memory and sent at once."""
        return self.section.part_size_mebibytes * _MEBIBYTE

    @property
    def new_object(self) -> Mapping[str, str]:
        """What every new object is asked to be stored as."""
        wanted = {
            "StorageClass": self.section.storage_class,
            "ServerSideEncryption": self.section.server_side_encryption,
            "SSEKMSKeyId": self.section.kms_key_id,
        }
        return {key: value for key, value in wanted.items() if value is not None}

    @property
    def checks_sha256(self) -> bool:
        """Whether the server is given SHA-256 checksums, or the MD5 that even old servers know."""
        return self.section.checksums == "when_supported"

    def checksum(self, data: bytes | bytearray) -> Mapping[str, str]:
        """What lets the server check that `data` arrived whole."""
        if self.checks_sha256:
            return {"ChecksumSHA256": b64encode(hashlib.sha256(data).digest()).decode()}
        return {"ContentMD5": b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()}

    def key(self, name: str) -> str:
        """The key of the object called `name`; of a folder, without its last slash."""
        parts = name_parts(name, store=self.section.name)
        return "/".join((self.section.prefix, *parts) if self.section.prefix else parts)

    def name(self, key: str) -> str:
        """The name of the object at `key`."""
        return key.removeprefix(f"{self.section.prefix}/") if self.section.prefix else key

    def failure(self, doing: str, reason: str, kind: type[StorageError] = StorageError) -> StorageError:
        """The error to raise where it is Sereno that finds something wrong."""
        return kind(f"{_store(self.section)}: {doing} failed: {reason}")

    def call(self, operation: str, doing: str, **arguments: Any) -> dict[str, Any]:
        """One request, repeated by boto3 where that can help.

        Args:
            operation: the client's method.
            doing: what it is for, such as `writing demo/x`.
            arguments: what the method takes besides the bucket.
        """
        with _explained(self.section, doing):
            answer: dict[str, Any] = getattr(self.client, operation)(Bucket=self.section.bucket, **arguments)
        return answer

    def pages(self, operation: str, doing: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """The pages of a listing; as `call`."""
        with _explained(self.section, doing):
            yield from self.client.get_paginator(operation).paginate(Bucket=self.section.bucket, **arguments)

    def find(self, name: str, doing: str) -> dict[str, Any] | None:
        """What the server knows about a complete object; None where there is none."""
        try:
            return self.call("head_object", doing, Key=self.key(name))
        except StorageError as error:
            if code_of(error.__cause__) in NOT_FOUND:
                return None
            raise

    def require(self, name: str, doing: str) -> dict[str, Any]:
        """What the server knows about an object that has to be there."""
        found = self.find(name, doing)
        if found is None:
            raise self.failure(doing, MISSING)
        return found

    def uploads(self, prefix: str, doing: str) -> Iterator[tuple[str, str]]:
        """Key and id of each multipart upload under way whose key begins with `prefix`, dead ones included."""
        try:
            for page in self.pages("list_multipart_uploads", doing, Prefix=prefix):
                yield from ((each["Key"], each["UploadId"]) for each in page.get("Uploads") or ())
        except StorageError as error:
            if code_of(error.__cause__) not in _NO_LISTING_OF_UPLOADS:
                raise

    def abort(self, key: str, upload_id: str, doing: str) -> None:
        """End a multipart upload and throw away its parts; one that has ended already is no error."""
        try:
            self.call("abort_multipart_upload", doing, Key=key, UploadId=upload_id)
        except StorageError as error:
            if code_of(error.__cause__) != "NoSuchUpload":
                raise

    def delete(self, keys: Sequence[str], doing: str) -> None:
        """Delete at most 1,000 objects in one request.

        Raises:
            StorageError: one of them could not be deleted; the others are gone.
        """
        wanted = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        for refused in self.call("delete_objects", doing, Delete=wanted).get("Errors") or ():
            with _explained(self.section, f"{doing} ({self.name(refused.get('Key', ''))})"):
                raise ClientError({"Error": refused}, "DeleteObjects")


@contextmanager
def _explained(section: S3Section, doing: str) -> Iterator[None]:
    """Turn boto3's errors into one sentence that says what was being done, and where."""
    try:
        yield
    except (BotoCoreError, ClientError, OSError, ValueError) as error:
        raise explain(error, store=_store(section), doing=doing) from error


def _store(section: S3Section) -> str:
    return f"store {section.name} ({_place(section)})"


def _place(section: S3Section) -> str:
    path = f"s3://{section.bucket}" + (f"/{section.prefix}" if section.prefix else "")
    return f"{path} at {section.endpoint_url}" if section.endpoint_url else path
