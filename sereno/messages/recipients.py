"""How the ledger remembers who was written to without keeping an address: by a keyed digest.

A plain hash of an address can be looked up in a list of all addresses; one with a key that lies elsewhere cannot. The
key is made once, in a file of SERENO_HOME that only its owner can read.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from sereno.errors import StorageError
from sereno.settings import Settings, load_settings

_KEY_BYTES = 32
_FILE = Path("keys") / "recipients"


def recipient_key(settings: Settings | None = None) -> bytes:
    """The key of this SERENO_HOME, made when there is none.

    Raises:
        StorageError: the file cannot be read or made.
    """
    path = (settings or load_settings()).home_path / _FILE
    try:
        if not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it holds no key"
        raise StorageError(f"the key file {path} cannot be used: {reason}") from None
    if len(key) != _KEY_BYTES:
        raise StorageError(f"the key file {path} cannot be used: it holds no key of {_KEY_BYTES} bytes")
    return key


def digest_of(address: str, key: bytes) -> str:
    """What the ledger keeps of `address`; capitals and spaces around it make no difference."""
    return hmac.new(key, address.strip().casefold().encode(), hashlib.sha256).hexdigest()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.token_hex(_KEY_BYTES)}\n")
    try:
        os.link(own, path)  # of several processes that begin at once, one makes the key
    except FileExistsError:
        return
    finally:
        own.unlink()
