-- What a page of /api/usuarios asks for.
SELECT id, username, role, ativo, created_at FROM public.usuario ORDER BY username LIMIT 20
