-- Marks a failed or pending notification as sent again and notes it, as the Ops Console does: sent_at stays as it is.
-- parameters: :id, :now, :actor
WITH sent AS (
    UPDATE notifications_notificationlog
    SET status = 'sent',
        metadata = metadata || jsonb_build_object('ops_resends', coalesce(CAST(metadata ->> 'ops_resends' AS integer), 0) + 1)
    WHERE id = CAST(:id AS bigint) AND status IN ('failed', 'pending')
    RETURNING id, user_id, tenant_id, channel, metadata -> 'ops_resends' AS resends)
INSERT INTO ops_opssupportauditlog (actor_id, action, target_user_id, target_tenant_id, payload, result, created_at)
SELECT (SELECT u.id FROM users_customuser u WHERE u.username = :actor AND u.ops_role IS NOT NULL), 'resend_notification', user_id, tenant_id,
       jsonb_build_object('notification_log_id', id, 'channel', channel, 'source', 'sereno', 'actor', CAST(:actor AS text)),
       jsonb_build_object('status', 'sent', 'ops_resends', resends), :now
FROM sent
