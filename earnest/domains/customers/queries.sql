-- name: add_customers!
INSERT INTO customer (org_id, id, loyalty_type, registered_at, registered_by, registered_from, associated_with,
                      modified_at, modified_by, extended_fields, status_label, fraud_status, fraud_reason, fraud_marked_by,
                      fraud_marked_at)
SELECT o.org_id, x.*, CASE WHEN x.fraud_status <> 'NONE' THEN x.modified_by END,
       CASE WHEN x.fraud_status <> 'NONE' THEN x.modified_at END
FROM organization o,
     unnest(:id::bigint[], :loyalty_type::text[], :registered_at::timestamptz[], :registered_by::bigint[],
            :registered_from::text[], :associated_with::text[], :modified_at::timestamptz[], :modified_by::bigint[],
            :extended_fields::jsonb[], :status_label::text[], :fraud_status::text[], :fraud_reason::text[])
     AS x(id, loyalty_type, registered_at, registered_by, registered_from, associated_with, modified_at, modified_by,
          extended_fields, status_label, fraud_status, fraud_reason)
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
       c.status_label, c.fraud_status, c.fraud_reason, c.fraud_marked_by, c.fraud_marked_at,
       (SELECT json_agg(json_build_object(
                   'channel', s.channel, 'priority', s.priority, 'source', s.source, 'account_id', s.account_id,
                   'org_unit_id', s.org_unit_id, 'is_subscribed', s.is_subscribed)
                        ORDER BY s.channel, s.priority, s.source, s.account_id, s.org_unit_id)
        FROM (SELECT DISTINCT ON (u.channel, u.priority, u.source, u.account_id, u.org_unit_id)
                     u.channel, u.priority, u.source, u.account_id, u.org_unit_id, u.is_subscribed
              FROM customer_subscription u WHERE u.org_id = c.org_id AND u.customer_id = c.id
              ORDER BY u.channel, u.priority, u.source, u.account_id, u.org_unit_id, u.seq DESC, u.number DESC) s
       )::text AS subscriptions,
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

-- name: marks_fragment
-- Reader fragment over c (the customer's row): what restrictions are read off; nothing for almost everybody.
SELECT CASE WHEN c.status_label <> '' OR c.fraud_status <> 'NONE'
            THEN json_build_object('label', c.status_label, 'fraud', c.fraud_status) END

-- name: identity_fragment
-- Reader fragment over h: which profiles there are, and the identifiers on each.
SELECT json_build_object(
           'profiles', (SELECT coalesce(json_agg(json_build_array(p.source, p.account_id)), '[]')
                        FROM customer_profile p WHERE p.org_id = h.org_id AND p.customer_id = h.id),
           'identifiers', (SELECT coalesce(json_agg(json_build_array(i.type, i.value, i.source, i.account_id)), '[]')
                           FROM customer_identifier i WHERE i.org_id = h.org_id AND i.customer_id = h.id))

-- name: change_customers!
-- What is null stays as it is.
UPDATE customer c
SET loyalty_type = coalesce(x.loyalty_type, c.loyalty_type), associated_with = coalesce(x.associated_with, c.associated_with),
    modified_at = x.modified_at, modified_by = x.modified_by, extended_fields = c.extended_fields || x.extended_fields,
    fraud_status = coalesce(x.fraud_status, c.fraud_status),
    fraud_reason = coalesce(x.fraud_reason, c.fraud_reason),
    fraud_marked_by = CASE WHEN x.fraud_status IS NULL THEN c.fraud_marked_by ELSE x.modified_by END,
    fraud_marked_at = CASE WHEN x.fraud_status IS NULL THEN c.fraud_marked_at ELSE x.modified_at END
FROM unnest(:id::bigint[], :loyalty_type::text[], :associated_with::text[], :modified_at::timestamptz[],
            :modified_by::bigint[], :extended_fields::jsonb[], :fraud_status::text[], :fraud_reason::text[])
     AS x(id, loyalty_type, associated_with, modified_at, modified_by, extended_fields, fraud_status, fraud_reason)
WHERE c.org_id = :org_id AND c.id = x.id

-- name: change_profiles!
-- What is null stays as it is. A channel takes the place of the one with its type and value; one that is primary leaves no
-- other of its type so.
UPDATE customer_profile p
SET first_name = coalesce(x.first_name, p.first_name), last_name = coalesce(x.last_name, p.last_name),
    fields = p.fields || x.fields,
    comm_channels = (SELECT coalesce(jsonb_agg(
                                CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(x.comm_channels) n
                                                  WHERE n->>'type' = c.channel->>'type' AND n->>'primary' = 'true')
                                     THEN c.channel || '{"primary": false}' ELSE c.channel END ORDER BY c.place), '[]')
                     FROM jsonb_array_elements(p.comm_channels) WITH ORDINALITY AS c(channel, place)
                     WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(x.comm_channels) n
                                       WHERE n->>'type' = c.channel->>'type' AND n->>'value' = c.channel->>'value'))
                    || x.comm_channels,
    modified_at = x.modified_at, modified_by = x.modified_by, recorded_at = now()
FROM unnest(:customer_id::bigint[], :source::text[], :account_id::text[], :first_name::text[], :last_name::text[],
            :fields::jsonb[], :comm_channels::jsonb[], :modified_at::timestamptz[], :modified_by::bigint[])
     AS x(customer_id, source, account_id, first_name, last_name, fields, comm_channels, modified_at, modified_by)
WHERE p.org_id = :org_id AND p.customer_id = x.customer_id AND p.source = x.source AND p.account_id = x.account_id

-- name: add_subscriptions!
INSERT INTO customer_subscription (org_id, customer_id, seq, number, channel, priority, source, account_id, org_unit_id,
                                   is_subscribed, reason, changed_at, changed_by)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:customer_id::bigint[], :seq::bigint[], :number::int[], :channel::text[], :priority::text[], :source::text[],
            :account_id::text[], :org_unit_id::bigint[], :is_subscribed::boolean[], :reason::text[],
            :changed_at::timestamptz[], :changed_by::bigint[]) AS x
WHERE o.org_id = :org_id

-- name: change_statuses!
UPDATE customer c
SET status_label = x.status_label, modified_at = x.modified_at, modified_by = x.modified_by
FROM unnest(:id::bigint[], :status_label::text[], :modified_at::timestamptz[], :modified_by::bigint[])
     AS x(id, status_label, modified_at, modified_by)
WHERE c.org_id = :org_id AND c.id = x.id

-- name: add_status_rows!
INSERT INTO customer_status_log (org_id, customer_id, seq, label, status, actions, reason, created_on, created_by, recorded_at)
SELECT o.org_id, x.customer_id, x.seq, x.label, x.status, string_to_array(x.actions, ','), x.reason, x.created_on,
       x.created_by, x.recorded_at
FROM organization o,
     unnest(:customer_id::bigint[], :seq::bigint[], :label::text[], :status::text[], :actions::text[], :reason::text[],
            :created_on::timestamptz[], :created_by::bigint[], :recorded_at::timestamptz[])
     AS x(customer_id, seq, label, status, actions, reason, created_on, created_by, recorded_at)
WHERE o.org_id = :org_id

-- name: read_status_log
-- The latest first.
SELECT l.label, l.status, l.actions, l.reason, l.created_on, l.created_by, l.recorded_at
FROM customer_status_log l
WHERE l.org_id = :org_id AND l.customer_id = :customer_id
ORDER BY l.seq DESC
LIMIT 1000

-- name: add_identifier_changes!
INSERT INTO identifier_change (org_id, customer_id, id, type, old_value, new_value, status, comments, added_at, added_by,
                               updated_at, updated_by)
SELECT o.org_id, x.*
FROM organization o,
     unnest(:customer_id::bigint[], :id::bigint[], :type::text[], :old_value::text[], :new_value::text[], :status::text[],
            :comments::text[], :added_at::timestamptz[], :added_by::bigint[], :updated_at::timestamptz[],
            :updated_by::bigint[]) AS x
WHERE o.org_id = :org_id

-- name: pending_fragment
-- Reader fragment over h: the identifiers that wait for another value, with it.
SELECT json_agg(json_build_array(r.type, r.new_value))
FROM identifier_change r WHERE r.org_id = h.org_id AND r.customer_id = h.id AND r.status = 'PENDING'

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
