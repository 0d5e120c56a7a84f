"""The five shipped systems against databases with their tables: checked, backed up, restored and proven."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from integration.databases import database, reference
from integration.five_systems import NAMES, REFERENCE, Deploy, FiveSystems, in_place
from integration.restoring import built, failed, query
from sereno.backup import read_back, write
from sereno.backup.manifest import BackupKind
from sereno.check import check_system
from sereno.database.sessions import changing, reading
from sereno.errors import RefusedError
from sereno.restore import plan
from sereno.systems.secrets import Secret
from sereno.systems.sql_folder import find_sql, sql_paths

each_system = pytest.mark.parametrize("name", NAMES)
MOST_ROWS = 5_000
# A queue whose rows name nobody: what it carries is free text.
WITHOUT_A_PERSON = {
    "atendechat": {
        "data_map.yaml: a person is found in every table": "1 not: Outbox → give them person or edges that lead there"
    }
}


@each_system
def test_a_system_with_its_roles_is_ready_online(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path):
        findings = check_system(name, online=True)
    of_the_api = ("secret of load_check.", "secret of smoke.yaml")  # here are databases, and no APIs
    missed = [each for each in findings if not each.passed and not each.name.startswith(of_the_api)]
    # some of the tables really have no such index, and the runbooks' authors live with it
    missed = [each for each in missed if not each.name.endswith("has an index on its date")]
    assert {each.name: each.evidence for each in missed} == WITHOUT_A_PERSON.get(name, {})


@each_system
def test_a_full_backup_is_restored_and_proven(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as deployed:
        written = write.write(deployed.system)
        assert read_back.read_back(deployed.system, written).problems == ()
        with database(five_systems.server) as empty:
            chosen = plan.plan_restore(deployed.system, target="scratch")
            findings = built(deployed.system, chosen, Secret(reference(empty)))
            assert failed(findings) == []
            assert query(empty, "SELECT count(*) FROM pg_policy") == query(
                deployed.database.owner, "SELECT count(*) FROM pg_policy"
            )
    assert 0 < sum(table.rows for table in written.manifest.tables) < MOST_ROWS


@each_system
def test_the_critical_tables_of_a_system_are_there(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as deployed:
        tables = write.write(deployed.system, kind=BackupKind.CRITICAL).manifest.tables
    assert deployed.system.backup
    assert len(tables) == len(deployed.system.backup.critical_tables)


@each_system
def test_what_the_drill_asks_holds_for_the_original(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as deployed:
        newest = find_sql(name, "drill_newest_row")
        checks = [path.stem for path in sql_paths(name) if path.stem.startswith("drill.")]
        assert newest
        assert checks
        with reading(deployed.system, purpose="test") as session:
            assert abs((next(iter(session.rows(newest)))["newest_at"] - REFERENCE).total_seconds()) < 86_400
            for stem in checks:
                sql = find_sql(name, stem)
                assert sql
                assert list(session.rows(sql)) == []


def test_the_same_moment_gives_the_same_rows_and_another_one_moves_them(five_systems: FiveSystems) -> None:
    newest = "SELECT md5(string_agg(l::text, '' ORDER BY id)) FROM integraciones_publicapiaccesslog l"
    moved = REFERENCE.replace(year=2027)
    with five_systems.private("point") as one, five_systems.private("point", now=REFERENCE) as other:
        assert query(one.owner, newest) == query(other.owner, newest)
    with five_systems.private("point", now=moved) as later:
        assert query(later.owner, "SELECT max(created_at) > '2027-11-01' FROM integraciones_publicapiaccesslog") == [
            True
        ]


def test_a_role_bound_by_policies_is_refused_and_told_why(five_systems: FiveSystems, tmp_path: Path) -> None:
    shared = five_systems.shared("fvstudios")
    with in_place(shared, tmp_path) as deployed, pytest.MonkeyPatch.context() as environment:
        environment.setenv("FVSTUDIOS_DATABASE_READ_URL", shared.blind)
        with pytest.raises(RefusedError, match="give the role BYPASSRLS"):
            write.write(deployed.system)
        hiding = {one.name: one for one in check_system("fvstudios", online=True) if not one.passed}
    evidence = hiding["no policy hides rows from database.read_url"].evidence
    assert "public.data_consents" in evidence
    assert "give the role BYPASSRLS" in evidence
    assert query(shared.blind, "SELECT count(*) FROM data_consents") == [0], "nor does the server say a word"


@pytest.mark.parametrize(
    ("name", "mirrored"),
    [
        (
            "salonix",
            "SELECT action || ' ' || (payload ->> 'actor') FROM ops_opssupportauditlog ORDER BY id DESC LIMIT 1",
        ),
        ("exitus", "SELECT acao || ' ' || mensagem FROM log_auditoria WHERE entidade = 'sereno' AND sucesso"),
        ("point", "SELECT action || ' ' || (payload ->> 'actor') FROM core_auditlog WHERE model = 'sereno'"),
    ],
)
def test_live_work_is_noted_in_the_systems_own_audit_table(deployed: Deploy, name: str, mirrored: str) -> None:
    place = deployed(name)
    statement = find_sql(name, "audit.mirror")
    assert statement
    with changing(place.system, purpose="test") as session, session.transaction():
        payload = '{"result": "passed", "figures": {"deleted": 3}}'
        given = {"at": REFERENCE, "action": "RUN_PRUNE", "actor": "schedule", "effect": "live", "payload": payload}
        assert session.execute(statement, given) == 1
    (noted,) = query(place.database.owner, mirrored)
    assert noted.lower().startswith("run_prune schedule")


def test_the_live_role_changes_rows_and_no_tables(deployed: Deploy) -> None:
    place = deployed("fvstudios")
    with psycopg.connect(place.database.live) as live:
        assert live.execute("DELETE FROM client_notifications").rowcount == 300
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            live.execute("ALTER TABLE webhooks ADD extra int")
