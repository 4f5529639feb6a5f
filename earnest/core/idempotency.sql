-- name: claim_key
-- Takes a key that nobody has used, or whose holder never came back. No row: it is taken.
INSERT INTO idempotency_key (org_id, key, item, step, fingerprint, fence, state, claimed_at)
VALUES (:org_id, :key, 0, '', :fingerprint, :fence, 'claimed', :now)
ON CONFLICT (org_id, key, item, step) DO UPDATE SET fence = excluded.fence, claimed_at = excluded.claimed_at
    WHERE idempotency_key.state = 'claimed' AND idempotency_key.fingerprint = excluded.fingerprint
      AND idempotency_key.claimed_at < :lease_started_before
RETURNING fence

-- name: read_key
-- The call (item 0) and the effects that it has had.
SELECT item, step, fingerprint, state, status, answer FROM idempotency_key
WHERE org_id = :org_id AND key = :key

-- name: add_receipts!
-- In the transaction of the effect. A call whose claim was taken over writes nothing here, and the transaction fails.
INSERT INTO idempotency_key (org_id, key, item, step, fingerprint, fence, status, answer, claimed_at, state)
SELECT k.org_id, k.key, x.item, x.step, k.fingerprint, k.fence, 200, x.answer, k.claimed_at, 'completed'
FROM unnest(:key::text[], :item::int[], :step::text[], :fence::text[], :answer::text[]) AS x(key, item, step, fence, answer)
JOIN idempotency_key k ON k.org_id = :org_id AND k.key = x.key AND k.item = 0 AND k.fence = x.fence AND k.state = 'claimed'

-- name: complete_call!
UPDATE idempotency_key SET state = 'completed', status = :status, answer = :answer
WHERE org_id = :org_id AND key = :key AND item = 0 AND fence = :fence AND state = 'claimed'

-- name: release_key!
-- A call that had no effect and may be sent again: as if it had never come. With an effect the claim stays.
DELETE FROM idempotency_key k
WHERE k.org_id = :org_id AND k.key = :key AND k.item = 0 AND k.fence = :fence AND k.state = 'claimed'
  AND NOT EXISTS (SELECT FROM idempotency_key e WHERE e.org_id = k.org_id AND e.key = k.key AND e.item > 0)

-- name: hand_back_key!
-- A call that had part of its effect and may be sent again: its claim may be taken over at once.
UPDATE idempotency_key SET claimed_at = claimed_at - interval '1 hour'
WHERE org_id = :org_id AND key = :key AND item = 0 AND fence = :fence AND state = 'claimed'

-- name: forget_key!
DELETE FROM idempotency_key WHERE org_id = :org_id AND key = :key AND claimed_at < :before

-- name: forget_keys
-- Old keys of an organisation, a thousand at a time; answers how many.
WITH old AS (SELECT key, item, step FROM idempotency_key WHERE org_id = :org_id AND claimed_at < :before LIMIT 1000),
     gone AS (DELETE FROM idempotency_key k USING old
              WHERE k.org_id = :org_id AND k.key = old.key AND k.item = old.item AND k.step = old.step RETURNING 1)
SELECT count(*) FROM gone
