"""A small backup for the tests of the format: objects and keys.json by the product, the manifest by the document.

The product writes; it is not asked to read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contract import reader_by_document as reader
from sereno.backup.keys import DataKey, KeyFile
from sereno.backup.objects import ObjectWriter

MIB = 1 << 20
PASSPHRASE = "correct horse, größer"  # not ASCII: the document says UTF-8
OTHER = "battery staple"
FEWEST = 100_000  # iterations that the document allows
FIRST, SECOND = "rows/000001-0000", "keys/000001"


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@cache
def keys_of(passphrases: tuple[str, ...], serial: int) -> tuple[DataKey, bytes, tuple[bytes, bytes]]:
    """Make a data key, its keys.json, and what the reader finds there; once for all tests, as it is slow by design."""
    key = DataKey.generate()
    slots = [key.wrap(each, label=f"passphrase {at}", iterations=FEWEST) for at, each in enumerate(passphrases)]
    keys_json = KeyFile(identity=key.identity.hex(), slots=tuple(slots)).to_bytes()
    with TemporaryDirectory() as folder:
        (Path(folder) / "keys.json").write_bytes(keys_json)
        return key, keys_json, reader.unlock(Path(folder), passphrases[0])


class Backup:
    """A folder with objects and keys by the product, and a manifest by the document."""

    def __init__(self, folder: Path, *, passphrases: tuple[str, ...] = (PASSPHRASE,), serial: int = 0) -> None:
        self.folder = folder
        self.texts: dict[str, bytes] = {}
        self.key, keys_json, self.keys = keys_of(passphrases, serial)
        folder.mkdir(parents=True)
        (folder / "keys.json").write_bytes(keys_json)

    def write(self, name: str, text: bytes, *, chunk: int | None = None) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as sink:
            writer = ObjectWriter(sink, key=self.key, name=name)
            for at in range(0, len(text), chunk or max(1, len(text))):
                writer.write(text[at : at + chunk] if chunk else text)
            writer.close()
        self.texts[name] = text
        self.seal()

    def read(self, name: str) -> bytes:
        return reader.read_object(self.folder, self.keys, name)

    def seal(self, **changes: Any) -> None:
        """Write as much of a manifest as tells a reader what the objects are."""
        entries = [self.entry(name) for name in self.texts]
        manifest = {
            "format": "sereno-backup/1",
            "id": self.folder.name,
            "identity": self.keys[0].hex(),
            "schema_dump": None,
            "large_objects": None,
            "tables": [{"parts": entries, "key_set": None}],
        }
        line = json.dumps(manifest | changes).encode()
        seal = hmac.new(reader.derive(self.keys, b"sereno manifest 1", 32), line, "sha256").hexdigest()
        (self.folder / "manifest.jsonl").write_bytes(line + b'\n{"hmac_sha256": "' + seal.encode() + b'"}\n')

    def entry(self, name: str) -> dict[str, Any]:
        stored, text = (self.folder / name).read_bytes(), self.texts[name]
        return {
            "name": name,
            "kind": "rows",
            "rows": text.count(b"\n"),
            "stored_bytes": len(stored),
            "stored_sha256": hashlib.sha256(stored).hexdigest(),
            "plain_bytes": len(text),
            "plain_sha256": hashlib.sha256(text).hexdigest(),
        }

    def edit_slot(self, at: int, *, fits: bool, **changes: Any) -> None:
        """Change fields of a slot, with a checksum that fits afterwards, or without."""
        keys = json.loads((self.folder / "keys.json").read_bytes())
        slot = keys["slots"][at]
        slot.update(changes)
        if fits:
            binary = [base64.b64decode(slot[field]).hex() for field in ("salt", "nonce", "wrapped")]
            described = "\n".join([keys["identity"], slot["label"], slot["kdf"], str(slot["iterations"]), *binary])
            slot["checksum"] = hashlib.sha256(described.encode()).hexdigest()
        (self.folder / "keys.json").write_text(json.dumps(keys))

    def slot(self, at: int) -> dict[str, Any]:
        slot: dict[str, Any] = json.loads((self.folder / "keys.json").read_bytes())["slots"][at]
        return slot


def take_apart(stored: bytes) -> tuple[bytes, list[bytes]]:
    """Return an object's header and its frames, each with its length."""
    at = 70 + int.from_bytes(stored[68:70], "big")
    header, frames = stored[:at], []
    while at < len(stored):
        end = at + 4 + int.from_bytes(stored[at : at + 4], "big")
        frames.append(stored[at:end])
        at = end
    return header, frames


def flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def decrypted(backup: Backup, name: str) -> bytes:
    """What the frames of an object hold, joined."""
    header, frames = take_apart((backup.folder / name).read_bytes())
    cipher = AESGCM(reader.derive(backup.keys, b"sereno object 1\0" + name.encode(), 64)[:32])
    nonces = [header[28:35] + at.to_bytes(4, "big") + bytes([at == len(frames) - 1]) for at in range(len(frames))]
    return b"".join(cipher.decrypt(nonce, frame[4:], header) for nonce, frame in zip(nonces, frames, strict=True))


def forge(backup: Backup, *members: bytes, frame_size: int = 1000, name: str = FIRST) -> None:
    """Encrypt frames as the document has it, with nothing wrong but what is in them."""
    path = name.encode()
    secret = reader.derive(backup.keys, b"sereno object 1\0" + path, 64)
    header = b"SERENO01" + backup.keys[0] + frame_size.to_bytes(4, "big") + bytes(8) + secret[32:]
    header += len(path).to_bytes(2, "big") + path
    stored = header
    for at, member in enumerate(members):
        nonce = bytes(7) + at.to_bytes(4, "big") + bytes([at == len(members) - 1])
        frame = AESGCM(secret[:32]).encrypt(nonce, member, header)
        stored += len(frame).to_bytes(4, "big") + frame
    (backup.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (backup.folder / name).write_bytes(stored)
