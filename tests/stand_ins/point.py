"""Point's integrations, as they answer."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import xlsxwriter

from stand_ins.server import Call, Reply

OPERATOR, OUTSIDER = "a" * 40, "b" * 40
USERS = {"dg": ("dg-password", OPERATOR), "caja": ("caja-password", OUTSIDER)}
_BASE = "/api/integraciones/point/"
_SORTS = ("timestamp", "action", "model", "object_id", "user", "id")
_COLUMNS = ("id", "timestamp", "user", "action", "model", "object_id")
_ACTIONS = ("RUN_API_MAINTENANCE", "PURGE_API_LOGS", "DEACTIVATE_IDLE_CLIENTS")
_KNOWN = {*_ACTIONS, "PREVIEW_API_MAINTENANCE", "PREVIEW_PURGE_API_LOGS", "PREVIEW_DEACTIVATE_IDLE_CLIENTS"}
_BOUNDS = {"idle_days": 365, "limit": 500, "idle_limit": 500, "retain_days": 3650, "max_delete": 50_000}


class Point:
    """40 clients of whom some are idle, logs of whom some are old, and a history."""

    def __init__(self) -> None:
        self.active, self.idle, self.old_logs = 32, 5, 650
        begin = datetime.now(UTC) - timedelta(days=30)
        self.rows: list[dict[str, Any]] = []
        for number in range(120):
            self._note(_ACTIONS[number % 3], {"deleted": number % 7}, at=begin + timedelta(hours=5 * number))

    def reply(self, call: Call) -> Reply:
        match call.path:
            case "/health/":
                return Reply(json={"status": "ok"})
            case "/api/public/v1/health/":
                now = datetime.now(UTC).isoformat()
                return Reply(json={"status": "ok", "service": "public-api", "version": "1.4", "timestamp": now})
            case "/api/auth/token/":
                password, token = USERS.get(str(call.told.get("username")), ("", ""))
                if not password or call.told.get("password") != password:
                    return Reply(400, {"non_field_errors": ["Unable to log in with provided credentials."]})
                return Reply(json={"token": token, "user": {"id": 1, "username": "dg", "is_superuser": False}})
        if call.authorization not in (f"Token {OPERATOR}", f"Token {OUTSIDER}"):
            return Reply(401, {"detail": "Invalid token."}, headers={"WWW-Authenticate": "Token"})
        if call.authorization != f"Token {OPERATOR}":
            return Reply(403, {"detail": "You do not have permission to perform this action."})
        if wrong := [name for name, most in _BOUNDS.items() if not 1 <= call.told.get(name, 1) <= most]:
            return Reply(400, {name: ["out of bounds"] for name in wrong})
        match call.method, call.path.removeprefix(_BASE):
            case "GET", "resumen/":
                return Reply(json=self._summary())
            case "GET", "operaciones/historial/":
                return self._history(call.query)
            case "POST", "clientes/desactivar-inactivos/":
                dry = call.told.get("dry_run", False)
                done = self._deactivate(call.told.get("limit", 100), dry=dry)
                action = "PREVIEW_DEACTIVATE_IDLE_CLIENTS" if dry else "DEACTIVATE_IDLE_CLIENTS"
                self._note(action, done)
                return Reply(json={"action": action, "summary": done})
            case "POST", "logs/purgar/":
                dry = call.told.get("dry_run", False)
                done = self._purge(call.told.get("max_delete", 5000), dry=dry)
                action = "PREVIEW_PURGE_API_LOGS" if dry else "PURGE_API_LOGS"
                self._note(action, done)
                return Reply(json={"action": action, "summary": done})
            case "POST", "mantenimiento/ejecutar/":
                dry = call.told.get("dry_run", False)
                both = {
                    "deactivate_idle_clients": self._deactivate(call.told.get("idle_limit", 100), dry=dry),
                    "purge_api_logs": self._purge(call.told.get("max_delete", 5000), dry=dry),
                }
                self._note("PREVIEW_API_MAINTENANCE" if dry else "RUN_API_MAINTENANCE", both)
                return Reply(json={"dry_run": dry, **both})
        return Reply(404, {"detail": "Not found."})

    def _deactivate(self, limit: int, *, dry: bool) -> dict[str, Any]:
        candidates = self.idle
        done = 0 if dry else min(limit, candidates)
        self.idle, self.active = self.idle - done, self.active - done
        cutoff = (datetime.now(UTC) - timedelta(days=30)).isoformat()
        return {"candidates": candidates, "deactivated": done, "cutoff": cutoff, "dry_run": dry}

    def _purge(self, most: int, *, dry: bool) -> dict[str, Any]:
        candidates = self.old_logs
        done = 0 if dry else min(most, candidates)
        self.old_logs -= done
        return {
            "candidates": candidates,
            "deleted": done,
            "remaining_candidates": self.old_logs,
            "dry_run": dry,
            **({"would_delete": min(most, candidates)} if dry else {}),
        }

    def _note(self, action: str, payload: dict[str, Any], *, at: datetime | None = None) -> None:
        row = {
            "id": len(self.rows) + 1,
            "timestamp": (at or datetime.now(UTC)).isoformat(),
            "user": "dg",
            "action": action,
            "model": "integraciones.PublicApiClient",
            "object_id": "",
            "payload": payload,
        }
        self.rows.append(row)

    def _summary(self) -> dict[str, Any]:
        day = {"requests": 120, "errors": 2, "errors_by_endpoint": [], "errors_by_client": []}
        return {
            "generated_at": datetime.now(UTC).isoformat(),
            "api_24h": day,
            "api_24h_comparativo": {"requests_delta": 4},
            "api_7d": {"requests": 700, "errors": 9, "error_rate_pct": 1.29, "daily": [{"requests": 100}] * 7},
            "api_clients": {
                "total": 40,
                "active": self.active,
                "inactive": 40 - self.active,
                "unused_30d": self.idle,
                "top_30d": [],
            },
            "api_operations": {"last_any": None},
            "alertas_operativas": [{"nivel": "warning", "titulo": "Clientes sin uso", "detalle": "5"}],
        }

    def _history(self, query: dict[str, str]) -> Reply:
        by, action = query.get("sort_by", "timestamp"), query.get("action")
        if by not in _SORTS:
            return Reply(400, {"detail": "sort_by"})
        if action and action not in _KNOWN:
            return Reply(400, {"detail": "action"})
        rows = [row for row in self.rows if action in (None, "", row["action"])]
        rows = [row for row in rows if row["timestamp"] >= query.get("date_from", "")]
        rows.sort(key=lambda row: row[by], reverse=query.get("sort_dir", "desc") == "desc")
        limit, offset = int(query.get("limit", 50)), int(query.get("offset", 0))
        page, more = rows[offset : offset + limit], offset + limit < len(rows)
        if query.get("export") == "csv":
            return Reply(content=_as_csv(page), content_type="text/csv; charset=utf-8")
        if query.get("export") == "xlsx":
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            return Reply(content=_as_xlsx(page), content_type=kind)
        return Reply(
            json={
                "filters": {"action": action},
                "totales": {
                    "rows_total": len(rows),
                    "rows_returned": len(page),
                    "by_action": {name: sum(row["action"] == name for row in rows) for name in sorted(_KNOWN)},
                },
                "pagination": {
                    "limit": limit,
                    "offset": offset,
                    "has_next": more,
                    "next_offset": offset + limit if more else None,
                    "has_prev": offset > 0,
                    "prev_offset": max(0, offset - limit) if offset > 0 else None,
                },
                "items": page,
            }
        )


def _as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([row[name] for name in _COLUMNS] for row in rows)
    return text.getvalue().encode()


def _as_xlsx(rows: list[dict[str, Any]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("historial")
        for number, values in enumerate([_COLUMNS, *([row[name] for name in _COLUMNS] for row in rows)]):
            sheet.write_row(number, 0, values)
    return content.getvalue()
