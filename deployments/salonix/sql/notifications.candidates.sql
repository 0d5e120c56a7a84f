-- Notifications that may be sent again, oldest first.
-- parameters: :status (failed or pending), :channel, :date_from, :date_to (each may be NULL), :limit
-- columns: id, channel, status, resends
SELECT id, channel, status, coalesce(CAST(metadata ->> 'ops_resends' AS integer), 0) AS resends
FROM notifications_notificationlog
WHERE status = :status AND status IN ('failed', 'pending')
  AND (CAST(:channel AS text) IS NULL OR channel = :channel)
  AND (CAST(:date_from AS timestamptz) IS NULL OR created_at >= :date_from)
  AND (CAST(:date_to AS timestamptz) IS NULL OR created_at < :date_to)
ORDER BY created_at, id
LIMIT :limit
