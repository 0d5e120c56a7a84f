-- The total of a transaction is its quantity at its price, to the cent. No row is right.
SELECT id FROM public.transacao WHERE abs(valor_total - quantidade * preco_unitario) > 0.01
