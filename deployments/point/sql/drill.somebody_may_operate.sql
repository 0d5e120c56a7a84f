-- Somebody may operate the integrations: an active user in the group ADMIN or DG. No row is right.
SELECT 'nobody' AS operator
WHERE NOT EXISTS (SELECT FROM public.auth_user u JOIN public.auth_user_groups ug ON ug.user_id = u.id JOIN public.auth_group g ON g.id = ug.group_id
                  WHERE u.is_active AND g.name IN ('ADMIN', 'DG'))
