-- Security incidents that became known between :since and :until, or were open then; one is resolved when it was notified.
-- parameters: :since, :until
-- columns: reference, kind, known_at, notified_at
SELECT id AS reference, severity AS kind, created_at AS known_at, resolved_at AS notified_at
FROM ops_alerts
WHERE category = 'security_incident' AND created_at < :until AND (created_at >= :since OR resolved_at IS NULL OR resolved_at >= :since)
ORDER BY created_at, id
