-- The history of operations, as the API shows it; Sereno's live work is in it.
-- parameters: :action, :user, :model, :text, :date_from, :date_to (each may be NULL)
-- columns: id, timestamp, user, action, model, object_id, payload
SELECT id, at AS timestamp, actor AS "user", action, model, object_id, payload
FROM audit_events
WHERE (CAST(:action AS text) IS NULL OR action = :action)
  AND (CAST(:user AS text) IS NULL OR actor = :user)
  AND (CAST(:model AS text) IS NULL OR model = :model)
  AND (CAST(:text AS text) IS NULL OR position(lower(:text) IN lower(concat_ws(' ', actor, action, model, object_id, payload))) > 0)
  AND (CAST(:date_from AS timestamptz) IS NULL OR at >= :date_from)
  AND (CAST(:date_to AS timestamptz) IS NULL OR at < :date_to)
