-- Tables that hold one agency's rows hide them from the others. No row is right.
SELECT c.relname FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relrowsecurity
  AND c.relname IN ('agencies', 'data_consents', 'data_requests', 'audit_trail', 'client_notifications', 'backup_records')
