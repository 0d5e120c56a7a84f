-- The key of a client is kept as a SHA-256 in hexadecimal digits, never as itself. No row is right.
SELECT id FROM public.integraciones_publicapiclient WHERE clave_hash !~ '^[0-9a-f]{64}$'
