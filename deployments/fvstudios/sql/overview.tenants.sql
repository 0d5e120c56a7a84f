-- Every agency in one row. There are no trials; the plan `free` pays nothing.
-- columns: tenant, plan, active, paying, trialing; parameters: :scope (one agency's id, or null)
SELECT a.id AS tenant, a.subscription_plan AS plan, a.subscription_status = 'active' AS active,
       a.subscription_plan <> 'free' AS paying, false AS trialing
FROM public.agencies a
WHERE CAST(:scope AS text) IS NULL OR CAST(a.id AS text) = CAST(:scope AS text)
