-- The newest migration of each app, such as core.0031_auditlog.
-- columns: version
SELECT DISTINCT ON (app) app || '.' || name AS version FROM django_migrations ORDER BY app, id DESC
