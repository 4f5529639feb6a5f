-- name: add_lots!
INSERT INTO lot (org_id, holder_id, id, program_id, currency, category, kind, bill_id, line_id, award_id, tier_at_award,
                 quantity, redeemed, expired, returned, converted, transferred, settled, debt, awarded_at, expires_at, expiry_type,
                 transferable)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:holder_id::bigint[], :id::bigint[], :program_id::int[], :currency::text[], :category::text[], :kind::text[],
            :bill_id::bigint[], :line_id::bigint[], :award_id::int[], :tier_at_award::smallint[], :quantity::numeric[],
            :redeemed::numeric[], :expired::numeric[], :returned::numeric[], :converted::numeric[], :transferred::numeric[],
            :settled::numeric[], :debt::numeric[], :awarded_at::timestamptz[], :expires_at::timestamptz[], :expiry_type::text[],
            :transferable::boolean[]) AS x
WHERE o.org_id = :org_id

-- name: change_lots!
UPDATE lot l
SET redeemed = l.redeemed + x.redeemed, expired = l.expired + x.expired, returned = l.returned + x.returned,
    settled = l.settled + x.settled
FROM unnest(:holder_id::bigint[], :id::bigint[], :redeemed::numeric[], :expired::numeric[], :returned::numeric[],
            :settled::numeric[]) AS x(holder_id, id, redeemed, expired, returned, settled)
WHERE l.org_id = :org_id AND l.holder_id = x.holder_id AND l.id = x.id

-- name: add_wallets!
INSERT INTO wallet (org_id, holder_id, program_id, currency, earned, redeemed, expired, returned, debt, purchases, next_expiry_at)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:holder_id::bigint[], :program_id::int[], :currency::text[], :earned::numeric[], :redeemed::numeric[],
            :expired::numeric[], :returned::numeric[], :debt::numeric[], :purchases::numeric[], :next_expiry_at::timestamptz[])
     AS x
WHERE o.org_id = :org_id

-- name: change_wallets!
-- Under the holder's lock; sums are added, so that a lost update would show as a broken sum.
UPDATE wallet w
SET earned = w.earned + x.earned, redeemed = w.redeemed + x.redeemed, expired = w.expired + x.expired,
    returned = w.returned + x.returned, debt = w.debt + x.debt, purchases = w.purchases + x.purchases,
    next_expiry_at = x.next_expiry_at
FROM unnest(:holder_id::bigint[], :program_id::int[], :currency::text[], :earned::numeric[], :redeemed::numeric[],
            :expired::numeric[], :returned::numeric[], :debt::numeric[], :purchases::numeric[], :next_expiry_at::timestamptz[])
     AS x(holder_id, program_id, currency, earned, redeemed, expired, returned, debt, purchases, next_expiry_at)
WHERE w.org_id = :org_id AND w.holder_id = x.holder_id AND w.program_id = x.program_id AND w.currency = x.currency

-- name: add_movements!
INSERT INTO movement (org_id, holder_id, seq, id, lot_id, program_id, currency, type, quantity, debit_account,
                      credit_account, redemption_id, at, recorded_at)
SELECT o.org_id, x.*, now()
FROM organization o,
     unnest(:holder_id::bigint[], :seq::bigint[], :id::bigint[], :lot_id::bigint[], :program_id::int[], :currency::text[],
            :type::text[], :quantity::numeric[], :debit_account::text[], :credit_account::text[], :redemption_id::bigint[],
            :at::timestamptz[]) AS x
WHERE o.org_id = :org_id

-- name: add_enrolments!
INSERT INTO enrolment (org_id, holder_id, program_id, loyalty_id, enrolled_at, tier, tier_since, tier_expires_at,
                       previous_tier, upgraded_by_bill)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:holder_id::bigint[], :program_id::int[], :loyalty_id::bigint[], :enrolled_at::timestamptz[], :tier::smallint[],
            :tier_since::timestamptz[], :tier_expires_at::timestamptz[], :previous_tier::smallint[],
            :upgraded_by_bill::bigint[]) AS x
WHERE o.org_id = :org_id

-- name: change_tiers!
UPDATE enrolment e
SET tier = x.tier, tier_since = x.tier_since, tier_expires_at = x.tier_expires_at, previous_tier = x.previous_tier,
    upgraded_by_bill = x.upgraded_by_bill
FROM unnest(:holder_id::bigint[], :program_id::int[], :tier::smallint[], :tier_since::timestamptz[],
            :tier_expires_at::timestamptz[], :previous_tier::smallint[], :upgraded_by_bill::bigint[])
     AS x(holder_id, program_id, tier, tier_since, tier_expires_at, previous_tier, upgraded_by_bill)
WHERE e.org_id = :org_id AND e.holder_id = x.holder_id AND e.program_id = x.program_id

-- name: add_tier_changes!
INSERT INTO tier_change (org_id, holder_id, seq, id, program_id, from_tier, to_tier, type, cause, at, old_expires_at,
                         expires_at, bill_id, criteria)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:holder_id::bigint[], :seq::bigint[], :id::bigint[], :program_id::int[], :from_tier::smallint[],
            :to_tier::smallint[], :type::text[], :cause::text[], :at::timestamptz[], :old_expires_at::timestamptz[],
            :expires_at::timestamptz[], :bill_id::bigint[], :criteria::jsonb[]) AS x
WHERE o.org_id = :org_id

-- name: add_holders!
INSERT INTO holder (org_id, id, kind, seq, last_event_at)
SELECT o.org_id, x.*
FROM organization o, unnest(:id::bigint[], :kind::text[], :seq::bigint[], :last_event_at::timestamptz[]) AS x
WHERE o.org_id = :org_id

-- name: advance_holders!
UPDATE holder h
SET seq = h.seq + x.events, last_event_at = greatest(h.last_event_at, x.last_event_at)
FROM unnest(:id::bigint[], :last_event_at::timestamptz[], :events::bigint[]) AS x(id, last_event_at, events)
WHERE h.org_id = :org_id AND h.id = x.id

-- name: add_events!
INSERT INTO loyalty_event (org_id, holder_id, seq, id, type, reference_id, till_id, at, recorded_at)
SELECT o.org_id, x.*, now()
FROM organization o,
     unnest(:holder_id::bigint[], :seq::bigint[], :id::bigint[], :type::text[], :reference_id::bigint[], :till_id::bigint[],
            :at::timestamptz[]) AS x
WHERE o.org_id = :org_id

-- name: add_decisions!
INSERT INTO decision (org_id, holder_id, seq, bill_id, record, recorded_at)
SELECT o.org_id, x.*, now()
FROM organization o, unnest(:holder_id::bigint[], :seq::bigint[], :bill_id::bigint[], :record::jsonb[]) AS x
WHERE o.org_id = :org_id

-- name: add_outbox!
INSERT INTO outbox (org_id, holder_id, seq, id, kind, body, request_id, state, recorded_at)
SELECT o.org_id, x.*, 'new', now()
FROM organization o,
     unnest(:holder_id::bigint[], :seq::bigint[], :id::bigint[], :kind::text[], :body::jsonb[], :request_id::text[]) AS x
WHERE o.org_id = :org_id
