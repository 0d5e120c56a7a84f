-- A backup of the system's own that is said to be complete has a checksum and an end. No row is right.
SELECT id FROM public.backup_records WHERE status = 'completed' AND (checksum IS NULL OR completed_at IS NULL)
