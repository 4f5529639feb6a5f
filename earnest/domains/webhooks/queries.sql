-- Subscriptions.

-- name: next_subscription_id
SELECT nextval('id_webhook')

-- name: lock_subscriptions
-- Two that are made at once are counted one after the other. The first number names this lock.
SELECT pg_advisory_xact_lock(1700885104, :org_id)

-- name: count_subscriptions
SELECT count(*) FROM webhook_subscription WHERE org_id = :org_id AND removed_at IS NULL

-- name: add_subscription!
INSERT INTO webhook_subscription (org_id, id, url, event_names, secret, connections_max, created_at, changed_at)
VALUES (:org_id, :id, :url, :event_names::text[], :secret, :connections_max, :now, :now)

-- name: list_subscriptions
SELECT id, url, event_names, connections_max, is_active, inactive_reason, created_at, changed_at, previous_until
FROM webhook_subscription
WHERE org_id = :org_id AND removed_at IS NULL
ORDER BY id

-- name: change_subscription
-- Null leaves a column as it is.
UPDATE webhook_subscription
SET url = coalesce(:url::text, url), event_names = coalesce(:event_names::text[], event_names),
    connections_max = coalesce(:connections_max::int, connections_max), is_active = coalesce(:is_active::boolean, is_active),
    inactive_reason = CASE WHEN :is_active::boolean IS NULL THEN inactive_reason ELSE :inactive_reason END, changed_at = :now
WHERE org_id = :org_id AND id = :id AND removed_at IS NULL
RETURNING id, url, event_names, connections_max, is_active, inactive_reason, created_at, changed_at, previous_until

-- name: rotate_secret
UPDATE webhook_subscription
SET previous_secret = secret, previous_until = :previous_until::timestamptz, secret = :secret, changed_at = :now
WHERE org_id = :org_id AND id = :id AND removed_at IS NULL
RETURNING id

-- name: remove_subscription
UPDATE webhook_subscription
SET removed_at = :now, is_active = false, inactive_reason = 'removed', changed_at = :now
WHERE org_id = :org_id AND id = :id AND removed_at IS NULL
RETURNING id

-- name: drop_lanes!
DELETE FROM webhook_lane WHERE org_id = :org_id AND subscription_id = :id

-- name: bury_waiting!
-- What was waiting for a webhook that is gone, some of it at a time.
UPDATE webhook_delivery d
SET state = 'dead', error = 'webhook removed'
FROM (SELECT holder_id, seq, event_id, recorded_at FROM webhook_delivery
      WHERE org_id = :org_id AND subscription_id = :id AND state = 'waiting' LIMIT :count) w
WHERE d.org_id = :org_id AND d.subscription_id = :id AND d.holder_id = w.holder_id AND d.seq = w.seq
  AND d.event_id = w.event_id AND d.recorded_at = w.recorded_at

-- Taking events from the outbox.

-- name: active_subscriptions
-- Locked, so that nothing is added for one that is just being removed.
SELECT id, event_names FROM webhook_subscription WHERE org_id = :org_id AND is_active ORDER BY id FOR SHARE

-- name: add_deliveries!
INSERT INTO webhook_delivery (org_id, subscription_id, holder_id, seq, event_id, recorded_at, state, taken_at)
SELECT o.org_id, x.*, 'waiting', now()
FROM organization o,
     unnest(:subscription_ids::bigint[], :holder_ids::bigint[], :seqs::bigint[], :event_ids::bigint[],
            :recorded_at::timestamptz[]) AS x
WHERE o.org_id = :org_id
ON CONFLICT DO NOTHING

-- name: open_lanes!
-- A lane that is there already is locked all the same: whoever closes it now has to see what was just added.
INSERT INTO webhook_lane (org_id, subscription_id, holder_id, due_at)
SELECT DISTINCT o.org_id, x.subscription_id, x.holder_id, now()
FROM organization o, unnest(:subscription_ids::bigint[], :holder_ids::bigint[]) AS x(subscription_id, holder_id)
WHERE o.org_id = :org_id
ORDER BY x.subscription_id, x.holder_id
ON CONFLICT (org_id, subscription_id, holder_id) DO UPDATE SET due_at = webhook_lane.due_at

-- Delivering.

-- name: due_subscriptions
SELECT s.id, s.url, s.secret, s.connections_max,
       CASE WHEN s.previous_until > :now::timestamptz THEN s.previous_secret END AS previous_secret
FROM webhook_subscription s
WHERE s.org_id = :org_id AND s.is_active
  AND EXISTS (SELECT FROM webhook_lane l
              WHERE l.org_id = s.org_id AND l.subscription_id = s.id AND l.due_at <= :now::timestamptz AND l.due_at < 'infinity')

-- name: claim_lanes
-- An update of rows that are there, written as an insertion: whatever the statistics say, each is found by the primary key.
INSERT INTO webhook_lane (org_id, subscription_id, holder_id, claim, due_at)
SELECT due.org_id, due.subscription_id, due.holder_id, :claim::uuid, :until::timestamptz
FROM (SELECT l.org_id, l.subscription_id, l.holder_id
      FROM webhook_lane l
      WHERE l.org_id = :org_id AND l.subscription_id = :subscription_id AND l.due_at <= :now::timestamptz
        AND l.due_at < 'infinity'
      ORDER BY l.due_at
      LIMIT :count
      FOR UPDATE SKIP LOCKED) due
ON CONFLICT (org_id, subscription_id, holder_id) DO UPDATE SET claim = excluded.claim, due_at = excluded.due_at
RETURNING holder_id

-- name: read_lanes
-- The next events of these lanes, in order. Without a name: the event itself is no longer kept.
SELECT d.holder_id, d.seq, d.event_id, d.recorded_at, d.attempts, e.kind, e.body::text AS body, e.request_id,
       v.id AS event_log_id, v.reference_id, v.type AS activity, v.till_id
FROM unnest(:holder_ids::bigint[]) AS h(holder_id)
CROSS JOIN LATERAL (
    SELECT w.holder_id, w.seq, w.event_id, w.recorded_at, w.attempts
    FROM webhook_delivery w
    WHERE w.org_id = :org_id AND w.subscription_id = :subscription_id AND w.holder_id = h.holder_id AND w.state = 'waiting'
    ORDER BY w.seq, w.event_id
    LIMIT :count) d
LEFT JOIN outbox e ON e.org_id = :org_id AND e.holder_id = d.holder_id AND e.seq = d.seq AND e.id = d.event_id
                  AND e.recorded_at = d.recorded_at
LEFT JOIN loyalty_event v ON v.org_id = :org_id AND v.holder_id = d.holder_id AND v.seq = d.seq
ORDER BY d.holder_id, d.seq, d.event_id

-- name: describe_events
-- What the events are about, each as JSON: members, bills, redemptions, tills, programmes; and the organisation.
SELECT 'organization' AS what, jsonb_build_object('currency', o.currency, 'time_zone', o.time_zone)::text AS facts
FROM organization o
WHERE o.org_id = :org_id
UNION ALL
SELECT 'customer', jsonb_build_object(
           'id', c.id, 'loyalty_type', c.loyalty_type, 'registered_at', c.registered_at, 'modified_at', c.modified_at,
           'profiles', coalesce((SELECT jsonb_agg(jsonb_build_object('source', p.source, 'account_id', p.account_id,
                                        'first_name', p.first_name, 'last_name', p.last_name)
                                        ORDER BY p.recorded_at, p.source <> 'INSTORE', p.source, p.account_id)
                                 FROM customer_profile p WHERE p.org_id = c.org_id AND p.customer_id = c.id), '[]'),
           'identifiers', coalesce((SELECT jsonb_agg(jsonb_build_object('type', i.type, 'value', i.value, 'source', i.source,
                                           'account_id', i.account_id) ORDER BY i.source, i.account_id, i.type, i.value)
                                    FROM customer_identifier i WHERE i.org_id = c.org_id AND i.customer_id = c.id), '[]'))::text
FROM customer c
WHERE c.org_id = :org_id AND c.id = ANY (:holder_ids::bigint[])
UNION ALL
SELECT 'bill', jsonb_build_object(
           'id', b.id, 'number', b.number, 'type', b.type, 'amount', b.amount::text, 'gross', b.gross::text,
           'discount', b.discount::text, 'billed_at', b.billed_at, 'recorded_at', b.recorded_at,
           'outlier_status', b.outlier_status, 'delivery_status', b.delivery_status, 'currency_code', b.currency_code,
           'lines', (SELECT count(*) FROM bill_item i WHERE i.org_id = b.org_id AND i.bill_id = b.id))::text
FROM bill b
WHERE b.org_id = :org_id AND b.id = ANY (:bill_ids::bigint[])
UNION ALL
SELECT 'redemption', jsonb_build_object(
           'id', r.id, 'program_id', r.program_id, 'points', r.points::text, 'value', r.value::text,
           'balance', r.balance_after::text, 'bill_number', r.bill_number, 'notes', r.notes)::text
FROM redemption r
WHERE r.org_id = :org_id AND r.id = ANY (:redemption_ids::bigint[])
UNION ALL
SELECT 'till', jsonb_build_object('id', t.id, 'code', t.code, 'name', t.name, 'store_code', s.code, 'store_name', s.name)::text
FROM org_entity t
LEFT JOIN org_entity s ON s.org_id = t.org_id AND s.id = t.store_id
WHERE t.org_id = :org_id AND t.id = ANY (:till_ids::bigint[])
UNION ALL
SELECT 'program', jsonb_build_object('id', g.id, 'name', g.name, 'is_default', g.is_default)::text
FROM program g
WHERE g.org_id = :org_id

-- name: lock_claimed_lanes
-- Those that are still ours.
SELECT l.subscription_id, l.holder_id
FROM unnest(:subscription_ids::bigint[], :holder_ids::bigint[], :claims::uuid[]) AS x(subscription_id, holder_id, claim)
JOIN webhook_lane l ON l.org_id = :org_id AND l.subscription_id = x.subscription_id AND l.holder_id = x.holder_id
                   AND l.claim = x.claim
ORDER BY l.subscription_id, l.holder_id
FOR UPDATE OF l

-- name: note_attempts!
UPDATE webhook_delivery d
SET state = x.state, attempts = d.attempts + x.attempts, attempted_at = x.attempted_at, duration_ms = x.duration_ms,
    status = x.status, error = x.error
FROM unnest(:subscription_ids::bigint[], :holder_ids::bigint[], :seqs::bigint[], :event_ids::bigint[],
            :recorded_at::timestamptz[], :states::text[], :attempts::int[], :attempted_at::timestamptz[],
            :durations_ms::int[], :statuses::int[], :errors::text[])
     AS x(subscription_id, holder_id, seq, event_id, recorded_at, state, attempts, attempted_at, duration_ms, status, error)
WHERE d.org_id = :org_id AND d.subscription_id = x.subscription_id AND d.holder_id = x.holder_id AND d.seq = x.seq
  AND d.event_id = x.event_id AND d.recorded_at = x.recorded_at AND d.state = 'waiting'

-- name: close_lanes!
-- A statement of its own after the lock: it has to see what others have just added.
DELETE FROM webhook_lane l
USING unnest(:subscription_ids::bigint[], :holder_ids::bigint[]) AS x(subscription_id, holder_id)
WHERE l.org_id = :org_id AND l.subscription_id = x.subscription_id AND l.holder_id = x.holder_id
  AND NOT EXISTS (SELECT FROM webhook_delivery d
                  WHERE d.org_id = :org_id AND d.subscription_id = x.subscription_id AND d.holder_id = x.holder_id
                    AND d.state = 'waiting')

-- name: release_lanes!
UPDATE webhook_lane l
SET claim = x.claim, due_at = x.due_at
FROM unnest(:subscription_ids::bigint[], :holder_ids::bigint[], :claims::uuid[], :due_at::timestamptz[])
     AS x(subscription_id, holder_id, claim, due_at)
WHERE l.org_id = :org_id AND l.subscription_id = x.subscription_id AND l.holder_id = x.holder_id

-- name: end_subscription!
UPDATE webhook_subscription
SET is_active = false, inactive_reason = 'gone', changed_at = :now
WHERE org_id = :org_id AND id = :id AND is_active

-- What did not arrive, and sending again.

-- name: list_dead
SELECT d.subscription_id, d.holder_id, d.seq, d.event_id, d.recorded_at, e.kind, d.attempts, d.attempted_at, d.status, d.error
FROM webhook_delivery d
LEFT JOIN outbox e ON e.org_id = d.org_id AND e.holder_id = d.holder_id AND e.seq = d.seq AND e.id = d.event_id
                  AND e.recorded_at = d.recorded_at
WHERE d.org_id = :org_id AND d.state = 'dead' AND d.subscription_id = :subscription_id
  AND (d.recorded_at, d.event_id) > (:after_at::timestamptz, :after_id::bigint)
ORDER BY d.recorded_at, d.event_id
LIMIT :count

-- name: replay_event
UPDATE webhook_delivery
SET state = 'waiting', attempts = 0
WHERE org_id = :org_id AND event_id = :event_id AND subscription_id = :subscription_id
RETURNING holder_id

-- name: replay_dead
-- Some of them at a time.
UPDATE webhook_delivery d
SET state = 'waiting', attempts = 0
FROM (SELECT holder_id, seq, event_id, recorded_at FROM webhook_delivery
      WHERE org_id = :org_id AND subscription_id = :subscription_id AND state = 'dead'
        AND recorded_at >= :since::timestamptz AND recorded_at < :until::timestamptz
      ORDER BY recorded_at LIMIT :count) w
WHERE d.org_id = :org_id AND d.subscription_id = :subscription_id AND d.holder_id = w.holder_id AND d.seq = w.seq
  AND d.event_id = w.event_id AND d.recorded_at = w.recorded_at
RETURNING d.holder_id

-- name: events_of_range
-- The events of a time, in the order of their holders, from one of them on.
SELECT holder_id, seq, id, kind, recorded_at
FROM outbox
WHERE org_id = :org_id AND recorded_at >= :since::timestamptz AND recorded_at < :until::timestamptz
  AND (holder_id, seq, id) > (:after_holder::bigint, :after_seq::bigint, :after_id::bigint)
ORDER BY holder_id, seq, id
LIMIT :count

-- name: replay_events!
INSERT INTO webhook_delivery (org_id, subscription_id, holder_id, seq, event_id, recorded_at, state, taken_at)
SELECT o.org_id, :subscription_id::bigint, x.*, 'waiting', now()
FROM organization o,
     unnest(:holder_ids::bigint[], :seqs::bigint[], :event_ids::bigint[], :recorded_at::timestamptz[]) AS x
WHERE o.org_id = :org_id
ON CONFLICT (org_id, subscription_id, holder_id, seq, event_id, recorded_at) DO UPDATE SET state = 'waiting', attempts = 0

-- Figures.

-- name: measure_deliveries
-- Waiting for webhooks that are active, and given up.
SELECT 'waiting' AS state, count(*) AS deliveries, min(d.recorded_at) AS oldest_at
FROM webhook_subscription s
JOIN webhook_delivery d ON d.org_id = s.org_id AND d.subscription_id = s.id AND d.state = 'waiting'
WHERE s.org_id = :org_id AND s.is_active
UNION ALL
SELECT 'dead', count(*), min(d.recorded_at)
FROM webhook_subscription s
JOIN webhook_delivery d ON d.org_id = s.org_id AND d.subscription_id = s.id AND d.state = 'dead'
WHERE s.org_id = :org_id AND s.removed_at IS NULL
