-- name: find_org_of_username
SELECT org_id FROM credential_index WHERE username = :username

-- name: find_hash_of_username
SELECT secret_hash FROM credential WHERE org_id = :org_id AND username = :username AND is_active

-- name: find_org_of_client
SELECT org_id FROM client_index WHERE key = :key

-- name: find_hash_of_client
SELECT secret_hash FROM client WHERE org_id = :org_id AND key = :key AND is_active

-- name: read_last_tick
SELECT max(last_run) FROM pgqueuer_schedules
