"""A backup whose store is a bucket: written, listed, read back and restored as from a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faulty_proxy import FaultyProxy
from infra.demo.system import DemoSystem
from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, database, system_of
from s3_server import S3Server
from sereno.backup import leftovers, read_back, write
from sereno.backup.place import BackupPlace
from sereno.backup.rotation import Outcome, rotate
from sereno.errors import StorageError, WrongPassphraseError
from sereno.reports.model import Finding
from sereno.restore import load, plan, prove, prove_schema, target
from sereno.systems.model import System


@pytest.fixture
def system(
    demo: DemoSystem, s3_server: S3Server, proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[System]:
    """Everything awkward, an empty target, and a bucket behind a proxy as the only store."""
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    with database(demo.superuser_url, script=AWKWARD_SCHEMA) as source, database(demo.superuser_url) as empty:
        system = system_of(source, target=empty)
        assert system.backup
        stores = (s3_server.section(endpoint_url=proxy.url),)
        yield system.model_copy(update={"backup": system.backup.model_copy(update={"stores": stores})})


def restored(system: System) -> list[Finding]:
    """What did not pass when the newest backup was rebuilt in the empty target."""
    chosen, into = plan.plan_restore(system, target="empty"), target.target_url(system, "empty")
    roles = load.create_roles(chosen, into)
    load.restore_before_rows(system, chosen, into, roles)
    load.load_rows(system, chosen, into)
    load.restore_after_rows(system, chosen, into, roles)
    findings = (*prove.prove_content(system, chosen, into), *prove_schema.prove_schema(system, chosen, into, roles))
    return [finding for finding in findings if not finding.passed]


def test_a_backup_in_a_bucket_is_read_back_and_restored(system: System) -> None:
    written = write.write(system)
    assert read_back.read_back(system, written).problems == ()
    assert BackupPlace.of(system).identifiers() == [written.id]
    assert restored(system) == []


def test_connections_that_break_in_a_backup_and_a_restore_are_not_noticed(system: System, proxy: FaultyProxy) -> None:
    proxy.hang_up("PUT", "rows", after_bytes=10, times=3)
    proxy.lose_answer("PUT", "manifest")
    written = write.write(system)
    proxy.cut_answer("GET", "rows", after_bytes=500, times=5)
    assert read_back.read_back(system, written).problems == ()
    proxy.cut_answer("GET", "rows", after_bytes=500, times=5)
    assert restored(system) == []


def test_a_backup_that_could_not_be_written_is_no_backup_and_is_cleared_away(
    system: System, proxy: FaultyProxy
) -> None:
    proxy.refuse("PUT", "rows", status=403, code="AccessDenied")
    with pytest.raises(StorageError, match="the key needs the right s3:PutObject"):
        write.write(system)
    place = BackupPlace.of(system)
    assert place.identifiers() == []
    unfinished = list(place.unfinished())
    assert len(unfinished) == 1
    assert leftovers.clear_leftovers(system) == unfinished
    assert list(place.store.files(system.name)) == []


def test_keys_are_rotated_in_a_bucket_and_a_refusal_leaves_the_old_ones(
    system: System, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = write.write(system)
    monkeypatch.setenv("TEST_NEW", "the passphrase after it")
    said = system.model_dump()
    said["backup"] |= {"passphrase": "${TEST_NEW}", "previous_passphrases": ["${TEST_PASSPHRASE}"]}
    rotated = System.model_validate(said)
    proxy.refuse("PUT", "keys.json", status=403, code="AccessDenied")
    (refused,) = rotate(rotated, live=True)
    assert (refused.outcome, "s3:PutObject" in refused.problem) == (Outcome.FAILED, True)
    assert BackupPlace.of(system).open(written.id)
    proxy.lose_answer("PUT", "keys.json")
    assert [each.outcome for each in rotate(rotated, live=True)] == [Outcome.ROTATED]
    assert BackupPlace.of(rotated).key_file(written.id).revision == 2
    with pytest.raises(WrongPassphraseError):
        BackupPlace.of(system).open(written.id)
