-- name: find_client
-- Which organisation a client's key belongs to; asked before the organisation is known.
SELECT org_id, client_id FROM client_index WHERE key = :key

-- name: read_secret
SELECT c.secret_hash, o.config_version, o.credential_version
FROM client c
JOIN organization o ON o.org_id = c.org_id
WHERE c.org_id = :org_id AND c.id = :client_id

-- name: read_config_version
SELECT o.config_version FROM organization o WHERE o.org_id = :org_id
