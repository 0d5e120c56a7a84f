-- The trial is over and nobody has paid: the tenant's oldest user loses what the trial gave. trial_until stays as it was.
-- parameters: :ids, :now
UPDATE public.users_userfeatureflags f SET is_pro = false, pro_status = 'canceled', updated_at = :now
FROM public.users_tenant t
JOIN LATERAL (SELECT u.id FROM public.users_customuser u WHERE u.tenant_id = t.id
              ORDER BY u.date_joined, u.id LIMIT 1) owner ON true
WHERE t.id = ANY(:ids) AND f.user_id = owner.id AND f.pro_status = 'trialing'
