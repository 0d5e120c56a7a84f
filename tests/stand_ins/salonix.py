"""Salonix's operations console, as it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from stand_ins.server import Call, Reply

LOGINS = {
    "chief@example.com": ("chief-password", "access-admin", "ops_admin"),
    "help@example.com": ("help-password", "access-support", "ops_support"),
}
TENANT = "access-tenant"
_PRICES = {"basic": "29.00", "standard": "59.00", "pro": "99.00"}
_METRICS = b"# HELP ops_alerts_open Open alerts\n# TYPE ops_alerts_open gauge\nops_alerts_open 3\n"


def _error(status: int, code: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": "no", "details": {}, "error_id": "e-1"}})


class Salonix:
    """Tenants, alerts, and two kinds of operators."""

    def __init__(self) -> None:
        kinds = ("notification_failure", "security_incident", "system")
        self.alerts = [
            {
                "id": number,
                "category": kinds[number % 3],
                "severity": ("info", "warning")[number % 2],
                "resolved_at": None if number % 3 else datetime.now(UTC).isoformat(),
            }
            for number in range(1, 13)
        ]
        self.tenants = [
            {"id": number, "slug": f"salon-{number}", "plan_tier": ("basic", "pro")[number % 2], "is_active": True}
            for number in range(1, 48)
        ]

    def reply(self, call: Call) -> Reply:
        if call.path == "/metrics":
            return Reply(content=_METRICS, content_type="text/plain; version=0.0.4; charset=utf-8")
        if call.path == "/api/ops/auth/login/":
            password, access, role = LOGINS.get(str(call.told.get("email")), ("", "", ""))
            if not password or call.told.get("password") != password:
                return _error(401, "E001")
            return Reply(json={"refresh": "r", "access": access, "ops_role": role, "user_id": 1})
        roles = {f"Bearer {access}": role for _, access, role in LOGINS.values()}
        caller = roles.get(call.authorization)
        if call.authorization == f"Bearer {TENANT}":
            return _error(403, "E004")
        if caller is None:
            return _error(401, "E001")
        return self._opened(call, caller)

    def _opened(self, call: Call, role: str) -> Reply:
        path = call.path.removeprefix("/api/ops/")
        admin_only = path == "support/clear-lockout/" or path.endswith(("/block/", "/unblock/", "/plan/"))
        if admin_only and role != "ops_admin":
            return _error(403, "E004")
        match call.method, path:
            case "GET", "metrics/overview/":
                return Reply(json=self._overview())
            case "GET", "alerts/":
                return Reply(json=self._alerts(call.query))
            case "GET", "tenants/":
                return Reply(json=self._tenants(call.query))
            case "POST", "support/resend-notification/":
                return _error(400, "E400")
        return _error(404, "E404")

    def _overview(self) -> dict[str, Any]:
        today = date.today()
        daily = [
            {"date": f"{today - timedelta(days=back)}", "total": 3, "channels": {"sms": 2, "whatsapp": 1}}
            for back in range(7)
        ]
        counts = {"basic": 2, "standard": 1, "pro": 1}
        breakdown = {
            plan: {"count": count, "unit_price": _PRICES[plan], "value": f"{count * float(_PRICES[plan]):.2f}"}
            for plan, count in counts.items()
        }
        total = sum(count * float(_PRICES[plan]) for plan, count in counts.items())
        return {
            "generated_at": datetime.now(UTC).isoformat(),
            "totals": {"active_tenants": 4, "trials_expiring_7d": 1, "alerts_open": 8},
            "mrr_estimated": {"currency": "EUR", "total": f"{total:.2f}", "breakdown": breakdown},
            "notification_daily": daily,
        }

    def _alerts(self, query: dict[str, str]) -> list[dict[str, Any]]:
        resolved = {"true": True, "false": False}.get(query.get("resolved", ""))
        return [
            alert
            for alert in self.alerts
            if resolved in (None, alert["resolved_at"] is not None)
            and all(query.get(key, alert[key]) == alert[key] for key in ("category", "severity"))
        ]

    def _tenants(self, query: dict[str, str]) -> dict[str, Any]:
        found = [each for each in self.tenants if query.get("plan_tier", each["plan_tier"]) == each["plan_tier"]]
        size, page = int(query.get("page_size", 20)), int(query.get("page", 1))
        following = f"/api/ops/tenants/?page_size={size}&page={page + 1}" if page * size < len(found) else None
        return {
            "count": len(found),
            "next": following,
            "previous": None,
            "results": found[(page - 1) * size : page * size],
        }
