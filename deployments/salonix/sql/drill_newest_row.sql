-- When the newest row was written; the drill compares it with the moment of the backup.
-- columns: newest_at
SELECT max(created_at) AS newest_at FROM public.notifications_notificationlog
