"""Backups for the tests of the backup format."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.format_case import FIRST, MIB, SECOND, Backup, noise


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return Backup(tmp_path / "20261123T020000Z-full-1f3a5c7e")


@pytest.fixture
def full(backup: Backup) -> Backup:
    """A backup with an object of several frames and a small one."""
    backup.write(FIRST, noise(2 * MIB + 12_345))
    backup.write(SECOND, b"1\n2\n")
    return backup
