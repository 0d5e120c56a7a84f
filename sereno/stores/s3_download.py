"""Reading one object from S3; a connection that breaks off is taken up again where it was."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import HTTPClientError, IncompleteReadError

from sereno.errors import StorageError, StoreUnavailableError
from sereno.stores.s3_bucket import Bucket
from sereno.stores.s3_errors import EXISTS_CODE, code_of

_PROGRESS_BYTES = 1024 * 1024
"""A connection that brought as much counts as one that works: the waits begin anew."""


class Download:
    """The source of one object."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._key = bucket.key(name)
        self._doing = f"reading {name}"
        self._position = self._resumed_at = self._failures = 0
        answer = self._request()
        self._body: Any = answer["Body"]
        self._entity_tag: str = answer["ETag"]
        self._size = int(answer["ContentLength"])

    def read(self, size: int) -> bytes:
        """At most `size` bytes; fewer only at the end."""
        missing = min(size, self._size - self._position)
        pieces: list[bytes] = []
        while missing > 0:
            piece = self._piece(missing)
            pieces.append(piece)
            self._position += len(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Let go of the connection."""
        self._body.close()

    def _piece(self, size: int) -> bytes:
        while True:
            try:
                piece: bytes = self._body.read(size)
            except (HTTPClientError, IncompleteReadError, OSError):
                piece = b""
            if piece:
                return piece
            self._resume()

    def _resume(self) -> None:
        self._body.close()
        if self._position - self._resumed_at >= _PROGRESS_BYTES:
            self._failures = 0
        waits = self._bucket.patience.resume_after_seconds
        if self._failures == len(waits):
            reason = (
                f"the connection broke off after {self._position:,} of {self._size:,} bytes, {self._failures + 1} times"
            )
            raise self._bucket.failure(self._doing, f"{reason}; try again later", StoreUnavailableError)
        time.sleep(waits[self._failures])
        self._failures += 1
        self._resumed_at = self._position
        try:
            answer = self._request(Range=f"bytes={self._position}-", IfMatch=self._entity_tag)
        except StorageError as error:
            if code_of(error.__cause__) == EXISTS_CODE:
                raise self._bucket.failure(self._doing, "it was replaced while it was being read") from error
            raise
        self._body = answer["Body"]
        if not str(answer.get("ContentRange", "")).startswith(f"bytes {self._position}-"):
            raise self._bucket.failure(self._doing, "the connection broke off, and the store cannot resume (Range)")

    def _request(self, **arguments: Any) -> dict[str, Any]:
        return self._bucket.call("get_object", self._doing, Key=self._key, **arguments)
