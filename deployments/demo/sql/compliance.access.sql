-- Active administrators, of the service and of the salons; dormant ones did not log in since :dormant_since.
-- parameters: :dormant_since
-- columns: role, holders, dormant
SELECT CASE WHEN tenant_id IS NULL THEN 'operator' ELSE 'administrator of a salon' END AS role, count(*) AS holders,
       count(*) FILTER (WHERE last_login_at IS NULL OR last_login_at < :dormant_since) AS dormant
FROM users
WHERE role = 'admin' AND is_active
GROUP BY 1
ORDER BY 1
