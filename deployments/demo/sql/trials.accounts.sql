-- The salons that are or were on trial; the oldest administrator who may still log in is the one to write to.
-- columns: id, tenant, name, contact, locale, plan, status, trial_ends_at, timezone, paid; parameters: :now
SELECT t.id, t.slug AS tenant, t.name, admin.email AS contact,
       CASE t.timezone WHEN 'America/Sao_Paulo' THEN 'pt-BR' WHEN 'Europe/Lisbon' THEN 'pt' WHEN 'Europe/Madrid' THEN 'es'
            ELSE 'en' END AS locale,
       p.code AS plan, s.status::text AS status, s.trial_ends_at, t.timezone,
       coalesce(s.current_period_end > :now, false) AS paid
FROM public.subscriptions s
JOIN public.tenants t ON t.id = s.tenant_id
JOIN public.plans p ON p.id = s.plan_id
LEFT JOIN LATERAL (SELECT u.email FROM public.users u WHERE u.tenant_id = t.id AND u.is_active
                   ORDER BY u.role, u.created_at, u.id LIMIT 1) admin ON true
WHERE s.trial_ends_at IS NOT NULL
