-- Resolves a lockout, lets its user in again, and notes it in the operators' audit log.
-- parameters: :id, :now, :actor, :note
WITH operator AS (
    SELECT (SELECT u.id FROM users_customuser u WHERE u.username = :actor AND u.ops_role = 'ops_admin') AS id),
cleared AS (
    UPDATE ops_accountlockout SET resolved_at = :now, resolved_by_id = (SELECT id FROM operator)
    WHERE id = CAST(:id AS bigint) AND resolved_at IS NULL
    RETURNING id, user_id, tenant_id),
let_in AS (
    UPDATE users_customuser SET is_active = true
    WHERE id = (SELECT user_id FROM cleared) AND NOT is_active
    RETURNING id)
INSERT INTO ops_opssupportauditlog (actor_id, action, target_user_id, target_tenant_id, payload, result, created_at)
SELECT (SELECT id FROM operator), 'clear_lockout', user_id, tenant_id,
       jsonb_build_object('lockout_id', id, 'note', CAST(:note AS text), 'source', 'sereno', 'actor', CAST(:actor AS text)),
       jsonb_build_object('status', 'success', 'reactivated', EXISTS (SELECT FROM let_in)), :now
FROM cleared
