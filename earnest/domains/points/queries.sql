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

-- name: read_expiry_schedule
-- What runs out on which day, over the open lots of one member: as many rows as there are days and kinds.
SELECT (l.expires_at AT TIME ZONE :zone::text)::date AS day, l.program_id, l.kind, l.expiry_type, sum(l.remaining) AS points
FROM lot l
WHERE l.org_id = :org_id AND l.holder_id = :holder_id AND l.category = 'MAIN' AND l.currency = 'POINTS' AND l.remaining > 0
  AND (:program_id::int IS NULL OR l.program_id = :program_id)
  AND l.expires_at >= :since::timestamptz AND l.expires_at <= :until::timestamptz
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4

-- name: list_redemptions
-- A page of one member's redemptions, with how many there are on all pages; the index is that of the member.
SELECT r.id, r.code, r.program_id, r.points, r.points_reversed, r.bill_number, r.bill_id, r.external_reference, r.till_id,
       r.purpose, r.notes, r.custom_fields::text AS custom_fields, r.at, count(*) OVER () AS total
FROM redemption r
WHERE r.org_id = :org_id AND r.holder_id = :holder_id
  AND (:program_id::int IS NULL OR r.program_id = :program_id)
  AND r.at >= :since::timestamptz AND r.at < :before::timestamptz
  AND (:till_ids::bigint[] IS NULL OR r.till_id = ANY(:till_ids))
  AND r.id BETWEEN :first_id::bigint AND :last_id::bigint
  AND (:reference::text IS NULL OR r.external_reference = :reference)
ORDER BY :direction::int * CASE WHEN :by_id::boolean THEN r.id ELSE (extract(epoch FROM r.at) * 1000000)::bigint END,
         :direction * r.id
LIMIT :count

-- name: validation_codes_fragment
-- Reader fragment over h: the member's places for validation codes, and which codes were used.
SELECT json_agg(json_build_object(
           'slot', c.slot, 'points', c.points, 'nonce', encode(c.nonce, 'hex'), 'attempts', c.attempts,
           'expires_at', c.expires_at,
           'is_used', EXISTS (SELECT FROM natural_key n
                              WHERE n.org_id = c.org_id AND n.kind = 'VALIDATION_CODE' AND n.scope_id = c.holder_id
                                AND n.key = encode(c.nonce, 'hex'))))
FROM validation_code c
WHERE c.org_id = h.org_id AND c.holder_id = h.id

-- name: lock_validation_codes
-- The codes that a redemption of this amount could have been given, locked: attempts are counted one after another.
SELECT c.slot, c.points, encode(c.nonce, 'hex') AS nonce, c.attempts, c.expires_at,
       EXISTS (SELECT FROM natural_key n
               WHERE n.org_id = c.org_id AND n.kind = 'VALIDATION_CODE' AND n.scope_id = c.holder_id
                 AND n.key = encode(c.nonce, 'hex')) AS is_used
FROM validation_code c
WHERE c.org_id = :org_id AND c.holder_id = :holder_id AND c.points = :points::numeric
FOR UPDATE OF c

-- name: count_attempt!
UPDATE validation_code c SET attempts = c.attempts + 1
WHERE c.org_id = :org_id AND c.holder_id = :holder_id AND c.slot = :slot

-- name: put_validation_codes!
INSERT INTO validation_code (org_id, holder_id, slot, points, nonce, issued_at, expires_at)
SELECT o.org_id, x.holder_id, x.slot, x.points, decode(x.nonce, 'hex'), x.issued_at, x.expires_at
FROM organization o,
     unnest(:holder_id::bigint[], :slot::smallint[], :points::numeric[], :nonce::text[], :issued_at::timestamptz[],
            :expires_at::timestamptz[]) AS x(holder_id, slot, points, nonce, issued_at, expires_at)
WHERE o.org_id = :org_id
ON CONFLICT (org_id, holder_id, slot) DO UPDATE
    SET points = excluded.points, nonce = excluded.nonce, attempts = 0, issued_at = excluded.issued_at,
        expires_at = excluded.expires_at
