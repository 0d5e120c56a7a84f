"""Read a backup, from docs/backup-format.md alone: python reader_by_document.py FOLDER PASSPHRASE NAME > out.

What does not fit the document is refused: ValueError (KeyError for what is missing), or InvalidTag for a forged frame.
"""

import gzip
import hmac
import json
import struct
import sys
import zlib
from base64 import b64decode
from contextlib import suppress
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def need(condition: bool, complaint: str) -> None:
    if not condition:
        raise ValueError(complaint)


def unlock(folder: Path, passphrase: str) -> tuple[bytes, bytes]:
    """Return the identity and the data key."""
    text = (folder / "keys.json").read_bytes()
    keys, sound = json.loads(text), []
    identity, slots = bytes.fromhex(keys["identity"]), keys["slots"]
    need(keys["format"] == "sereno-keys/1" and len(text) <= 65536 and 1 <= len(slots) <= 16, "keys.json")
    for slot in slots:  # every one is checked before anything is derived
        label, kdf, iterations = slot["label"], slot["kdf"], slot["iterations"]
        salt, nonce, wrapped = (b64decode(slot[field], validate=True) for field in ("salt", "nonce", "wrapped"))
        need(kdf == "pbkdf2-hmac-sha256" and 100_000 <= iterations <= 10_000_000, "a slot's key derivation")
        need(16 <= len(salt) <= 64 and len(nonce) == 12 and len(wrapped) == 48, "a slot's sizes")
        described = "\n".join((identity.hex(), label, kdf, str(iterations), salt.hex(), nonce.hex(), wrapped.hex()))
        if sha256(described.encode()).hexdigest() == slot["checksum"]:
            associated = b"sereno key slot 1\0" + identity + struct.pack(">I", iterations) + label.encode()
            sound.append((salt, iterations, nonce, wrapped, associated))
    for salt, iterations, nonce, wrapped, associated in sound:
        wrapping_key = pbkdf2_hmac("sha256", passphrase.encode(), salt, iterations)
        with suppress(InvalidTag):
            return identity, AESGCM(wrapping_key).decrypt(nonce, wrapped, associated)
    raise ValueError("wrong passphrase" if len(sound) == len(slots) else "a slot is damaged")


def derive(keys: tuple[bytes, bytes], purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=keys[0], info=purpose).derive(keys[1])


def read_backup(folder: Path, passphrase: str) -> dict[str, Any]:
    """Return the manifest."""
    line, seal = (folder / "manifest.jsonl").read_bytes().split(b"\n", 1)
    keys = unlock(folder, passphrase)
    expected = hmac.digest(derive(keys, b"sereno manifest 1", 32), line, "sha256").hex()
    need(hmac.compare_digest(seal, b'{"hmac_sha256": "%s"}\n' % expected.encode()), "the manifest's seal")
    manifest: dict[str, Any] = json.loads(line)
    need(manifest["format"] == "sereno-backup/1" and manifest["identity"] == keys[0].hex(), "another manifest")
    need(manifest["id"] == folder.resolve().name, "another folder's manifest")
    return manifest


def read_gzip(folder: Path, passphrase: str, name: str) -> bytes:
    """Return an object decrypted but not unpacked, after unpacking it for the checks."""
    keys, manifest = unlock(folder, passphrase), read_backup(folder, passphrase)
    of_tables = [entry for table in manifest["tables"] for entry in (*table["parts"], table["key_set"])]
    entry = {e["name"]: e for e in (manifest["schema_dump"], manifest["large_objects"], *of_tables) if e}[name]
    path, sealed = name.encode(), (folder / name).read_bytes()
    need((len(sealed), sha256(sealed).hexdigest()) == (entry["stored_bytes"], entry["stored_sha256"]), "stored digest")
    secret, limit = derive(keys, b"sereno object 1\0" + path, 64), int.from_bytes(sealed[24:28], "big")
    header = b"SERENO01" + keys[0] + sealed[24:35] + b"\0" + secret[32:] + struct.pack(">H", len(path)) + path
    need(hmac.compare_digest(sealed[: len(header)], header) and 1 <= limit <= 1_048_576 and len(path) <= 1024, "header")
    rest, members, plain = memoryview(sealed)[len(header) :], list[bytes](), bytearray()
    while rest or not members:
        length = int.from_bytes(rest[:4], "big")
        frame, rest = rest[4 : 4 + length], rest[4 + length :]
        need(17 <= length <= limit + 65536 and len(frame) == length, "a frame's length")
        nonce = sealed[28:35] + struct.pack(">IB", len(members), not rest)
        members.append(AESGCM(secret[:32]).decrypt(nonce, frame, header))
        unpacker = zlib.decompressobj(wbits=31)  # gzip, one member
        part = unpacker.decompress(members[-1], limit + 1)
        need(unpacker.eof and not unpacker.unused_data and len(part) <= limit, "a frame's member")
        need(len(part) > 0 or (len(members) == 1 and not rest), "an empty frame")
        plain += part
    need((len(plain), sha256(plain).hexdigest()) == (entry["plain_bytes"], entry["plain_sha256"]), "plain digest")
    return b"".join(members)


def read_object(folder: Path, passphrase: str, name: str) -> bytes:
    """Return what an object unpacks to."""
    return gzip.decompress(read_gzip(folder, passphrase, name))


if __name__ == "__main__":
    sys.stdout.buffer.write(read_object(Path(sys.argv[1]), *sys.argv[2:4]))
