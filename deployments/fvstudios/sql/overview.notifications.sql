-- Notifications that went out, by channel.
-- columns: day, channel, sent; parameters: :since, :now, :scope
SELECT CAST(h.sent_at AS date) AS day, h.channel, count(*) AS sent
FROM public.notification_history h
JOIN public.client_notifications n ON n.id = h.notification_id
WHERE h.sent_at >= :since AND h.sent_at <= :now AND n.status IN ('sent', 'delivered', 'read')
  AND (CAST(:scope AS text) IS NULL OR CAST(n.agency_id AS text) = CAST(:scope AS text))
GROUP BY 1, 2
