-- name: lock_dispatch
-- One dispatcher at a time in an organisation, until the end of the transaction. The first number names this lock.
SELECT pg_try_advisory_xact_lock(1700885102, :org_id)

-- name: take_events
-- The next events in the order of each holder. Without SKIP LOCKED: to pass over one event of a holder and take the next
-- would change their order, and the lock above keeps other dispatchers out.
WITH taken AS (
    SELECT holder_id, seq, id, recorded_at
    FROM outbox
    WHERE org_id = :org_id AND state = 'new'
    ORDER BY holder_id, seq, id
    LIMIT :count
    FOR UPDATE
)
UPDATE outbox o
SET state = 'done'
FROM taken t
WHERE o.org_id = :org_id AND o.holder_id = t.holder_id AND o.seq = t.seq AND o.id = t.id AND o.recorded_at = t.recorded_at
RETURNING o.holder_id, o.seq, o.id, o.kind, o.recorded_at

-- name: has_new_events
-- In the order of the index: where statistics are old, a search for any of them may read the whole table.
SELECT (SELECT holder_id FROM outbox WHERE org_id = :org_id AND state = 'new' ORDER BY holder_id, seq, id LIMIT 1) IS NOT NULL

-- name: measure_new_events
SELECT count(*) AS waiting, min(recorded_at) AS oldest_at FROM outbox WHERE org_id = :org_id AND state = 'new'
