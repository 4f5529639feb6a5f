-- Members in bulk, run by the owner role in one transaction. The temporary tables end with it.

-- name: create_members
-- Purchases so far and percent earned go with the tier: 80 % Silver, 15 % Gold, 5 % Platinum.
CREATE TEMPORARY TABLE member ON COMMIT DROP AS
SELECT n, :first_id::bigint + n AS id, :first_mobile::bigint + n AS mobile,
       (CASE WHEN n % 100 < 80 THEN 1 WHEN n % 100 < 95 THEN 2 ELSE 3 END)::smallint AS tier,
       (CASE WHEN n % 100 < 80 THEN 3000 WHEN n % 100 < 95 THEN 15000 ELSE 40000 END)::numeric AS purchases,
       (CASE WHEN n % 100 < 80 THEN 10 WHEN n % 100 < 95 THEN 12 ELSE 15 END)::numeric AS percent,
       date_trunc('second', now()) - make_interval(days => 30 * (:history::int + 1)) AS joined
FROM generate_series(0, :members::int - 1) n

-- name: create_past
-- Bill k of a member was made 30 * (history - k) + 1 days ago; its purchases are spread evenly over the bills.
CREATE TEMPORARY TABLE past ON COMMIT DROP AS
SELECT m.id AS holder_id, m.tier, k AS seq, row_number() OVER (ORDER BY k, m.n) - 1 AS b,
       round(m.purchases / :history::int, 2) AS amount,
       round(m.purchases / :history::int * m.percent / 100, 3) AS points,
       date_trunc('second', now()) - make_interval(days => 30 * (:history::int - k) + 1) AS at,
       date_trunc('second', now()) - make_interval(days => 30 * (:history::int - k) + 1) + interval '12 months' AS expires_at
FROM member m CROSS JOIN generate_series(1, :history::int) k

-- name: add_holders
INSERT INTO holder (org_id, id, kind, seq, last_event_at)
SELECT :org_id::int, m.id, 'CUSTOMER', :history::bigint, m.joined + make_interval(days => 30 * :history::int)
FROM member m

-- name: add_customers
INSERT INTO customer (org_id, id, loyalty_type, registered_at, registered_by, registered_from, associated_with,
                      modified_at, modified_by)
SELECT :org_id::int, m.id, 'loyalty', m.joined, :till_id::bigint, 'INSTORE', :till_code::text, m.joined, :till_id::bigint
FROM member m

-- name: add_profiles
INSERT INTO customer_profile (org_id, customer_id, source, first_name, last_name, created_at, created_by,
                              modified_at, modified_by, recorded_at)
SELECT :org_id::int, m.id, 'INSTORE', 'Member', m.n::text, m.joined, :till_id::bigint, m.joined, :till_id::bigint, m.joined
FROM member m

-- name: add_identifiers
INSERT INTO customer_identifier (org_id, type, value, source, customer_id)
SELECT :org_id::int, 'mobile', m.mobile::text, 'INSTORE', m.id FROM member m

-- name: add_enrolments
INSERT INTO enrolment (org_id, holder_id, program_id, loyalty_id, enrolled_at, tier, tier_since)
SELECT :org_id::int, m.id, :program_id::int, :first_loyalty_id::bigint + m.n, m.joined, m.tier, m.joined FROM member m

-- name: add_wallets
INSERT INTO wallet (org_id, holder_id, program_id, currency, earned, purchases, next_expiry_at)
SELECT :org_id::int, m.id, :program_id::int, 'POINTS', coalesce(sum(p.points), 0), coalesce(sum(p.amount), 0),
       min(p.expires_at)
FROM member m LEFT JOIN past p ON p.holder_id = m.id
GROUP BY m.id

-- name: add_bills
INSERT INTO bill (org_id, id, holder_id, number, type, amount, gross, discount, billed_at, billed_offset_minutes, till_id,
                  store_id, source, outlier_status, recorded_at)
SELECT :org_id::int, :first_bill_id::bigint + p.b, p.holder_id, 'PAST-' || p.b, 'REGULAR', p.amount, p.amount, 0, p.at, 330,
       :till_id::bigint, :store_id::bigint, 'INSTORE', 'NORMAL', p.at
FROM past p

-- name: add_items
INSERT INTO bill_item (org_id, bill_id, id, serial, type, item_code, description, quantity, rate, value, discount, amount,
                       details)
SELECT :org_id::int, :first_bill_id::bigint + p.b, :first_item_id::bigint + p.b, 1, 'REGULAR', 'SKU-1', '', 1, p.amount,
       p.amount, 0, p.amount, '{}'
FROM past p

-- name: add_bill_claims
INSERT INTO natural_key (org_id, kind, scope_id, key, owner_id, claimed_at)
SELECT :org_id::int, :claim_kind::text, :claim_scope_id::bigint, 'PAST-' || p.b, :first_bill_id::bigint + p.b, p.at FROM past p

-- name: add_lots
INSERT INTO lot (org_id, holder_id, id, program_id, currency, category, kind, bill_id, award_id, tier_at_award, quantity,
                 awarded_at, expires_at, expiry_type)
SELECT :org_id::int, p.holder_id, :first_lot_id::bigint + p.b, :program_id::int, 'POINTS', 'MAIN', 'BILL_REGULAR',
       :first_bill_id::bigint + p.b, :award_id::int, p.tier, p.points, p.at, p.expires_at, 'FIXED'
FROM past p

-- name: add_movements
INSERT INTO movement (org_id, holder_id, seq, id, lot_id, program_id, currency, type, quantity, debit_account,
                      credit_account, at, recorded_at)
SELECT :org_id::int, p.holder_id, p.seq, :first_movement_id::bigint + p.b, :first_lot_id::bigint + p.b, :program_id::int,
       'POINTS', 'AWARD', p.points, 'ISSUED', 'MEMBER', p.at, p.at
FROM past p

-- name: add_events
INSERT INTO loyalty_event (org_id, holder_id, seq, id, type, reference_id, till_id, at, recorded_at)
SELECT :org_id::int, p.holder_id, p.seq, :first_event_id::bigint + p.b, 'TransactionAdd', :first_bill_id::bigint + p.b,
       :till_id::bigint, p.at, p.at
FROM past p
