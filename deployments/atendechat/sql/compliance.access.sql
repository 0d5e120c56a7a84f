-- Active owners and administrators; dormant ones have no login in the audit log since :dormant_since.
-- parameters: :dormant_since
-- columns: role, holders, dormant
SELECT u.role::text AS role, count(*) AS holders, count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM "AuditLog" l WHERE l."actorId" = u.id AND l.action = 'LOGIN'
           AND l."createdAt" >= CAST(:dormant_since AS timestamptz) AT TIME ZONE 'UTC')) AS dormant
FROM "User" u
WHERE u.role IN ('OWNER', 'ADMIN') AND u."isActive"
GROUP BY u.role
ORDER BY u.role
