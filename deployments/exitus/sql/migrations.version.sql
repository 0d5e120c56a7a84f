-- The revision that Alembic has noted.
-- columns: version
SELECT version_num AS version FROM alembic_version
