-- Consents by type and legal basis. One that is marked as active though it was withdrawn or has expired is in use without.
-- parameters: :now
-- columns: purpose, legal_basis, people, active, withdrawn, expired, in_use_without
SELECT consent_type AS purpose, legal_basis, count(DISTINCT user_id) AS people,
       count(*) FILTER (WHERE is_active AND (withdrawn_at IS NULL OR withdrawn_at > :now) AND (expires_at IS NULL OR expires_at > :now)) AS active,
       count(*) FILTER (WHERE withdrawn_at <= :now) AS withdrawn,
       count(*) FILTER (WHERE (withdrawn_at IS NULL OR withdrawn_at > :now) AND expires_at <= :now) AS expired,
       count(*) FILTER (WHERE is_active AND (withdrawn_at <= :now OR expires_at <= :now)) AS in_use_without
FROM data_consents
GROUP BY consent_type, legal_basis
ORDER BY consent_type, legal_basis
