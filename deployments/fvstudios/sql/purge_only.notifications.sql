-- Notifications that arrived.
-- columns: id
SELECT n.id FROM client_notifications n WHERE n.status IN ('read', 'delivered')
