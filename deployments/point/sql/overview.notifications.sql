-- Notices to the staff, which appear in the application at once.
-- columns: day, channel, sent; parameters: :since, :now
SELECT CAST(creado_en AS date) AS day, 'in_app' AS channel, count(*) AS sent
FROM public.core_notificacion
WHERE creado_en >= :since AND creado_en <= :now
GROUP BY 1, 2
