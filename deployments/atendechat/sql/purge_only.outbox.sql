-- What was sent; what failed is somebody's work still.
-- columns: id
SELECT o.id FROM public."Outbox" o WHERE o.status = 'completed'
