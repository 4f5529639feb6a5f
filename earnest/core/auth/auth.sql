-- name: find_credential
-- Which organisation a user name belongs to; asked before the organisation is known.
SELECT org_id, credential_id FROM credential_index WHERE username = :username

-- name: read_credential
SELECT c.entity_id, c.secret_hash, c.is_active, o.config_version, o.credential_version
FROM credential c
JOIN organization o ON o.org_id = c.org_id
WHERE c.org_id = :org_id AND c.id = :credential_id
