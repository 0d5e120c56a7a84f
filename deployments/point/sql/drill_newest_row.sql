-- When the newest row was written; the drill compares it with the moment of the backup.
-- columns: newest_at
SELECT greatest((SELECT max(created_at) FROM public.integraciones_publicapiaccesslog), (SELECT max("timestamp") FROM public.core_auditlog)) AS newest_at
