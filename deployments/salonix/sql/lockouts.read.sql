-- Whether a lockout is resolved.
-- parameters: :id; columns: id, resolved
SELECT id, resolved_at IS NOT NULL AS resolved FROM ops_accountlockout WHERE id = CAST(:id AS bigint)
