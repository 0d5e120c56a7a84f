-- What the search in the audit trail asks for.
SELECT id, action, record_id, created_at FROM public.audit_trail
WHERE table_name = 'profiles' ORDER BY created_at DESC LIMIT 50
