-- Whoever holds an asset has once acted on it. No row is right.
SELECT p.id FROM public.posicao p
WHERE p.quantidade <> 0
  AND NOT EXISTS (SELECT FROM public.transacao t WHERE t.usuario_id = p.usuario_id AND t.ativo_id = p.ativo_id)
