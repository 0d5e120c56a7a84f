-- Requests that came in between :since and :until, or were open then.
-- parameters: :since, :until
-- columns: reference, kind, received_at, answered_at, due_at
SELECT id AS reference, request_type AS kind, requested_at AS received_at, processed_at AS answered_at, deadline AS due_at
FROM data_requests
WHERE requested_at < :until AND (requested_at >= :since OR processed_at IS NULL OR processed_at >= :since)
ORDER BY requested_at, id
