-- Active administrators; dormant ones have no login in the audit log since :dormant_since.
-- parameters: :dormant_since
-- columns: role, holders, dormant
SELECT u.role::text AS role, count(*) AS holders, count(*) FILTER (WHERE NOT EXISTS (
           SELECT FROM log_auditoria l WHERE l.usuario_id = u.id AND l.acao = 'LOGIN' AND l.sucesso AND l.timestamp >= :dormant_since)) AS dormant
FROM usuario u
WHERE u.role = 'admin' AND u.ativo
GROUP BY u.role
