-- Logins between :since and :until, and those that failed.
-- parameters: :since, :until
-- columns: attempts, failed
SELECT count(*) AS attempts, count(*) FILTER (WHERE action = 'LOGIN_FAILED' OR NOT success) AS failed
FROM "AuditLog"
WHERE action IN ('LOGIN', 'LOGIN_FAILED')
  AND "createdAt" >= CAST(:since AS timestamptz) AT TIME ZONE 'UTC' AND "createdAt" < CAST(:until AS timestamptz) AT TIME ZONE 'UTC'
