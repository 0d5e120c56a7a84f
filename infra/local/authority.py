"""A certificate authority of nobody, for clients that speak to a server on the loopback address without TLS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_VALID = timedelta(days=1)  # nothing is ever signed with it, and nobody looks


def write_authority(file: Path) -> None:
    """Write a file of authorities that holds one, whose key nobody has.

    A client of Prefect's reads all known authorities before it is told to speak plain HTTP: 20 to 40 ms, a dozen times
    in a flow and a hundred times while deployments are registered.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    now = datetime.now(UTC)
    authority = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + _VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
