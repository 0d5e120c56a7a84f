"""Databases for tests of backup and restore: one source with everything that is awkward, and empty targets."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sereno.systems.model import System

PASSPHRASE = "correct horse battery staple"
_numbers = count(1)

AWKWARD_SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN moods AS mood[];
CREATE TABLE visit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mood mood, moods moods, at timestamptz,
    amount numeric(12, 2), data jsonb, raw bytea, ratio double precision,
    width integer GENERATED ALWAYS AS (length(name)) STORED);
CREATE TABLE "CamelCase" ("Id" uuid PRIMARY KEY, "userName" text, "select" int);
CREATE TABLE item (id serial PRIMARY KEY, visit_id bigint REFERENCES visit (id), note text);
CREATE INDEX ON item (visit_id);
CREATE TABLE no_key (a int, b text);
CREATE TABLE empty (id int PRIMARY KEY);
CREATE TABLE no_columns ();
CREATE TABLE extremes (k bigint PRIMARY KEY);
CREATE TABLE pair (a int, b text, PRIMARY KEY (a, b));
CREATE TABLE event (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE event_january PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE event_february PARTITION OF event FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE parent (id int PRIMARY KEY, p text);
CREATE TABLE heir (extra text) INHERITS (parent);
CREATE SCHEMA other;
CREATE TABLE other.item (id int PRIMARY KEY, t text);
CREATE VIEW totals AS SELECT mood, count(*) FROM visit GROUP BY 1;
CREATE MATERIALIZED VIEW frozen AS SELECT mood, sum(amount) FROM visit GROUP BY 1;
CREATE SEQUENCE ticket START 1000;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no trigger during a restore'; END $$;
INSERT INTO visit (name, mood, moods, at, amount, data, raw, ratio)
SELECT 'n' || i || E'\\ttab \\\\ back\\nline ünï ' || repeat('w', i % 400),
       (ARRAY['sad', 'ok', 'happy'])[1 + i % 3]::mood, ARRAY['sad', 'ok']::mood[],
       '2026-03-29 00:30+00'::timestamptz + i * interval '1 minute', i / 7.0,
       jsonb_build_object('i', i), decode(md5(i::text), 'hex'), sqrt(i)
FROM generate_series(1, 3000) i;
INSERT INTO visit (name) VALUES ('');
INSERT INTO "CamelCase" SELECT md5(i::text)::uuid, 'u' || i, i FROM generate_series(1, 500) i;
INSERT INTO item (visit_id, note) SELECT 1 + i % 3000, NULLIF('x' || i, 'x7') FROM generate_series(1, 2000) i;
INSERT INTO no_key VALUES (1, NULL), (2, ''), (3, E'line\\nbreak'), (3, E'\\\\N'), (NULL, '\\.');
INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO extremes VALUES (-9223372036854775808), (0), (9223372036854775807);
INSERT INTO pair SELECT i % 7, 'é' || i FROM generate_series(1, 50) i;
INSERT INTO event SELECT i, date '2026-01-01' + i % 59 FROM generate_series(1, 900) i;
INSERT INTO parent VALUES (1, 'own'); INSERT INTO heir VALUES (2, 'inherited', 'x');
INSERT INTO other.item VALUES (1, 'same name, other schema');
SELECT nextval('ticket'), nextval('ticket');
SELECT lo_from_bytea(0, 'a large object');
REFRESH MATERIALIZED VIEW frozen;
CREATE TRIGGER guard BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION touch();
"""


@contextmanager
def database(server_url: str, *, script: str = "") -> Iterator[str]:
    """A database of its own on the server of `server_url` (a superuser's), filled by `script`, dropped at the end."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        url = as_url(server_url, dbname=name)
        try:
            if script:
                with psycopg.connect(url) as connection:
                    connection.execute(script.encode())
            yield url
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def as_url(url: str, **changes: str) -> str:
    """The URL with some of its parts changed."""
    return make_conninfo(**{key: str(value) for key, value in {**conninfo_to_dict(url), **changes}.items()})


def reference(url: str) -> str:
    """A reference to an environment variable that holds the URL, since a system file holds no password."""
    name = f"TEST_URL_{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    os.environ[name] = url
    return f"${{{name}}}"


def system_of(source: str, *, target: str | None = None, admin: str | None = None) -> System:
    """A system whose database is `source`, whose backups go to `<SERENO_HOME>/backups`."""
    return System.model_validate(described(source, target=target, admin=admin))


def described(source: str, *, target: str | None = None, admin: str | None = None) -> dict[str, Any]:
    """The same as its system.yaml says it."""
    targets = [{"name": "empty", "url": reference(target)}] if target else []
    return {
        "name": "awkward",
        "title": "Everything awkward",
        "timezone": "Europe/Lisbon",
        "database": {"url": reference(source), "lock_timeout_seconds": 5},
        "backup": {"stores": [{"name": "local", "folder": "backups"}], "passphrase": "${TEST_PASSPHRASE}"},
        "restore": {"targets": targets, **({"admin_url": reference(admin)} if admin else {})},
    }
