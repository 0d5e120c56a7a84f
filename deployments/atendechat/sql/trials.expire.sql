-- The trial is over: the subscription is canceled as of now. "currentPeriodEnd" stays as it was.
-- parameters: :ids, :now
UPDATE public."Subscription"
SET status = 'canceled', "canceledAt" = CAST(:now AS timestamptz) AT TIME ZONE 'UTC',
    "updatedAt" = CAST(:now AS timestamptz) AT TIME ZONE 'UTC'
WHERE "companyId" = ANY(:ids) AND status = 'trialing'
