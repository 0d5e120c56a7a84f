-- Active superusers and members of the groups that may operate; dormant ones did not log in since :dormant_since.
-- parameters: :dormant_since
-- columns: role, holders, dormant
SELECT coalesce(g.name, 'superuser') AS role, count(*) AS holders, count(*) FILTER (WHERE u.last_login IS NULL OR u.last_login < :dormant_since) AS dormant
FROM auth_user u
LEFT JOIN (auth_user_groups m JOIN auth_group g ON g.id = m.group_id AND g.name IN ('ADMIN', 'DG')) ON m.user_id = u.id
WHERE u.is_active AND (u.is_superuser OR g.name IS NOT NULL)
GROUP BY 1
ORDER BY 1
