-- Every user of a tenant has feature flags, since a signal makes them together. No row is right.
SELECT u.id FROM public.users_customuser u
WHERE u.tenant_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.users_userfeatureflags f WHERE f.user_id = u.id)
