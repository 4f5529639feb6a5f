-- name: list_signing_keys
-- Newest first.
SELECT k.kid, k.public_key, k.private_key, k.created_at,
       CASE WHEN isfinite(k.verifies_until) THEN k.verifies_until END AS verifies_until
FROM signing_key k
ORDER BY k.created_at DESC, k.kid

-- name: lock_signing_keys
-- Until the end of the transaction; the number is one that nothing else locks.
SELECT pg_advisory_xact_lock(7310584035355063923)

-- name: add_signing_key!
INSERT INTO signing_key (kid, public_key, private_key, created_at) VALUES (:kid, :public_key, :private_key, clock_timestamp())

-- name: retire_signing_keys!
-- All but one verify no longer than until then.
UPDATE signing_key SET verifies_until = least(verifies_until, clock_timestamp() + make_interval(secs => :seconds::int))
WHERE kid <> :kid
