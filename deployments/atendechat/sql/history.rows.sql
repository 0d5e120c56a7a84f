-- The system's own audit log, whose times are UTC without a zone.
-- parameters: :action, :user, :model, :text, :date_from, :date_to (each may be NULL)
-- columns: id, timestamp, user, action, model, object_id, payload
SELECT l.id, l."createdAt" AT TIME ZONE 'UTC' AS timestamp, coalesce(u.email, l."actorId", '') AS "user", l.action::text AS action,
       l."targetType" AS model, l."targetId" AS object_id, jsonb_build_object('success', l.success, 'meta', l.meta) AS payload
FROM "AuditLog" l LEFT JOIN "User" u ON u.id = l."actorId"
WHERE (CAST(:action AS text) IS NULL OR l.action::text = :action)
  AND (CAST(:user AS text) IS NULL OR coalesce(u.email, l."actorId", '') = :user)
  AND (CAST(:model AS text) IS NULL OR l."targetType" = :model)
  AND (CAST(:text AS text) IS NULL
       OR position(lower(:text) IN lower(concat_ws(' ', u.email, l.action, l."targetType", l."targetId", l.meta))) > 0)
  AND (CAST(:date_from AS timestamptz) IS NULL OR l."createdAt" >= CAST(:date_from AS timestamptz) AT TIME ZONE 'UTC')
  AND (CAST(:date_to AS timestamptz) IS NULL OR l."createdAt" < CAST(:date_to AS timestamptz) AT TIME ZONE 'UTC')
