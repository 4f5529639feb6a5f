-- name: read_current_programs
-- The current version of each programme, with the configuration and its version in the same snapshot.
SELECT o.config_version, o.time_zone, o.currency_decimals, p.id, p.name, v.version, v.document::text AS document,
       v.ids::text AS ids,
       coalesce((SELECT json_object_agg(c.key, c.value) FROM config_value c
                 WHERE c.org_id = o.org_id AND c.key = ANY(:keys::text[])), '{}')::text AS config
FROM organization o
LEFT JOIN program p ON p.org_id = o.org_id
LEFT JOIN program_version v ON v.org_id = p.org_id AND v.program_id = p.id AND v.version = p.current_version
WHERE o.org_id = :org_id
ORDER BY p.id
