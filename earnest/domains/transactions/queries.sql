-- name: add_bills!
INSERT INTO bill (org_id, id, holder_id, number, type, amount, gross, discount, billed_at, billed_offset_minutes, till_id,
                  store_id, source, outlier_status, delivery_status, note, not_interested_reason, currency_code,
                  custom_fields, extended_fields, parent_bill_id, return_kind, recorded_at)
SELECT o.org_id, x.*, now()
FROM organization o,
     unnest(:id::bigint[], :holder_id::bigint[], :number::text[], :type::text[], :amount::numeric[], :gross::numeric[],
            :discount::numeric[], :billed_at::timestamptz[], :billed_offset_minutes::smallint[], :till_id::bigint[],
            :store_id::bigint[], :source::text[], :outlier_status::text[], :delivery_status::text[], :note::text[],
            :not_interested_reason::text[], :currency_code::text[], :custom_fields::jsonb[], :extended_fields::jsonb[],
            :parent_bill_id::bigint[], :return_kind::text[]) AS x
WHERE o.org_id = :org_id

-- name: add_items!
INSERT INTO bill_item (org_id, bill_id, id, serial, type, item_code, description, quantity, rate, value, discount, amount,
                       details, parent_item_id)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:bill_id::bigint[], :id::bigint[], :serial::int[], :type::text[], :item_code::text[], :description::text[],
            :quantity::numeric[], :rate::numeric[], :value::numeric[], :discount::numeric[], :amount::numeric[],
            :details::jsonb[], :parent_item_id::bigint[]) AS x
WHERE o.org_id = :org_id

-- name: add_payments!
INSERT INTO bill_payment (org_id, bill_id, id, mode, value, notes, attributes)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:bill_id::bigint[], :id::bigint[], :mode::text[], :value::numeric[], :notes::text[], :attributes::jsonb[]) AS x
WHERE o.org_id = :org_id

-- name: mark_returned_bills!
UPDATE bill b
SET returned_amount = b.returned_amount + x.amount, return_kind = coalesce(b.return_kind, x.kind)
FROM unnest(:id::bigint[], :kind::text[], :amount::numeric[]) AS x(id, kind, amount)
WHERE b.org_id = :org_id AND b.id = x.id

-- name: mark_returned_items!
UPDATE bill_item i
SET returned_quantity = i.returned_quantity + x.quantity, returned_amount = i.returned_amount + x.amount
FROM unnest(:bill_id::bigint[], :id::bigint[], :quantity::numeric[], :amount::numeric[]) AS x(bill_id, id, quantity, amount)
WHERE i.org_id = :org_id AND i.bill_id = x.bill_id AND i.id = x.id

-- name: bills_fragment
-- Reader fragment over h: the sales that a return is about, with what has been returned of them. $3 names the sales of all
-- members of the batch: `+ 0` keeps the planner from looking each of them up for each member instead of the member's own.
SELECT json_agg(json_build_object(
           'id', b.id, 'number', b.number, 'amount', b.amount, 'billed_at', b.billed_at,
           'returned_amount', b.returned_amount, 'return_kind', b.return_kind, 'earns', b.outlier_status = 'NORMAL',
           'lines', (SELECT coalesce(json_agg(json_build_object(
                                'id', i.id, 'item_code', i.item_code, 'quantity', i.quantity, 'amount', i.amount,
                                'returned_quantity', i.returned_quantity, 'returned_amount', i.returned_amount)
                                ORDER BY i.serial, i.id), '[]')
                     FROM bill_item i WHERE i.org_id = b.org_id AND i.bill_id = b.id)))
FROM bill b
WHERE b.org_id = h.org_id AND b.id + 0 = ANY($3::bigint[]) AND b.holder_id = h.id AND b.type = 'REGULAR'

-- name: find_sales
-- Sales with this number, the latest first.
SELECT b.id, b.holder_id, b.billed_at, b.recorded_at
FROM bill b
WHERE b.org_id = :org_id AND b.number = :number AND b.type = 'REGULAR'
ORDER BY b.recorded_at DESC, b.id DESC
LIMIT 100

-- name: add_bill_details!
INSERT INTO bill_detail (org_id, bill_id, details)
SELECT o.org_id, x.*
FROM organization o, unnest(:bill_id::bigint[], :details::jsonb[]) AS x
WHERE o.org_id = :org_id

-- name: find_bills
-- Bills with this number, the latest first.
SELECT b.id FROM bill b
WHERE b.org_id = :org_id AND b.number = :number
ORDER BY b.billed_at DESC, b.id DESC
LIMIT 100

-- name: read_bills
-- Whole bills.
SELECT b.id, b.holder_id, b.number, b.type, b.amount, b.gross, b.discount, b.billed_at, b.billed_offset_minutes, b.till_id,
       b.store_id, b.source, b.outlier_status, b.delivery_status, b.note, b.not_interested_reason, b.currency_code,
       b.custom_fields::text AS custom_fields, b.extended_fields::text AS extended_fields, b.parent_bill_id, b.return_kind,
       b.returned_amount, b.recorded_at, b.updated_at, b.updated_by,
       (SELECT json_agg(json_build_object(
                   'id', i.id, 'serial', i.serial, 'type', i.type, 'item_code', i.item_code, 'description', i.description,
                   'quantity', i.quantity, 'rate', i.rate, 'value', i.value, 'discount', i.discount, 'amount', i.amount,
                   'details', i.details, 'returned_quantity', i.returned_quantity, 'returned_amount', i.returned_amount,
                   'parent_item_id', i.parent_item_id) ORDER BY i.serial, i.id)
        FROM bill_item i WHERE i.org_id = b.org_id AND i.bill_id = b.id)::text AS items,
       (SELECT json_agg(json_build_object('id', p.id, 'mode', p.mode, 'value', p.value, 'notes', p.notes,
                                          'attributes', p.attributes) ORDER BY p.id)
        FROM bill_payment p WHERE p.org_id = b.org_id AND p.bill_id = b.id)::text AS payments,
       (SELECT d.details FROM bill_detail d WHERE d.org_id = b.org_id AND d.bill_id = b.id)::text AS details
FROM bill b
WHERE b.org_id = :org_id AND b.id = ANY(:ids::bigint[])
ORDER BY b.billed_at DESC, b.id DESC

-- name: read_returned_items
-- Lines of returns of these sales, the oldest return first.
SELECT r.parent_bill_id, r.id AS bill_id, r.number, r.type, r.return_kind, r.billed_at, i.id, i.parent_item_id, i.quantity,
       i.amount
FROM unnest(:ids::bigint[]) AS s(id)
JOIN bill r ON r.org_id = :org_id AND r.parent_bill_id = s.id
JOIN bill_item i ON i.org_id = :org_id AND i.bill_id = r.id
ORDER BY r.recorded_at, r.id, i.serial, i.id

-- name: read_lots
-- What these bills of one member have awarded, debts aside.
SELECT l.id, l.bill_id, l.line_id, l.program_id, l.currency, l.category, l.kind, l.award_id, l.quantity, l.redeemed, l.expired,
       l.returned, l.converted, l.transferred, l.settled, l.remaining, l.expires_at, l.expiry_type
FROM lot l
WHERE l.org_id = :org_id AND l.holder_id = :holder_id AND l.bill_id = ANY(:bill_ids::bigint[]) AND l.debt = 0
ORDER BY l.bill_id, l.program_id, l.id

-- name: read_decisions
-- What was decided on these bills: each decision was stored in the transaction of its bill, so it has its instant.
SELECT b.id, b.holder_id, e.type, e.till_id, e.at, d.seq, d.recorded_at, d.record::text AS record,
       coalesce(u.request_id, '') AS request_id
FROM unnest(:ids::bigint[]) AS s(id)
JOIN bill b ON b.org_id = :org_id AND b.id = s.id
JOIN decision d ON d.org_id = :org_id AND d.holder_id = b.holder_id AND d.recorded_at = b.recorded_at
JOIN loyalty_event e ON e.org_id = :org_id AND e.holder_id = b.holder_id AND e.seq = d.seq AND e.reference_id = b.id
                    AND e.type IN ('TransactionAdd', 'ReturnBill')
LEFT JOIN LATERAL (SELECT o.request_id FROM outbox o
                   WHERE o.org_id = :org_id AND o.holder_id = b.holder_id AND o.seq = d.seq AND o.recorded_at = d.recorded_at
                   LIMIT 1) u ON true
ORDER BY d.recorded_at DESC, d.seq DESC

-- name: find_customer_bills
-- How many bills of a customer pass the filters (null lets everything pass), and the ids of one page of them, in order.
WITH matching AS MATERIALIZED (
    SELECT b.id, b.billed_at
    FROM bill b
    WHERE b.org_id = :org_id AND b.holder_id = :customer_id
      AND (:from_at::timestamptz IS NULL OR b.billed_at >= :from_at)
      AND (:before_at::timestamptz IS NULL OR b.billed_at < :before_at)
      AND (:start_id::bigint IS NULL OR b.id >= :start_id) AND (:end_id::bigint IS NULL OR b.id <= :end_id)
      AND (:ids::bigint[] IS NULL OR b.id = ANY(:ids)) AND (:numbers::text[] IS NULL OR b.number = ANY(:numbers))
      AND (:till_ids::bigint[] IS NULL OR b.till_id = ANY(:till_ids))
      AND (:store_ids::bigint[] IS NULL OR b.store_id = ANY(:store_ids)))
SELECT (SELECT count(*) FROM matching) AS total,
       ARRAY(SELECT m.id FROM matching m
             ORDER BY CASE WHEN :descending::boolean AND NOT :by_id::boolean THEN m.billed_at END DESC,
                      CASE WHEN NOT :descending AND NOT :by_id THEN m.billed_at END,
                      CASE WHEN :descending THEN m.id END DESC, m.id
             LIMIT :count::int OFFSET :skipped::int) AS ids

-- name: change_bill!
-- What may change of a sale; fields that are not named stay, what is null stays.
UPDATE bill b
SET custom_fields = b.custom_fields || :custom_fields::jsonb, extended_fields = b.extended_fields || :extended_fields::jsonb,
    delivery_status = coalesce(:delivery_status::text, b.delivery_status), updated_at = :at::timestamptz,
    updated_by = :till_id::bigint
WHERE b.org_id = :org_id AND b.id = :bill_id AND b.type = 'REGULAR'

-- name: change_items!
UPDATE bill_item i
SET details = i.details || jsonb_build_object('extendedFields', coalesce(i.details -> 'extendedFields', '{}') || x.fields)
FROM unnest(:ids::bigint[], :fields::jsonb[]) AS x(id, fields)
WHERE i.org_id = :org_id AND i.bill_id = :bill_id AND i.id = x.id

-- name: find_claim
-- Whether a bill number is taken in its scope.
SELECT n.owner_id FROM natural_key n
WHERE n.org_id = :org_id AND n.kind = :kind AND n.scope_id = :scope_id AND n.key = :key AND n.claimed_until > :at::timestamptz

-- name: redemptions_fragment
-- Reader fragment over h: the member's latest redemptions, with the bills that they belong to.
SELECT json_agg(r)
FROM (SELECT x.id, x.code, x.bill_id, x.bill_number, x.points_reversed >= x.points AS is_reversed
      FROM redemption x
      WHERE x.org_id = h.org_id AND x.holder_id = h.id
      ORDER BY x.at DESC LIMIT 1000) r

-- name: tie_redemptions!
UPDATE redemption r
SET bill_id = x.bill_id, bill_number = x.bill_number
FROM unnest(:id::bigint[], :holder_id::bigint[], :bill_id::bigint[], :bill_number::text[])
     AS x(id, holder_id, bill_id, bill_number)
WHERE r.org_id = :org_id AND r.id = x.id AND r.holder_id = x.holder_id AND r.bill_id IS NULL
