-- name: raise_credential_version!
UPDATE organization SET credential_version = credential_version + 1 WHERE org_id = :org_id

-- name: raise_config_version
-- The notice (core/notices) goes out when the transaction is committed.
WITH raised AS (
    UPDATE organization SET config_version = config_version + 1 WHERE org_id = :org_id RETURNING org_id, config_version
)
SELECT r.config_version, pg_notify('earnest_configuration', r.org_id || ':' || r.config_version) FROM raised r
