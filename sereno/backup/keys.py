"""Data keys, and the key slots that wrap them (docs/backup-format.md, "keys.json").

Every backup has a random data key of its own. `keys.json` holds it wrapped, once per slot, by a key that PBKDF2
derives from a passphrase. The file stands outside the manifest's digest, so a passphrase can be changed without
touching data. Each slot carries a plain checksum: a slot that is intact and does not open means a wrong passphrase,
one whose checksum does not fit means damage.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from functools import lru_cache
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from sereno.errors import IntegrityError

KEYS_NAME = "keys.json"
KEYS_AT_MOST_BYTES = 64 * 1024
SLOTS_AT_MOST = 16
ITERATIONS = 600_000
DATA_KEY_BYTES = 32
SALT_BYTES = 32
NONCE_BYTES = 12


def _from_base64(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return base64.b64decode(str(value).encode("ascii"), validate=True)


Base64 = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(lambda value: base64.b64encode(value).decode("ascii"), return_type=str),
]


class DataKey:
    """The secret of one backup: 32 random bytes, and the backup's 16-byte identity that salts what is derived."""

    __slots__ = ("_key", "identity")

    def __init__(self, key: bytes, *, identity: bytes) -> None:
        """Take 32 bytes of key and 16 bytes of identity."""
        if len(key) != DATA_KEY_BYTES or len(identity) != 16:
            raise IntegrityError("a data key has 32 bytes and a backup's identity 16")
        self._key = key
        self.identity = identity

    @classmethod
    def generate(cls) -> DataKey:
        """A new key for a new backup."""
        return cls(os.urandom(DATA_KEY_BYTES), identity=os.urandom(16))

    def derive(self, purpose: str, *, length: int) -> bytes:
        """`length` bytes of HKDF-SHA256 for one purpose; different purposes give unrelated bytes."""
        kdf = HKDF(algorithm=hashes.SHA256(), length=length, salt=self.identity, info=purpose.encode())
        return kdf.derive(self._key)

    def __repr__(self) -> str:
        return f"DataKey(identity={self.identity.hex()})"

    def same_as(self, other: DataKey) -> bool:
        """Whether the two are the key of the same backup."""
        return self.identity == other.identity and hmac.compare_digest(self._key, other._key)

    def wrap(self, passphrase: str, *, label: str, iterations: int | None = None) -> KeySlot:
        """A slot from which `passphrase` gives this key back, after `ITERATIONS` unless it is told otherwise."""
        iterations = ITERATIONS if iterations is None else iterations
        salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        wrapping = _wrapping_key(passphrase, salt, iterations)
        wrapped = AESGCM(wrapping).encrypt(nonce, self._key, _slot_context(self.identity, label, iterations))
        slot = KeySlot(label=label, iterations=iterations, salt=salt, nonce=nonce, wrapped=wrapped, checksum="")
        return slot.model_copy(update={"checksum": slot.expected_checksum(self.identity)})


class KeySlot(BaseModel):
    """One wrapped copy of the data key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")
    kdf: Literal["pbkdf2-hmac-sha256"] = "pbkdf2-hmac-sha256"
    iterations: int = Field(ge=100_000, le=10_000_000)
    salt: Base64 = Field(min_length=16, max_length=64)
    nonce: Base64 = Field(min_length=NONCE_BYTES, max_length=NONCE_BYTES)
    wrapped: Base64 = Field(min_length=DATA_KEY_BYTES + 16, max_length=DATA_KEY_BYTES + 16)
    checksum: str

    def expected_checksum(self, identity: bytes) -> str:
        """SHA-256 over the identity and the slot's other fields; it tells damage from a wrong passphrase."""
        secret = (self.salt.hex(), self.nonce.hex(), self.wrapped.hex())
        fields = (identity.hex(), self.label, self.kdf, str(self.iterations), *secret)
        return hashlib.sha256("\n".join(fields).encode()).hexdigest()


class KeyFile(BaseModel):
    """`keys.json`: the slots of one backup. `revision` grows by one with every change."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    format_: Literal["sereno-keys/1"] = Field(default="sereno-keys/1", alias="format")
    identity: str = Field(pattern=r"^[0-9a-f]{32}$")
    revision: int = Field(default=1, ge=1)
    slots: tuple[KeySlot, ...] = Field(min_length=1, max_length=SLOTS_AT_MOST)

    @classmethod
    def parse(cls, data: bytes, *, where: str) -> KeyFile:
        """Read `keys.json`.

        Raises:
            IntegrityError: the file is not what was written; `where` names it.
        """
        try:
            return cls.model_validate_json(data)
        except (ValidationError, UnicodeDecodeError) as error:
            reason = (
                error.errors(include_url=False, include_input=False)[0]["msg"]
                if isinstance(error, ValidationError)
                else error
            )
            raise IntegrityError(
                f"{where} is damaged ({reason}); fetch it again or from another copy of the backup"
            ) from None

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        return (json.dumps(self.model_dump(mode="json"), indent=2) + "\n").encode()

    def opened(self, slot: KeySlot, passphrase: str) -> DataKey | None:
        """The data key, when `passphrase` opens `slot`; None when it does not."""
        identity = bytes.fromhex(self.identity)
        wrapping = _wrapping_key(passphrase, slot.salt, slot.iterations)
        try:
            key = AESGCM(wrapping).decrypt(
                slot.nonce, slot.wrapped, _slot_context(identity, slot.label, slot.iterations)
            )
        except InvalidTag:
            return None
        return DataKey(key, identity=identity)

    def is_intact(self, slot: KeySlot) -> bool:
        """Whether `slot` is what was written, which needs no passphrase; it is no protection against a forger."""
        return slot.checksum == slot.expected_checksum(bytes.fromhex(self.identity))


@lru_cache(maxsize=64)
def _wrapping_key(passphrase: str, salt: bytes, iterations: int) -> bytes:
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=iterations)
    return kdf.derive(passphrase.encode())


def _slot_context(identity: bytes, label: str, iterations: int) -> bytes:
    return b"sereno key slot 1\0" + identity + iterations.to_bytes(4, "big") + label.encode()
