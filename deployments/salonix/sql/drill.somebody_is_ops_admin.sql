-- Somebody can clear lockouts: an active user with the role ops_admin. No row is right.
SELECT 'nobody' AS ops_admin
WHERE NOT EXISTS (SELECT FROM public.users_customuser WHERE ops_role = 'ops_admin' AND is_active)
