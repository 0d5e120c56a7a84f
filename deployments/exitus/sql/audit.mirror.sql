-- Mirrors Sereno's live audit events into the system's own audit log, whose keys have no default.
-- parameters: :at, :action, :actor, :effect, :payload
INSERT INTO log_auditoria (id, acao, entidade, dados_depois, user_agent, timestamp, sucesso, mensagem)
VALUES (gen_random_uuid(), left(:action, 50), 'sereno', CAST(:payload AS json), 'Sereno', :at,
        CAST(:payload AS jsonb) ->> 'result' = 'passed', CAST(:actor AS text) || ' (' || CAST(:effect AS text) || ')')
