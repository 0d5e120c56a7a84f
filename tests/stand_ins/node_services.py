"""FVStudios and AtendeChat, as their sources say that they answer."""

from __future__ import annotations

from datetime import UTC, datetime

from stand_ins.server import Call, Reply

ADMIN_TOKEN, OWNER_TOKEN = "supabase-admin-token", "atende-owner-token"


class FvStudios:
    """Everything wants a token; the health too."""

    def reply(self, call: Call) -> Reply:
        if call.authorization != f"Bearer {ADMIN_TOKEN}":
            return Reply(401, {"error": "Unauthorized"})
        if call.path == "/api/system/health":
            health = {"status": "healthy", "cpu": 12, "memory": 40, "connections": 5}
            return Reply(json={"success": True, "health": health})
        return Reply(json={"success": True, "data": {}})


class AtendeChat:
    """Its health answers 200 whatever the database does, and it takes ten requests a minute."""

    def __init__(self, *, limit: int = 10) -> None:
        self._left = limit

    def reply(self, call: Call) -> Reply:
        self._left -= 1
        if self._left < 0:
            return Reply(429, {"statusCode": 429, "message": "ThrottlerException: Too Many Requests"})
        if call.path == "/api/v1/health":
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            said = {"up": True, "environment": "production", "db": True, "redis": True}
            return Reply(json={**said, "timestamp": now})
        if call.authorization != f"Bearer {OWNER_TOKEN}":
            return Reply(401, {"statusCode": 401, "message": "Unauthorized"})
        if call.path == "/api/v1/billing/subscription":
            return Reply(json={"status": "active", "plan": {"tier": "PRO"}})
        return Reply(404, {"statusCode": 404, "message": "Not Found"})
