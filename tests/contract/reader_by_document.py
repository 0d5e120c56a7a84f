"""Read a backup, from docs/backup-format.md alone: python reader_by_document.py FOLDER PASSPHRASE NAME > out.

What does not fit the document is refused: ValueError (KeyError for what is missing), or InvalidTag for a forgery.
"""

import hmac
import json
import sys
import zlib
from base64 import b64decode
from collections.abc import Iterator
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
    text, sound = (folder / "keys.json").read_bytes(), []
    keys = json.loads(text)
    identity, slots = bytes.fromhex(keys["identity"]), keys["slots"]
    need(keys["format"] == "sereno-keys/1" and len(text) <= 65536 and 1 <= len(slots) <= 16, "keys.json")
    for slot in slots:  # every one is checked before anything is derived
        label, kdf, rounds = slot["label"], slot["kdf"], slot["iterations"]
        salt, nonce, wrapped = (b64decode(slot[field], validate=True) for field in ("salt", "nonce", "wrapped"))
        need(kdf == "pbkdf2-hmac-sha256" and 100_000 <= rounds <= 10_000_000, "a slot's key derivation")
        need(16 <= len(salt) <= 64 and len(nonce) == 12 and len(wrapped) == 48, "a slot's sizes")
        need(1 <= len(label) <= 100 and min(label) >= " " and "\x7f" not in label, "a slot's label")
        described = "\n".join((identity.hex(), label, kdf, str(rounds), salt.hex(), nonce.hex(), wrapped.hex()))
        if sha256(described.encode()).hexdigest() == slot["checksum"]:
            associated = b"sereno key slot 1\0" + identity + rounds.to_bytes(4, "big") + label.encode()
            sound.append((salt, rounds, nonce, wrapped, associated))
    for salt, rounds, nonce, wrapped, associated in sound:
        wrapping_key = pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds)
        with suppress(InvalidTag):
            return identity, AESGCM(wrapping_key).decrypt(nonce, wrapped, associated)
    raise ValueError("wrong passphrase" if len(sound) == len(slots) else "a slot is damaged")


def derive(keys: tuple[bytes, bytes], purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=keys[0], info=purpose).derive(keys[1])


def read_manifest(folder: Path, keys: tuple[bytes, bytes]) -> Any:
    line, seal = (folder / "manifest.jsonl").read_bytes().split(b"\n", 1)
    expected = hmac.digest(derive(keys, b"sereno manifest 1", 32), line, "sha256").hex()
    need(hmac.compare_digest(seal, b'{"hmac_sha256": "%s"}\n' % expected.encode()), "the manifest's seal")
    manifest = json.loads(line)
    found = (manifest["format"], manifest["identity"], manifest["id"])
    need(found == ("sereno-backup/1", keys[0].hex(), folder.resolve().name), "another manifest")
    return manifest


def read_frames(folder: Path, keys: tuple[bytes, bytes], entry: Any) -> Iterator[tuple[bytes, bytes]]:
    """Yield an object's frames, each as gzip member and as what that unpacks to; the last checks come at the end."""
    path, stored, plain = entry["name"].encode(), sha256(), sha256()
    with (folder / entry["name"]).open("rb") as sealed:
        for block in iter(lambda: sealed.read(1 << 20), b""):
            stored.update(block)
        rest = sealed.tell()
        need((rest, stored.hexdigest()) == (entry["stored_bytes"], entry["stored_sha256"]), "stored digest")
        sealed.seek(0)
        head = sealed.read(70 + len(path))
        secret, limit = derive(keys, b"sereno object 1\0" + path, 64), int.from_bytes(head[24:28], "big")
        header = b"SERENO01" + keys[0] + head[24:35] + b"\0" + secret[32:] + len(path).to_bytes(2, "big") + path
        need(hmac.compare_digest(head, header) and 1 <= limit <= 1_048_576 and len(path) <= 1024, "header")
        rest, counter, size, lines = rest - len(head), 0, 0, 0
        while rest or not counter:
            length = int.from_bytes(sealed.read(4), "big")
            rest -= 4 + length
            need(17 <= length <= limit + 65536 and rest >= 0, "a frame's length")
            nonce = head[28:35] + counter.to_bytes(4, "big") + bytes([not rest])
            member = AESGCM(secret[:32]).decrypt(nonce, sealed.read(length), header)
            unpacker = zlib.decompressobj(wbits=31)  # gzip
            text = unpacker.decompress(member, limit + 1)
            need(unpacker.eof and not unpacker.unused_data and len(text) <= limit, "a frame's member")
            need(len(text) > 0 or not (counter or rest), "an empty frame")
            counter, size, lines = counter + 1, size + len(text), lines + text.count(b"\n")
            plain.update(text)
            yield member, text
    need((size, plain.hexdigest()) == (entry["plain_bytes"], entry["plain_sha256"]), "plain digest")
    need(entry["kind"] not in ("rows", "keys") or lines == entry["rows"], "rows")


def read_object(folder: Path, keys: tuple[bytes, bytes], name: str) -> bytes:
    """Return what an object unpacks to."""
    manifest = read_manifest(folder, keys)
    of_tables = [entry for table in manifest["tables"] for entry in (*table["parts"], table["key_set"])]
    entry = {e["name"]: e for e in (manifest["schema_dump"], manifest["large_objects"], *of_tables) if e}[name]
    return b"".join(text for _, text in read_frames(folder, keys, entry))


if __name__ == "__main__":
    sys.stdout.buffer.write(read_object(Path(sys.argv[1]), unlock(Path(sys.argv[1]), sys.argv[2]), sys.argv[3]))
