-- Resolves a lockout, lets its user in again, and notes it in the history.
-- parameters: :id, :now, :actor, :note
WITH cleared AS (
    UPDATE account_lockouts SET resolved_at = :now
    WHERE id = CAST(:id AS bigint) AND resolved_at IS NULL
    RETURNING id, user_id),
let_in AS (
    UPDATE users SET is_active = true WHERE id = (SELECT user_id FROM cleared) AND NOT is_active RETURNING id)
INSERT INTO audit_events (at, action, actor, effect, model, object_id, payload)
SELECT :now, 'clear_lockout', :actor, 'live', 'account_lockouts', id::text,
       jsonb_build_object('user', user_id, 'reactivated', EXISTS (SELECT FROM let_in), 'note', CAST(:note AS text))
FROM cleared
