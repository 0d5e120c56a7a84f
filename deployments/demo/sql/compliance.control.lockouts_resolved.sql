-- Every lockout that is older than two days at :now is resolved.
-- parameters: :now
-- columns: checked, failed
SELECT count(*) AS checked, count(*) FILTER (WHERE resolved_at IS NULL) AS failed
FROM account_lockouts
WHERE locked_at < CAST(:now AS timestamptz) - interval '2 days'
