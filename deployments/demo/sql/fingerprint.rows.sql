-- What a dry run of the maintenance must not change: which clients are active, and which logs there are.
SELECT 'api_clients' AS name, md5(string_agg(c.id || ':' || c.is_active || ':' || c.updated_at, ',' ORDER BY c.id)) AS value
FROM api_clients c
UNION ALL
SELECT 'api_access_logs', count(*) || ' rows, from ' || coalesce(min(id), 0) || ' to ' || coalesce(max(id), 0) FROM api_access_logs
UNION ALL
SELECT 'audit_events', count(*)::text FROM audit_events
