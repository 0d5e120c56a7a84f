"""Exitus, as it answers: also where that is not what its page says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from stand_ins.server import Call, Reply

PASSWORDS = {"admin": "admin-password", "maria.santos": "maria-password"}
_HTML = Reply(404, content=b"<!doctype html><title>404 Not Found</title>", content_type="text/html")
_FORBIDDEN = Reply(403, {"success": False, "message": "Acesso negado"})


class Exitus:
    """Users, and what is asked about shares."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self._add("admin", "admin@example.com", "Administrador", "admin")
        self._add("maria.santos", "maria@example.com", "Maria Santos", "user")
        for number in range(12):
            self._add(f"cliente{number}", f"cliente{number}@example.com", f"Cliente {number}", "readonly")

    def reply(self, call: Call) -> Reply:
        kind, _, token = call.authorization.partition(" ")
        caller = next((user for user in self.users.values() if token == f"jwt-{user['username']}"), None)
        match call.method, call.path:
            case "GET", "/health":
                said = {"status": "ok", "env": "production", "service": "exitus-backend", "module": "M4"}
                return Reply(json={**said, "version": None, "commit_sha": None})
            case "POST", "/api/auth/login":
                return self._login(call)
            case "POST", "/api/usuarios":
                return self._create(call.told)
            case "GET", path if path.startswith("/api/buy-signals/buy-score/"):
                ticker = path.rpartition("/")[2]
                if ticker != "PETR4":
                    return Reply(404, {"error": "Ativo não encontrado"})
                return Reply(json={"success": True, "data": {"buy_score": 71, "ticker": ticker}})
        if kind != "Bearer":
            return Reply(401, {"msg": "Missing Authorization Header"})
        if caller is None:
            return Reply(422, {"msg": "Not enough segments"})
        match call.method, call.path:
            case "GET", "/api/auth/me":
                return Reply(json={"success": True, "data": _shown(caller)})
            case "GET", "/api/portfolios/dashboard":
                return Reply(json={"success": True, "data": {"patrimonio": "1200.00"}})
            case "GET", "/api/cotacoes/PETR4":
                return Reply(json={"success": True, "data": {"provider": "brapi", "preco_atual": 38.2}})
            case "GET", "/api/cotacoes/health" | "/api/alertas" | "/api/transacoes":
                return Reply(json={"success": True, "data": []})
            case "GET", "/api/usuarios":
                return self._list(call.query) if caller["role"] == "admin" else _FORBIDDEN
            case method, path if path.startswith("/api/usuarios/"):
                return self._one(method, path.rpartition("/")[2], caller, call.told)
        return _HTML

    def _login(self, call: Call) -> Reply:
        name, password = str(call.told.get("username")), str(call.told.get("password"))
        if len(password) < 6:
            return Reply(400, {"errors": {"password": ["Shorter than minimum length 6."]}})
        if PASSWORDS.get(name) != password:
            return Reply(401, {"success": False, "message": "Credenciais inválidas"})
        tokens = {"access_token": f"jwt-{name}", "refresh_token": f"refresh-{name}"}
        return Reply(json={"success": True, "data": tokens, "message": "ok"})

    def _create(self, told: dict[str, Any]) -> Reply:
        if len(str(told.get("password"))) < 6:
            return Reply(400, {"success": False, "message": "{'password': ['Invalid value.']}"})
        if any(user["email"] == told["email"] for user in self.users.values()):
            return Reply(400, {"success": False, "message": "Email já cadastrado"})
        made = self._add(told["username"], told["email"], told["nome_completo"], str(told["role"]).lower())
        return Reply(201, {"success": True, "data": _shown(made), "message": "criado"})

    def _list(self, query: dict[str, str]) -> Reply:
        found = [
            user
            for user in self.users.values()
            if query.get("search", "") in user["username"] and query.get("role", user["role"]).lower() == user["role"]
        ]
        page, size = int(query.get("page", 1)), int(query.get("per_page", 20))
        pages = -(-len(found) // size)
        shown = [_shown(user) for user in found[(page - 1) * size : page * size]]
        data = {"page": page, "pages": pages, "per_page": size, "total": len(found), "usuarios": shown}
        return Reply(json={"success": True, "data": data})

    def _one(self, method: str, identifier: str, caller: dict[str, Any], told: dict[str, Any]) -> Reply:
        user, is_admin = self.users.get(identifier), caller["role"] == "admin"
        if not is_admin and (method == "DELETE" or caller["id"] != identifier):
            return _FORBIDDEN
        if user is None:
            return Reply(404, {"success": False, "message": "Usuário não encontrado"})
        if method == "DELETE":
            del self.users[identifier]
        elif method == "PUT":
            if not is_admin and {"role", "ativo"} & told.keys():
                return Reply(400, {"success": False, "message": "Campos não permitidos"})
            user.update({**told, **({"role": told["role"].lower()} if "role" in told else {})})
        return Reply(json={"success": True, "data": _shown(user)})

    def _add(self, username: str, email: str, name: str, role: str) -> dict[str, Any]:
        user = {"username": username, "email": email, "nome_completo": name, "role": role, "ativo": True}
        user["id"] = str(uuid4())
        self.users[str(user["id"])] = user
        return user


class Frontend:
    """The frontend, which only has a health."""

    def reply(self, call: Call) -> Reply:
        return Reply(json={"status": "ok", "service": "exitus-frontend", "env": "production"})


def _shown(user: dict[str, Any]) -> dict[str, Any]:
    return dict(user)
