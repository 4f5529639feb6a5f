-- name: organization_exists
SELECT EXISTS (SELECT FROM organization WHERE org_id = :org_id)

-- name: add_organization!
INSERT INTO organization (org_id, name, country_code, currency, currency_decimals, time_zone, primary_identifier, created_at)
VALUES (:org_id, :name, :country_code, :currency, :currency_decimals, :time_zone, :primary_identifier, :created_at)

-- name: add_entity!
INSERT INTO org_entity (org_id, id, type, code, name, description, concept_id, zone_id, store_id)
VALUES (:org_id, :id, :type, :code, :name, '', :concept_id, :zone_id, :store_id)

-- name: add_credential!
INSERT INTO credential (org_id, id, entity_id, username, secret_hash)
VALUES (:org_id, :id, :entity_id, :username, :secret_hash)

-- name: add_credential_index!
INSERT INTO credential_index (username, org_id, credential_id) VALUES (:username, :org_id, :credential_id)

-- name: add_config_value!
INSERT INTO config_value (org_id, key, value) VALUES (:org_id, :key, :value::jsonb)

-- name: add_program!
INSERT INTO program (org_id, id, name, is_default, current_version)
VALUES (:org_id, :id, :name, :is_default, :version)

-- name: add_program_version!
INSERT INTO program_version (org_id, program_id, version, document, published_at)
VALUES (:org_id, :program_id, :version, :document::jsonb, :published_at)
