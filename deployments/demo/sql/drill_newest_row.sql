-- When the newest row was written; the drill compares it with the moment of the backup.
-- columns: newest_at
SELECT greatest((SELECT max(at) FROM public.audit_events), (SELECT max(created_at) FROM public.api_access_logs)) AS newest_at
