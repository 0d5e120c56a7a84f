-- The application knows four statuses; the column takes any text. No row is right.
SELECT id FROM public."Subscription" WHERE status NOT IN ('active', 'trialing', 'past_due', 'canceled')
