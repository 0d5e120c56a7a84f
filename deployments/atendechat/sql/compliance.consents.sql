-- The newest event of each person and kind is their consent; events of nobody are left out.
-- columns: purpose, legal_basis, people, active, withdrawn, expired, in_use_without
SELECT kind::text AS purpose, 'consent' AS legal_basis, count(*) AS people, count(*) FILTER (WHERE accepted) AS active,
       count(*) FILTER (WHERE NOT accepted) AS withdrawn, 0 AS expired, 0 AS in_use_without
FROM (SELECT DISTINCT ON ("userId", kind) kind, accepted FROM "ConsentEvent"
      WHERE "userId" IS NOT NULL ORDER BY "userId", kind, "createdAt" DESC, id DESC) newest
GROUP BY kind
ORDER BY kind
