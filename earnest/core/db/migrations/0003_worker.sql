-- The worker: its queue, what is due when, the clock of an organisation under test, webhooks and their deliveries.

-- What happened is taken from the outbox by state; nearly all rows are done, so this index is small and stays so.
CREATE INDEX outbox_new ON outbox (org_id, holder_id, seq, id) WHERE state = 'new';

-- The request in which it happened: events carry its id.
ALTER TABLE outbox ADD COLUMN request_id text NOT NULL DEFAULT '';

-- Which organisations there are, and nothing else of them: a worker has to find its work before it is in one.
CREATE TABLE organization_index (
    org_id int PRIMARY KEY
);
INSERT INTO organization_index (org_id) SELECT org_id FROM organization;

-- Whoever creates an organisation, the worker finds it.
CREATE FUNCTION index_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO organization_index (org_id) VALUES (new.org_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER index_organization AFTER INSERT ON organization FOR EACH ROW EXECUTE FUNCTION index_organization();

-- What is due when, one row for each organisation and job. Found before an organisation is known, hence without a policy;
-- holds no data of members. `due_at` is an instant of the organisation's clock, `retry_at` and `failed_at` are real time.
CREATE TABLE schedule (
    org_id int NOT NULL,
    job text NOT NULL,
    due_at timestamptz NOT NULL,
    ran_for timestamptz,
    attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    retry_at timestamptz,
    failed_at timestamptz,
    error text NOT NULL DEFAULT '',
    -- Given up after too many attempts, until somebody lets it run again.
    is_held boolean NOT NULL DEFAULT false,
    PRIMARY KEY (org_id, job)
);

-- Runs that had something to do.
CREATE TABLE job_run (
    org_id int NOT NULL,
    job text NOT NULL,
    due_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    report jsonb NOT NULL,
    PRIMARY KEY (org_id, job, due_at, started_at)
);

-- The clock of an organisation under test: ahead of real time by `shift`, or standing at `fixed`.
CREATE TABLE org_clock (
    org_id int PRIMARY KEY,
    shift interval,
    fixed timestamptz,
    set_at timestamptz NOT NULL,
    CHECK ((shift IS NULL) <> (fixed IS NULL))
);

CREATE TABLE webhook_subscription (
    org_id int NOT NULL,
    id bigint NOT NULL,
    url text NOT NULL,
    -- Empty: every event.
    event_names text[] NOT NULL,
    -- Encrypted with the installation's secret key: signing needs it back. The previous one signs beside it until then.
    secret text NOT NULL,
    previous_secret text,
    previous_until timestamptz,
    connections_max int NOT NULL CHECK (connections_max BETWEEN 1 AND 100),
    is_active boolean NOT NULL DEFAULT true,
    inactive_reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (org_id, id)
);

-- A lane is a holder in a subscription: its events go out one after the other. A row stands here while some are waiting.
-- Whoever works on a lane writes a claim and moves `due_at` to where the claim runs out: a worker that dies loses it then.
CREATE TABLE webhook_lane (
    org_id int NOT NULL,
    subscription_id bigint NOT NULL,
    holder_id bigint NOT NULL,
    due_at timestamptz NOT NULL,
    claim uuid,
    PRIMARY KEY (org_id, subscription_id, holder_id)
) WITH (fillfactor = 80, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 500);
-- Always true; only a statement that says so too is planned with this index. Lanes come and go faster than statistics, and
-- without any this index would look as good as the primary key where single lanes are looked for.
CREATE INDEX webhook_lane_due ON webhook_lane (org_id, subscription_id, due_at) WHERE due_at < 'infinity';

-- One event for one subscription: the state of its delivery and the log of it. `recorded_at` is the event's, so that a
-- month of events and a month of deliveries are dropped together.
CREATE TABLE webhook_delivery (
    org_id int NOT NULL,
    subscription_id bigint NOT NULL,
    holder_id bigint NOT NULL,
    seq bigint NOT NULL,
    event_id bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    taken_at timestamptz NOT NULL,
    attempted_at timestamptz,
    duration_ms int,
    status int,
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (org_id, subscription_id, holder_id, seq, event_id, recorded_at)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (org_id, subscription_id, holder_id, seq, event_id)
    WHERE state = 'waiting';
CREATE INDEX webhook_delivery_dead ON webhook_delivery (org_id, subscription_id, recorded_at) WHERE state = 'dead';
CREATE INDEX webhook_delivery_event ON webhook_delivery (org_id, event_id);
CREATE TABLE webhook_delivery_default PARTITION OF webhook_delivery DEFAULT;
ALTER TABLE webhook_delivery_default ENABLE ROW LEVEL SECURITY;
SELECT make_partitions(now(), 3);

-- Subscriptions are few: one id at a time.
CREATE SEQUENCE id_webhook;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['job_run', 'org_clock', 'webhook_subscription', 'webhook_lane', 'webhook_delivery'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO earnest_app '
                       'USING (org_id = nullif(current_setting(''app.org_id'', true), '''')::int)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO earnest_app', t);
    END LOOP;
END $$;
GRANT UPDATE ON org_clock, webhook_subscription, webhook_lane, webhook_delivery TO earnest_app;
GRANT DELETE ON job_run, webhook_lane TO earnest_app;
GRANT SELECT, INSERT ON organization_index TO earnest_app;
GRANT SELECT, INSERT, UPDATE ON schedule TO earnest_app;
GRANT USAGE ON SEQUENCE id_webhook TO earnest_app;

-- The queue: the tables of PGQueuer as its command `pgq sql install` (version 1.6) writes them; a test asks the library
-- whether they are what it expects. They carry ticks and immediate work, and nothing that may not be lost.
CREATE TYPE pgqueuer_status AS ENUM ('queued', 'picked', 'successful', 'exception', 'canceled', 'deleted', 'failed');

CREATE TABLE pgqueuer (
    id bigserial NOT NULL PRIMARY KEY,
    priority integer NOT NULL,
    queue_manager_id uuid,
    created timestamp with time zone NOT NULL DEFAULT now(),
    updated timestamp with time zone NOT NULL DEFAULT now(),
    heartbeat timestamp with time zone NOT NULL DEFAULT now(),
    execute_after timestamp with time zone NOT NULL DEFAULT now(),
    status pgqueuer_status NOT NULL,
    entrypoint text NOT NULL,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer NOT NULL DEFAULT 0,
    slot bigint
);

CREATE TABLE pgqueuer_log (
    id bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL PRIMARY KEY,
    created timestamp with time zone NOT NULL DEFAULT now(),
    job_id bigint NOT NULL,
    status pgqueuer_status NOT NULL,
    priority integer NOT NULL,
    entrypoint text NOT NULL,
    traceback jsonb,
    aggregated boolean DEFAULT false
);

CREATE TABLE pgqueuer_schedules (
    id bigserial NOT NULL PRIMARY KEY,
    expression text NOT NULL,
    entrypoint text NOT NULL,
    heartbeat timestamp with time zone NOT NULL DEFAULT now(),
    created timestamp with time zone NOT NULL DEFAULT now(),
    updated timestamp with time zone NOT NULL DEFAULT now(),
    next_run timestamp with time zone NOT NULL DEFAULT now(),
    last_run timestamp with time zone,
    status pgqueuer_status DEFAULT 'queued'::pgqueuer_status,
    UNIQUE (expression, entrypoint)
);

CREATE TABLE pgqueuer_statistics (
    id bigserial NOT NULL PRIMARY KEY,
    created timestamp with time zone NOT NULL DEFAULT date_trunc('sec'::text, now()),
    count bigint NOT NULL,
    priority integer NOT NULL,
    status pgqueuer_status NOT NULL,
    entrypoint text NOT NULL
);
CREATE INDEX pgqueuer_ep_ea_idx ON pgqueuer USING btree (entrypoint, execute_after) WHERE (status = 'queued'::pgqueuer_status);
CREATE INDEX pgqueuer_ep_prio_id_idx ON pgqueuer USING btree (entrypoint, priority DESC, id) WHERE (status = 'queued'::pgqueuer_status);
CREATE INDEX pgqueuer_log_created ON pgqueuer_log USING btree (created);
CREATE INDEX pgqueuer_log_job_id_status ON pgqueuer_log USING btree (job_id, created DESC);
CREATE INDEX pgqueuer_log_not_aggregated ON pgqueuer_log USING btree ((1)) WHERE (NOT aggregated);
CREATE INDEX pgqueuer_log_status ON pgqueuer_log USING btree (status);
CREATE INDEX pgqueuer_picked_heartbeat_idx ON pgqueuer USING btree (heartbeat) WHERE (status = 'picked'::pgqueuer_status);
CREATE UNIQUE INDEX pgqueuer_picked_slot_idx ON pgqueuer USING btree (entrypoint, slot) WHERE ((status = 'picked'::pgqueuer_status) AND (slot IS NOT NULL));
CREATE INDEX pgqueuer_priority_id_id1_idx ON pgqueuer USING btree (priority, id DESC) INCLUDE (id) WHERE (status = 'queued'::pgqueuer_status);
CREATE INDEX pgqueuer_queue_manager_id_idx ON pgqueuer USING btree (queue_manager_id) WHERE (queue_manager_id IS NOT NULL);
CREATE UNIQUE INDEX pgqueuer_statistics_unique_count ON pgqueuer_statistics USING btree (priority, date_trunc('sec'::text, timezone('UTC'::text, created)), status, entrypoint);
CREATE UNIQUE INDEX pgqueuer_unique_dedupe_key ON pgqueuer USING btree (dedupe_key) WHERE ((status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])) AND (dedupe_key IS NOT NULL));
CREATE INDEX pgqueuer_updated_id_id1_idx ON pgqueuer USING btree (updated, id DESC) INCLUDE (id) WHERE (status = 'picked'::pgqueuer_status);

CREATE FUNCTION fn_pgqueuer_changed() RETURNS TRIGGER AS $$
DECLARE
    to_emit BOOLEAN := false;  -- Flag to decide whether to emit a notification
BEGIN
    -- Check operation type and set the emit flag accordingly
    IF TG_OP = 'UPDATE' AND OLD IS DISTINCT FROM NEW THEN
        to_emit := true;
    ELSIF TG_OP = 'DELETE' THEN
        to_emit := true;
    ELSIF TG_OP = 'INSERT' THEN
        to_emit := true;
    ELSIF TG_OP = 'TRUNCATE' THEN
        to_emit := true;
    END IF;

    -- Perform notification if the emit flag is set
    IF to_emit THEN
        PERFORM pg_notify(
            'ch_pgqueuer',
            json_build_object(
                'channel', 'ch_pgqueuer',
                'operation', lower(TG_OP),
                'sent_at', NOW(),
                'table', TG_TABLE_NAME,
                'type', 'table_changed_event'
            )::text
        );
    END IF;

    -- Return appropriate value based on the operation
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        RETURN OLD;
    ELSE
        RETURN NULL; -- For TRUNCATE and other non-row-specific contexts
    END IF;

END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER tg_pgqueuer_changed
AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pgqueuer
EXECUTE FUNCTION fn_pgqueuer_changed();

GRANT SELECT, INSERT, UPDATE, DELETE ON pgqueuer, pgqueuer_log, pgqueuer_schedules, pgqueuer_statistics TO earnest_app;
GRANT USAGE ON SEQUENCE pgqueuer_id_seq, pgqueuer_schedules_id_seq, pgqueuer_statistics_id_seq TO earnest_app;
