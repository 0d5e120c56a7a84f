-- Every company in one row, active until its subscription is canceled. Times mean UTC; the plan FREE pays nothing.
-- columns: tenant, plan, active, paying, trialing, trial_ends_at; parameters: :scope (one company's id, or null)
SELECT c.id AS tenant, CAST(p.tier AS text) AS plan, s.status <> 'canceled' AS active,
       s.status IN ('active', 'past_due') AND p.tier <> 'FREE' AS paying, s.status = 'trialing' AS trialing,
       s."currentPeriodEnd" AT TIME ZONE 'UTC' AS trial_ends_at
FROM public."Company" c
JOIN public."Subscription" s ON s."companyId" = c.id
JOIN public."Plan" p ON p.id = s."planId"
WHERE CAST(:scope AS text) IS NULL OR c.id = CAST(:scope AS text)
