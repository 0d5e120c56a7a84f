"""Keys, rights, certificates, addresses: what a probe finds out about an S3 store, and how it says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from contract.s3_stores import LARGE, QUICK, put, store_of
from faulty_proxy import FaultyProxy
from s3_server import S3Server
from sereno.errors import MissingSecretError, StorageError
from sereno.stores import open_store
from sereno.stores.s3 import S3Store


def test_a_probe_warns_of_a_server_that_overwrites(s3_server: S3Server, proxy: FaultyProxy) -> None:
    proxy.answer("PUT", "probe", status=200, body="", skip=1)
    (warning,) = store_of(s3_server, endpoint_url=proxy.url).probe().warnings
    assert "the server ignores If-None-Match" in warning


def test_a_probe_warns_of_a_key_that_may_not_delete(s3_server: S3Server, proxy: FaultyProxy) -> None:
    proxy.refuse("DELETE", "probe", status=403, code="AccessDenied")
    (warning,) = store_of(s3_server, endpoint_url=proxy.url).probe().warnings
    assert "permission denied; the key needs the right s3:DeleteObject" in warning
    assert "backups cannot be deleted either" in warning


@pytest.mark.parametrize(
    ("method", "containing", "right"),
    [
        ("PUT", "probe", "s3:PutObject"),
        ("GET", "list-type=2", "s3:ListBucket"),
        ("GET", "uploads", "s3:ListBucketMultipartUploads"),
        ("GET", "/.sereno-probe", "s3:GetObject"),
    ],
)
def test_a_probe_names_the_right_that_is_missing(
    s3_server: S3Server, proxy: FaultyProxy, method: str, containing: str, right: str
) -> None:
    proxy.refuse(method, containing, status=403, code="AccessDenied")
    store = store_of(s3_server, endpoint_url=proxy.url)
    with pytest.raises(StorageError, match=f"failed: permission denied; the key needs the right {right},"):
        store.probe()


def test_a_server_that_cannot_list_uploads_will_do(s3_server: S3Server, proxy: FaultyProxy) -> None:
    proxy.refuse("GET", "uploads", status=501, code="NotImplemented", times=2)
    store = store_of(s3_server, endpoint_url=proxy.url)
    put(store, "demo/one/x", b"1")
    assert list(store.folders("demo")) == ["one"]
    assert store.delete_folder("demo/one") == 1


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"bucket": "no-such-bucket"}, "the bucket does not exist there; create it, or mend bucket, region or endpoi"),
        ({"access_key_id": "${TEST_S3_SECRET}"}, "the store does not know the access key; check access_key_id"),
        ({"secret_access_key": "${TEST_S3_KEY}"}, "the secret access key is wrong; check secret_access_key"),
        ({"endpoint_url": "http://127.0.0.1:1"}, "no connection; check endpoint_url and the network"),
        ({"ca_bundle": "no-such-file.pem"}, "no-such-file.pem does not exist; check ca_bundle"),
    ],
)
def test_what_is_wrong_with_the_section_is_said(s3_server: S3Server, keys: dict[str, str], sentence: str) -> None:
    store = store_of(s3_server, **keys)
    calls = (lambda: put(store, "demo/x", b"1"), lambda: list(store.folders("demo")), store.probe)
    for call in calls:
        with pytest.raises(StorageError, match=sentence) as caught:
            call()
        assert str(caught.value).startswith(f"store offsite (s3://{store.section.bucket}/test-")
        assert "sereno-test-secret" not in str(caught.value)


def test_secrets_are_resolved_when_the_store_is_used_and_not_before(s3_server: S3Server) -> None:
    store = open_store(s3_server.section(access_key_id="${NO_SUCH_VARIABLE}"))
    assert store.name == "offsite"
    with pytest.raises(MissingSecretError, match="NO_SUCH_VARIABLE"):
        store.exists("demo/x")


def test_without_keys_anywhere_it_is_said_where_they_belong(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/x", "HOME": "/x"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/x")
    store = store_of(s3_server, access_key_id=None, secret_access_key=None)
    with pytest.raises(StorageError, match="there are no credentials; set access_key_id and secret_access_key"):
        put(store, "demo/x", b"1")


def test_the_environment_s_own_credentials_will_do(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sereno-test-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sereno-test-secret")
    store = store_of(s3_server, access_key_id=None, secret_access_key=None, region="eu-west-1")
    put(store, "demo/x", b"1")
    assert store.read("demo/x", at_most=1) == b"1"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a new key and its certificate for 127.0.0.1, which nobody knows."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    signed = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "tls.pem").write_bytes(key.private_bytes(*pem) + signed.public_bytes(pem[0]))
    return tmp_path / "tls.pem"


def test_a_certificate_of_an_authority_of_one_s_own_is_trusted_when_it_is_named(
    s3_server: S3Server, certificate: Path
) -> None:
    with FaultyProxy(s3_server.endpoint_url, certificate=certificate).running() as proxy:
        section = s3_server.section(endpoint_url=proxy.url, ca_bundle=certificate.name)
        store = S3Store(section=section, home=certificate.parent, patience=QUICK)
        put(store, "demo/x", LARGE)
        assert store.read("demo/x", at_most=len(LARGE)) == LARGE
        stranger = store_of(s3_server, endpoint_url=proxy.url)
        with pytest.raises(
            StorageError, match="certificate is not trusted; name the file of its authority in ca_bundl"
        ):
            stranger.exists("demo/x")
