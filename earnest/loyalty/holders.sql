-- name: lock_holders_together
-- Finds holders by id or identifier and locks those that are free. Taken or unknown ones are missing from the answer.
SELECT a.n, h.id
FROM (SELECT x.n, x.id FROM unnest(:id_positions::int[], :ids::bigint[]) AS x(n, id)
      UNION ALL
      SELECT x.n, i.customer_id
      FROM unnest(:identifier_positions::int[], :types::text[], :identifiers::text[], :sources::text[], :accounts::text[])
           AS x(n, type, value, source, account)
      JOIN customer_identifier i ON i.org_id = :org_id AND i.type = x.type AND i.value = x.value
                                AND (x.source = 'ALL' OR (i.source = x.source AND i.account_id = x.account))) a
JOIN holder h ON h.org_id = :org_id AND h.id = a.id
ORDER BY h.id
FOR NO KEY UPDATE OF h SKIP LOCKED

-- name: lock_holders_waiting
-- The same, waiting for locks up to lock_timeout.
SELECT a.n, h.id
FROM (SELECT x.n, x.id FROM unnest(:id_positions::int[], :ids::bigint[]) AS x(n, id)
      UNION ALL
      SELECT x.n, i.customer_id
      FROM unnest(:identifier_positions::int[], :types::text[], :identifiers::text[], :sources::text[], :accounts::text[])
           AS x(n, type, value, source, account)
      JOIN customer_identifier i ON i.org_id = :org_id AND i.type = x.type AND i.value = x.value
                                AND (x.source = 'ALL' OR (i.source = x.source AND i.account_id = x.account))) a
JOIN holder h ON h.org_id = :org_id AND h.id = a.id
ORDER BY h.id
FOR NO KEY UPDATE OF h

-- name: claim_natural_keys
-- Takes keys that are free or whose claim has run out; answers those that it got.
INSERT INTO natural_key (org_id, kind, scope_id, key, owner_id, claimed_at, claimed_until)
SELECT o.org_id, x.kind, x.scope_id, x.key, x.owner_id, x.claimed_at, x.claimed_until
FROM organization o,
     unnest(:kinds::text[], :scope_ids::bigint[], :keys::text[], :owner_ids::bigint[],
            :claimed_at::timestamptz[], :claimed_until::timestamptz[])
     AS x(kind, scope_id, key, owner_id, claimed_at, claimed_until)
WHERE o.org_id = :org_id
ORDER BY x.kind, x.scope_id, x.key
ON CONFLICT (org_id, kind, scope_id, key) DO UPDATE
    SET owner_id = excluded.owner_id, claimed_at = excluded.claimed_at, claimed_until = excluded.claimed_until
    WHERE natural_key.claimed_until <= excluded.claimed_at
RETURNING kind, scope_id, key, owner_id

-- name: claim_identifiers
-- Takes customer identifiers that nobody has on that source and account; answers those that it got.
INSERT INTO customer_identifier (org_id, type, value, source, account_id, customer_id)
SELECT o.org_id, x.type, x.value, x.source, x.account_id, x.customer_id
FROM organization o,
     unnest(:types::text[], :identifiers::text[], :sources::text[], :accounts::text[], :customer_ids::bigint[])
     AS x(type, value, source, account_id, customer_id)
WHERE o.org_id = :org_id
ORDER BY x.type, x.value, x.source, x.account_id
ON CONFLICT (org_id, type, value, source, account_id) DO NOTHING
RETURNING type, value, source, account_id, customer_id

-- name: release_natural_keys!
DELETE FROM natural_key n
USING unnest(:kinds::text[], :scope_ids::bigint[], :keys::text[], :owner_ids::bigint[]) AS x(kind, scope_id, key, owner_id)
WHERE n.org_id = :org_id AND n.kind = x.kind AND n.scope_id = x.scope_id AND n.key = x.key AND n.owner_id = x.owner_id

-- name: release_identifiers!
DELETE FROM customer_identifier i
USING unnest(:types::text[], :identifiers::text[], :sources::text[], :accounts::text[], :customer_ids::bigint[])
      AS x(type, value, source, account_id, customer_id)
WHERE i.org_id = :org_id AND i.type = x.type AND i.value = x.value AND i.source = x.source
  AND i.account_id = x.account_id AND i.customer_id = x.customer_id

-- name: find_holders
-- Ids of holders by identifier, without a lock; one row without an id for an identifier that nobody has.
SELECT DISTINCT o.config_version, x.n, i.customer_id AS id, i.source, i.account_id
FROM organization o
CROSS JOIN unnest(:positions::int[], :types::text[], :identifiers::text[]) AS x(n, type, value)
LEFT JOIN customer_identifier i ON i.org_id = o.org_id AND i.type = x.type AND i.value = x.value
WHERE o.org_id = :org_id

-- name: read_config_version
SELECT o.config_version FROM organization o WHERE o.org_id = :org_id
