"""Backups for the tests of the format, and a store behind the proxy that breaks requests, which does not wait long."""

from __future__ import annotations

from pathlib import Path

import pytest
from boto3.session import Session
from botocore.retries import standard

from contract.format_case import FIRST, MIB, SECOND, Backup, noise
from faulty_proxy import FaultyProxy
from s3_server import S3Server
from sereno.settings import load_settings
from sereno.stores import s3_client
from sereno.stores.s3 import S3Store
from sereno.stores.s3_client import Patience


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return Backup(tmp_path / "20261123T020000Z-full-1f3a5c7e")


@pytest.fixture
def full(backup: Backup) -> Backup:
    """A backup with an object of several frames and a small one."""
    backup.write(FIRST, noise(2 * MIB + 12_345))
    backup.write(SECOND, b"1\n2\n")
    return backup


@pytest.fixture(scope="session")
def boto3_session() -> Session:
    """One that has read the description of S3 already."""
    return Session()


@pytest.fixture
def store(s3_server: S3Server, proxy: FaultyProxy, boto3_session: Session, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """A store behind the proxy, with three attempts and next to no waits between them."""
    monkeypatch.setattr(standard.ExponentialBackoff, "delay_amount", lambda self, context: 0.01)
    monkeypatch.setattr(s3_client, "Session", lambda: boto3_session)
    patience = Patience(connect_seconds=1, read_seconds=5, attempts=3, resume_after_seconds=(0, 0.01, 0.02))
    return S3Store(section=s3_server.section(endpoint_url=proxy.url), home=load_settings().home_path, patience=patience)
