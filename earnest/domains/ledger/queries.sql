-- name: list_events
-- A page of one member's ledger: events with what they gave and took in each programme, currency and category, net, as far
-- as it passes the filters. The first event of a programme opens its categories.
WITH moved AS (
    -- The category is looked up movement by movement: a join may be planned to compare all with all.
    SELECT m.seq, m.at, m.program_id, m.currency, m.category, sum(m.points) AS points,
           m.currency = 'POINTS' AND m.seq = min(m.seq) OVER (PARTITION BY m.program_id, m.currency) AS opens
    FROM (SELECT m.seq, m.at, m.program_id, m.currency,
                 CASE WHEN m.credit_account = 'MEMBER' THEN m.quantity ELSE 0 END
                 - CASE WHEN m.debit_account = 'MEMBER' THEN m.quantity ELSE 0 END AS points,
                 (SELECT l.category FROM lot l
                  WHERE l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id) AS category
          FROM movement m
          WHERE m.org_id = :org_id AND m.holder_id = :holder_id) m
    GROUP BY m.seq, m.at, m.program_id, m.currency, m.category
), judged AS (
    SELECT m.seq, m.at, m.program_id, m.currency, m.category,
           m.opens AND coalesce(:entry_type::text, 'OPENING_BALANCE') = 'OPENING_BALANCE' AS opens,
           CASE WHEN m.points <> 0 AND m.category = coalesce(:category::text, m.category)
                     AND coalesce(:entry_type, CASE WHEN m.points > 0 THEN 'CREDIT' ELSE 'DEBIT' END)
                         = CASE WHEN m.points > 0 THEN 'CREDIT' ELSE 'DEBIT' END
                THEN m.points END AS points
    FROM moved m
    WHERE m.at >= :since::timestamptz AND m.at <= :until::timestamptz
      AND (:program_id::int IS NULL OR m.program_id = :program_id)
      AND CASE WHEN m.currency = 'POINTS' THEN :with_points::boolean ELSE :with_currencies::boolean END
), page AS (
    SELECT v.seq, v.id, v.type, v.reference_id, v.till_id, v.at, count(*) OVER () AS total
    FROM loyalty_event v
    WHERE v.org_id = :org_id AND v.holder_id = :holder_id
      AND v.seq IN (SELECT j.seq FROM judged j WHERE j.opens OR j.points IS NOT NULL)
      AND (:till_ids::bigint[] IS NULL OR v.till_id = ANY(:till_ids))
    ORDER BY :direction::int * v.seq
    LIMIT :count OFFSET :skip
)
SELECT p.total, p.seq, p.id, p.type, p.reference_id, p.till_id, p.at, b.id AS bill_id, b.number, b.billed_at, b.amount,
       b.gross, b.source,
       (SELECT min(j.at) FROM judged j WHERE j.seq = p.seq) AS created_at,
       (SELECT json_agg(json_build_array(j.program_id, j.currency, j.category, j.points, j.opens)
                        ORDER BY j.program_id, j.currency <> 'POINTS', j.currency, j.category)
        FROM judged j WHERE j.seq = p.seq AND (j.opens OR j.points IS NOT NULL))::text AS entries
FROM page p
LEFT JOIN bill b ON b.org_id = :org_id AND b.id = p.reference_id AND p.type IN ('TransactionAdd', 'ReturnBill')
ORDER BY :direction * p.seq

-- name: read_closing_balances
-- What one member has in each programme, currency and category by the ledger up to an instant.
WITH moved AS (
    SELECT m.seq, m.program_id, m.currency, m.category, sum(m.points) AS points
    FROM (SELECT m.seq, m.program_id, m.currency,
                 CASE WHEN m.credit_account = 'MEMBER' THEN m.quantity ELSE 0 END
                 - CASE WHEN m.debit_account = 'MEMBER' THEN m.quantity ELSE 0 END AS points,
                 (SELECT l.category FROM lot l
                  WHERE l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id) AS category
          FROM movement m
          WHERE m.org_id = :org_id AND m.holder_id = :holder_id AND m.at <= :until::timestamptz) m
    GROUP BY m.seq, m.program_id, m.currency, m.category
)
SELECT m.program_id, m.currency, m.category, sum(m.points) AS points
FROM moved m
WHERE m.points <> 0
  AND coalesce(:entry_type::text, CASE WHEN m.points > 0 THEN 'CREDIT' ELSE 'DEBIT' END)
      = CASE WHEN m.points > 0 THEN 'CREDIT' ELSE 'DEBIT' END
  AND (:till_id::bigint IS NULL
       OR m.seq IN (SELECT v.seq FROM loyalty_event v
                    WHERE v.org_id = :org_id AND v.holder_id = :holder_id AND v.till_id = :till_id))
GROUP BY 1, 2, 3
ORDER BY 1, m.currency <> 'POINTS', 2, 3

-- name: find_events
-- Events of one member by their ids, or by type and what they refer to.
SELECT v.seq, v.id, v.type, v.reference_id, v.till_id, v.at
FROM loyalty_event v
WHERE v.org_id = :org_id AND v.holder_id = :holder_id
  AND (v.id = ANY(:ids::bigint[]) OR (v.type = :type::text AND v.reference_id = ANY(:references::bigint[])))
ORDER BY v.seq DESC

-- name: read_awards
-- The points that events gave, lot by lot.
SELECT m.seq, m.quantity, l.id, l.program_id, l.category, l.kind, l.currency, l.award_id, l.awarded_at, l.expires_at,
       l.expiry_type
FROM movement m
CROSS JOIN LATERAL (SELECT l.id, l.program_id, l.category, l.kind, l.currency, l.award_id, l.awarded_at, l.expires_at, l.expiry_type
                    FROM lot l
                    WHERE l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id LIMIT 1) l
WHERE m.org_id = :org_id AND m.holder_id = :holder_id AND m.seq = ANY(:seqs::bigint[]) AND m.debit_account = 'ISSUED'
ORDER BY m.seq, m.program_id, m.id

-- name: read_decisions
-- Why events ended as they did.
SELECT d.seq, d.record::text AS record
FROM decision d
WHERE d.org_id = :org_id AND d.holder_id = :holder_id AND d.seq = ANY(:seqs::bigint[])

-- name: read_bills
-- Bills of events, with their lines and payments; of a return, the sale's number and date as well.
SELECT b.id, b.number, b.type, b.amount, b.gross, b.discount, b.billed_at, b.source, b.note, b.return_kind,
       b.custom_fields::text AS custom_fields, b.extended_fields::text AS extended_fields,
       s.number AS sale_number, s.billed_at AS sold_at, s.amount AS sale_amount, s.gross AS sale_gross,
       s.discount AS sale_discount,
       (SELECT json_agg(json_build_object('id', i.id, 'item_code', i.item_code, 'value', i.value, 'discount', i.discount,
                                          'amount', i.amount, 'rate', i.rate, 'quantity', i.quantity)
                        ORDER BY i.serial, i.id)
        FROM bill_item i WHERE i.org_id = b.org_id AND i.bill_id = b.id)::text AS items,
       (SELECT json_agg(json_build_object('mode', p.mode, 'value', p.value, 'notes', p.notes, 'attributes', p.attributes)
                        ORDER BY p.id)
        FROM bill_payment p WHERE p.org_id = b.org_id AND p.bill_id = b.id)::text AS payments
FROM bill b
LEFT JOIN bill s ON s.org_id = b.org_id AND s.id = b.parent_bill_id
WHERE b.org_id = :org_id AND b.id = ANY(:bill_ids::bigint[]) AND b.holder_id = :holder_id

-- name: read_redemptions
-- Redemptions of events, with what they drew of which lots at the time.
SELECT r.id, r.code, r.program_id, r.points, r.bill_number, r.purpose, r.notes, r.custom_fields::text AS custom_fields, r.at,
       b.billed_at,
       (SELECT json_agg(json_build_object('program_id', l.program_id, 'points', m.quantity, 'expires_at', l.expires_at,
                                          'category', l.category)
                        ORDER BY m.id)
        FROM movement m
        CROSS JOIN LATERAL (SELECT l.program_id, l.expires_at, l.category FROM lot l
                            WHERE l.org_id = m.org_id AND l.holder_id = m.holder_id AND l.id = m.lot_id LIMIT 1) l
        WHERE m.org_id = r.org_id AND m.holder_id = r.holder_id AND m.seq = x.seq AND m.redemption_id = r.id)::text AS draws
FROM unnest(:redemption_ids::bigint[], :seqs::bigint[]) AS x(id, seq)
JOIN redemption r ON r.org_id = :org_id AND r.id = x.id AND r.holder_id = :holder_id
LEFT JOIN bill b ON b.org_id = r.org_id AND b.id = r.bill_id
