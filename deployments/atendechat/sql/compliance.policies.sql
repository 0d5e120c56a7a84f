-- Active users, and those whose newest event about terms and about privacy is a yes.
-- columns: people, accepted
SELECT count(*) AS people, count(*) FILTER (WHERE (
           SELECT count(*) FROM (SELECT DISTINCT ON (kind) accepted FROM "ConsentEvent" e
                                 WHERE e."userId" = u.id AND kind IN ('TERMS', 'PRIVACY')
                                 ORDER BY kind, "createdAt" DESC, id DESC) newest WHERE accepted) = 2) AS accepted
FROM "User" u
WHERE u."isActive"
