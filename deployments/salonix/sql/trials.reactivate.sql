-- A payment arrived after the end: the tenant's oldest user is a customer.
-- parameters: :ids, :now
UPDATE public.users_userfeatureflags f
SET is_pro = true, pro_status = 'active', pro_plan = t.plan_tier, pro_since = coalesce(f.pro_since, :now), updated_at = :now
FROM public.users_tenant t
JOIN LATERAL (SELECT u.id FROM public.users_customuser u WHERE u.tenant_id = t.id
              ORDER BY u.date_joined, u.id LIMIT 1) owner ON true
WHERE t.id = ANY(:ids) AND f.user_id = owner.id AND f.pro_status = 'canceled'
