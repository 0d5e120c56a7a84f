-- Every adviser in one row. There are no trials, and nothing says who pays: whoever is active does.
-- columns: tenant, plan, active, paying, trialing; parameters: :scope (one adviser's id, or null)
SELECT a.id AS tenant, a.plano AS plan, a.ativo AS active, true AS paying, false AS trialing
FROM public.assessora a
WHERE CAST(:scope AS text) IS NULL OR CAST(a.id AS text) = CAST(:scope AS text)
