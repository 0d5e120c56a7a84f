-- Open alerts of both tables, each with its own words for how bad it is; those of the system belong to no agency.
-- columns: severity, open; parameters: :scope
SELECT severity, count(*) AS open
FROM (SELECT CAST(severity AS text) AS severity, CAST(agency_id AS text) AS agency FROM public.alerts
      WHERE status IN ('active', 'acknowledged')
      UNION ALL SELECT severity, NULL FROM public.system_alerts WHERE NOT is_resolved) open_alerts
WHERE CAST(:scope AS text) IS NULL OR agency = CAST(:scope AS text)
GROUP BY severity ORDER BY severity
