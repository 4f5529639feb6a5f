-- name: read_sessions
-- Of this role in this database; what other roles do is not shown to it.
SELECT CASE WHEN wait_event_type = 'Lock' THEN 'waiting for a lock' ELSE coalesce(state, 'other') END AS state, count(*) AS sessions,
       max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE state <> 'idle') AS oldest_s
FROM pg_stat_activity
WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
GROUP BY 1

-- name: read_database_size
SELECT pg_database_size(current_database())
