-- Active clients without a call since the cutoff, as the ERP's own command finds them: last_used_at does not count, and a
-- client that is a minute old and has not called yet is idle too.
-- columns: id, label; parameters: :cutoff
SELECT c.id, c.nombre AS label FROM integraciones_publicapiclient c
WHERE c.activo AND NOT EXISTS (SELECT FROM integraciones_publicapiaccesslog l
                               WHERE l.client_id = c.id AND l.created_at >= :cutoff)
ORDER BY c.id
