-- Whoever resolves an alert is named. No row is right.
SELECT id FROM public.ops_alerts WHERE resolved_at IS NOT NULL AND resolved_by IS NULL
