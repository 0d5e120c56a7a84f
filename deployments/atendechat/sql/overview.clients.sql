-- Tokens that are not revoked; one that is new has had no time to be used and is not idle yet.
-- columns: in_use, idle; parameters: :idle_since, :scope
SELECT count(*) FILTER (WHERE NOT silent) AS in_use, count(*) FILTER (WHERE silent) AS idle
FROM (SELECT greatest("createdAt", "lastUsedAt") < CAST(:idle_since AS timestamptz) AT TIME ZONE 'UTC' AS silent
      FROM public."AppToken"
      WHERE NOT revoked AND (CAST(:scope AS text) IS NULL OR "companyId" = CAST(:scope AS text))) tokens
