from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import openpyxl
import pytest

from infra.demo.system import DemoSystem

HISTORY = "/api/integrations/operations/history"
DEACTIVATE = "/api/integrations/clients/deactivate-idle"
PURGE = "/api/integrations/logs/purge"
MAINTENANCE = "/api/integrations/maintenance/run"


@pytest.fixture
async def anonymous(demo_api: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=demo_api, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def log_in(demo: DemoSystem, anonymous: httpx.AsyncClient) -> Callable[[str], Any]:
    async def log_in(role: str) -> httpx.AsyncClient:
        password = (demo.folder / "secrets" / "admin_password").read_text().strip()
        answer = await anonymous.post("/api/auth/login", json={"email": f"{role}@salon.example", "password": password})
        assert answer.status_code == 200
        anonymous.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        return anonymous

    return log_in


@pytest.fixture
async def admin(log_in: Callable[[str], Any]) -> httpx.AsyncClient:
    client: httpx.AsyncClient = await log_in("admin")
    return client


async def test_health_answers_without_a_token(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/health")).json()["status"] == "ok"
    assert (await anonymous.get("/health/ready")).json() == {"status": "ok", "database": "ok"}


async def test_a_wrong_password_an_unknown_user_and_a_tenants_user_are_refused_alike(
    anonymous: httpx.AsyncClient, demo: DemoSystem
) -> None:
    right = (demo.folder / "secrets" / "admin_password").read_text().strip()
    tries = [("admin@salon.example", "wrong"), ("nobody@salon.example", right), ("user1@salon.example", right)]
    for email, password in tries:
        answer = await anonymous.post("/api/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 401
        assert answer.json() == {"detail": "wrong e-mail address or password"}


async def test_without_a_valid_token_every_protected_path_answers_401(anonymous: httpx.AsyncClient) -> None:
    for path in ("/api/users", "/api/tenants", "/api/integrations/summary", HISTORY, "/api/ops/overview"):
        assert (await anonymous.get(path)).status_code == 401
        for header in ("Bearer wrong", "Basic dTpw", "Bearer", ""):
            assert (await anonymous.get(path, headers={"Authorization": header})).status_code == 401
    assert (await anonymous.post(PURGE, json={})).status_code == 401


async def test_roles_open_what_they_should_and_nothing_more(log_in: Callable[[str], Any]) -> None:
    staff = await log_in("staff")
    assert (await staff.get("/api/users")).status_code == 200
    assert (await staff.get(HISTORY)).status_code == 200
    assert (await staff.post(PURGE, json={})).status_code == 403
    assert (await staff.delete("/api/users/5")).status_code == 403
    readonly = await log_in("readonly")
    assert (await readonly.get("/api/auth/me")).json()["role"] == "readonly"
    assert (await readonly.get("/api/bookings")).status_code == 200
    assert (await readonly.get("/api/users/3")).status_code == 200
    for path in ("/api/users", "/api/users/1", HISTORY, "/api/ops/overview", "/api/ops/alerts"):
        assert (await readonly.get(path)).status_code == 403


async def test_pages_follow_each_other_without_gap_or_overlap(admin: httpx.AsyncClient) -> None:
    for path in ("/api/users", "/api/tenants", "/api/bookings", "/api/subscriptions", HISTORY, "/api/ops/alerts"):
        seen: list[Any] = []
        offset: int | None = 0
        while offset is not None and len(seen) < 60:
            answer = (await admin.get(path, params={"limit": 7, "offset": offset, "sort_dir": "desc"})).json()
            seen += [item["id"] for item in answer["items"]]
            block = answer["pagination"]
            assert set(block) == {"limit", "offset", "has_next", "next_offset", "has_prev", "prev_offset"}
            assert (block["limit"], block["offset"], block["has_prev"]) == (7, offset, offset > 0)
            assert block["prev_offset"] == (max(0, offset - 7) if offset else None)
            offset = block["next_offset"]
        assert len(seen) == len(set(seen))
        assert len(seen) > 7


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "offset=-1", "sort_by=password", "sort_dir=up", "action=drop table", "export=pdf"],
)
async def test_wrong_queries_are_refused(admin: httpx.AsyncClient, query: str) -> None:
    assert (await admin.get(f"{HISTORY}?{query}")).status_code == 422


async def test_dry_runs_are_the_default_and_change_nothing(admin: httpx.AsyncClient) -> None:
    first = (await admin.post(PURGE, json={"max_delete": 5})).json()
    again = (await admin.post(PURGE, json={"max_delete": 5})).json()
    assert first["action"] == "PREVIEW_PURGE_API_LOGS"
    assert first["summary"]["dry_run"] is True
    assert first["summary"]["candidates"] == again["summary"]["candidates"] > 5
    assert (first["summary"]["deleted"], first["summary"]["would_delete"]) == (0, 5)
    both = (await admin.post(MAINTENANCE, json={})).json()
    assert both["deactivate_idle_clients"]["candidates"] > 0
    assert both["deactivate_idle_clients"]["deactivated"] == both["purge_api_logs"]["deleted"] == 0


async def test_live_maintenance_is_bounded_and_stands_in_the_history(admin: httpx.AsyncClient) -> None:
    before = (await admin.post(DEACTIVATE, json={})).json()["summary"]["candidates"]
    call = {"dry_run": False, "idle_limit": 1, "max_delete": 2}
    done = (await admin.post(MAINTENANCE, json=call)).json()
    assert done["deactivate_idle_clients"]["deactivated"] == 1
    assert done["deactivate_idle_clients"]["remaining_candidates"] == before - 1
    assert done["purge_api_logs"]["deleted"] == 2
    newest = (await admin.get(HISTORY, params={"limit": 1, "sort_by": "id"})).json()["items"][0]
    assert (newest["action"], newest["effect"], newest["user"]) == (
        "RUN_API_MAINTENANCE",
        "live",
        "admin@salon.example",
    )
    assert newest["payload"]["purge_api_logs"]["deleted"] == 2


@pytest.mark.parametrize(
    ("path", "call"),
    [
        (DEACTIVATE, {"idle_days": 0}),
        (DEACTIVATE, {"idle_days": 366}),
        (DEACTIVATE, {"limit": 501}),
        (PURGE, {"retain_days": 3651}),
        (PURGE, {"retain_days": 0}),
        (PURGE, {"max_delete": 50_001}),
        (MAINTENANCE, {"idle_limit": 0}),
        (MAINTENANCE, {"limit": 5}),
        (MAINTENANCE, {"dry_run": "perhaps"}),
    ],
)
async def test_maintenance_out_of_bounds_is_refused(
    admin: httpx.AsyncClient, path: str, call: dict[str, object]
) -> None:
    assert (await admin.post(path, json=call)).status_code == 422


async def test_the_history_is_filtered_counted_and_exported(admin: httpx.AsyncClient) -> None:
    query: dict[str, Any] = {"action": "PURGE_API_LOGS", "limit": 3}
    found = (await admin.get(HISTORY, params=query)).json()
    assert {item["action"] for item in found["items"]} == {"PURGE_API_LOGS"}
    assert found["totals"]["rows_total"] == found["totals"]["by_action"]["PURGE_API_LOGS"] > 3
    as_csv = await admin.get(HISTORY, params={**query, "export": "csv"})
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["id"] for row in csv.DictReader(io.StringIO(as_csv.text))] == [str(row["id"]) for row in found["items"]]
    as_xlsx = await admin.get(HISTORY, params={**query, "export": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx.content)).active
    assert sheet.max_row == 4
    assert sheet["D2"].value == "PURGE_API_LOGS"


async def test_summary_overview_and_alerts_answer(admin: httpx.AsyncClient) -> None:
    summary = (await admin.get("/api/integrations/summary")).json()
    assert len(summary["api_7d"]["daily"]) == 7
    assert summary["api_clients"]["total"] == summary["api_clients"]["active"] + summary["api_clients"]["inactive"]
    overview = (await admin.get("/api/ops/overview")).json()
    assert len(overview["notification_daily"]) == 7
    plans = overview["mrr_estimated"]["breakdown"].values()
    assert sum(float(plan["value"]) for plan in plans) == float(overview["mrr_estimated"]["total"])
    alerts = (await admin.get("/api/ops/alerts", params={"resolved": "false"})).json()
    assert alerts["total"] == overview["totals"]["alerts_open"] > 0
    assert (await admin.get("/api/ops/alerts", params={"severity": "loud"})).status_code == 422
    assert (await admin.post("/api/ops/alerts/999999/resolve")).status_code == 404


async def test_resolving_an_alert_twice_changes_it_once(admin: httpx.AsyncClient) -> None:
    alert = (await admin.get("/api/ops/alerts", params={"resolved": "false"})).json()["items"][0]["id"]
    answers = [(await admin.post(f"/api/ops/alerts/{alert}/resolve")).json() for _ in range(2)]
    assert [answer["changed"] for answer in answers] == [True, False]


async def test_a_user_lives_from_creation_to_deletion(admin: httpx.AsyncClient) -> None:
    new = {"email": "Zoë@salon.example", "display_name": "Zoë", "role": "staff"}
    created = await admin.post("/api/users", json=new)
    assert created.status_code == 201
    path = f"/api/users/{created.json()['id']}"
    assert (await admin.post("/api/users", json={**new, "email": "zoë@SALON.example"})).status_code == 409
    assert (await admin.patch(path, json={"role": "readonly"})).json()["role"] == "readonly"
    assert (await admin.patch(path, json={"role": "owner"})).status_code == 422
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.delete("/api/users/1")).status_code == 409


async def test_without_its_database_only_the_static_health_answers(tmp_path_factory: pytest.TempPathFactory) -> None:
    system = DemoSystem(tmp_path_factory.mktemp("home"), scale=0.001, settings={"fsync": "off"})
    system.start_database()
    try:
        async with httpx.AsyncClient(base_url=system.start_api(), trust_env=False, timeout=30) as client:
            system.stop_database()
            assert (await client.get("/health")).status_code == 200
            assert (await client.get("/health/ready")).status_code == 503
            system.start_database()
            assert (await client.get("/health/ready")).status_code == 200
    finally:
        system.remove()
