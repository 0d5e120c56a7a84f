-- The tenants that are or were on trial. A tenant's trial is that of its oldest user, who is also the one to write to.
-- Tenants that the operators have blocked are their business.
-- columns: id, tenant, name, contact, locale, plan, status, trial_ends_at, timezone, paid, active; parameters: :now
SELECT t.id, t.slug AS tenant, t.name, CASE WHEN owner.is_active THEN owner.email END AS contact,
       CASE t.timezone WHEN 'America/Sao_Paulo' THEN 'pt-BR' WHEN 'Europe/Madrid' THEN 'es' ELSE 'pt' END AS locale,
       t.plan_tier AS plan, f.pro_status AS status, f.trial_until AS trial_ends_at, t.timezone,
       EXISTS (SELECT 1 FROM public.payments_subscription s JOIN public.users_customuser u ON u.id = s.user_id
               WHERE u.tenant_id = t.id AND s.status = 'active' AND s.current_period_end > :now) AS paid,
       f.is_pro AS active
FROM public.users_tenant t
JOIN LATERAL (SELECT u.id, u.email, u.is_active FROM public.users_customuser u WHERE u.tenant_id = t.id
              ORDER BY u.date_joined, u.id LIMIT 1) owner ON true
JOIN public.users_userfeatureflags f ON f.user_id = owner.id
WHERE t.is_active AND (f.trial_until IS NOT NULL OR f.pro_status = 'trialing')
