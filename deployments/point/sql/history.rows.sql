-- The system's own audit log, which its history endpoint shows.
-- parameters: :action, :user, :model, :text, :date_from, :date_to (each may be NULL)
-- columns: id, timestamp, user, action, model, object_id, payload
SELECT l.id, l.timestamp, coalesce(u.username, l.payload ->> 'actor', '') AS "user", l.action, l.model, l.object_id, l.payload
FROM core_auditlog l LEFT JOIN auth_user u ON u.id = l.user_id
WHERE (CAST(:action AS text) IS NULL OR l.action = :action)
  AND (CAST(:user AS text) IS NULL OR coalesce(u.username, l.payload ->> 'actor', '') = :user)
  AND (CAST(:model AS text) IS NULL OR l.model = :model)
  AND (CAST(:text AS text) IS NULL OR position(lower(:text) IN lower(concat_ws(' ', u.username, l.action, l.model, l.object_id, l.payload))) > 0)
  AND (CAST(:date_from AS timestamptz) IS NULL OR l.timestamp >= :date_from)
  AND (CAST(:date_to AS timestamptz) IS NULL OR l.timestamp < :date_to)
