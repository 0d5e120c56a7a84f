"""What a database has besides its content: encoding, locale, owner, grants, settings; and giving it to another one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

_DATABASE = """
SELECT pg_catalog.to_jsonb(d) || pg_catalog.jsonb_build_object(
           'owner', pg_catalog.pg_get_userbyid(d.datdba), 'tablespace', t.spcname,
           'encoding_name', pg_catalog.pg_encoding_to_char(d.encoding),
           'comment', pg_catalog.shobj_description(d.oid, 'pg_database'))
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = %s
"""
_GRANTS = """
SELECT CASE a.grantee WHEN 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable
FROM pg_catalog.pg_database d CROSS JOIN LATERAL pg_catalog.aclexplode(d.datacl) a
WHERE d.datname = %s ORDER BY 1 NULLS FIRST, 2
"""
_SETTINGS = """
SELECT CASE s.setrole WHEN 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(s.setrole) END, c.setting
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
CROSS JOIN LATERAL unnest(s.setconfig) WITH ORDINALITY AS c (setting, position)
WHERE d.datname = %s ORDER BY s.setrole, c.position
"""
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
_LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}
"""Settings that hold several names; the catalog keeps them with the quotes that each needs."""
_ELEMENT = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^,]*?))\s*(?:,|\Z)')


@dataclass(frozen=True)
class Likeness:
    """What one database has. Grants and settings are (role or None for everybody, what, ...)."""

    properties: Mapping[str, Any]
    grants: tuple[tuple[str | None, str, bool], ...]
    settings: tuple[tuple[str | None, str], ...]

    def creation(self, name: str) -> sql.Composed:
        """The statement that makes an empty database `name` of the same kind."""
        has = self.properties
        parts = [
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
                sql.Identifier(name),
                sql.Identifier(has["owner"]),
                *(sql.Literal(has[key]) for key in ("encoding_name", "datcollate", "datctype")),
            ),
            sql.SQL("TABLESPACE {}").format(sql.Identifier(has["tablespace"])),
            sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(has["datconnlimit"])),
        ]
        provider = _PROVIDERS.get(has.get("datlocprovider", "c"), "libc")
        if provider != "libc":
            locale = has.get("datlocale") or has.get("daticulocale")
            keyword = "ICU_LOCALE" if provider == "icu" else "BUILTIN_LOCALE"
            parts.append(sql.SQL(f"LOCALE_PROVIDER {provider} {keyword} {{}}").format(sql.Literal(locale)))
        if rules := has.get("daticurules"):
            parts.append(sql.SQL("ICU_RULES {}").format(sql.Literal(rules)))
        return sql.SQL(" ").join(parts)

    def dressing(self, name: str) -> Iterator[sql.Composed]:
        """The statements that give the database `name` the same grants, settings and comment."""
        database = sql.Identifier(name)
        if self.properties["datacl"] is not None:
            owner = sql.Identifier(self.properties["owner"])
            yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, owner)
            for role, privilege, grantable in self.grants:
                yield sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(
                    sql.SQL(privilege),
                    database,
                    sql.SQL("PUBLIC") if role is None else sql.Identifier(role),
                    sql.SQL(" WITH GRANT OPTION" if grantable else ""),
                )
        for role, setting in self.settings:
            key, _, value = setting.partition("=")
            whose = sql.SQL("ALTER DATABASE {}").format(database)
            if role is not None:
                whose = sql.SQL("ALTER ROLE {} IN DATABASE {}").format(sql.Identifier(role), database)
            yield sql.SQL("{} SET {} TO {}").format(whose, _setting_name(key), _setting_value(key, value))
        comment = sql.Literal(self.properties["comment"])
        yield sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, comment)


def likeness_of(connection: psycopg.Connection, name: str) -> Likeness:
    """What the database `name` has.

    Raises:
        LookupError: there is no such database.
    """
    row = connection.execute(_DATABASE, (name,)).fetchone()
    if row is None:
        raise LookupError(name)
    grants = connection.execute(_GRANTS, (name,)).fetchall()
    settings = connection.execute(_SETTINGS, (name,)).fetchall()
    return Likeness(properties=row[0], grants=tuple(grants), settings=tuple(settings))


def elements(text: str) -> Sequence[str]:
    """The names in a setting that holds several, such as `"$user", public`, without their quotes."""
    if not text.strip():
        return [""]
    found = []
    position = 0
    while position < len(text) and (match := _ELEMENT.match(text, position)):
        quoted = match["quoted"]
        found.append(match["plain"] if quoted is None else quoted.replace('""', '"'))
        position = match.end()
    return found


def _setting_name(key: str) -> sql.Composable:
    return sql.SQL(".").join(map(sql.Identifier, key.split(".")))


def _setting_value(key: str, value: str) -> sql.Composable:
    values = elements(value) if key.lower() in _LISTS else [value]
    return sql.SQL(", ").join(map(sql.Literal, values))
