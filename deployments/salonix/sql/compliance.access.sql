-- Active operators and superusers; dormant ones did not log in since :dormant_since.
-- parameters: :dormant_since
-- columns: role, holders, dormant
SELECT coalesce(nullif(ops_role, ''), CASE WHEN is_superuser THEN 'superuser' ELSE 'staff' END) AS role, count(*) AS holders,
       count(*) FILTER (WHERE last_login IS NULL OR last_login < :dormant_since) AS dormant
FROM users_customuser
WHERE is_active AND (is_superuser OR is_staff OR ops_role <> '')
GROUP BY 1
ORDER BY 1
