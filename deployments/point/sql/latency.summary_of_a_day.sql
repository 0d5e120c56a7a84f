-- What "resumen" asks for: requests and errors of the last 24 hours. Only client_id is indexed, so this reads all rows.
SELECT count(*) AS requests, count(*) FILTER (WHERE status_code >= 400) AS errors
FROM public.integraciones_publicapiaccesslog WHERE created_at >= now() - interval '24 hours'
