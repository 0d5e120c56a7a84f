-- Notifications that an open alert is about stay, however old.
-- columns: id
SELECT a.notification_log_id AS id FROM ops_alerts a
WHERE a.notification_log_id IS NOT NULL AND a.resolved_at IS NULL
