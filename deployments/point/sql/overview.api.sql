-- Calls of the public API; an answer of 400 or more is an error, as in the system's own summary.
-- columns: requests, errors; parameters: :since, :now
SELECT count(*) AS requests, count(*) FILTER (WHERE status_code >= 400) AS errors
FROM public.integraciones_publicapiaccesslog
WHERE created_at > :since AND created_at <= :now
