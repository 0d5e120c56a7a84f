"""Foreign keys after rows were loaded without their triggers: does every row refer to one that is there?"""

from __future__ import annotations

from collections.abc import Collection

import psycopg

from sereno.reports.build import human_count
from sereno.reports.model import Finding

_CHECKS = """
SELECT c.conname,
       pg_catalog.format('%%I.%%I', n.nspname, t.relname) AS referring,
       pg_catalog.format('%%I.%%I', rn.nspname, r.relname) AS referred,
       pg_catalog.format(
           'SELECT count(*) FROM %%s %%I.%%I AS c WHERE NOT (%%s) AND NOT EXISTS '
           '(SELECT FROM %%s %%I.%%I AS p WHERE %%s)',
           CASE t.relkind WHEN 'r' THEN 'ONLY' ELSE '' END, n.nspname, t.relname,
           pg_catalog.string_agg(pg_catalog.format('c.%%I IS NULL', ca.attname),
                                 CASE c.confmatchtype WHEN 'f' THEN ' AND ' ELSE ' OR ' END),
           CASE r.relkind WHEN 'r' THEN 'ONLY' ELSE '' END, rn.nspname, r.relname,
           pg_catalog.string_agg(pg_catalog.format('p.%%I OPERATOR(%%I.%%s) c.%%I%%s', ra.attname, o.nspname, o.oprname,
                                                   ca.attname, l."collate"), ' AND '))
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class t ON t.oid = c.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = c.confrelid JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
CROSS JOIN LATERAL unnest(c.conkey, c.confkey, c.conpfeqop) AS k (referring, referred, operator)
JOIN pg_catalog.pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.referring
JOIN pg_catalog.pg_attribute ra ON ra.attrelid = c.confrelid AND ra.attnum = k.referred
JOIN (SELECT o.oid, o.oprname, n.nspname FROM pg_catalog.pg_operator o
      JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace) o ON o.oid = k.operator
LEFT JOIN LATERAL (
    SELECT pg_catalog.format(' COLLATE %%I.%%I', n.nspname, l.collname) AS "collate"
    FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
    WHERE l.oid = ra.attcollation AND ra.attcollation <> ca.attcollation) l ON true
WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0
  AND pg_catalog.to_jsonb(c) ->> 'conperiod' IS DISTINCT FROM 'true'
  AND (c.conrelid = ANY(%(oids)s::oid[]) OR c.confrelid = ANY(%(oids)s::oid[]))
GROUP BY c.oid, c.conname, c.confmatchtype, n.nspname, t.relname, t.relkind, rn.nspname, r.relname, r.relkind
ORDER BY 2, 1
"""
"""For each foreign key a query that counts the rows that refer to nothing, as the server itself would compare them;
not for those over periods of time, where several rows together may be what is referred to."""


def check_references(connection: psycopg.Connection, oids: Collection[int]) -> tuple[Finding, ...]:
    """One finding for each validated foreign key from or to the tables `oids`."""
    findings = []
    for name, referring, referred, query in connection.execute(_CHECKS, {"oids": list(oids)}).fetchall():
        row = connection.execute(query.encode()).fetchone()
        orphans = int(row[0]) if row else 0
        evidence = (
            f"{human_count(orphans, 'row')} of {referring} refer to rows of {referred} that are not there"
            if orphans
            else f"every row of {referring} refers to a row of {referred}"
        )
        findings.append(Finding(name=f"foreign key {name} of {referring}", passed=not orphans, evidence=evidence))
    return tuple(findings)
