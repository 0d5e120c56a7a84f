"""TLS: certificates of an authority of one's own, and those that are not accepted."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from load_peer import OK, Exchange, Peer, serving
from sereno.load.load import Load
from sereno.load.measure import measure
from sereno.load.recorder import Recorder
from sereno.load.request import Place, tls_context

NOW = datetime.now(UTC)


class Authority:
    """Signs certificates for 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Salon authority")])
        self.file = folder / "authority.pem"
        certificate = self.signed(self.name, self.key.public_key(), ends=NOW + timedelta(days=9), authority=True)
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        ends: datetime,
        authority: bool,
        host: str = "127.0.0.1",
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=9))
        builder = builder.not_valid_after(ends).add_extension(x509.BasicConstraints(authority, None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if not authority:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def server(self, *, ends: datetime = NOW + timedelta(days=1), host: str = "127.0.0.1") -> ssl.SSLContext:
        """The side of a server with a certificate that ends at `ends`."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "salon")])
        certificate = self.signed(name, key.public_key(), ends=ends, authority=False, host=host)
        path = self.folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def loaded(peer: Peer, context: ssl.SSLContext | None, requests: int = 20, *, timeout_seconds: float = 30) -> Recorder:
    place = Place(host="127.0.0.1", port=peer.port, tls=context)
    load = Load(requests=requests, concurrency=2, abort_error_percent=100, timeout_seconds=timeout_seconds)
    return measure(place, peer.request(), load).recorder


def test_a_certificate_of_ones_own_authority_is_accepted_and_connections_are_kept(authority: Authority) -> None:
    with serving(OK, tls=authority.server()) as peer:
        recorder = loaded(peer, tls_context(ca_file=authority.file))
        assert (recorder.ended, recorder.failed, peer.connections) == (20, 0, 2)


def test_a_tls_connection_that_closes_after_each_answer_is_opened_anew(authority: Authority) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        exchange.close()

    with serving(answer, tls=authority.server()) as peer:
        recorder = loaded(peer, tls_context(ca_file=authority.file), requests=6)
        assert (recorder.ended, recorder.failed, peer.connections) == (6, 0, 6)


def test_an_expired_certificate_is_an_error_that_says_so(authority: Authority) -> None:
    with serving(OK, tls=authority.server(ends=NOW - timedelta(days=1))) as peer:
        recorder = loaded(peer, tls_context(ca_file=authority.file), requests=4)
        assert dict(recorder.errors) == {"the certificate is not accepted: certificate has expired": 4}
        assert peer.heads == [], "nothing was sent"


def test_an_unknown_authority_and_another_host_are_errors(authority: Authority) -> None:
    with serving(OK, tls=authority.server()) as peer:
        (unknown,) = loaded(peer, tls_context(), requests=2).errors
    with serving(OK, tls=authority.server(host="127.0.0.2")) as peer:
        (other,) = loaded(peer, tls_context(ca_file=authority.file), requests=2).errors
    assert unknown.startswith("the certificate is not accepted: unable to get local issuer certificate")
    assert other.startswith("the certificate is not accepted: IP address mismatch")


def test_any_certificate_is_accepted_where_that_was_asked_for(authority: Authority) -> None:
    with serving(OK, tls=authority.server(ends=NOW - timedelta(days=1))) as peer:
        assert loaded(peer, tls_context(insecure=True), requests=4).failed == 0


def test_plain_text_where_tls_is_expected_is_an_error() -> None:
    with serving(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as peer:
        errors = loaded(peer, tls_context(), requests=1, timeout_seconds=0.3).errors
    assert sum(errors.values()) == 1
