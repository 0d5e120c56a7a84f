-- Deliveries to the webhooks of companies; those that are on their way are not counted yet.
-- columns: requests, errors; parameters: :since, :now, :scope
SELECT count(*) AS requests, count(*) FILTER (WHERE status = 'failed') AS errors
FROM public."WebhookDelivery"
WHERE status IN ('success', 'failed') AND "createdAt" > CAST(:since AS timestamptz) AT TIME ZONE 'UTC'
  AND "createdAt" <= CAST(:now AS timestamptz) AT TIME ZONE 'UTC'
  AND (CAST(:scope AS text) IS NULL OR "companyId" = CAST(:scope AS text))
