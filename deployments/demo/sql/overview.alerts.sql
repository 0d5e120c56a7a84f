-- Open alerts.
-- columns: severity, open; parameters: :scope
SELECT severity, count(*) AS open
FROM public.ops_alerts
WHERE resolved_at IS NULL AND (CAST(:scope AS text) IS NULL OR CAST(tenant_id AS text) = CAST(:scope AS text))
GROUP BY severity ORDER BY severity
