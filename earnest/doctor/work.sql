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

-- name: read_oldest_worker
-- Sessions of this role are shown to it, and a worker is named by its pool.
SELECT min(backend_start) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = 'earnest worker'

-- name: list_failing_webhooks
-- Those that said that they are gone, and those whose next event has failed so often at least.
SELECT s.id, s.inactive_reason = 'gone' AS is_gone, d.status, d.error, d.attempts
FROM webhook_subscription s
LEFT JOIN LATERAL (
    SELECT w.status, w.error, w.attempts
    FROM webhook_delivery w
    WHERE w.org_id = s.org_id AND w.subscription_id = s.id AND w.state = 'waiting' AND w.attempts >= :attempts::int
    ORDER BY w.attempts DESC
    LIMIT 1) d ON true
WHERE s.org_id = :org_id AND s.removed_at IS NULL AND ((s.is_active AND d.attempts IS NOT NULL) OR s.inactive_reason = 'gone')
ORDER BY s.id
