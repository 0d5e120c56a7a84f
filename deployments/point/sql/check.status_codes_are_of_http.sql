-- What the access log calls a status is one of HTTP. No row is right.
SELECT id FROM public.integraciones_publicapiaccesslog WHERE status_code NOT BETWEEN 100 AND 599
