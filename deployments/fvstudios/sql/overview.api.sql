-- Calls of webhooks, its only integrations; those that are on their way are not counted yet.
-- columns: requests, errors; parameters: :since, :now, :scope
SELECT count(*) AS requests, count(*) FILTER (WHERE e.status = 'failed') AS errors
FROM public.webhook_events e
JOIN public.webhooks w ON w.id = e.webhook_id
WHERE e.triggered_at > :since AND e.triggered_at <= :now AND e.status IN ('success', 'failed')
  AND (CAST(:scope AS text) IS NULL OR CAST(w.agency_id AS text) = CAST(:scope AS text))
