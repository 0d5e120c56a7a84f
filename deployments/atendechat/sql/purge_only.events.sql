-- Events older than the company's plan keeps them, or than it was granted besides; of a company without a plan none goes.
-- columns: id
SELECT e.id FROM public."EventLog" e
JOIN public."Subscription" s ON s."companyId" = e."companyId"
JOIN public."Plan" p ON p.id = s."planId"
LEFT JOIN public."SubscriptionEntitlement" x ON x."companyId" = e."companyId"
WHERE e."createdAt" < (now() AT TIME ZONE 'UTC') - coalesce(x."retentionDays", p."retentionDays") * interval '1 day'
