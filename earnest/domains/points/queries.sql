-- name: add_redemptions!
INSERT INTO redemption (org_id, id, code, holder_id, program_id, points, ratio, value, balance_after, bill_number, bill_id,
                        external_reference, till_id, purpose, notes, custom_fields, at, recorded_at)
SELECT o.org_id, x.*, now()
FROM organization o,
     unnest(:id::bigint[], :code::text[], :holder_id::bigint[], :program_id::int[], :points::numeric[], :ratio::numeric[],
            :value::numeric[], :balance_after::numeric[], :bill_number::text[], :bill_id::bigint[],
            :external_reference::text[], :till_id::bigint[], :purpose::text[], :notes::text[], :custom_fields::jsonb[],
            :at::timestamptz[]) AS x
WHERE o.org_id = :org_id

-- name: find_redemption
-- The redemption that holds an external reference.
SELECT r.id, r.code, r.holder_id, r.program_id, r.points, r.value, r.balance_after, r.bill_number, r.bill_id, r.purpose
FROM natural_key n
JOIN redemption r ON r.org_id = n.org_id AND r.id = n.owner_id
WHERE n.org_id = :org_id AND n.kind = 'REDEMPTION' AND n.scope_id = 0 AND n.key = :external_reference

-- name: find_bill
-- The latest sale of this member with this number.
SELECT b.id FROM bill b
WHERE b.org_id = :org_id AND b.number = :number AND b.holder_id = :holder_id AND b.type = 'REGULAR'
ORDER BY b.recorded_at DESC, b.id DESC
LIMIT 1

-- name: read_balances
-- Balances of several members in one statement; asked as of an instant each.
SELECT a.holder_id, a.now, o.config_version, h.kind,
       (SELECT json_agg(json_build_array(
                   w.program_id, w.earned - w.redeemed - w.expired - w.returned
                   - CASE WHEN w.next_expiry_at < a.now
                          THEN (SELECT coalesce(sum(l.remaining), 0) FROM lot l
                                WHERE l.org_id = w.org_id AND l.holder_id = w.holder_id AND l.program_id = w.program_id
                                  AND l.currency = w.currency AND l.category = 'MAIN' AND l.expires_at < a.now
                                  AND (l.remaining > 0 OR l.debt > l.settled))
                          ELSE 0 END,
                   w.promised, w.awaiting_trigger))
        FROM wallet w
        WHERE w.org_id = o.org_id AND w.holder_id = h.id AND w.currency = 'POINTS')::text AS wallets
FROM organization o
CROSS JOIN unnest(:holder_ids::bigint[], :instants::timestamptz[]) AS a(holder_id, now)
LEFT JOIN holder h ON h.org_id = o.org_id AND h.id = a.holder_id
WHERE o.org_id = :org_id

-- name: find_overdue
-- Members with points whose time has come, found by their lots, the oldest first. Lots that have been swept are not found
-- again.
SELECT DISTINCT due.holder_id
FROM (SELECT l.holder_id
      FROM lot l
      WHERE l.org_id = :org_id AND l.expires_at < :as_of::timestamptz AND l.expires_at IS NOT NULL AND l.remaining > 0
        AND l.category = 'MAIN' AND NOT l.holder_id = ANY(:passed::bigint[])
      ORDER BY l.expires_at
      LIMIT :count) due

-- name: first_expiry
-- When the first of the points that are overdue ran out.
SELECT l.expires_at
FROM lot l
WHERE l.org_id = :org_id AND l.expires_at < :as_of::timestamptz AND l.expires_at IS NOT NULL AND l.remaining > 0
  AND l.category = 'MAIN'
ORDER BY l.expires_at
LIMIT 1
