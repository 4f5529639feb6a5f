-- The house: organisations and their entities, credentials, programmes, holders, the ledger, bills, the outbox.
--
-- Every tenant table starts its primary key with org_id and carries the policy below for the role earnest_app. The role
-- earnest_owner owns everything and serves nothing. Ids come from the application (blocks of 100 from the sequences at the
-- end), never from a column default. No foreign keys to organisation, programme or till: a member's transaction would
-- share-lock a row that all others lock too.

CREATE TABLE organization (
    org_id int PRIMARY KEY,
    name text NOT NULL,
    country_code text NOT NULL,
    currency text NOT NULL,
    currency_decimals smallint NOT NULL DEFAULT 2,
    time_zone text NOT NULL,
    primary_identifier text NOT NULL DEFAULT 'mobile',
    -- Raised with every change of configuration, programme, credential or access; each read returns it.
    config_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);

CREATE TABLE org_entity (
    org_id int NOT NULL,
    id bigint NOT NULL,
    type text NOT NULL CHECK (type IN ('CONCEPT', 'ZONE', 'STORE', 'TILL')),
    code text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    concept_id bigint,
    zone_id bigint,
    store_id bigint,
    is_active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, type, code),
    CHECK (type <> 'TILL' OR store_id IS NOT NULL)
);

CREATE TABLE credential (
    org_id int NOT NULL,
    id bigint NOT NULL,
    entity_id bigint NOT NULL,
    username text NOT NULL,
    -- argon2id of the lower-case hex MD5 that a client sends in place of the password.
    secret_hash text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (org_id, id)
);

-- Read before the organisation is known, hence without a policy: user name to organisation, nothing secret.
CREATE TABLE credential_index (
    username text PRIMARY KEY,
    org_id int NOT NULL,
    credential_id bigint NOT NULL
);

CREATE TABLE config_value (
    org_id int NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    PRIMARY KEY (org_id, key)
);

CREATE TABLE program (
    org_id int NOT NULL,
    id int NOT NULL,
    name text NOT NULL,
    is_default boolean NOT NULL,
    current_version int NOT NULL,
    PRIMARY KEY (org_id, id)
);

-- Immutable: a change of a programme is a new row.
CREATE TABLE program_version (
    org_id int NOT NULL,
    program_id int NOT NULL,
    version int NOT NULL,
    document jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, program_id, version)
);

-- One row for each customer or user group from its creation: what a change of its points locks.
CREATE TABLE holder (
    org_id int NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('CUSTOMER', 'USERGROUP2')),
    seq bigint NOT NULL DEFAULT 0,
    last_event_at timestamptz,
    PRIMARY KEY (org_id, id)
) WITH (fillfactor = 85);

CREATE TABLE customer (
    org_id int NOT NULL,
    id bigint NOT NULL,
    loyalty_type text NOT NULL CHECK (loyalty_type IN ('loyalty', 'non_loyalty')),
    registered_at timestamptz NOT NULL,
    registered_by bigint NOT NULL,
    registered_from text NOT NULL,
    associated_with text NOT NULL,
    modified_at timestamptz NOT NULL,
    modified_by bigint NOT NULL,
    extended_fields jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (org_id, id)
);

CREATE TABLE customer_profile (
    org_id int NOT NULL,
    customer_id bigint NOT NULL,
    source text NOT NULL,
    account_id text NOT NULL DEFAULT '',
    first_name text NOT NULL DEFAULT '',
    last_name text NOT NULL DEFAULT '',
    fields jsonb NOT NULL DEFAULT '{}',
    comm_channels jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL,
    created_by bigint NOT NULL,
    modified_at timestamptz NOT NULL,
    modified_by bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, customer_id, source, account_id)
);

CREATE TABLE customer_identifier (
    org_id int NOT NULL,
    type text NOT NULL,
    value text NOT NULL,
    source text NOT NULL,
    account_id text NOT NULL DEFAULT '',
    customer_id bigint NOT NULL,
    PRIMARY KEY (org_id, type, value, source, account_id)
);
CREATE INDEX customer_identifier_customer ON customer_identifier (org_id, customer_id);

CREATE TABLE enrolment (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    program_id int NOT NULL,
    loyalty_id bigint NOT NULL,
    enrolled_at timestamptz NOT NULL,
    tier smallint NOT NULL CHECK (tier >= 1),
    tier_since timestamptz NOT NULL,
    tier_expires_at timestamptz,
    previous_tier smallint,
    upgraded_by_bill bigint,
    PRIMARY KEY (org_id, holder_id, program_id)
);

CREATE TABLE tier_change (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    seq bigint NOT NULL,
    id bigint NOT NULL,
    program_id int NOT NULL,
    from_tier smallint NOT NULL,
    to_tier smallint NOT NULL,
    type text NOT NULL,
    cause text NOT NULL,
    at timestamptz NOT NULL,
    old_expires_at timestamptz,
    expires_at timestamptz,
    bill_id bigint,
    criteria jsonb NOT NULL,
    PRIMARY KEY (org_id, holder_id, seq, id)
);

-- Sums of one holder's MAIN lots in one programme and currency (domain: points, section 15). `current_points` goes below
-- zero only under an open debt.
CREATE TABLE wallet (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    program_id int NOT NULL,
    currency text NOT NULL,
    earned numeric(18, 3) NOT NULL DEFAULT 0 CHECK (earned >= 0),
    redeemed numeric(18, 3) NOT NULL DEFAULT 0 CHECK (redeemed >= 0),
    expired numeric(18, 3) NOT NULL DEFAULT 0 CHECK (expired >= 0),
    returned numeric(18, 3) NOT NULL DEFAULT 0 CHECK (returned >= 0),
    debt numeric(18, 3) NOT NULL DEFAULT 0 CHECK (debt >= 0),
    promised numeric(18, 3) NOT NULL DEFAULT 0 CHECK (promised >= 0),
    awaiting_trigger numeric(18, 3) NOT NULL DEFAULT 0 CHECK (awaiting_trigger >= 0),
    purchases numeric(21, 6) NOT NULL DEFAULT 0,
    -- Never later than the earliest expiry among the open lots.
    next_expiry_at timestamptz,
    PRIMARY KEY (org_id, holder_id, program_id, currency),
    CHECK (earned - redeemed - expired - returned >= -debt)
) WITH (fillfactor = 85);

-- One award; the unit of expiry, redemption and return. A debt lot has quantity 0 and debt > 0.
CREATE TABLE lot (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    id bigint NOT NULL,
    program_id int NOT NULL,
    currency text NOT NULL,
    category text NOT NULL CHECK (category IN ('MAIN', 'PROMISED', 'TRIGGER')),
    kind text NOT NULL,
    bill_id bigint,
    line_id bigint,
    award_id int,
    tier_at_award smallint,
    quantity numeric(18, 3) NOT NULL CHECK (quantity >= 0),
    redeemed numeric(18, 3) NOT NULL DEFAULT 0 CHECK (redeemed >= 0),
    expired numeric(18, 3) NOT NULL DEFAULT 0 CHECK (expired >= 0),
    returned numeric(18, 3) NOT NULL DEFAULT 0 CHECK (returned >= 0),
    converted numeric(18, 3) NOT NULL DEFAULT 0 CHECK (converted >= 0),
    transferred numeric(18, 3) NOT NULL DEFAULT 0 CHECK (transferred >= 0),
    settled numeric(18, 3) NOT NULL DEFAULT 0 CHECK (settled >= 0),
    debt numeric(18, 3) NOT NULL DEFAULT 0 CHECK (debt >= 0),
    remaining numeric(18, 3) GENERATED ALWAYS AS (
        CASE WHEN debt > 0 THEN 0 ELSE quantity - redeemed - expired - returned - converted - transferred - settled END
    ) STORED CHECK (remaining >= 0),
    awarded_at timestamptz NOT NULL,
    expires_at timestamptz,
    expiry_type text NOT NULL,
    transferable boolean NOT NULL DEFAULT true,
    PRIMARY KEY (org_id, holder_id, id),
    CHECK (debt = 0 OR (quantity = 0 AND settled <= debt)),
    CHECK (debt > 0 OR quantity > 0)
) WITH (fillfactor = 90);
CREATE INDEX lot_open ON lot (org_id, holder_id, expires_at) WHERE remaining > 0 OR debt > settled;

-- What the sweep of expired points looks for, across holders.
CREATE INDEX lot_due ON lot (org_id, expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;

-- Append-only: the role earnest_app may insert and read.
CREATE TABLE movement (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    seq bigint NOT NULL,
    id bigint NOT NULL,
    lot_id bigint NOT NULL,
    program_id int NOT NULL,
    currency text NOT NULL,
    type text NOT NULL,
    quantity numeric(18, 3) NOT NULL CHECK (quantity > 0),
    debit_account text NOT NULL,
    credit_account text NOT NULL,
    redemption_id bigint,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, holder_id, seq, id)
);

-- One row for each event that changed a holder; `seq` is the holder's sequence after it.
CREATE TABLE loyalty_event (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    seq bigint NOT NULL,
    id bigint NOT NULL,
    type text NOT NULL,
    reference_id bigint,
    till_id bigint NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, holder_id, seq)
);

CREATE TABLE redemption (
    org_id int NOT NULL,
    id bigint NOT NULL,
    code text NOT NULL,
    holder_id bigint NOT NULL,
    program_id int NOT NULL,
    points numeric(18, 3) NOT NULL CHECK (points > 0),
    points_reversed numeric(18, 3) NOT NULL DEFAULT 0 CHECK (points_reversed BETWEEN 0 AND points),
    ratio numeric(18, 6) NOT NULL,
    value numeric(18, 6) NOT NULL,
    balance_after numeric(18, 3) NOT NULL,
    bill_number text,
    bill_id bigint,
    external_reference text,
    till_id bigint NOT NULL,
    purpose text NOT NULL DEFAULT '',
    notes text NOT NULL DEFAULT '',
    custom_fields jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, code)
);
CREATE INDEX redemption_holder ON redemption (org_id, holder_id, at);

CREATE TABLE bill (
    org_id int NOT NULL,
    id bigint NOT NULL,
    -- Null for a bill of nobody (not interested).
    holder_id bigint,
    number text NOT NULL,
    type text NOT NULL CHECK (type IN ('REGULAR', 'RETURN', 'NOT_INTERESTED', 'NOT_INTERESTED_RETURN')),
    amount numeric(24, 6) NOT NULL,
    gross numeric(24, 6),
    discount numeric(24, 6),
    billed_at timestamptz NOT NULL,
    billed_offset_minutes smallint NOT NULL,
    till_id bigint NOT NULL,
    store_id bigint NOT NULL,
    source text NOT NULL,
    outlier_status text NOT NULL,
    delivery_status text,
    note text NOT NULL DEFAULT '',
    not_interested_reason text NOT NULL DEFAULT '',
    currency_code text,
    custom_fields jsonb NOT NULL DEFAULT '{}',
    extended_fields jsonb NOT NULL DEFAULT '{}',
    -- A return names its sale and its kind; a sale keeps what has been returned of it so far.
    parent_bill_id bigint,
    return_kind text,
    returned_amount numeric(24, 6) NOT NULL DEFAULT 0 CHECK (returned_amount >= 0),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
) WITH (fillfactor = 95);
CREATE INDEX bill_holder ON bill (org_id, holder_id, billed_at);
CREATE INDEX bill_number ON bill (org_id, number text_pattern_ops);

CREATE TABLE bill_item (
    org_id int NOT NULL,
    bill_id bigint NOT NULL,
    id bigint NOT NULL,
    serial int NOT NULL,
    type text NOT NULL,
    item_code text NOT NULL,
    description text NOT NULL,
    quantity numeric(24, 6) NOT NULL,
    rate numeric(24, 6) NOT NULL,
    value numeric(24, 6) NOT NULL,
    discount numeric(24, 6) NOT NULL,
    amount numeric(24, 6) NOT NULL,
    -- Everything that is kept and shown but not computed with: returnable, days, attributes, extended fields, combos.
    details jsonb NOT NULL,
    returned_quantity numeric(24, 6) NOT NULL DEFAULT 0 CHECK (returned_quantity >= 0),
    returned_amount numeric(24, 6) NOT NULL DEFAULT 0 CHECK (returned_amount >= 0),
    parent_item_id bigint,
    PRIMARY KEY (org_id, bill_id, id)
) WITH (fillfactor = 95);

CREATE TABLE bill_payment (
    org_id int NOT NULL,
    bill_id bigint NOT NULL,
    id bigint NOT NULL,
    mode text NOT NULL,
    value numeric(24, 6) NOT NULL,
    notes text NOT NULL,
    attributes jsonb NOT NULL,
    PRIMARY KEY (org_id, bill_id, id)
);

-- Natural keys by which a repeated call is recognised: a bill number in its scope, an external reference. A claim whose
-- time has run out may be taken by another owner.
CREATE TABLE natural_key (
    org_id int NOT NULL,
    kind text NOT NULL,
    scope_id bigint NOT NULL,
    key text NOT NULL,
    owner_id bigint NOT NULL,
    claimed_at timestamptz NOT NULL,
    claimed_until timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (org_id, kind, scope_id, key)
);

-- Why an event ended as it did: the versions, the figures seen, every decision.
CREATE TABLE decision (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    seq bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    bill_id bigint,
    record jsonb NOT NULL,
    PRIMARY KEY (org_id, holder_id, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

-- What happened, for consumers; taken by state, never by position.
CREATE TABLE outbox (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    seq bigint NOT NULL,
    id bigint NOT NULL,
    state text NOT NULL,
    kind text NOT NULL,
    body jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, holder_id, seq, id, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE decision_default PARTITION OF decision DEFAULT;
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

-- Monthly partitions of the tables that are partitioned by time, from this month to `months_ahead` months from now. Run by
-- the owner with every migration and start; a month that the default partition already holds rows of is left to it.
CREATE FUNCTION make_partitions(at timestamptz, months_ahead int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    first_day timestamptz;
    child text;
    made int := 0;
    taken boolean;
BEGIN
    FOR parent IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind = 'p' AND n.nspname = current_schema() LOOP
        FOR i IN 0 .. months_ahead LOOP
            first_day := date_trunc('month', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + make_interval(months => i);
            child := parent || '_' || to_char(first_day AT TIME ZONE 'UTC', 'YYYYMM');
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE recorded_at >= $1 AND recorded_at < $2)', parent || '_default')
                INTO taken USING first_day, first_day + interval '1 month';
            CONTINUE WHEN taken;
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                           child, parent, first_day, first_day + interval '1 month');
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

SELECT make_partitions(now(), 3);

-- One sequence for each family of tables; each value is the first of a block of 100 ids.
CREATE SEQUENCE id_entity INCREMENT 100;
CREATE SEQUENCE id_holder INCREMENT 100;
CREATE SEQUENCE id_bill INCREMENT 100;
CREATE SEQUENCE id_item INCREMENT 100;
CREATE SEQUENCE id_lot INCREMENT 100;
CREATE SEQUENCE id_movement INCREMENT 100;
CREATE SEQUENCE id_event INCREMENT 100;
CREATE SEQUENCE id_redemption INCREMENT 100;

DO $$
DECLARE
    t text;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped)
               AND c.relname <> 'credential_index' LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO earnest_app '
                       'USING (org_id = nullif(current_setting(''app.org_id'', true), '''')::int)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO earnest_app', t);
    END LOOP;
END $$;
ALTER TABLE decision_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox_default ENABLE ROW LEVEL SECURITY;

-- What may change after it was written. Movements, events, decisions and programme versions may not.
GRANT UPDATE ON organization, org_entity, credential, config_value, program, holder, customer, customer_profile,
    enrolment, wallet, lot, redemption, bill, bill_item, natural_key, outbox TO earnest_app;
GRANT DELETE ON natural_key, customer_identifier, config_value TO earnest_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON credential_index TO earnest_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO earnest_app;
