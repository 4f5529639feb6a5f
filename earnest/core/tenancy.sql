-- name: read_organization
-- One organisation with its entities and config values, in one snapshot.
SELECT o.org_id, o.name, o.country_code, o.currency, o.currency_decimals, o.time_zone, o.primary_identifier, o.config_version,
       coalesce((SELECT json_agg(json_build_array(e.id, e.type, e.code, e.name, e.description,
                                                  e.concept_id, e.zone_id, e.store_id, e.is_active) ORDER BY e.id)
                 FROM org_entity e WHERE e.org_id = o.org_id), '[]')::text AS entities,
       coalesce((SELECT json_object_agg(c.key, c.value) FROM config_value c WHERE c.org_id = o.org_id), '{}')::text AS config
FROM organization o
WHERE o.org_id = :org_id
