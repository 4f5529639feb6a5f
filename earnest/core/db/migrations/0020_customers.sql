-- Customers can be searched, have a status and a fraud status, say what they want to hear, and ask for another identifier.

-- Empty status_label: the default label of the organisation. fraud_marked_by is the till that said so.
ALTER TABLE customer
    ADD COLUMN status_label text NOT NULL DEFAULT '',
    ADD COLUMN fraud_status text NOT NULL DEFAULT 'NONE',
    ADD COLUMN fraud_reason text NOT NULL DEFAULT '',
    ADD COLUMN fraud_marked_by bigint,
    ADD COLUMN fraud_marked_at timestamptz;

-- What a search looks for. Columns, because an expression over another column (lower) is not leakproof and could be no
-- index condition under the policy; text_pattern_ops, because a prefix is a range in the order of bytes only.
ALTER TABLE customer_profile
    ADD COLUMN first_name_key text GENERATED ALWAYS AS (lower(first_name)) STORED,
    ADD COLUMN last_name_key text GENERATED ALWAYS AS (lower(last_name)) STORED;
ALTER TABLE customer_identifier
    ADD COLUMN value_key text GENERATED ALWAYS AS (lower(value)) STORED;
CREATE INDEX customer_profile_first_name ON customer_profile (org_id, first_name_key text_pattern_ops);
CREATE INDEX customer_profile_last_name ON customer_profile (org_id, last_name_key text_pattern_ops);
CREATE INDEX customer_identifier_value ON customer_identifier (org_id, value_key text_pattern_ops);
CREATE INDEX customer_registered ON customer (org_id, registered_at);
CREATE INDEX enrolment_tier ON enrolment (org_id, program_id, tier);

-- Append-only; the row with the highest sequence is in force.
CREATE TABLE customer_status_log (
    org_id int NOT NULL,
    customer_id bigint NOT NULL,
    seq bigint NOT NULL,
    label text NOT NULL,
    status text NOT NULL,
    actions text[] NOT NULL,
    reason text NOT NULL,
    created_on timestamptz NOT NULL,
    created_by bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, customer_id, seq)
);

-- Append-only: of each channel, priority, account and unit the row with the highest sequence and number is in force.
CREATE TABLE customer_subscription (
    org_id int NOT NULL,
    customer_id bigint NOT NULL,
    seq bigint NOT NULL,
    number int NOT NULL,
    channel text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('TRANS', 'BULK')),
    source text NOT NULL,
    account_id text NOT NULL,
    org_unit_id bigint NOT NULL,
    is_subscribed boolean NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by bigint NOT NULL,
    PRIMARY KEY (org_id, customer_id, seq, number)
);

-- Requests to change an identifier.
CREATE TABLE identifier_change (
    org_id int NOT NULL,
    customer_id bigint NOT NULL,
    id bigint NOT NULL,
    type text NOT NULL CHECK (type IN ('mobile', 'email', 'externalId')),
    old_value text NOT NULL,
    new_value text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED')),
    comments text NOT NULL,
    added_at timestamptz NOT NULL,
    added_by bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by bigint NOT NULL,
    PRIMARY KEY (org_id, customer_id, id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['customer_status_log', 'customer_subscription', 'identifier_change'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO earnest_app '
                       'USING (org_id = nullif(current_setting(''app.org_id'', true), '''')::int)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO earnest_app', t);
    END LOOP;
END $$;
GRANT UPDATE ON identifier_change TO earnest_app;
