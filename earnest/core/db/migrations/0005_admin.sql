-- The admin API: connected organisations, and who changed what.

-- A child knows its parent, and the till that the parent's calls are booked on unless they name another: what decides whether
-- a call of the parent is admitted stands under the child's own config_version.
ALTER TABLE organization
    ADD COLUMN parent_org_id int,
    ADD COLUMN parent_till_id bigint;

-- A parent knows its children: the same fact from its side, written in the same transaction.
CREATE TABLE connected_organization (
    org_id int NOT NULL,
    child_org_id int NOT NULL,
    connected_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, child_org_id)
);

-- Every change that an administrator makes. Append-only; secrets are masked before they come here.
CREATE TABLE audit_log (
    org_id int NOT NULL,
    recorded_at timestamptz NOT NULL,
    id bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    resource text NOT NULL,
    resource_id text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text NOT NULL,
    PRIMARY KEY (org_id, recorded_at, id)
) PARTITION BY RANGE (recorded_at);
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
ALTER TABLE audit_log_default ENABLE ROW LEVEL SECURITY;
SELECT make_partitions(now(), 3);

-- Few of each: one id at a time. Below 10,001 an operator chooses an organisation's id himself.
CREATE SEQUENCE id_organization START 10001 MAXVALUE 2147483647;
CREATE SEQUENCE id_audit;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['connected_organization', 'audit_log'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO earnest_app '
                       'USING (org_id = nullif(current_setting(''app.org_id'', true), '''')::int)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO earnest_app', t);
    END LOOP;
END $$;
GRANT DELETE ON connected_organization TO earnest_app;
GRANT USAGE ON SEQUENCE id_organization, id_audit TO earnest_app;
