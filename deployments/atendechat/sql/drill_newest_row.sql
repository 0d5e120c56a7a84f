-- When the newest row was written (its times are UTC, without a zone); the drill compares it with the moment of the backup.
-- columns: newest_at
SELECT greatest((SELECT max("createdAt") FROM public."EventLog"), (SELECT max("createdAt") FROM public."AuditLog")) AT TIME ZONE 'UTC' AS newest_at
