-- Logins between :since and :until, and those that failed.
-- parameters: :since, :until
-- columns: attempts, failed
SELECT count(*) AS attempts, count(*) FILTER (WHERE NOT sucesso) AS failed
FROM log_auditoria
WHERE acao = 'LOGIN' AND timestamp >= :since AND timestamp < :until
