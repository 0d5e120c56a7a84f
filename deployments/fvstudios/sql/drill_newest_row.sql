-- When the newest row was written; the drill compares it with the moment of the backup.
-- columns: newest_at
SELECT greatest((SELECT max(created_at) FROM public.system_logs), (SELECT max(created_at) FROM public.audit_trail)) AS newest_at
