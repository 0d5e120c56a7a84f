-- What the list of alerts asks for.
SELECT id, category, severity, created_at FROM public.ops_opsalert WHERE resolved_at IS NULL ORDER BY created_at DESC
