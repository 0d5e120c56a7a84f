-- How one notification stands.
-- parameters: :id; columns: id, channel, status, resends
SELECT id, channel, status, coalesce(CAST(metadata ->> 'ops_resends' AS integer), 0) AS resends
FROM notification_logs WHERE id = CAST(:id AS bigint)
