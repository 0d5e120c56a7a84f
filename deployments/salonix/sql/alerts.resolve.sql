-- Resolves an open alert and notes it in the operators' audit log.
-- parameters: :id, :now, :actor
WITH operator AS (
    SELECT (SELECT u.id FROM users_customuser u WHERE u.username = :actor AND u.ops_role IS NOT NULL) AS id),
resolved AS (
    UPDATE ops_opsalert SET resolved_at = :now, updated_at = :now, resolved_by_id = (SELECT id FROM operator)
    WHERE id = CAST(:id AS bigint) AND resolved_at IS NULL
    RETURNING id, tenant_id)
INSERT INTO ops_opssupportauditlog (actor_id, action, target_tenant_id, payload, result, created_at)
SELECT (SELECT id FROM operator), 'resolve_alert', tenant_id,
       jsonb_build_object('alert_id', id, 'source', 'sereno', 'actor', CAST(:actor AS text)), '{"status": "resolved"}', :now
FROM resolved
