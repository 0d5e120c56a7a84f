-- A payment arrived after the end: the subscription is active.
-- parameters: :ids, :now
UPDATE public.subscriptions SET status = 'active', updated_at = :now
WHERE tenant_id = ANY(:ids) AND status = 'expired' AND current_period_end > :now
