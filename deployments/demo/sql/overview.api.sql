-- Calls of the API, and those that the system answered with an error of its own.
-- columns: requests, errors; parameters: :since, :now, :scope
SELECT count(*) AS requests, count(*) FILTER (WHERE l.status_code >= 500) AS errors
FROM public.api_access_logs l
JOIN public.api_clients c ON c.id = l.client_id
WHERE l.created_at > :since AND l.created_at <= :now
  AND (CAST(:scope AS text) IS NULL OR CAST(c.tenant_id AS text) = CAST(:scope AS text))
