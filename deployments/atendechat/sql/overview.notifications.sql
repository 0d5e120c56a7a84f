-- E-mails that were sent. The outbox does not say for which company, so that there is no :scope.
-- columns: day, channel, sent; parameters: :since, :now
SELECT CAST("updatedAt" AT TIME ZONE 'UTC' AS date) AS day, split_part(type, '.', 1) AS channel, count(*) AS sent
FROM public."Outbox"
WHERE status = 'completed' AND "updatedAt" >= CAST(:since AS timestamptz) AT TIME ZONE 'UTC'
  AND "updatedAt" <= CAST(:now AS timestamptz) AT TIME ZONE 'UTC'
GROUP BY 1, 2
