-- People of whom data are used by consent, and those of them of whom every kind of consent that they gave still holds.
-- parameters: :now
-- columns: people, covered
SELECT count(*) AS people, count(*) FILTER (WHERE every) AS covered
FROM (SELECT user_id, bool_and(holds) AS every
      FROM (SELECT user_id, consent_type, bool_or((withdrawn_at IS NULL OR withdrawn_at > :now) AND (expires_at IS NULL OR expires_at > :now)) AS holds
            FROM data_consents WHERE legal_basis = 'consent' AND is_active GROUP BY user_id, consent_type) kinds
      GROUP BY user_id) people
