-- Every salon has a subscription. No row is right.
SELECT t.id FROM public.tenants t
WHERE NOT EXISTS (SELECT 1 FROM public.subscriptions s WHERE s.tenant_id = t.id)
