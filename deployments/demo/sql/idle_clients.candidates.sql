-- Active API clients that are older than the cutoff and have not called since.
-- columns: id, label; parameters: :cutoff
SELECT c.id, c.name AS label FROM api_clients c
WHERE c.is_active AND c.created_at < :cutoff
  AND NOT EXISTS (SELECT FROM api_access_logs l WHERE l.client_id = c.id AND l.created_at >= :cutoff)
ORDER BY c.id
