-- Who is on trial has a day on which it ends. No row is right.
SELECT id FROM public.subscriptions WHERE status = 'trialing' AND trial_ends_at IS NULL
