-- The system's own audit log: logins, changes of transactions, and what Sereno did.
-- parameters: :action, :user, :model, :text, :date_from, :date_to (each may be NULL)
-- columns: id, timestamp, user, action, model, object_id, payload
SELECT l.id, l.timestamp, coalesce(u.username, '') AS "user", l.acao AS action, coalesce(l.entidade, '') AS model,
       l.entidade_id AS object_id,
       jsonb_build_object('antes', l.dados_antes, 'depois', l.dados_depois, 'sucesso', l.sucesso, 'mensagem', l.mensagem) AS payload
FROM log_auditoria l LEFT JOIN usuario u ON u.id = l.usuario_id
WHERE (CAST(:action AS text) IS NULL OR l.acao = :action)
  AND (CAST(:user AS text) IS NULL OR u.username = :user)
  AND (CAST(:model AS text) IS NULL OR l.entidade = :model)
  AND (CAST(:text AS text) IS NULL
       OR position(lower(:text) IN lower(concat_ws(' ', u.username, l.acao, l.entidade, l.dados_antes, l.dados_depois, l.mensagem))) > 0)
  AND (CAST(:date_from AS timestamptz) IS NULL OR l.timestamp >= :date_from)
  AND (CAST(:date_to AS timestamptz) IS NULL OR l.timestamp < :date_to)
