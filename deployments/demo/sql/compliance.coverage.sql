-- Customers whose photo is kept, and those of them whose consent to photos holds.
-- parameters: :now
-- columns: people, covered
SELECT count(*) AS people, count(*) FILTER (WHERE EXISTS (
           SELECT FROM consents c WHERE c.customer_id = u.id AND c.purpose = 'photos'
           AND (c.withdrawn_at IS NULL OR c.withdrawn_at > :now) AND (c.expires_at IS NULL OR c.expires_at > :now))) AS covered
FROM customers u
WHERE u.photo IS NOT NULL
