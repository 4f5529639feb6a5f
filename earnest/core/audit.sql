-- name: add_entry!
-- The clock of the database, and read late: the changes of one organisation wait for each other, so that entries are in the
-- order in which they were committed.
INSERT INTO audit_log (org_id, recorded_at, id, actor, action, resource, resource_id, before, after, request_id)
VALUES (:org_id, clock_timestamp(), nextval('id_audit'), :actor, :action, :resource, :resource_id, :before::jsonb, :after::jsonb,
        :request_id)

-- name: list_entries
-- The newest first.
SELECT a.recorded_at, a.id, a.actor, a.action, a.resource, a.resource_id, a.before::text AS before, a.after::text AS after,
       a.request_id
FROM audit_log a
WHERE a.org_id = :org_id
  AND (:actor::text IS NULL OR a.actor = :actor)
  AND (:action::text IS NULL OR a.action = :action)
  AND (:resource::text IS NULL OR a.resource = :resource)
  AND (:resource_id::text IS NULL OR a.resource_id = :resource_id)
  AND a.recorded_at >= :since::timestamptz AND a.recorded_at < :until::timestamptz
  AND (a.recorded_at, a.id) < (:before_at::timestamptz, :before_id::bigint)
ORDER BY a.recorded_at DESC, a.id DESC
LIMIT :count

-- name: count_entries
SELECT count(*)
FROM audit_log a
WHERE a.org_id = :org_id
  AND (:actor::text IS NULL OR a.actor = :actor)
  AND (:action::text IS NULL OR a.action = :action)
  AND (:resource::text IS NULL OR a.resource = :resource)
  AND (:resource_id::text IS NULL OR a.resource_id = :resource_id)
  AND a.recorded_at >= :since::timestamptz AND a.recorded_at < :until::timestamptz
