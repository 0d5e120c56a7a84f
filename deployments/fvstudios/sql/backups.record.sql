-- Notes each backup in the dashboard's own list. created_by is a person: the administrator who was there first.
-- parameters: :id, :kind, :parent, :store, :path, :bytes, :checksum, :status, :error, :started_at, :completed_at, :tables, :rows
INSERT INTO public.backup_records (
    id, backup_type, file_path, file_size, checksum, status, started_at, completed_at, error_message, metadata, created_by)
SELECT CAST(:id AS text), CASE CAST(:kind AS text) WHEN 'critical' THEN 'critical_only' ELSE CAST(:kind AS text) END,
       CAST(:path AS text), CAST(:bytes AS bigint), CAST(:checksum AS text), CAST(:status AS text),
       CAST(:started_at AS timestamptz), CAST(:completed_at AS timestamptz), CAST(:error AS text),
       jsonb_build_object('by', 'sereno', 'store', CAST(:store AS text), 'parent', CAST(:parent AS text),
                          'tables', CAST(:tables AS bigint), 'rows', CAST(:rows AS bigint)),
       p.id
FROM public.profiles p
WHERE p.role = 'admin'
ORDER BY p.id
LIMIT 1
ON CONFLICT (id) DO NOTHING
