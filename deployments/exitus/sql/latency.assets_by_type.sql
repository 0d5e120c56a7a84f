-- "Contar ativos por tipo" of the operations page.
SELECT tipo, count(*) AS total FROM public.ativo GROUP BY tipo ORDER BY total DESC
