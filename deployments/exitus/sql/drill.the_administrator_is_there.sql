-- The administrator of the operations page can log in. No row is right.
SELECT 'missing' AS administrator
WHERE NOT EXISTS (SELECT FROM public.usuario WHERE email = 'admin@exitus.com' AND role::text = 'admin' AND ativo)
