-- name: add_customers!
INSERT INTO customer (org_id, id, loyalty_type, registered_at, registered_by, registered_from, associated_with,
                      modified_at, modified_by, extended_fields)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:id::bigint[], :loyalty_type::text[], :registered_at::timestamptz[], :registered_by::bigint[],
            :registered_from::text[], :associated_with::text[], :modified_at::timestamptz[], :modified_by::bigint[],
            :extended_fields::jsonb[]) AS x
WHERE o.org_id = :org_id

-- name: add_profiles!
INSERT INTO customer_profile (org_id, customer_id, source, account_id, first_name, last_name, fields, comm_channels,
                              created_at, created_by, modified_at, modified_by, recorded_at)
SELECT o.org_id, x.*, now()
FROM organization o,
     unnest(:customer_id::bigint[], :source::text[], :account_id::text[], :first_name::text[], :last_name::text[],
            :fields::jsonb[], :comm_channels::jsonb[], :created_at::timestamptz[], :created_by::bigint[],
            :modified_at::timestamptz[], :modified_by::bigint[]) AS x
WHERE o.org_id = :org_id

-- name: read_customer
-- One customer with profiles, identifiers and programmes, in one snapshot.
SELECT c.loyalty_type, c.registered_at, c.registered_by, c.registered_from, c.associated_with, c.modified_at, c.modified_by,
       c.extended_fields::text AS extended_fields,
       (SELECT json_agg(json_build_object(
                   'source', p.source, 'account_id', p.account_id, 'first_name', p.first_name, 'last_name', p.last_name,
                   'fields', p.fields, 'comm_channels', p.comm_channels, 'created_at', p.created_at,
                   'created_by', p.created_by, 'modified_at', p.modified_at, 'modified_by', p.modified_by,
                   'recorded_at', p.recorded_at) ORDER BY p.created_at, p.source, p.account_id)
        FROM customer_profile p WHERE p.org_id = c.org_id AND p.customer_id = c.id)::text AS profiles,
       (SELECT json_agg(json_build_object('type', i.type, 'value', i.value, 'source', i.source, 'account_id', i.account_id)
                        ORDER BY i.type, i.value)
        FROM customer_identifier i WHERE i.org_id = c.org_id AND i.customer_id = c.id)::text AS identifiers,
       (SELECT json_object_agg(e.program_id, e.loyalty_id)
        FROM enrolment e WHERE e.org_id = c.org_id AND e.holder_id = c.id)::text AS loyalty_ids
FROM customer c
WHERE c.org_id = :org_id AND c.id = :customer_id

-- name: names_fragment
-- Reader fragment over h: first and last name and identifiers that answers print.
SELECT json_build_object(
           'first_name', p.first_name, 'last_name', p.last_name,
           'identifiers', (SELECT json_object_agg(i.type, i.value) FROM customer_identifier i
                           WHERE i.org_id = h.org_id AND i.customer_id = h.id
                             AND i.source = p.source AND i.account_id = p.account_id))
FROM customer_profile p
WHERE p.org_id = h.org_id AND p.customer_id = h.id
ORDER BY p.source <> 'INSTORE', p.created_at
LIMIT 1

-- name: change_customers!
-- What is null stays as it is.
UPDATE customer c
SET loyalty_type = coalesce(x.loyalty_type, c.loyalty_type), associated_with = coalesce(x.associated_with, c.associated_with),
    modified_at = x.modified_at, modified_by = x.modified_by, extended_fields = c.extended_fields || x.extended_fields
FROM unnest(:id::bigint[], :loyalty_type::text[], :associated_with::text[], :modified_at::timestamptz[],
            :modified_by::bigint[], :extended_fields::jsonb[])
     AS x(id, loyalty_type, associated_with, modified_at, modified_by, extended_fields)
WHERE c.org_id = :org_id AND c.id = x.id

-- name: change_profiles!
-- What is null stays as it is.
UPDATE customer_profile p
SET first_name = coalesce(x.first_name, p.first_name), last_name = coalesce(x.last_name, p.last_name),
    fields = p.fields || x.fields, comm_channels = coalesce(x.comm_channels, p.comm_channels),
    modified_at = x.modified_at, modified_by = x.modified_by, recorded_at = now()
FROM unnest(:customer_id::bigint[], :source::text[], :account_id::text[], :first_name::text[], :last_name::text[],
            :fields::jsonb[], :comm_channels::jsonb[], :modified_at::timestamptz[], :modified_by::bigint[])
     AS x(customer_id, source, account_id, first_name, last_name, fields, comm_channels, modified_at, modified_by)
WHERE p.org_id = :org_id AND p.customer_id = x.customer_id AND p.source = x.source AND p.account_id = x.account_id

-- name: read_tier_history
-- Changes of tier, the latest first, with the till of the event that made them.
SELECT t.program_id, t.from_tier, t.to_tier, t.type, t.at, t.old_expires_at, t.expires_at, e.till_id
FROM tier_change t
LEFT JOIN loyalty_event e ON e.org_id = t.org_id AND e.holder_id = t.holder_id AND e.seq = t.seq
WHERE t.org_id = :org_id AND t.holder_id = :customer_id
ORDER BY t.seq DESC, t.id DESC
LIMIT 100

-- name: read_recent_bills
-- The latest bills of a customer. Filters that are null let everything pass.
SELECT b.id, b.number, b.type, b.billed_at, b.store_id
FROM bill b
WHERE b.org_id = :org_id AND b.holder_id = :customer_id
  AND (:number::text IS NULL OR b.number = :number) AND (:type::text IS NULL OR b.type = :type)
  AND (:store_id::bigint IS NULL OR b.store_id = :store_id) AND (:till_id::bigint IS NULL OR b.till_id = :till_id)
  AND (:amount::numeric IS NULL OR b.amount = :amount)
  AND (:from_at::timestamptz IS NULL OR b.billed_at >= :from_at)
  AND (:before_at::timestamptz IS NULL OR b.billed_at < :before_at)
ORDER BY b.billed_at DESC, b.id DESC
LIMIT :count::int
