-- name: is_till
SELECT EXISTS (SELECT FROM org_entity e WHERE e.org_id = :org_id AND e.id = :till_id AND e.type = 'TILL')

-- name: map_lookup!
INSERT INTO till_lookup (org_id, type, value, till_id) VALUES (:org_id, :type, :value, :till_id)
ON CONFLICT (org_id, type, value) DO UPDATE SET till_id = excluded.till_id

-- name: unmap_lookup
DELETE FROM till_lookup WHERE org_id = :org_id AND type = :type AND value = :value RETURNING till_id
