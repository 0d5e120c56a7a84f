-- A message that was tried as often as it may be is not waiting any more. No row is right.
SELECT id FROM public."Outbox" WHERE status = 'pending' AND attempts >= "maxAttempts"
