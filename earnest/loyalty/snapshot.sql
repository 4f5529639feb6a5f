-- Fragments of the read of a member: each is a scalar subquery over h (the holder) and a (what is asked of it: a.now).
-- $3 is the list of bills that the group's events are about.

-- name: wallets
SELECT json_object_agg(w.program_id, json_build_object(
           'program_id', w.program_id, 'earned', w.earned, 'redeemed', w.redeemed, 'expired', w.expired,
           'returned', w.returned, 'debt', w.debt, 'promised', w.promised + w.awaiting_trigger, 'purchases', w.purchases,
           'next_expiry_at', w.next_expiry_at,
           'overdue', CASE WHEN w.next_expiry_at < a.now
                           THEN (SELECT coalesce(sum(l.remaining), 0) FROM lot l
                                 WHERE l.org_id = h.org_id AND l.holder_id = h.id AND l.program_id = w.program_id
                                   AND l.currency = w.currency AND l.category = 'MAIN' AND l.expires_at < a.now
                                   AND (l.remaining > 0 OR l.debt > l.settled))
                           ELSE 0 END))
FROM wallet w WHERE w.org_id = h.org_id AND w.holder_id = h.id AND w.currency = 'POINTS'

-- name: enrolments
SELECT json_object_agg(e.program_id, json_build_object(
           'program_id', e.program_id, 'enrolled_at', e.enrolled_at, 'tier', e.tier, 'tier_since', e.tier_since,
           'tier_expires_at', e.tier_expires_at, 'previous_tier', e.previous_tier, 'upgraded_by_bill', e.upgraded_by_bill))
FROM enrolment e WHERE e.org_id = h.org_id AND e.holder_id = h.id

-- name: open_lots
-- In the order of a draw; one more than a redemption may draw, and the open debts.
SELECT json_agg(l.lot) FROM (
    SELECT json_build_object(
               'id', l.id, 'program_id', l.program_id, 'kind', l.kind, 'quantity', l.quantity, 'awarded_at', l.awarded_at,
               'currency', l.currency, 'category', l.category, 'bill_id', l.bill_id, 'line_id', l.line_id,
               'award_id', l.award_id, 'tier_at_award', l.tier_at_award, 'expires_at', l.expires_at,
               'expiry_type', l.expiry_type, 'redeemed', l.redeemed, 'expired', l.expired, 'returned', l.returned,
               'converted', l.converted, 'transferred', l.transferred, 'settled', l.settled, 'debt', l.debt,
               'transferable', l.transferable) AS lot
    FROM lot l
    WHERE l.org_id = h.org_id AND l.holder_id = h.id AND l.category = 'MAIN' AND (l.remaining > 0 OR l.debt > l.settled)
    ORDER BY l.expires_at, l.awarded_at, l.id LIMIT 4002) l

-- name: open_debts
-- Only looked for when a wallet says that there is one.
SELECT json_agg(json_build_object(
           'id', l.id, 'program_id', l.program_id, 'kind', l.kind, 'quantity', l.quantity, 'awarded_at', l.awarded_at,
           'currency', l.currency, 'bill_id', l.bill_id, 'expiry_type', l.expiry_type, 'settled', l.settled, 'debt', l.debt))
FROM lot l
WHERE l.org_id = h.org_id AND l.holder_id = h.id AND l.debt > l.settled
  AND (SELECT count(*) FROM wallet w WHERE w.org_id = h.org_id AND w.holder_id = h.id AND w.debt > 0) > 0

-- name: debt_lots
-- Open and paid ones: a return may have to open a paid debt again.
SELECT json_agg(json_build_object(
           'id', l.id, 'program_id', l.program_id, 'kind', l.kind, 'quantity', l.quantity, 'awarded_at', l.awarded_at,
           'currency', l.currency, 'bill_id', l.bill_id, 'expiry_type', l.expiry_type, 'settled', l.settled, 'debt', l.debt))
FROM lot l WHERE l.org_id = h.org_id AND l.holder_id = h.id AND l.debt > 0

-- name: lots_of_bills
SELECT json_agg(json_build_object(
           'id', l.id, 'program_id', l.program_id, 'kind', l.kind, 'quantity', l.quantity, 'awarded_at', l.awarded_at,
           'currency', l.currency, 'category', l.category, 'bill_id', l.bill_id, 'line_id', l.line_id,
           'award_id', l.award_id, 'tier_at_award', l.tier_at_award, 'expires_at', l.expires_at,
           'expiry_type', l.expiry_type, 'redeemed', l.redeemed, 'expired', l.expired, 'returned', l.returned,
           'converted', l.converted, 'transferred', l.transferred, 'settled', l.settled, 'debt', l.debt,
               'transferable', l.transferable))
FROM lot l WHERE l.org_id = h.org_id AND l.holder_id = h.id AND l.bill_id = ANY($3::bigint[])

-- name: draws_on_bills
-- What redemptions hold of the lots of these bills, the oldest draw first: drawn less what was moved or reversed.
SELECT json_agg(json_build_object('redemption_id', d.redemption_id, 'lot_id', d.lot_id, 'quantity', d.quantity)
                ORDER BY d.first_seq, d.redemption_id, d.lot_id)
FROM (SELECT m.redemption_id, m.lot_id,
             sum(CASE WHEN m.type IN ('REDEEMED', 'DEBT') THEN m.quantity ELSE -m.quantity END) AS quantity,
             min(m.seq) AS first_seq
      FROM movement m
      JOIN lot l ON l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id AND l.bill_id = ANY($3::bigint[])
      WHERE m.org_id = h.org_id AND m.holder_id = h.id AND m.redemption_id IS NOT NULL
      GROUP BY m.redemption_id, m.lot_id) d
WHERE d.quantity > 0
