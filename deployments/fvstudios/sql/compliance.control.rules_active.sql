-- The rules of compliance that the system brings are active.
-- columns: checked, failed
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT is_active) AS failed FROM compliance_rules
