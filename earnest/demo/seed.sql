-- name: client_exists
SELECT EXISTS (SELECT FROM client_index WHERE key = :key)

-- name: find_till
SELECT e.id FROM org_entity e WHERE e.org_id = :org_id AND e.type = 'TILL' AND e.code = :code
