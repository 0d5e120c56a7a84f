-- The application knows five statuses and five channels; the columns take anything. No row is right.
SELECT id FROM public.notifications_notificationlog
WHERE status NOT IN ('pending', 'sent', 'delivered', 'failed', 'skipped')
   OR channel NOT IN ('in_app', 'push_web', 'push_mobile', 'sms', 'whatsapp')
