-- What the sender of the outbox asks for.
SELECT id, type FROM public."Outbox"
WHERE status = 'pending' AND ("nextRetryAt" IS NULL OR "nextRetryAt" <= now() AT TIME ZONE 'UTC')
ORDER BY "createdAt" LIMIT 100
