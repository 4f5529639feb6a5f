-- One invariant of the database in each statement, for one organisation: the rows that break it, with their ids.
--
-- What a type of movement does to accounts, lots and wallets comes from engine.outcome.POSTINGS as parallel arrays
-- (:types, :lot_columns, …), so that there is one table of it.

-- name: lot_columns_are_the_sums_of_its_movements
WITH posting AS (
    SELECT * FROM unnest(:types::text[], :lot_columns::text[], :lot_signs::int[]) AS p(type, lot_column, lot_sign)
), moved AS (
    SELECT m.holder_id, m.lot_id,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'quantity'), 0) AS quantity,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'redeemed'), 0) AS redeemed,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'expired'), 0) AS expired,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'returned'), 0) AS returned,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'converted'), 0) AS converted,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'transferred'), 0) AS transferred,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'settled'), 0) AS settled,
           coalesce(sum(p.lot_sign * m.quantity) FILTER (WHERE p.lot_column = 'debt'), 0) AS debt
    FROM movement m JOIN posting p ON p.type = m.type
    WHERE m.org_id = :org_id
    GROUP BY m.holder_id, m.lot_id
)
SELECT l.holder_id, l.id AS lot_id,
       (l.quantity, l.redeemed, l.expired, l.returned, l.converted, l.transferred, l.settled, l.debt)::text AS stated,
       (m.quantity, m.redeemed, m.expired, m.returned, m.converted, m.transferred, m.settled, m.debt)::text AS moved
FROM lot l LEFT JOIN moved m ON m.holder_id = l.holder_id AND m.lot_id = l.id
WHERE l.org_id = :org_id
  AND (l.quantity, l.redeemed, l.expired, l.returned, l.converted, l.transferred, l.settled, l.debt)
      IS DISTINCT FROM
      (m.quantity, m.redeemed, m.expired, m.returned, m.converted, m.transferred, m.settled, m.debt)

-- name: a_lot_gives_no_more_than_it_has
SELECT l.holder_id, l.id AS lot_id, l.quantity, l.redeemed, l.expired, l.returned, l.converted, l.transferred, l.settled, l.debt
FROM lot l
WHERE l.org_id = :org_id
  AND (least(l.quantity, l.redeemed, l.expired, l.returned, l.converted, l.transferred, l.settled, l.debt) < 0
       OR CASE WHEN l.debt > 0
               THEN l.settled > l.debt
                    OR l.quantity + l.redeemed + l.expired + l.returned + l.converted + l.transferred <> 0
               ELSE l.redeemed + l.expired + l.returned + l.converted + l.transferred + l.settled > l.quantity
                    OR l.quantity = 0 END)

-- name: wallet_counters_are_the_sums_of_movements_by_type
WITH posting AS (
    SELECT * FROM unnest(:types::text[], :wallet_counters::text[], :wallet_signs::int[]) AS p(type, wallet_counter, wallet_sign)
), moved AS (
    SELECT m.holder_id, m.program_id, m.currency,
           coalesce(sum(p.wallet_sign * m.quantity) FILTER (WHERE p.wallet_counter = 'earned'), 0) AS earned,
           coalesce(sum(p.wallet_sign * m.quantity) FILTER (WHERE p.wallet_counter = 'redeemed'), 0) AS redeemed,
           coalesce(sum(p.wallet_sign * m.quantity) FILTER (WHERE p.wallet_counter = 'expired'), 0) AS expired,
           coalesce(sum(p.wallet_sign * m.quantity) FILTER (WHERE p.wallet_counter = 'returned'), 0) AS returned
    FROM movement m
    JOIN posting p ON p.type = m.type
    JOIN lot l ON l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id AND l.category = 'MAIN'
    WHERE m.org_id = :org_id
    GROUP BY m.holder_id, m.program_id, m.currency
), stated AS (
    SELECT w.holder_id, w.program_id, w.currency, w.earned, w.redeemed, w.expired, w.returned
    FROM wallet w WHERE w.org_id = :org_id
)
SELECT holder_id, program_id, currency,
       (s.earned, s.redeemed, s.expired, s.returned)::text AS stated, (m.earned, m.redeemed, m.expired, m.returned)::text AS moved
FROM stated s FULL JOIN moved m USING (holder_id, program_id, currency)
WHERE s.earned IS NULL
   OR (s.earned, s.redeemed, s.expired, s.returned)
      IS DISTINCT FROM (coalesce(m.earned, 0), coalesce(m.redeemed, 0), coalesce(m.expired, 0), coalesce(m.returned, 0))

-- name: wallet_counters_are_the_balances_of_the_accounts
-- Without the types: what the accounts written on each movement say. An account's balance is its credits less its debits.
WITH entry AS (
    SELECT m.holder_id, m.program_id, m.currency, side.account, sum(side.sign * m.quantity) AS balance
    FROM movement m
    JOIN lot l ON l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id AND l.category = 'MAIN'
    CROSS JOIN LATERAL (VALUES (m.credit_account, 1), (m.debit_account, -1)) AS side(account, sign)
    WHERE m.org_id = :org_id
    GROUP BY m.holder_id, m.program_id, m.currency, side.account
), accounts AS (
    SELECT e.holder_id, e.program_id, e.currency, json_object_agg(e.account, e.balance)::text AS balances,
           coalesce(sum(e.balance) FILTER (WHERE e.account = 'MEMBER'), 0) AS member,
           coalesce(-sum(e.balance) FILTER (WHERE e.account = 'ISSUED'), 0) AS earned,
           coalesce(sum(e.balance) FILTER (WHERE e.account = 'REDEEMED'), 0) AS redeemed,
           coalesce(sum(e.balance) FILTER (WHERE e.account = 'EXPIRED'), 0) AS expired,
           coalesce(sum(e.balance) FILTER (WHERE e.account = 'RETURNED'), 0) AS returned
    FROM entry e
    GROUP BY e.holder_id, e.program_id, e.currency
)
SELECT a.holder_id, a.program_id, a.currency, (w.earned, w.redeemed, w.expired, w.returned)::text AS stated, a.balances
FROM accounts a
LEFT JOIN wallet w ON w.org_id = :org_id AND w.holder_id = a.holder_id AND w.program_id = a.program_id AND w.currency = a.currency
WHERE (w.earned - w.redeemed - w.expired - w.returned, w.earned, w.redeemed, w.expired, w.returned)
      IS DISTINCT FROM (a.member, a.earned, a.redeemed, a.expired, a.returned)

-- name: wallets_agree_with_their_lots
-- Current points are what remains of the MAIN lots less open debts; debt, promised and awaited points are sums of lots too.
WITH lots AS (
    SELECT l.holder_id, l.program_id, l.currency,
           coalesce(sum(l.remaining) FILTER (WHERE l.category = 'MAIN'), 0) AS main,
           coalesce(sum(l.debt - l.settled) FILTER (WHERE l.debt > 0), 0) AS debt,
           coalesce(sum(l.remaining) FILTER (WHERE l.category = 'PROMISED'), 0) AS promised,
           coalesce(sum(l.remaining) FILTER (WHERE l.category = 'TRIGGER'), 0) AS awaiting_trigger
    FROM lot l WHERE l.org_id = :org_id
    GROUP BY l.holder_id, l.program_id, l.currency
), wallets AS (
    SELECT w.holder_id, w.program_id, w.currency, w.earned - w.redeemed - w.expired - w.returned AS current, w.debt,
           w.promised, w.awaiting_trigger
    FROM wallet w WHERE w.org_id = :org_id
)
SELECT holder_id, program_id, currency,
       (w.current, w.debt, w.promised, w.awaiting_trigger)::text AS stated,
       (l.main - l.debt, l.debt, l.promised, l.awaiting_trigger)::text AS of_lots
FROM wallets w FULL JOIN lots l USING (holder_id, program_id, currency)
WHERE w.current IS NULL
   OR (w.current, w.debt, w.promised, w.awaiting_trigger)
      IS DISTINCT FROM (coalesce(l.main - l.debt, 0), coalesce(l.debt, 0), coalesce(l.promised, 0), coalesce(l.awaiting_trigger, 0))

-- name: next_expiry_is_not_later_than_the_first_open_lot
SELECT w.holder_id, w.program_id, w.currency, w.next_expiry_at, l.first
FROM wallet w
JOIN (SELECT l.holder_id, l.program_id, l.currency, min(l.expires_at) AS first
      FROM lot l
      WHERE l.org_id = :org_id AND l.category = 'MAIN' AND l.remaining > 0 AND l.expires_at IS NOT NULL
      GROUP BY l.holder_id, l.program_id, l.currency) l USING (holder_id, program_id, currency)
WHERE w.org_id = :org_id AND (w.next_expiry_at IS NULL OR w.next_expiry_at > l.first)

-- name: a_movement_is_of_a_lot_of_its_holder_and_programme
SELECT m.holder_id, m.seq, m.id AS movement_id, m.lot_id, m.program_id, m.currency
FROM movement m
LEFT JOIN lot l ON l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id
                AND l.program_id = m.program_id AND l.currency = m.currency
WHERE m.org_id = :org_id AND l.id IS NULL

-- name: a_movement_belongs_to_an_event
SELECT m.holder_id, m.seq, m.id AS movement_id
FROM movement m
LEFT JOIN loyalty_event e ON e.org_id = m.org_id AND e.holder_id = m.holder_id AND e.seq = m.seq
WHERE m.org_id = :org_id AND e.seq IS NULL

-- name: a_movement_uses_the_accounts_of_its_type
SELECT m.holder_id, m.seq, m.id AS movement_id, m.type, m.debit_account, m.credit_account
FROM movement m
LEFT JOIN unnest(:types::text[], :debits::text[], :credits::text[]) AS p(type, debit, credit)
       ON p.type = m.type AND p.debit = m.debit_account AND p.credit = m.credit_account
WHERE m.org_id = :org_id AND p.type IS NULL

-- name: the_entries_of_an_event_balance
-- What an event credits to the member less what it debits is what it changes in the member's lots: what remains of them less
-- what is owed on debt lots. A settlement (MEMBER to MEMBER) must therefore stand on a paying lot and on a debt lot alike.
WITH posting AS (
    SELECT * FROM unnest(:types::text[], :lot_columns::text[], :lot_signs::int[]) AS p(type, lot_column, lot_sign)
)
SELECT m.holder_id, m.seq, m.program_id, m.currency,
       sum(m.quantity * ((m.credit_account = 'MEMBER')::int - (m.debit_account = 'MEMBER')::int)) AS booked,
       sum(m.quantity * p.lot_sign * CASE WHEN p.lot_column = 'quantity' OR (p.lot_column = 'settled' AND l.debt > 0) THEN 1
                                          ELSE -1 END) AS of_lots
FROM movement m
JOIN posting p ON p.type = m.type
JOIN lot l ON l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id
WHERE m.org_id = :org_id
GROUP BY m.holder_id, m.seq, m.program_id, m.currency
HAVING sum(m.quantity * ((m.credit_account = 'MEMBER')::int - (m.debit_account = 'MEMBER')::int))
    <> sum(m.quantity * p.lot_sign * CASE WHEN p.lot_column = 'quantity' OR (p.lot_column = 'settled' AND l.debt > 0) THEN 1
                                          ELSE -1 END)

-- name: events_of_a_holder_are_numbered_without_a_gap
SELECT holder_id, h.seq AS stated, e.events, e.first, e.last
FROM (SELECT h.id AS holder_id, h.seq FROM holder h WHERE h.org_id = :org_id) h
FULL JOIN (SELECT e.holder_id, count(*) AS events, min(e.seq) AS first, max(e.seq) AS last
           FROM loyalty_event e WHERE e.org_id = :org_id GROUP BY e.holder_id) e USING (holder_id)
WHERE h.seq IS NULL OR h.seq <> coalesce(e.last, 0) OR e.first <> 1 OR e.events <> e.last

-- name: an_event_has_its_decision
-- What was recorded before the organisation was created here came with its history: it was decided elsewhere.
-- Months that were dropped (docs/operations.md, "What grows") are not asked for.
SELECT e.holder_id, e.seq, e.type
FROM loyalty_event e
JOIN organization o ON o.org_id = e.org_id AND e.recorded_at >= o.created_at
LEFT JOIN decision d ON d.org_id = e.org_id AND d.holder_id = e.holder_id AND d.seq = e.seq
WHERE e.org_id = :org_id AND d.seq IS NULL
  AND e.recorded_at >= coalesce(
      (SELECT min(to_date(right(c.relname, 6), 'YYYYMM'))::timestamp AT TIME ZONE 'UTC'
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'decision'::regclass AND c.relname ~ '_[0-9]{6}$'), '-infinity')

-- name: an_event_is_announced
-- By one outbox row at least; only a sweep that expired nothing has nothing to say.
-- Of the months that are kept.
SELECT e.holder_id, e.seq, e.type
FROM loyalty_event e
JOIN organization o ON o.org_id = e.org_id AND e.recorded_at >= o.created_at
WHERE e.org_id = :org_id
  AND NOT EXISTS (SELECT FROM outbox x WHERE x.org_id = e.org_id AND x.holder_id = e.holder_id AND x.seq = e.seq)
  AND e.recorded_at >= coalesce(
      (SELECT min(to_date(right(c.relname, 6), 'YYYYMM'))::timestamp AT TIME ZONE 'UTC'
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'outbox'::regclass AND c.relname ~ '_[0-9]{6}$'), '-infinity')
  AND (e.type <> 'PointsExpiry'
       OR EXISTS (SELECT FROM movement m WHERE m.org_id = e.org_id AND m.holder_id = e.holder_id AND m.seq = e.seq
                  AND m.type = 'EXPIRED'))

-- name: decisions_outbox_rows_and_tier_changes_belong_to_an_event
SELECT x.what, x.holder_id, x.seq
FROM (SELECT 'decision' AS what, d.org_id, d.holder_id, d.seq FROM decision d WHERE d.org_id = :org_id
      UNION ALL
      SELECT 'outbox', o.org_id, o.holder_id, o.seq FROM outbox o WHERE o.org_id = :org_id
      UNION ALL
      SELECT 'tier_change', t.org_id, t.holder_id, t.seq FROM tier_change t WHERE t.org_id = :org_id) x
LEFT JOIN loyalty_event e ON e.org_id = x.org_id AND e.holder_id = x.holder_id AND e.seq = x.seq
WHERE e.seq IS NULL

-- name: what_was_decided_was_booked
-- The movements of an event are those of its decision record: as many of each type, with the same sum.
WITH decided AS (
    SELECT d.holder_id, d.seq, move ->> 'type' AS type, count(*) AS moves, sum((move ->> 'quantity')::numeric) AS quantity
    FROM decision d
    CROSS JOIN LATERAL jsonb_path_query(d.record, '$.outcome.effects[*] ? (@.effect == "Move")') AS move
    WHERE d.org_id = :org_id
    GROUP BY d.holder_id, d.seq, move ->> 'type'
), booked AS (
    SELECT m.holder_id, m.seq, m.type, count(*) AS moves, sum(m.quantity) AS quantity
    FROM movement m
    JOIN decision d ON d.org_id = m.org_id AND d.holder_id = m.holder_id AND d.seq = m.seq
    WHERE m.org_id = :org_id
    GROUP BY m.holder_id, m.seq, m.type
)
SELECT holder_id, seq, type, (d.moves, d.quantity)::text AS decided, (b.moves, b.quantity)::text AS booked
FROM decided d FULL JOIN booked b USING (holder_id, seq, type)
WHERE (d.moves, d.quantity) IS DISTINCT FROM (b.moves, b.quantity)

-- name: bills_and_redemptions_have_one_event
SELECT x.what, x.id, x.holder_id, count(e.seq) AS events
FROM (SELECT 'bill' AS what, b.org_id, b.id, b.holder_id, CASE b.type WHEN 'REGULAR' THEN 'TransactionAdd' ELSE 'ReturnBill' END AS event
      FROM bill b WHERE b.org_id = :org_id AND b.type IN ('REGULAR', 'RETURN')
      UNION ALL
      SELECT 'redemption', r.org_id, r.id, r.holder_id, 'PointsRedemption' FROM redemption r WHERE r.org_id = :org_id) x
LEFT JOIN loyalty_event e ON e.org_id = x.org_id AND e.holder_id = x.holder_id AND e.type = x.event AND e.reference_id = x.id
GROUP BY x.what, x.id, x.holder_id
HAVING count(e.seq) <> 1

-- name: an_event_refers_to_a_bill_or_redemption_of_its_holder
SELECT e.holder_id, e.seq, e.type, e.reference_id
FROM loyalty_event e
LEFT JOIN bill b ON b.org_id = e.org_id AND b.id = e.reference_id AND b.holder_id = e.holder_id
                 AND b.type = CASE e.type WHEN 'TransactionAdd' THEN 'REGULAR' WHEN 'ReturnBill' THEN 'RETURN' END
LEFT JOIN redemption r ON r.org_id = e.org_id AND r.id = e.reference_id AND r.holder_id = e.holder_id
                       AND e.type = 'PointsRedemption'
WHERE e.org_id = :org_id AND e.type IN ('TransactionAdd', 'ReturnBill', 'PointsRedemption') AND b.id IS NULL AND r.id IS NULL

-- name: a_redemption_holds_what_was_drawn_for_it
-- Points less what was reversed are the net of its movements, on lots of its holder and programme.
WITH posting AS (
    SELECT * FROM unnest(:types::text[], :wallet_counters::text[], :wallet_signs::int[]) AS p(type, wallet_counter, wallet_sign)
), drawn AS (
    SELECT m.redemption_id, m.holder_id, m.program_id, sum(p.wallet_sign * m.quantity) AS points
    FROM movement m JOIN posting p ON p.type = m.type AND p.wallet_counter = 'redeemed'
    WHERE m.org_id = :org_id AND m.redemption_id IS NOT NULL
    GROUP BY m.redemption_id, m.holder_id, m.program_id
)
SELECT coalesce(r.id, d.redemption_id) AS redemption_id, coalesce(r.holder_id, d.holder_id) AS holder_id,
       r.points - r.points_reversed AS stated, d.points AS drawn
FROM (SELECT * FROM redemption WHERE org_id = :org_id) r
FULL JOIN drawn d ON d.redemption_id = r.id AND d.holder_id = r.holder_id AND d.program_id = r.program_id
WHERE r.points - r.points_reversed IS DISTINCT FROM d.points

-- name: wallets_have_redeemed_what_their_redemptions_hold
SELECT w.holder_id, w.program_id, w.redeemed AS stated, coalesce(sum(r.points - r.points_reversed), 0) AS of_redemptions
FROM wallet w
LEFT JOIN redemption r ON r.org_id = w.org_id AND r.holder_id = w.holder_id AND r.program_id = w.program_id
WHERE w.org_id = :org_id AND w.currency = 'POINTS'
GROUP BY w.holder_id, w.program_id, w.redeemed
HAVING w.redeemed <> coalesce(sum(r.points - r.points_reversed), 0)

-- name: a_natural_key_has_its_owner
SELECT n.kind, n.scope_id, n.key, n.owner_id
FROM natural_key n
LEFT JOIN bill b ON b.org_id = n.org_id AND b.id = n.owner_id AND n.scope_id IN (0, b.till_id, b.store_id)
                 AND (n.kind = 'BILL' AND b.type IN ('REGULAR', 'NOT_INTERESTED') AND b.number = n.key
                      OR n.kind = 'RETURN_BILL' AND b.type = 'RETURN'
                         AND n.key = coalesce((SELECT nullif(trim(d.details ->> 'returnNumber'), '') FROM bill_detail d
                                               WHERE d.org_id = b.org_id AND d.bill_id = b.id), b.number))
LEFT JOIN redemption r ON n.kind = 'REDEMPTION' AND r.org_id = n.org_id AND r.id = n.owner_id AND n.scope_id = 0
                       AND n.key IN (r.external_reference,
                                     'sha256' || chr(58) || encode(sha256(convert_to(r.external_reference, 'UTF8')), 'hex'))
LEFT JOIN redemption c ON n.kind = 'VALIDATION_CODE' AND c.org_id = n.org_id AND c.id = n.owner_id
                       AND c.holder_id = n.scope_id
WHERE n.org_id = :org_id AND b.id IS NULL AND r.id IS NULL AND c.id IS NULL
  AND (n.kind <> 'IDENTIFIER'
       OR NOT EXISTS (SELECT FROM customer_identifier i
                      WHERE i.org_id = n.org_id AND i.customer_id = n.owner_id AND n.scope_id = 0
                        AND n.key = i.type || chr(58) || i.value))

-- name: a_bill_has_its_claim
-- Only where the organisation has always had the default: numbers unique in the organisation, for ever. With other settings
-- a claim may be absent or may have passed to a later bill.
SELECT b.id AS bill_id, b.number
FROM bill b
LEFT JOIN natural_key n ON n.org_id = b.org_id AND n.kind = 'BILL' AND n.scope_id = 0 AND n.key = b.number AND n.owner_id = b.id
WHERE b.org_id = :org_id AND b.type = 'REGULAR' AND n.owner_id IS NULL
  AND NOT EXISTS (SELECT FROM config_value c WHERE c.org_id = :org_id AND c.key = ANY(:number_settings::text[]))

-- name: a_redemption_has_claimed_its_reference
SELECT r.id AS redemption_id, r.external_reference
FROM redemption r
LEFT JOIN natural_key n ON n.org_id = r.org_id AND n.kind = 'REDEMPTION' AND n.scope_id = 0 AND n.owner_id = r.id
WHERE r.org_id = :org_id AND r.external_reference IS NOT NULL AND n.owner_id IS NULL

-- name: purchases_are_the_sales_less_what_was_returned
-- Sales that count (outlier status NORMAL) add, returns take away but not below zero, in the order of the events: so the
-- figure is the sum less the deepest point that the running sum would have reached below zero. A member is enrolled at
-- registration, or by a later registration event: bills before that one do not count in its programmes.
WITH late AS (
    SELECT e.holder_id, (f.effect->>'program_id')::int AS program_id, min(e.seq) AS seq
    FROM loyalty_event e
    JOIN decision d ON d.org_id = e.org_id AND d.holder_id = e.holder_id AND d.seq = e.seq
    CROSS JOIN LATERAL jsonb_array_elements(d.record->'outcome'->'effects') AS f(effect)
    WHERE e.org_id = :org_id AND e.type = 'CustomerRegistration' AND e.seq > 1 AND f.effect->>'effect' = 'Enrol'
    GROUP BY e.holder_id, f.effect->>'program_id'
), step AS (
    SELECT e.holder_id, w.program_id, e.seq, CASE b.type WHEN 'REGULAR' THEN b.amount ELSE -b.amount END AS amount
    FROM loyalty_event e
    JOIN bill b ON b.org_id = e.org_id AND b.id = e.reference_id
               AND (b.type = 'RETURN' AND b.parent_bill_id IS NOT NULL OR b.type = 'REGULAR' AND b.outlier_status = 'NORMAL')
    JOIN wallet w ON w.org_id = e.org_id AND w.holder_id = e.holder_id AND w.currency = 'POINTS'
    LEFT JOIN late l ON l.holder_id = e.holder_id AND l.program_id = w.program_id
    WHERE e.org_id = :org_id AND e.type IN ('TransactionAdd', 'ReturnBill') AND e.seq > coalesce(l.seq, 0)
), walk AS (
    SELECT s.holder_id, s.program_id, s.amount,
           sum(s.amount) OVER (PARTITION BY s.holder_id, s.program_id ORDER BY s.seq) AS total
    FROM step s
), counted AS (
    SELECT k.holder_id, k.program_id, sum(k.amount) - least(min(k.total), 0) AS amount
    FROM walk k GROUP BY k.holder_id, k.program_id
)
SELECT w.holder_id, w.program_id, w.purchases AS stated, coalesce(c.amount, 0) AS of_bills
FROM wallet w LEFT JOIN counted c USING (holder_id, program_id)
WHERE w.org_id = :org_id AND w.currency = 'POINTS' AND w.purchases <> coalesce(c.amount, 0)

-- name: a_sale_knows_what_was_returned_of_it
SELECT b.id AS bill_id, b.amount, b.returned_amount AS stated, b.return_kind, coalesce(sum(r.amount), 0) AS of_returns
FROM bill b
LEFT JOIN bill r ON r.org_id = b.org_id AND r.parent_bill_id = b.id AND r.type = 'RETURN'
WHERE b.org_id = :org_id AND b.type = 'REGULAR'
GROUP BY b.id, b.amount, b.returned_amount, b.return_kind
HAVING b.returned_amount <> coalesce(sum(r.amount), 0) OR b.returned_amount > b.amount
    OR (b.return_kind IS NULL) <> (count(r.id) = 0)

-- name: a_return_is_of_a_sale_of_its_holder
-- Or of none, of no kind: CONF_ALLOW_NOT_EXISTING_BILL_RETURN.
SELECT r.id AS bill_id, r.parent_bill_id, r.holder_id
FROM bill r
LEFT JOIN bill b ON b.org_id = r.org_id AND b.id = r.parent_bill_id AND b.type = 'REGULAR' AND b.holder_id = r.holder_id
                 AND b.return_kind = r.return_kind
WHERE r.org_id = :org_id AND r.type = 'RETURN' AND b.id IS NULL
  AND (r.parent_bill_id IS NOT NULL OR r.return_kind IS NOT NULL)

-- name: a_line_knows_what_was_returned_of_it
-- A return of the whole bill has no lines of its own: it returns all of each line.
WITH returned AS (
    SELECT i.parent_item_id AS id, sum(i.quantity) AS quantity, sum(i.amount) AS amount
    FROM bill_item i WHERE i.org_id = :org_id AND i.parent_item_id IS NOT NULL
    GROUP BY i.parent_item_id
)
SELECT i.bill_id, i.id AS item_id, (i.returned_quantity, i.returned_amount)::text AS stated, (r.quantity, r.amount)::text AS of_returns
FROM bill_item i
JOIN bill b ON b.org_id = i.org_id AND b.id = i.bill_id AND b.type = 'REGULAR'
LEFT JOIN returned r ON r.id = i.id
WHERE i.org_id = :org_id
  AND (i.returned_quantity, i.returned_amount)
      <> CASE WHEN b.return_kind = 'FULL' THEN (i.quantity, i.amount) ELSE (coalesce(r.quantity, 0), coalesce(r.amount, 0)) END

-- name: items_and_payments_belong_to_a_bill
SELECT x.what, x.bill_id, x.id
FROM (SELECT 'item' AS what, i.org_id, i.bill_id, i.id FROM bill_item i WHERE i.org_id = :org_id
      UNION ALL
      SELECT 'payment', p.org_id, p.bill_id, p.id FROM bill_payment p WHERE p.org_id = :org_id) x
LEFT JOIN bill b ON b.org_id = x.org_id AND b.id = x.bill_id
WHERE b.id IS NULL

-- name: a_lot_of_a_bill_is_of_a_sale_of_its_holder
SELECT l.holder_id, l.id AS lot_id, l.bill_id, l.line_id
FROM lot l
LEFT JOIN bill b ON b.org_id = l.org_id AND b.id = l.bill_id AND b.holder_id = l.holder_id AND b.type = 'REGULAR'
LEFT JOIN bill_item i ON i.org_id = l.org_id AND i.bill_id = l.bill_id AND i.id = l.line_id
WHERE l.org_id = :org_id AND ((l.bill_id IS NOT NULL AND b.id IS NULL) OR (l.line_id IS NOT NULL AND i.id IS NULL))

-- name: a_tier_is_that_of_the_last_change
-- Without a change it is the base tier, or the one that a member brought along who was not registered here. Of several
-- changes in one event the last is the one that no other starts from.
WITH last AS (
    SELECT t.*
    FROM tier_change t
    JOIN (SELECT holder_id, program_id, max(seq) AS seq FROM tier_change WHERE org_id = :org_id GROUP BY holder_id, program_id) m
      USING (holder_id, program_id, seq)
    WHERE t.org_id = :org_id
      AND NOT EXISTS (SELECT FROM tier_change n
                      WHERE n.org_id = t.org_id AND n.holder_id = t.holder_id AND n.program_id = t.program_id AND n.seq = t.seq
                        AND n.id <> t.id AND n.from_tier = t.to_tier)
)
SELECT e.holder_id, e.program_id,
       (e.tier, e.previous_tier, e.tier_since, e.tier_expires_at, e.upgraded_by_bill)::text AS stated,
       (l.to_tier, l.from_tier, l.at, l.expires_at, l.bill_id)::text AS changed
FROM enrolment e
LEFT JOIN last l USING (org_id, holder_id, program_id)
WHERE e.org_id = :org_id
  AND CASE WHEN l.seq IS NOT NULL
           THEN (e.tier, e.previous_tier, e.tier_since, e.tier_expires_at, e.upgraded_by_bill)
                IS DISTINCT FROM (l.to_tier, l.from_tier, l.at, l.expires_at, l.bill_id)
           ELSE e.tier <> 1 AND EXISTS (SELECT FROM loyalty_event r WHERE r.org_id = e.org_id AND r.holder_id = e.holder_id
                                        AND r.type = 'CustomerRegistration') END

-- name: a_tier_change_starts_where_the_one_before_ended
SELECT t.holder_id, t.program_id, t.seq, t.from_tier
FROM tier_change t
WHERE t.org_id = :org_id
  AND t.from_tier <> coalesce(
          (SELECT p.to_tier FROM tier_change p
           WHERE p.org_id = t.org_id AND p.holder_id = t.holder_id AND p.program_id = t.program_id AND p.seq = t.seq
             AND p.id <> t.id AND p.to_tier = t.from_tier
           LIMIT 1),
          (SELECT p.to_tier FROM tier_change p
           WHERE p.org_id = t.org_id AND p.holder_id = t.holder_id AND p.program_id = t.program_id AND p.seq < t.seq
           ORDER BY p.seq DESC, p.to_tier = t.from_tier DESC
           LIMIT 1),
          CASE WHEN EXISTS (SELECT FROM loyalty_event r WHERE r.org_id = t.org_id AND r.holder_id = t.holder_id
                            AND r.type = 'CustomerRegistration') THEN 1 ELSE t.from_tier END)

-- name: members_are_whole
-- A customer is a holder with a profile; an enrolment of a programme has a wallet, and a wallet of points an enrolment.
SELECT x.what, x.id
FROM (SELECT 'customer without holder' AS what, c.id FROM customer c
      LEFT JOIN holder h ON h.org_id = c.org_id AND h.id = c.id AND h.kind = 'CUSTOMER'
      WHERE c.org_id = :org_id AND h.id IS NULL
      UNION ALL
      SELECT 'holder without customer', h.id FROM holder h
      LEFT JOIN customer c ON c.org_id = h.org_id AND c.id = h.id
      WHERE h.org_id = :org_id AND h.kind = 'CUSTOMER' AND c.id IS NULL
      UNION ALL
      SELECT 'customer without profile', c.id FROM customer c
      WHERE c.org_id = :org_id
        AND NOT EXISTS (SELECT FROM customer_profile p WHERE p.org_id = c.org_id AND p.customer_id = c.id)
      UNION ALL
      SELECT 'enrolment without wallet', e.holder_id FROM enrolment e
      LEFT JOIN wallet w ON w.org_id = e.org_id AND w.holder_id = e.holder_id AND w.program_id = e.program_id AND w.currency = 'POINTS'
      WHERE e.org_id = :org_id AND w.holder_id IS NULL
      UNION ALL
      SELECT 'wallet without enrolment', w.holder_id FROM wallet w
      LEFT JOIN enrolment e ON e.org_id = w.org_id AND e.holder_id = w.holder_id AND e.program_id = w.program_id
      WHERE w.org_id = :org_id AND w.currency = 'POINTS' AND e.holder_id IS NULL
      UNION ALL
      SELECT 'enrolment without customer', e.holder_id FROM enrolment e
      LEFT JOIN customer c ON c.org_id = e.org_id AND c.id = e.holder_id AND c.loyalty_type = 'loyalty'
      JOIN holder h ON h.org_id = e.org_id AND h.id = e.holder_id AND h.kind = 'CUSTOMER'
      WHERE e.org_id = :org_id AND c.id IS NULL) x

-- name: an_identifier_is_of_a_profile
SELECT i.type, i.source, i.account_id, i.customer_id
FROM customer_identifier i
LEFT JOIN customer_profile p ON p.org_id = i.org_id AND p.customer_id = i.customer_id AND p.source = i.source
                             AND p.account_id = i.account_id
WHERE i.org_id = :org_id AND p.customer_id IS NULL

-- name: programmes_have_their_current_version
SELECT p.id AS program_id, p.current_version
FROM program p
LEFT JOIN program_version v ON v.org_id = p.org_id AND v.program_id = p.id AND v.version = p.current_version
WHERE p.org_id = :org_id AND v.version IS NULL

-- name: credentials_are_indexed
SELECT coalesce(c.username, x.username) AS username, c.id AS credential_id, x.credential_id AS indexed
FROM (SELECT * FROM credential WHERE org_id = :org_id) c
FULL JOIN (SELECT * FROM credential_index WHERE org_id = :org_id) x ON x.username = c.username
WHERE c.id IS DISTINCT FROM x.credential_id
