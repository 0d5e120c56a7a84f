-- parameters: :ids, :now
UPDATE public."AppToken" SET revoked = true
WHERE id = ANY(:ids) AND NOT revoked AND "createdAt" <= CAST(:now AS timestamptz) AT TIME ZONE 'UTC'
