-- parameters: :ids (the table notes no time of it, so :now is not used)
UPDATE public."AppToken" SET revoked = true WHERE id = ANY(:ids) AND NOT revoked
