-- Mirrors Sereno's live audit events into the operators' audit log.
-- parameters: :at, :action, :actor, :effect, :payload
INSERT INTO ops_opssupportauditlog (action, payload, result, created_at)
VALUES (left(lower(:action), 40), jsonb_build_object('source', 'sereno', 'actor', CAST(:actor AS text), 'effect', CAST(:effect AS text)),
        CAST(:payload AS jsonb), :at)
