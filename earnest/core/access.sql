-- name: list_groups
SELECT g.id, g.name, g.description,
       coalesce((SELECT json_object_agg(r.resource, json_build_array(r.data_level, r.config_level))
                 FROM access_group_resource r WHERE r.org_id = g.org_id AND r.group_id = g.id), '{}')::text AS grants
FROM access_group g
WHERE g.org_id = :org_id
ORDER BY g.name

-- name: read_group
SELECT g.name, g.description FROM access_group g WHERE g.org_id = :org_id AND g.id = :group_id

-- name: count_groups
SELECT count(*) FROM access_group g WHERE g.org_id = :org_id

-- name: next_group_id
SELECT nextval('id_access')

-- name: add_group!
INSERT INTO access_group (org_id, id, name, description) VALUES (:org_id, :group_id, :name, :description)

-- name: change_group!
UPDATE access_group SET name = :name, description = :description WHERE org_id = :org_id AND id = :group_id

-- name: add_grants!
INSERT INTO access_group_resource (org_id, group_id, resource, data_level, config_level)
SELECT o.org_id, :group_id::bigint, x.resource, x.data_level, x.config_level
FROM organization o, unnest(:resources::text[], :data_levels::text[], :config_levels::text[]) AS x(resource, data_level, config_level)
WHERE o.org_id = :org_id

-- name: drop_grants!
DELETE FROM access_group_resource WHERE org_id = :org_id AND group_id = :group_id

-- name: is_group_assigned
SELECT EXISTS (SELECT FROM organization o WHERE o.org_id = :org_id AND o.access_group_id = :group_id)
    OR EXISTS (SELECT FROM org_entity e WHERE e.org_id = :org_id AND e.access_group_id = :group_id)
    OR EXISTS (SELECT FROM client c WHERE c.org_id = :org_id AND c.access_group_id = :group_id)

-- name: drop_group
DELETE FROM access_group WHERE org_id = :org_id AND id = :group_id RETURNING id

-- name: assign_to_organization!
UPDATE organization SET access_group_id = :group_id::bigint WHERE org_id = :org_id

-- name: assign_to_store
UPDATE org_entity SET access_group_id = :group_id::bigint WHERE org_id = :org_id AND id = :store_id::bigint AND type = 'STORE' RETURNING id
