-- Organisations.

-- name: list_organization_ids
SELECT i.org_id FROM organization_index i WHERE i.org_id > :after ORDER BY i.org_id LIMIT :count

-- name: count_organizations
SELECT count(*) FROM organization_index

-- name: next_organization_id
-- The next one that nobody has chosen himself.
SELECT n.org_id FROM (SELECT nextval('id_organization')::int AS org_id) n
WHERE NOT EXISTS (SELECT FROM organization_index i WHERE i.org_id = n.org_id)

-- name: read_organization
SELECT o.org_id, o.name, o.country_code, o.currency, o.currency_decimals, o.time_zone, o.primary_identifier,
       o.access_group_id, o.parent_org_id, o.parent_till_id, o.config_version, o.created_at,
       (SELECT count(*) FROM connected_organization c WHERE c.org_id = o.org_id) AS children
FROM organization o
WHERE o.org_id = :org_id

-- name: rename_organization!
UPDATE organization SET name = :name WHERE org_id = :org_id

-- Connected organisations.

-- name: list_children
SELECT c.child_org_id, c.connected_at FROM connected_organization c WHERE c.org_id = :org_id ORDER BY c.child_org_id

-- name: add_child!
INSERT INTO connected_organization (org_id, child_org_id, connected_at)
SELECT o.org_id, :child_org_id::int, :now::timestamptz FROM organization o WHERE o.org_id = :org_id
ON CONFLICT DO NOTHING

-- name: drop_child
DELETE FROM connected_organization WHERE org_id = :org_id AND child_org_id = :child_org_id RETURNING connected_at

-- name: set_parent!
-- In the name of the child.
UPDATE organization SET parent_org_id = :parent_org_id::int, parent_till_id = :parent_till_id::bigint WHERE org_id = :org_id

-- Concepts, zones, stores, tills.

-- name: list_entities
SELECT e.id, e.type, e.code, e.name, e.description, e.concept_id, e.zone_id, e.store_id, e.is_active,
       e.external_id, e.external_id_1, e.external_id_2, e.access_group_id
FROM org_entity e
WHERE e.org_id = :org_id AND e.type = :type AND e.code > :after
  AND (:store_id::bigint IS NULL OR e.store_id = :store_id)
  AND (:is_active::boolean IS NULL OR e.is_active = :is_active)
ORDER BY e.code
LIMIT :count

-- name: count_entities
SELECT count(*) FROM org_entity e
WHERE e.org_id = :org_id AND e.type = :type
  AND (:store_id::bigint IS NULL OR e.store_id = :store_id)
  AND (:is_active::boolean IS NULL OR e.is_active = :is_active)

-- name: read_entity
SELECT e.id, e.type, e.code, e.name, e.description, e.concept_id, e.zone_id, e.store_id, e.is_active,
       e.external_id, e.external_id_1, e.external_id_2, e.access_group_id
FROM org_entity e
WHERE e.org_id = :org_id AND e.id = :id AND e.type = :type

-- name: add_entity!
INSERT INTO org_entity (org_id, id, type, code, name, description, concept_id, zone_id, store_id, external_id, external_id_1,
                        external_id_2, access_group_id)
VALUES (:org_id, :id, :type, :code, :name, :description, :concept_id, :zone_id, :store_id, :external_id, :external_id_1,
        :external_id_2, :access_group_id)

-- name: change_entity!
UPDATE org_entity
SET name = :name, description = :description, concept_id = :concept_id, zone_id = :zone_id, is_active = :is_active,
    external_id = :external_id, external_id_1 = :external_id_1, external_id_2 = :external_id_2,
    access_group_id = :access_group_id
WHERE org_id = :org_id AND id = :id

-- name: move_tills!
-- Tills carry the concept and zone of their store.
UPDATE org_entity SET concept_id = :concept_id, zone_id = :zone_id
WHERE org_id = :org_id AND store_id = :store_id::bigint AND type = 'TILL'

-- name: find_store_by_name
SELECT e.id FROM org_entity e WHERE e.org_id = :org_id AND e.type = 'STORE' AND e.name = :name AND e.id <> :other_than

-- name: find_store_by_external_id
SELECT e.id FROM org_entity e
WHERE e.org_id = :org_id AND e.type = 'STORE' AND e.id <> :other_than
  AND :external_id IN (e.external_id, e.external_id_1, e.external_id_2)

-- name: count_active_below
-- What stands in an entity and is active: tills in a store, stores and other concepts or zones in one of these.
SELECT count(*) FROM org_entity e
WHERE e.org_id = :org_id AND e.is_active AND e.id <> :id::bigint
  AND CASE :type::text WHEN 'STORE' THEN e.type = 'TILL' AND e.store_id = :id::bigint
                       WHEN 'CONCEPT' THEN e.type IN ('STORE', 'CONCEPT') AND e.concept_id = :id::bigint
                       ELSE e.type IN ('STORE', 'ZONE') AND e.zone_id = :id::bigint END

-- name: add_credential!
INSERT INTO credential (org_id, id, entity_id, username, secret_hash)
VALUES (:org_id, :till_id, :till_id, :username, :secret_hash)

-- name: add_credential_index!
INSERT INTO credential_index (username, org_id, credential_id) VALUES (:username, :org_id, :till_id)

-- name: change_password
UPDATE credential SET secret_hash = :secret_hash WHERE org_id = :org_id AND entity_id = :till_id RETURNING id

-- Lookups of tills.

-- name: list_lookups
SELECT l.type, l.value, l.till_id FROM till_lookup l
WHERE l.org_id = :org_id AND (l.type, l.value) > (:after_type::text, :after_value::text)
ORDER BY l.type, l.value
LIMIT :count

-- name: count_lookups
SELECT count(*) FROM till_lookup l WHERE l.org_id = :org_id

-- name: read_lookup
SELECT l.till_id FROM till_lookup l WHERE l.org_id = :org_id AND l.type = :type AND l.value = :value

-- Config values.

-- name: read_config_values
SELECT v.key, v.value::text AS value FROM config_value v WHERE v.org_id = :org_id

-- name: read_config_value
SELECT v.value::text AS value FROM config_value v WHERE v.org_id = :org_id AND v.key = :key

-- name: set_config_value!
INSERT INTO config_value (org_id, key, value) VALUES (:org_id, :key, :value::jsonb)
ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value

-- name: drop_config_value
DELETE FROM config_value WHERE org_id = :org_id AND key = :key RETURNING value::text AS value
