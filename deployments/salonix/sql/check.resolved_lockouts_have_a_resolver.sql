-- Whoever clears a lockout is named. No row is right.
SELECT id FROM public.ops_accountlockout WHERE resolved_at IS NOT NULL AND resolved_by_id IS NULL
