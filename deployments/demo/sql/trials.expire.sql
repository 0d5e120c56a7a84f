-- The trial is over and nobody has paid: the subscription expires.
-- parameters: :ids, :now
UPDATE public.subscriptions SET status = 'expired', updated_at = :now
WHERE tenant_id = ANY(:ids) AND status = 'trialing'
