-- Mirrors Sereno's live audit events into the system's own audit log, where its history endpoint shows them.
-- parameters: :at, :action, :actor, :effect, :payload
INSERT INTO core_auditlog (timestamp, action, model, object_id, payload)
VALUES (:at, left(:action, 64), 'sereno', '',
        CAST(:payload AS jsonb) || jsonb_build_object('actor', CAST(:actor AS text), 'effect', CAST(:effect AS text)))
