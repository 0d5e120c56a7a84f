-- Every tenant in one row. Its subscription is that of its oldest user; who is past due is still a customer.
-- columns: tenant, plan, active, paying, trialing, trial_ends_at; parameters: :scope (one tenant's id, or null)
SELECT t.id AS tenant, t.plan_tier AS plan, t.is_active AS active,
       coalesce(f.pro_status IN ('active', 'past_due'), false) AS paying,
       coalesce(f.pro_status = 'trialing', false) AS trialing, f.trial_until AS trial_ends_at
FROM public.users_tenant t
LEFT JOIN LATERAL (SELECT u.id FROM public.users_customuser u WHERE u.tenant_id = t.id
                   ORDER BY u.date_joined, u.id LIMIT 1) owner ON true
LEFT JOIN public.users_userfeatureflags f ON f.user_id = owner.id
WHERE CAST(:scope AS text) IS NULL OR CAST(t.id AS text) = CAST(:scope AS text)
