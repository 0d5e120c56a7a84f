-- Alerts that somebody has dealt with.
-- columns: id
SELECT a.id FROM alerts a WHERE a.status IN ('resolved', 'dismissed')
