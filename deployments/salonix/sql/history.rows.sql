-- The operators' audit log; what Sereno did stands in it without an actor of its own.
-- parameters: :action, :user, :model, :text, :date_from, :date_to (each may be NULL)
-- columns: id, timestamp, user, action, model, object_id, payload
SELECT l.id, l.created_at AS timestamp, coalesce(u.username, l.payload ->> 'actor', '') AS "user", l.action,
       CASE WHEN l.target_user_id IS NOT NULL THEN 'users_customuser' WHEN l.target_tenant_id IS NOT NULL THEN 'users_tenant' ELSE '' END AS model,
       coalesce(l.target_user_id, l.target_tenant_id) AS object_id,
       jsonb_build_object('payload', l.payload, 'result', l.result) AS payload
FROM ops_opssupportauditlog l LEFT JOIN users_customuser u ON u.id = l.actor_id
WHERE (CAST(:action AS text) IS NULL OR l.action = :action)
  AND (CAST(:user AS text) IS NULL OR coalesce(u.username, l.payload ->> 'actor', '') = :user)
  AND (CAST(:model AS text) IS NULL OR :model = CASE WHEN l.target_user_id IS NOT NULL THEN 'users_customuser' WHEN l.target_tenant_id IS NOT NULL THEN 'users_tenant' ELSE '' END)
  AND (CAST(:text AS text) IS NULL OR position(lower(:text) IN lower(concat_ws(' ', u.username, l.action, l.payload, l.result))) > 0)
  AND (CAST(:date_from AS timestamptz) IS NULL OR l.created_at >= :date_from)
  AND (CAST(:date_to AS timestamptz) IS NULL OR l.created_at < :date_to)
