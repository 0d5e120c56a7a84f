-- When the newest row was written; the drill compares it with the moment of the backup.
-- columns: newest_at
SELECT max("timestamp") AS newest_at FROM public.log_auditoria
