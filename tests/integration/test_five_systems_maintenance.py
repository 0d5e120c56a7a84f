"""Maintenance of the five shipped systems: each contract, each purge, and the job, dry and live, on their tables."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.maintenance import maintenance
from integration.five_systems import NAMES, REFERENCE, Deploy, Deployed
from integration.maintenance_case import rows
from sereno import audit
from sereno.check import check_system
from sereno.ledger import open_ledger
from sereno.maintenance.batches import purge_slice
from sereno.maintenance.idle import deactivate, find_idle
from sereno.maintenance.plan import PurgePlan, plan_purge
from sereno.maintenance.progress import PurgeProgress
from sereno.maintenance.wishes import wishes_of
from sereno.reports.model import Report

NOW = REFERENCE
each_system = pytest.mark.parametrize("name", NAMES)


def planned(deployed: Deployed, purge: str, *, live: bool = False) -> PurgePlan:
    chosen = next(each for each in deployed.system.purges if each.name == purge)
    return plan_purge(deployed.system, chosen, now=NOW, live=live)


def purged(deployed: Deployed, purge: str) -> int:
    plan, progress = planned(deployed, purge, live=True), PurgeProgress()
    while not progress.finished(plan):
        progress = purge_slice(deployed.system, plan, progress, run_id="test")
    assert progress.stopped == ""
    return progress.deleted


@each_system
def test_every_contract_and_every_purge_fits_the_tables(deployed: Deploy, name: str) -> None:
    deployed(name)
    findings = {finding.name: finding for finding in check_system(name, online=True)}
    about = [finding for key, finding in findings.items() if "purge" in key or "idle_clients" in key]
    assert len(about) > 1
    assert [finding for finding in about if finding.required and not finding.passed] == []


@each_system
def test_a_live_purge_deletes_exactly_what_its_dry_run_says(deployed: Deploy, name: str) -> None:
    there = deployed(name)
    for purge in there.system.purges:
        count = f'SELECT count(*) FROM "{purge.table}"'
        ((before,),) = rows(there.database.owner, count)
        wanted = planned(there, purge.name).rows
        assert purged(there, purge.name) == wanted
        assert rows(there.database.owner, count) == [(before - wanted,)]
        assert planned(there, purge.name).candidates == 0


def test_point_is_maintained_as_its_runbook_says(deployed: Deploy) -> None:
    point = deployed("point")
    found = find_idle(point.system, wishes_of(point.system, now=NOW))
    assert found.chosen == tuple(range(11, 31)), "clients 1 to 10 call, 31 to 40 are inactive, 30 is a minute old"
    assert deactivate(point.system, found, run_id="test", now=NOW).deactivated == 20
    assert planned(point, "api_logs").candidates == 600, "older than 90 days to the second"
    assert purged(point, "api_logs") == 600
    old = "SELECT count(*) FROM integraciones_publicapiaccesslog WHERE created_at < timestamptz '2026-08-22 12:00+00'"
    assert rows(point.database.owner, old) == [(0,)]


def test_salonix_keeps_the_alerts_whose_notifications_go_and_what_open_ones_are_about(deployed: Deploy) -> None:
    salonix = deployed("salonix")
    alerts = "SELECT count(*) FROM ops_opsalert"
    about = "SELECT count(*) FROM ops_opsalert WHERE resolved_at IS NULL AND notification_log_id IS NOT NULL"
    before = rows(salonix.database.owner, alerts), rows(salonix.database.owner, about)
    purge = salonix.system.purges[0].model_copy(update={"retain_days": 1, "max_delete": 50_000})
    plan, progress = plan_purge(salonix.system, purge, now=NOW, live=True), PurgeProgress()
    while not progress.finished(plan):
        progress = purge_slice(salonix.system, plan, progress, run_id="test")
    assert (rows(salonix.database.owner, alerts), rows(salonix.database.owner, about)) == before
    left = "SELECT count(*) FROM ops_opsalert WHERE notification_log_id IS NOT NULL AND resolved_at IS NOT NULL"
    assert rows(salonix.database.owner, left) in ([(0,)], [(1,)]), "a young one may be left"
    assert progress.deleted > 1000


def test_fvstudios_keeps_errors_for_a_year_and_what_nobody_has_dealt_with(deployed: Deploy) -> None:
    dashboard = deployed("fvstudios")
    for purge in dashboard.system.purges:
        purged(dashboard, purge.name)
    age = f"timestamptz '{NOW.isoformat()}' - min(created_at)"
    left = (
        f"SELECT {age} FILTER (WHERE level IN ('error', 'critical')) > interval '100 days',"
        f" {age} FILTER (WHERE level NOT IN ('error', 'critical')) <= interval '90 days' FROM system_logs"
    )
    assert rows(dashboard.database.owner, left) == [(True, True)]
    open_ones = "SELECT count(*) FROM alerts WHERE status IN ('active', 'acknowledged')"
    assert rows(dashboard.database.owner, open_ones) == [(40,)]


def test_atendechat_keeps_events_for_as_long_as_the_plan_says(deployed: Deploy) -> None:
    chat = deployed("atendechat")
    assert purged(chat, "events") > 100
    late = (
        'SELECT count(*) FROM "EventLog" e JOIN "Subscription" s USING ("companyId") JOIN "Plan" p ON p.id = s."planId"'
        ' LEFT JOIN "SubscriptionEntitlement" x USING ("companyId") WHERE e."createdAt" < (now() AT TIME ZONE \'UTC\')'
        ' - coalesce(x."retentionDays", p."retentionDays") * interval \'1 day\''
    )
    assert rows(chat.database.owner, late) == [(0,)]
    assert rows(chat.database.owner, 'SELECT count(*) > 0 FROM "EventLog"') == [(True,)]


@pytest.fixture
def prefect(api_url: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield


@each_system
def test_the_job_runs_dry_and_live_and_leaves_its_events(
    deployed: Deploy, name: str, prefect: None, tmp_path: Path
) -> None:
    deployed(name)

    async def reports() -> list[Any]:
        runs: list[dict[str, Any]] = [{}, {"dry_run": False, "confirm_live": "YES"}]
        ended = [await maintenance(system=name, **run, return_state=True) for run in runs]
        return [await each.aresult(raise_on_failure=False) for each in ended]

    dry, live = (Report.model_validate(report) for report in asyncio.run(reports()))
    assert (dry.result, live.result) == ("passed", "passed")
    assert (dry.figures["deleted"], live.figures["would_delete"]) == (0, 0)
    # time goes on between the two, so that a row may have become old
    assert 0 <= int(str(live.figures["deleted"])) - int(str(dry.figures["would_delete"])) <= 5
    with open_ledger() as ledger:
        actions = [event.action for event in audit.events(ledger, name)]
    assert {"PREVIEW_API_MAINTENANCE", "RUN_API_MAINTENANCE"} <= set(actions)
    assert all(f"PREVIEW_{action}" in actions for action in actions if action.startswith(("PURGE_", "DEACTIVATE_")))
