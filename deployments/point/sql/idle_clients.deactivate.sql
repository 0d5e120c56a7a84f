-- parameters: :ids, :now
UPDATE integraciones_publicapiclient SET activo = false, updated_at = :now WHERE id = ANY(:ids) AND activo
