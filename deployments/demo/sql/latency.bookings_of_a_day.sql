-- What the calendar of a salon asks for.
SELECT b.id, b.starts_at, b.status, c.id AS customer_id
FROM public.bookings b JOIN public.customers c ON c.id = b.customer_id
WHERE b.tenant_id = 1 AND b.starts_at >= now() - interval '60 days' AND b.starts_at < now() - interval '59 days'
ORDER BY b.starts_at
