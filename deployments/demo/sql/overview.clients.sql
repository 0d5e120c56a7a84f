-- Clients that are switched on; one that is new has had no time to call and is not idle yet.
-- columns: in_use, idle; parameters: :idle_since, :scope
SELECT count(*) FILTER (WHERE NOT silent) AS in_use, count(*) FILTER (WHERE silent) AS idle
FROM (SELECT c.created_at < :idle_since AND NOT EXISTS (
                 SELECT 1 FROM public.api_access_logs l WHERE l.client_id = c.id AND l.created_at >= :idle_since) AS silent
      FROM public.api_clients c
      WHERE c.is_active AND (CAST(:scope AS text) IS NULL OR CAST(c.tenant_id AS text) = CAST(:scope AS text))) clients
