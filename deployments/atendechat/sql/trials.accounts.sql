-- The companies that are on trial, and those of the last year whose trial was ended once it was over (a customer who
-- cancels does so before the end of the period). The oldest active owner is the one to write to. Times mean UTC.
-- columns: id, tenant, name, contact, locale, plan, status, trial_ends_at, timezone; parameters: :now
SELECT c.id, c.id AS tenant, c.name, owner.email AS contact, 'pt-BR' AS locale, p.tier::text AS plan, s.status,
       s."currentPeriodEnd" AS trial_ends_at, 'America/Sao_Paulo' AS timezone
FROM public."Subscription" s
JOIN public."Company" c ON c.id = s."companyId"
JOIN public."Plan" p ON p.id = s."planId"
LEFT JOIN LATERAL (SELECT u.email FROM public."User" u WHERE u."companyId" = c.id AND u.role = 'OWNER' AND u."isActive"
                   ORDER BY u."createdAt", u.id LIMIT 1) owner ON true
WHERE s.status = 'trialing'
   OR (s.status = 'canceled' AND s."canceledAt" >= s."currentPeriodEnd"
       AND s."currentPeriodEnd" > CAST(:now AS timestamptz) AT TIME ZONE 'UTC' - interval '1 year')
