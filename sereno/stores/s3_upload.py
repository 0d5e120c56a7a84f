"""Writing one object to S3: small ones in one request, large ones in parts, and never over one that is there."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import uuid4

from sereno.errors import StorageError
from sereno.stores.s3_bucket import Bucket
from sereno.stores.s3_errors import EXISTS

MOST_PARTS = 10_000
_MARK = "sereno-upload"


class Upload:
    """The sink of one new object. It holds one part in memory."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._name = name
        self._key = bucket.key(name)
        self._doing = f"writing {name}"
        self._metadata = {_MARK: uuid4().hex}
        self._pending = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        """Take all of `data`, and send whatever fills a part."""
        view = memoryview(data)
        while view:
            if len(self._pending) == self._bucket.part_bytes:  # the last part is sent by `finish`
                self._send_part()
            room = self._bucket.part_bytes - len(self._pending)
            self._pending += view[:room]
            view = view[room:]

    def finish(self) -> None:
        """Send the rest; when this returns, the object is there."""
        if self._upload_id is None:
            content = {"Body": self._pending, **self._bucket.checksum(self._pending)}
            self._appear("put_object", Metadata=self._metadata, **self._bucket.new_object, **content)
        else:
            self._send_part()
            upload = {"UploadId": self._upload_id, "MultipartUpload": {"Parts": self._parts}}
            self._appear("complete_multipart_upload", **upload)

    def abort(self) -> None:
        """Throw away the parts that were sent. What cannot be reached now goes when its folder is deleted."""
        if self._upload_id is not None:
            with suppress(StorageError):
                self._bucket.abort(self._key, self._upload_id, self._doing)

    def _appear(self, operation: str, **arguments: Any) -> None:
        """Send the request that makes the object exist, unless one of that name does.

        Its answer may get lost after it was carried out; a repetition then finds the object that it has itself made.
        """
        try:
            self._call(operation, IfNoneMatch="*", **arguments)
        except StorageError:
            if not self._is_ours():
                raise

    def _is_ours(self) -> bool:
        try:
            found = self._bucket.find(self._name, self._doing)
        except StorageError:
            return False
        return found is not None and found.get("Metadata", {}).get(_MARK) == self._metadata[_MARK]

    def _send_part(self) -> None:
        if self._upload_id is None:
            self._upload_id = self._begin()
        number = len(self._parts) + 1
        if number > MOST_PARTS:
            size = f"{MOST_PARTS:,} parts of {self._bucket.section.part_size_mebibytes} MiB"
            reason = f"it is larger than {size}; raise part_size_mebibytes in system.yaml"
            raise self._bucket.failure(self._doing, reason)
        checksum = self._bucket.checksum(self._pending)
        answer = self._call("upload_part", UploadId=self._upload_id, PartNumber=number, Body=self._pending, **checksum)
        self._parts.append(
            {"PartNumber": number, "ETag": answer["ETag"], **(checksum if self._bucket.checks_sha256 else {})}
        )
        self._pending = bytearray()

    def _begin(self) -> str:
        if self._bucket.find(self._name, self._doing):
            raise self._bucket.failure(self._doing, EXISTS)
        algorithm = {"ChecksumAlgorithm": "SHA256"} if self._bucket.checks_sha256 else {}
        answer = self._call("create_multipart_upload", Metadata=self._metadata, **self._bucket.new_object, **algorithm)
        return str(answer["UploadId"])

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._bucket.call(operation, self._doing, Key=self._key, **arguments)
