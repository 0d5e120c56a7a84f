-- parameters: :ids, :now
UPDATE api_clients SET is_active = false, updated_at = :now WHERE id = ANY(:ids) AND is_active
