-- Webhooks that are switched on, and those of them for which nothing has happened since.
-- columns: in_use, idle; parameters: :idle_since, :scope
SELECT count(*) FILTER (WHERE NOT silent) AS in_use, count(*) FILTER (WHERE silent) AS idle
FROM (SELECT w.created_at < :idle_since AND NOT EXISTS (
                 SELECT 1 FROM public.webhook_events e WHERE e.webhook_id = w.id AND e.triggered_at >= :idle_since) AS silent
      FROM public.webhooks w
      WHERE w.is_active AND (CAST(:scope AS text) IS NULL OR CAST(w.agency_id AS text) = CAST(:scope AS text))) clients
