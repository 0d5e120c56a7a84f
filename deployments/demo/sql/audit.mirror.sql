-- Mirrors Sereno's live audit events into the demo system's own history.
-- parameters: :at, :action, :actor, :effect, :payload
INSERT INTO audit_events (at, action, actor, effect, model, payload)
VALUES (:at, :action, :actor, :effect, 'sereno', CAST(:payload AS jsonb))
