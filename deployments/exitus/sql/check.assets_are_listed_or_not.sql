-- An asset that is no longer listed is not active either. No row is right.
SELECT id FROM public.ativo WHERE ativo AND deslistado
