-- name: read_organization
-- One organisation with its entities and config values, in one snapshot.
SELECT o.org_id, o.name, o.country_code, o.currency, o.currency_decimals, o.time_zone, o.primary_identifier, o.config_version,
       o.access_group_id, o.credential_version, t.shift AS clock_shift, t.fixed AS clock_fixed, o.parent_org_id, o.parent_till_id,
       ARRAY(SELECT c.child_org_id FROM connected_organization c WHERE c.org_id = o.org_id ORDER BY 1) AS children,
       coalesce((SELECT json_agg(json_build_array(e.id, e.type, e.code, e.name, e.description,
                                                  e.concept_id, e.zone_id, e.store_id, e.is_active,
                                                  e.external_id, e.external_id_1, e.external_id_2, e.access_group_id)
                                 ORDER BY e.id)
                 FROM org_entity e WHERE e.org_id = o.org_id), '[]')::text AS entities,
       coalesce((SELECT json_object_agg(c.key, c.value) FROM config_value c WHERE c.org_id = o.org_id), '{}')::text AS config,
       coalesce((SELECT json_agg(json_build_array(
                            g.id, g.name, g.description,
                            coalesce((SELECT json_object_agg(r.resource, json_build_array(r.data_level, r.config_level))
                                      FROM access_group_resource r WHERE r.org_id = g.org_id AND r.group_id = g.id), '{}')))
                 FROM access_group g WHERE g.org_id = o.org_id), '[]')::text AS access_groups,
       coalesce((SELECT json_agg(json_build_array(k.id, k.key, k.name, k.description, k.ttl_s, k.default_till_id,
                                                  k.use_default_till_when_invalid, k.access_group_id, k.is_active))
                 FROM client k WHERE k.org_id = o.org_id), '[]')::text AS clients,
       coalesce((SELECT json_agg(json_build_array(l.type, l.value, l.till_id))
                 FROM till_lookup l WHERE l.org_id = o.org_id), '[]')::text AS till_lookups
FROM organization o
LEFT JOIN org_clock t ON t.org_id = o.org_id
WHERE o.org_id = :org_id
