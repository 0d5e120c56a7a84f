-- Errors stay for a year: the purge error_logs.
-- columns: id
SELECT l.id FROM system_logs l WHERE l.level NOT IN ('error', 'critical')
