-- name: find_admin_key
-- The name of a key by its hash, and whether there is any key at all.
SELECT (SELECT k.name FROM admin_key k WHERE k.key_hash = :key_hash AND k.revoked_at IS NULL) AS name,
       EXISTS (SELECT FROM admin_key k WHERE k.revoked_at IS NULL) AS is_any

-- name: list_admin_keys
SELECT k.name, k.created_at, k.revoked_at FROM admin_key k ORDER BY k.created_at, k.name

-- name: add_admin_key!
INSERT INTO admin_key (name, key_hash, created_at) VALUES (:name, :key_hash, clock_timestamp())

-- name: revoke_admin_key
UPDATE admin_key SET revoked_at = clock_timestamp() WHERE name = :name AND revoked_at IS NULL RETURNING name
