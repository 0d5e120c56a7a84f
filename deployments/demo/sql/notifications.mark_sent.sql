-- Marks a failed or pending notification as sent again and notes it in the history, as the demo's API does.
-- parameters: :id, :now, :actor
WITH sent AS (
    UPDATE notification_logs
    SET status = 'sent', sent_at = :now, retry_count = retry_count + 1,
        metadata = metadata || jsonb_build_object('ops_resends', coalesce(CAST(metadata ->> 'ops_resends' AS integer), 0) + 1)
    WHERE id = CAST(:id AS bigint) AND status IN ('failed', 'pending')
    RETURNING id, channel)
INSERT INTO audit_events (at, action, actor, effect, model, object_id, payload)
SELECT :now, 'resend_notification', :actor, 'live', 'notification_logs', id::text, jsonb_build_object('channel', channel) FROM sent
