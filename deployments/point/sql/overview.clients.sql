-- Clients that are switched on. last_used_at is not to be believed: the log of calls decides. A client that is new has
-- had no time to call and is not idle yet.
-- columns: in_use, idle; parameters: :idle_since
SELECT count(*) FILTER (WHERE NOT silent) AS in_use, count(*) FILTER (WHERE silent) AS idle
FROM (SELECT c.created_at < :idle_since AND NOT EXISTS (
                 SELECT 1 FROM public.integraciones_publicapiaccesslog l
                 WHERE l.client_id = c.id AND l.created_at >= :idle_since) AS silent
      FROM public.integraciones_publicapiclient c WHERE c.activo) clients
