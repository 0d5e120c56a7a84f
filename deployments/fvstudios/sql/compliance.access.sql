-- Active administrators and owners of agencies; dormant ones did not log in since :dormant_since.
-- parameters: :dormant_since
-- columns: role, holders, dormant
SELECT role::text AS role, count(*) AS holders, count(*) FILTER (WHERE last_login_at IS NULL OR last_login_at < :dormant_since) AS dormant
FROM user_profiles
WHERE role IN ('admin', 'agency_owner') AND status = 'active'
GROUP BY role
ORDER BY role
