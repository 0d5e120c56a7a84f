"""The stores of a system: folders and S3 buckets, told apart by their keys, every mistake one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.loader import load_system
from sereno.systems.sections.backup import Backup
from sereno.systems.sections.stores import FolderStore, S3Store

BEGINNING = """\
name: point
title: Point integrations
timezone: Europe/Lisbon
database: {url: "${POINT_DATABASE_URL}"}
backup:
  passphrase: ${POINT_BACKUP_PASSPHRASE}
"""
LOCAL = """\
  stores:
    - name: local
      folder: backups
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    folder = tmp_path / "deployments" / "point"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return folder / "system.yaml"


def problems(file: Path, stores: str) -> list[str]:
    file.write_text(BEGINNING + stores)
    with pytest.raises(ConfigurationError) as caught:
        load_system("point", Settings())
    return str(caught.value).splitlines()


def test_several_stores_of_both_kinds_are_read(file: Path) -> None:
    offsite = "    - {name: offsite, bucket: point-backups, prefix: a/b, endpoint_url: 'https://s3.example.com'}\n"
    file.write_text(BEGINNING + LOCAL + offsite)
    backup = load_system("point", Settings()).backup
    assert isinstance(backup, Backup)
    local, s3 = backup.stores
    assert isinstance(local, FolderStore)
    assert isinstance(s3, S3Store)
    assert (s3.bucket, s3.prefix, s3.checksums, s3.part_size_mebibytes) == ("point-backups", "a/b", "when_supported", 8)


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("{name: x, foldr: y}", ": expected a section with name and either folder (on this machine) or bucket (S3)"),
        ("{name: x, folder: y, bucket: zzz}", ": expected a section with name and either folder (on this machine) or"),
        ("local", ": expected a section with name and either folder (on this machine) or bucket (S3)"),
        ("{name: x, folder: y, prefix: z}", ".prefix: is not known here; known keys: name, folder"),
        ("{name: x, bucket: yyy, endpoint: z}", ".endpoint: is not known here; did you mean endpoint_url?"),
        ("{bucket: yyy}", ".name: is missing; expected text like offsite, matching"),
        ('{name: x, folder: "a\\0b"}', ".folder: expected a path, which cannot hold the character \\0"),
        ('{name: x, bucket: yyy, ca_bundle: "a\\0b"}', ".ca_bundle: expected a path, which cannot hold the charac"),
        ("{name: x, bucket: y}", ".bucket: expected text like point-backups, matching"),
        ("{name: x, bucket: yyy, prefix: /a}", ".prefix: expected text like sereno, matching"),
        ("{name: x, bucket: yyy, prefix: a/..}", ".prefix: expected text like sereno, matching"),
        (
            "{name: x, bucket: yyy, endpoint_url: s3.example.com}",
            ".endpoint_url: expected text like https://s3.example",
        ),
        ("{name: x, bucket: yyy, part_size_mebibytes: 4}", ".part_size_mebibytes: expected an integer from 5 to 512, "),
        ("{name: x, bucket: yyy, storage_class: GLACIER}", ".storage_class: expected one of STANDARD, STANDARD_IA, ON"),
        ("{name: x, bucket: yyy, access_key_id: AKIA}", ".access_key_id: a secret stands in a file as a reference on"),
        ("{name: x, bucket: yyy, access_key_id: '${A}'}", ": access_key_id and secret_access_key belong together; giv"),
        ("{name: x, bucket: yyy, kms_key_id: k}", ": kms_key_id belongs to server_side_encryption: aws:kms"),
    ],
)
def test_a_mistake_in_a_store_is_one_sentence(file: Path, store: str, expected: str) -> None:
    (problem,) = problems(file, f"{LOCAL}    - {store}\n")
    assert problem.startswith(f"deployments/point/system.yaml:10: backup.stores[1]{expected}")


@pytest.mark.parametrize(
    ("stores", "expected"),
    [
        ("  stores: []\n", "backup.stores: expected a list of 1 to 8 items, found an empty list"),
        ("  stores: {}\n", "backup.stores: expected a list of 1 to 8 items, found a section"),
        (
            LOCAL + "    - {name: local, bucket: yyy}\n",
            "backup.stores: two stores are called 'local'; each needs",
        ),
        (
            "  stores:\n" + "".join(f"    - {{name: s{number}, folder: x}}\n" for number in range(9)),
            "backup.stores: expected a list of 1 to 8 items, found a list of 9 items",
        ),
    ],
)
def test_there_are_one_to_eight_stores_of_different_names(file: Path, stores: str, expected: str) -> None:
    (problem,) = problems(file, stores)
    assert problem.startswith(f"deployments/point/system.yaml:7: {expected}")
