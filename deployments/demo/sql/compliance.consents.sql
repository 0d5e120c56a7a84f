-- Consents by purpose and legal basis. A photo of somebody whose consent to photos is over is in use without one.
-- parameters: :now
-- columns: purpose, legal_basis, people, active, withdrawn, expired, in_use_without
SELECT c.purpose, c.legal_basis, count(DISTINCT c.customer_id) AS people,
       count(*) FILTER (WHERE c.holds) AS active,
       count(*) FILTER (WHERE c.withdrawn_at <= :now) AS withdrawn,
       count(*) FILTER (WHERE NOT c.holds AND (c.withdrawn_at IS NULL OR c.withdrawn_at > :now)) AS expired,
       count(DISTINCT c.customer_id) FILTER (WHERE c.purpose = 'photos' AND NOT c.holds AND u.photo IS NOT NULL AND NOT EXISTS (
           SELECT FROM consents o WHERE o.customer_id = c.customer_id AND o.purpose = 'photos'
           AND (o.withdrawn_at IS NULL OR o.withdrawn_at > :now) AND (o.expires_at IS NULL OR o.expires_at > :now))) AS in_use_without
FROM (SELECT *, (withdrawn_at IS NULL OR withdrawn_at > :now) AND (expires_at IS NULL OR expires_at > :now) AS holds FROM consents) c
JOIN customers u ON u.id = c.customer_id
GROUP BY c.purpose, c.legal_basis
ORDER BY c.purpose, c.legal_basis
