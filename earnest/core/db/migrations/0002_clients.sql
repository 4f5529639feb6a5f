-- Clients of the token endpoint and the keys that sign its tokens; access groups; what attribution headers look up.

-- Of the whole installation, read before an organisation is known, hence without a policy. The private key is encrypted
-- with the installation's secret key; the public one is not secret, so a process that cannot open the private key of
-- another one still verifies its tokens.
CREATE TABLE signing_key (
    kid text PRIMARY KEY,
    public_key text NOT NULL,
    private_key text NOT NULL,
    created_at timestamptz NOT NULL,
    -- Finite once another key has taken its place.
    verifies_until timestamptz NOT NULL DEFAULT 'infinity'
);

CREATE TABLE client (
    org_id int NOT NULL,
    id bigint NOT NULL,
    key text NOT NULL,
    -- argon2id of the secret, which nobody can read again.
    secret_hash text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    -- Of its tokens; 30 days is the documented maximum.
    ttl_s int NOT NULL CHECK (ttl_s BETWEEN 1 AND 2592000),
    default_till_id bigint NOT NULL,
    use_default_till_when_invalid boolean NOT NULL DEFAULT false,
    access_group_id bigint NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);

-- Read before the organisation is known, hence without a policy: client key to organisation, nothing secret.
CREATE TABLE client_index (
    key text PRIMARY KEY,
    org_id int NOT NULL,
    client_id bigint NOT NULL
);

-- An organisation's own groups; the built-in ones have no rows.
CREATE TABLE access_group (
    org_id int NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, name)
);

-- What is not here is NONE.
CREATE TABLE access_group_resource (
    org_id int NOT NULL,
    group_id bigint NOT NULL,
    resource text NOT NULL,
    data_level text NOT NULL CHECK (data_level IN ('NONE', 'READ', 'WRITE')),
    config_level text NOT NULL CHECK (config_level IN ('NONE', 'READ', 'WRITE')),
    PRIMARY KEY (org_id, group_id, resource),
    FOREIGN KEY (org_id, group_id) REFERENCES access_group (org_id, id) ON DELETE CASCADE
);

-- Null inherits: a till has the group of its store, a store the organisation's, an organisation full access.
ALTER TABLE organization ADD COLUMN access_group_id bigint;
ALTER TABLE org_entity
    ADD COLUMN access_group_id bigint,
    ADD COLUMN external_id text,
    ADD COLUMN external_id_1 text,
    ADD COLUMN external_id_2 text;

-- X-CAP-API-ATTRIBUTION-LOOKUP: the till that stands behind a value of another system.
CREATE TABLE till_lookup (
    org_id int NOT NULL,
    type text NOT NULL CHECK (type IN ('WECHAT', 'MOBILE_TRIGGER')),
    value text NOT NULL,
    till_id bigint NOT NULL,
    PRIMARY KEY (org_id, type, value)
);

-- Clients and access groups are few: one id at a time. Below 1001 are the ids of the built-in groups.
CREATE SEQUENCE id_access START 1001;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['client', 'access_group', 'access_group_resource', 'till_lookup'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO earnest_app '
                       'USING (org_id = nullif(current_setting(''app.org_id'', true), '''')::int)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO earnest_app', t);
    END LOOP;
END $$;
GRANT UPDATE ON client, access_group, till_lookup TO earnest_app;
GRANT DELETE ON access_group, access_group_resource, till_lookup TO earnest_app;
GRANT SELECT, INSERT ON client_index TO earnest_app;
GRANT SELECT, INSERT, UPDATE (verifies_until) ON signing_key TO earnest_app;
GRANT USAGE ON SEQUENCE id_access TO earnest_app;
