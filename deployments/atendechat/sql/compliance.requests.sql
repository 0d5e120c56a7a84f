-- Requests that came in between :since and :until, or were open then. There is no deadline column: the law's counts.
-- parameters: :since, :until
-- columns: reference, kind, received_at, answered_at
SELECT id AS reference, kind::text AS kind, "createdAt" AT TIME ZONE 'UTC' AS received_at,
       CASE WHEN status IN ('COMPLETED', 'REJECTED') THEN "updatedAt" AT TIME ZONE 'UTC' END AS answered_at
FROM "DsrRequest"
WHERE "createdAt" < CAST(:until AS timestamptz) AT TIME ZONE 'UTC'
  AND ("createdAt" >= CAST(:since AS timestamptz) AT TIME ZONE 'UTC' OR status NOT IN ('COMPLETED', 'REJECTED')
       OR "updatedAt" >= CAST(:since AS timestamptz) AT TIME ZONE 'UTC')
ORDER BY "createdAt", id
