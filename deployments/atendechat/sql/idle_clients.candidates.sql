-- Tokens that were not used since the cutoff, or never were and are older. Times are UTC without a zone.
-- columns: id, label; parameters: :cutoff
SELECT t.id, t.name AS label FROM public."AppToken" t
WHERE NOT t.revoked AND coalesce(t."lastUsedAt", t."createdAt") < CAST(:cutoff AS timestamptz) AT TIME ZONE 'UTC'
ORDER BY t.id
