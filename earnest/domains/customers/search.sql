-- Searches of customers. A prefix is a range in the order of bytes: that is an index condition under the policy.

-- name: search_prefix
-- Customers whose first name, last name or an identifier begins with a text, in the order of their registration.
WITH matched AS MATERIALIZED (
    SELECT p.customer_id AS id FROM customer_profile p
    WHERE p.org_id = :org_id
      AND p.first_name_key ~>=~ lower(:text::text) AND p.first_name_key ~<~ (lower(:text::text) || U&'\+10FFFF')
    UNION
    SELECT p.customer_id FROM customer_profile p
    WHERE p.org_id = :org_id
      AND p.last_name_key ~>=~ lower(:text::text) AND p.last_name_key ~<~ (lower(:text::text) || U&'\+10FFFF')
    UNION
    SELECT i.customer_id FROM customer_identifier i
    WHERE i.org_id = :org_id
      AND i.value_key ~>=~ lower(:prefix::text) AND i.value_key ~<~ (lower(:prefix::text) || U&'\+10FFFF')
    UNION
    SELECT i.customer_id FROM customer_identifier i
    WHERE i.org_id = :org_id
      AND i.value_key ~>=~ lower(:other_prefix::text) AND i.value_key ~<~ (lower(:other_prefix::text) || U&'\+10FFFF')
)
SELECT total.count AS total, o.config_version, page.id,
       (SELECT json_agg(json_build_object('source', p.source, 'account_id', p.account_id, 'first_name', p.first_name,
                                          'last_name', p.last_name) ORDER BY p.created_at, p.source, p.account_id)
        FROM customer_profile p WHERE p.org_id = :org_id AND p.customer_id = page.id)::text AS profiles,
       (SELECT json_agg(json_build_object('type', i.type, 'value', i.value, 'source', i.source, 'account_id', i.account_id)
                        ORDER BY i.type, i.value, i.source, i.account_id)
        FROM customer_identifier i WHERE i.org_id = :org_id AND i.customer_id = page.id)::text AS identifiers
FROM organization o
CROSS JOIN (SELECT count(*) AS count FROM matched) total
LEFT JOIN LATERAL (
    SELECT m.id, (SELECT c.registered_at FROM customer c WHERE c.org_id = :org_id AND c.id = m.id) AS registered_at
    FROM matched m
    ORDER BY registered_at, m.id LIMIT :count::int OFFSET :offset::int) page ON true
WHERE o.org_id = :org_id
ORDER BY page.registered_at, page.id

-- What follows is a condition of the query grammar each: the ids of the customers that meet it. A query is their
-- intersection (search_found).

-- name: first_name_prefix
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND p.first_name_key ~>=~ lower(:text::text) AND p.first_name_key ~<~ (lower(:text::text) || U&'\+10FFFF')

-- name: first_name_suffix
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND right(p.first_name_key, length(:text::text)) = lower(:text::text)

-- name: first_name_any
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND p.first_name_key = ANY (:texts::text[])

-- name: last_name_prefix
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND p.last_name_key ~>=~ lower(:text::text) AND p.last_name_key ~<~ (lower(:text::text) || U&'\+10FFFF')

-- name: last_name_suffix
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND right(p.last_name_key, length(:text::text)) = lower(:text::text)

-- name: last_name_any
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND p.last_name_key = ANY (:texts::text[])

-- name: identifier_prefix
SELECT i.customer_id FROM customer_identifier i
WHERE i.org_id = :org_id AND i.type = :type::text
  AND i.value_key ~>=~ lower(:text::text) AND i.value_key ~<~ (lower(:text::text) || U&'\+10FFFF')

-- name: identifier_suffix
SELECT i.customer_id FROM customer_identifier i
WHERE i.org_id = :org_id AND i.type = :type::text AND right(i.value_key, length(:text::text)) = lower(:text::text)

-- name: identifier_any
SELECT i.customer_id FROM customer_identifier i
WHERE i.org_id = :org_id AND i.type = :type::text AND i.value = ANY (:texts::text[])

-- name: everybody
SELECT c.id FROM customer c WHERE c.org_id = :org_id

-- name: nobody
SELECT c.id FROM customer c WHERE c.org_id = :org_id AND c.id < 0

-- name: registered_between
SELECT c.id FROM customer c
WHERE c.org_id = :org_id AND c.registered_at >= :from_at::timestamptz AND c.registered_at < :before_at::timestamptz

-- name: registered_by_any
SELECT c.id FROM customer c WHERE c.org_id = :org_id AND c.registered_by = ANY (:till_ids::bigint[])

-- name: in_tiers
SELECT e.holder_id FROM enrolment e
WHERE e.org_id = :org_id AND e.program_id = :program_id::int AND e.tier = ANY (:tiers::smallint[])

-- name: loyalty_points_between
-- What can be redeemed: the wallet's balance less what has run out and was not swept yet.
SELECT w.holder_id FROM wallet w
WHERE w.org_id = :org_id AND w.program_id = :program_id::int AND w.currency = 'POINTS'
  AND w.earned - w.redeemed - w.expired - w.returned
      - CASE WHEN w.next_expiry_at < :now::timestamptz
             THEN (SELECT coalesce(sum(l.remaining), 0) FROM lot l
                   WHERE l.org_id = :org_id AND l.holder_id = w.holder_id AND l.program_id = w.program_id
                     AND l.currency = w.currency AND l.category = 'MAIN' AND l.expires_at < :now::timestamptz
                     AND (l.remaining > 0 OR l.debt > l.settled))
             ELSE 0 END
      BETWEEN :least::numeric AND :most::numeric

-- name: lifetime_points_between
SELECT w.holder_id FROM wallet w
WHERE w.org_id = :org_id AND w.program_id = :program_id::int AND w.currency = 'POINTS'
  AND w.earned BETWEEN :least::numeric AND :most::numeric

-- name: lifetime_purchases_between
SELECT w.holder_id FROM wallet w
WHERE w.org_id = :org_id AND w.program_id = :program_id::int AND w.currency = 'POINTS'
  AND w.purchases BETWEEN :least::numeric AND :most::numeric

-- name: last_bill_between
SELECT l.holder_id
FROM (SELECT DISTINCT ON (b.holder_id) b.holder_id, b.amount FROM bill b
      WHERE b.org_id = :org_id AND b.holder_id IS NOT NULL AND b.type = 'REGULAR'
      ORDER BY b.holder_id, b.billed_at DESC, b.id DESC) l
WHERE l.amount BETWEEN :least::numeric AND :most::numeric

-- name: field_any
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND lower(p.fields ->> :name::text) = ANY (:texts::text[])

-- name: field_prefix
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND starts_with(lower(p.fields ->> :name::text), lower(:text::text))

-- name: field_suffix
SELECT p.customer_id FROM customer_profile p
WHERE p.org_id = :org_id AND right(lower(p.fields ->> :name::text), length(:text::text)) = lower(:text::text)

-- name: read_last_bills
SELECT DISTINCT ON (b.holder_id) b.holder_id, b.amount FROM bill b
WHERE b.org_id = :org_id AND b.holder_id = ANY (:customer_ids::bigint[]) AND b.type = 'REGULAR'
ORDER BY b.holder_id, b.billed_at DESC, b.id DESC
