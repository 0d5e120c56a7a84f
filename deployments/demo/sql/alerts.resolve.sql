-- Resolves an open alert and notes it in the history.
-- parameters: :id, :now, :actor
WITH resolved AS (
    UPDATE ops_alerts SET resolved_at = :now WHERE id = CAST(:id AS bigint) AND resolved_at IS NULL RETURNING id, category)
INSERT INTO audit_events (at, action, actor, effect, model, object_id, payload)
SELECT :now, 'resolve_alert', :actor, 'live', 'ops_alerts', id::text, jsonb_build_object('category', category) FROM resolved
