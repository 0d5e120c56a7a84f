-- The application knows four plans; the column takes anything. No row is right.
SELECT id FROM public.users_tenant WHERE plan_tier NOT IN ('basic', 'standard', 'pro', 'enterprise')
