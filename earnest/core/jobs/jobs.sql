-- name: read_schedule
SELECT job, due_at, ran_for, attempts, retry_at, failed_at, error, is_held FROM schedule WHERE org_id = :org_id

-- name: read_schedules
-- Of all organisations, also those that have none yet.
SELECT i.org_id, s.job, s.due_at, s.ran_for, s.attempts, s.retry_at, s.failed_at, s.error, s.is_held
FROM organization_index i
LEFT JOIN schedule s ON s.org_id = i.org_id
ORDER BY i.org_id, s.job

-- name: count_held
SELECT count(*) FROM schedule WHERE is_held

-- name: read_organization_start
SELECT created_at, config_version FROM organization WHERE org_id = :org_id

-- name: add_schedule!
INSERT INTO schedule (org_id, job, due_at) VALUES (:org_id, :job, :due_at) ON CONFLICT DO NOTHING

-- name: move_schedule!
UPDATE schedule SET due_at = :due_at WHERE org_id = :org_id AND job = :job

-- name: finish_schedule!
UPDATE schedule
SET due_at = :due_at, ran_for = :ran_for, attempts = 0, retry_at = NULL, error = ''
WHERE org_id = :org_id AND job = :job

-- name: fail_schedule!
UPDATE schedule
SET attempts = :attempts, retry_at = :retry_at::timestamptz, failed_at = :failed_at, error = :error, is_held = :is_held
WHERE org_id = :org_id AND job = :job

-- name: release_schedule
UPDATE schedule
SET attempts = 0, retry_at = NULL, is_held = false
WHERE org_id = :org_id AND (:job::text IS NULL OR job = :job) AND (is_held OR attempts > 0)
RETURNING job

-- name: add_run!
INSERT INTO job_run (org_id, job, due_at, started_at, finished_at, report)
VALUES (:org_id, :job, :due_at, :started_at, :finished_at, :report::jsonb)

-- name: drop_old_runs!
DELETE FROM job_run WHERE org_id = :org_id AND job = :job AND finished_at < :before

-- name: list_runs
SELECT job, due_at, started_at, finished_at, report::text AS report
FROM job_run
WHERE org_id = :org_id
ORDER BY started_at DESC
LIMIT :count

-- name: lock_jobs
-- One runner at a time in an organisation; held by the connection, and so gone with the process. The first number names
-- this lock.
SELECT pg_try_advisory_lock(1700885103, :org_id)

-- name: unlock_jobs
SELECT pg_advisory_unlock(1700885103, :org_id)

-- name: drop_queue_log!
DELETE FROM pgqueuer_log WHERE created < :before::timestamptz

-- name: drop_queue_statistics!
DELETE FROM pgqueuer_statistics WHERE created < :before::timestamptz
