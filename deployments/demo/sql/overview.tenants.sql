-- Every salon in one row. Who is past due is still a customer.
-- columns: tenant, plan, active, paying, trialing, trial_ends_at; parameters: :scope (one tenant's id, or null)
SELECT t.id AS tenant, p.code AS plan, t.is_active AS active, s.status IN ('active', 'past_due') AS paying,
       s.status = 'trialing' AS trialing, s.trial_ends_at
FROM public.tenants t
JOIN public.subscriptions s ON s.tenant_id = t.id
JOIN public.plans p ON p.id = s.plan_id
WHERE CAST(:scope AS text) IS NULL OR CAST(t.id AS text) = CAST(:scope AS text)
