-- Notifications that reached people, by day of the system's zone and channel.
-- columns: day, channel, sent; parameters: :since, :now, :scope
SELECT CAST(created_at AS date) AS day, channel, count(*) AS sent
FROM public.notification_logs
WHERE created_at >= :since AND created_at <= :now AND status IN ('sent', 'delivered')
  AND (CAST(:scope AS text) IS NULL OR CAST(tenant_id AS text) = CAST(:scope AS text))
GROUP BY 1, 2
