-- name: list_organizations
SELECT org_id FROM organization_index ORDER BY org_id
