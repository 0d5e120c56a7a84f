-- What an open alert is about stays, however old.
-- columns: id
SELECT a.notification_log_id AS id FROM ops_opsalert a WHERE a.resolved_at IS NULL AND a.notification_log_id IS NOT NULL
