-- Calls that carry an Idempotency-Key: a row for the call (item 0, step '') and one for each effect that it had, written in
-- the transaction of that effect. Rows are forgotten after 24 hours. Calls of the admin API stand under organisation 0.

CREATE TABLE idempotency_key (
    org_id int NOT NULL,
    key text NOT NULL,
    item int NOT NULL,
    step text NOT NULL,
    -- SHA-256 of method, path, query and body: the same key with another call is refused.
    fingerprint bytea NOT NULL,
    -- Who holds the claim: only the call that took it may complete it.
    fence text NOT NULL,
    state text NOT NULL CHECK (state IN ('claimed', 'completed')),
    claimed_at timestamptz NOT NULL,
    status smallint,
    -- JSON, encrypted, for it may hold personal data: what the call answered, or what is needed to answer for an effect.
    answer text,
    PRIMARY KEY (org_id, key, item, step),
    CHECK ((state = 'completed') = (status IS NOT NULL AND answer IS NOT NULL))
);
CREATE INDEX idempotency_key_age ON idempotency_key (org_id, claimed_at);

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_key TO earnest_app
    USING (org_id = nullif(current_setting('app.org_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_key TO earnest_app;
