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
