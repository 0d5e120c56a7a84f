-- Changes of rows, as the system's triggers note them.
-- parameters: :action, :user, :model, :text, :date_from, :date_to (each may be NULL)
-- columns: id, timestamp, user, action, model, object_id, payload
SELECT l.id, l.created_at AS timestamp, coalesce(l.user_id::text, '') AS "user", l.action, l.table_name AS model, l.record_id AS object_id,
       jsonb_build_object('old', l.old_values, 'new', l.new_values) AS payload
FROM audit_trail l
WHERE (CAST(:action AS text) IS NULL OR l.action = :action)
  AND (CAST(:user AS text) IS NULL OR l.user_id::text = :user)
  AND (CAST(:model AS text) IS NULL OR l.table_name = :model)
  AND (CAST(:text AS text) IS NULL
       OR position(lower(:text) IN lower(concat_ws(' ', l.user_id, l.action, l.table_name, l.record_id, l.old_values, l.new_values))) > 0)
  AND (CAST(:date_from AS timestamptz) IS NULL OR l.created_at >= :date_from)
  AND (CAST(:date_to AS timestamptz) IS NULL OR l.created_at < :date_to)
