-- A booking lies in the partition of its quarter, and in the default one only when there is none. No row is right.
SELECT b.id FROM public.bookings_default b
WHERE to_regclass('public.bookings_' || to_char(b.starts_at AT TIME ZONE 'UTC', 'YYYY"q"Q')) IS NOT NULL
