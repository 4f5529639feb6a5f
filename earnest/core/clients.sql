-- name: list_clients
SELECT c.id, c.key, c.name, c.description, c.ttl_s, c.default_till_id, c.use_default_till_when_invalid, c.access_group_id,
       c.is_active
FROM client c
WHERE c.org_id = :org_id
ORDER BY c.created_at, c.id

-- name: read_client
SELECT c.id, c.key, c.name, c.description, c.ttl_s, c.default_till_id, c.use_default_till_when_invalid, c.access_group_id,
       c.is_active
FROM client c
WHERE c.org_id = :org_id AND c.id = :client_id

-- name: count_active_clients
SELECT count(*) FROM client c WHERE c.org_id = :org_id AND c.is_active

-- name: next_client_id
SELECT nextval('id_access')

-- name: read_config_value
SELECT v.value::text FROM config_value v WHERE v.org_id = :org_id AND v.key = :key

-- name: is_active_till
SELECT EXISTS (SELECT FROM org_entity e WHERE e.org_id = :org_id AND e.id = :till_id AND e.type = 'TILL' AND e.is_active)

-- name: add_client_index!
INSERT INTO client_index (org_id, key, client_id) VALUES (:org_id, :key, :client_id)

-- name: add_client!
INSERT INTO client (org_id, id, key, secret_hash, name, description, ttl_s, default_till_id, use_default_till_when_invalid,
                    access_group_id, created_at)
VALUES (:org_id, :client_id, :key, :secret_hash, :name, :description, :ttl_s, :default_till_id, :use_default_till_when_invalid,
        :access_group_id, :now)

-- name: change_client!
UPDATE client
SET name = :name, description = :description, ttl_s = :ttl_s, default_till_id = :default_till_id,
    use_default_till_when_invalid = :use_default_till_when_invalid, access_group_id = :access_group_id,
    is_active = :is_active
WHERE org_id = :org_id AND id = :client_id

-- name: deactivate_client!
UPDATE client SET is_active = false WHERE org_id = :org_id AND id = :client_id

-- name: change_secret!
UPDATE client SET secret_hash = :secret_hash WHERE org_id = :org_id AND id = :client_id
