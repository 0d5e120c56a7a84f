-- Deliveries that came to an end.
-- columns: id
SELECT d.id FROM public."WebhookDelivery" d WHERE d.status IN ('success', 'failed')
