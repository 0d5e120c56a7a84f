"""The manifest as a file: written last, authenticated, readable without the passphrase.

Two lines of JSON: the manifest, and its seal, an HMAC over the first line's bytes under a key derived from the data
key. So backups can be listed anywhere, and a manifest cannot be changed without the passphrase.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime

from pydantic import ValidationError

from sereno.backup.keys import DataKey
from sereno.backup.manifest import Manifest
from sereno.errors import ConfigurationError, IntegrityError

MANIFEST_NAME = "manifest.jsonl"
STAMP = "%Y%m%dT%H%M%SZ"
MANIFEST_AT_MOST_BYTES = 256 * 1024 * 1024
_SEAL_PURPOSE = "sereno manifest 1"
_IDENTIFIER = re.compile(r"(?P<stamp>\d{8}T\d{6}Z)-(?P<kind>[a-z]+(-[a-z]+)*)-[0-9a-f]{8}\Z")


def sealed_manifest(manifest: Manifest, key: DataKey) -> bytes:
    """The file's bytes; one without volumes does not speak of them."""
    fields = manifest.model_dump(mode="json", exclude=None if manifest.volumes else {"volumes"})
    line = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    seal = json.dumps({"hmac_sha256": _seal(line, key)}).encode()
    return line + b"\n" + seal + b"\n"


def read_manifest(data: bytes, *, where: str) -> Manifest:
    """The manifest as it stands there, unauthenticated: good for listing, not for restoring.

    Raises:
        IntegrityError: it is no manifest; `where` names the file.
    """
    try:
        return Manifest.model_validate_json(data.split(b"\n", 1)[0])
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the file"
        raise IntegrityError(f"{where} is damaged or of a newer format: {place}: {problem['msg']}") from None


def authenticate_manifest(data: bytes, *, key: DataKey, where: str) -> Manifest:
    """The manifest, proven to be what the holder of the data key wrote.

    Raises:
        IntegrityError: the manifest was changed, cut or belongs to another backup.
    """
    line, _, rest = data.partition(b"\n")
    expected = json.dumps({"hmac_sha256": _seal(line, key)}).encode() + b"\n"
    if not hmac.compare_digest(rest, expected):
        raise IntegrityError(f"{where} was changed after it was written, or cut, or is of another backup")
    manifest = read_manifest(line, where=where)
    if manifest.identity != key.identity.hex():
        raise IntegrityError(f"{where} and its keys.json belong to different backups")
    return manifest


def manifest_digest(data: bytes) -> str:
    """SHA-256 of the whole file, by which an increment names its parent."""
    return hashlib.sha256(data).hexdigest()


def is_identifier(name: str) -> bool:
    """Whether `name` has the form of a backup's id."""
    match = _IDENTIFIER.match(name)
    if match is None:
        return False
    try:
        datetime.strptime(match["stamp"], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def kind_in(identifier: str) -> str:
    """The kind that stands in a backup's id."""
    match = _IDENTIFIER.match(identifier)
    return match["kind"] if match else ""


def moment_of(identifier: str) -> datetime:
    """The time that stands in a backup's id."""
    return datetime.strptime(identifier[:16], STAMP).replace(tzinfo=UTC)


def require_identifier(identifier: str) -> str:
    """`identifier` when it has the form of a backup's id; it becomes a folder's name, so nothing else may pass.

    Raises:
        ConfigurationError: it has another form.
    """
    if not is_identifier(identifier):
        raise ConfigurationError(
            f"{identifier!r} is no backup id; ids look like 20261123T020000Z-full-1f3a5c7e (see `sereno backups list`)"
        )
    return identifier


def _seal(line: bytes, key: DataKey) -> str:
    return hmac.new(key.derive(_SEAL_PURPOSE, length=32), line, hashlib.sha256).hexdigest()
