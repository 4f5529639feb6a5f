-- Validation codes for redemptions: ten places for each member, each with what a code is computed from (never the code) and
-- what it was issued for. That one was used is a natural key of the redemption.
CREATE TABLE validation_code (
    org_id int NOT NULL,
    holder_id bigint NOT NULL,
    slot smallint NOT NULL CHECK (slot BETWEEN 0 AND 9),
    points numeric(18, 3) NOT NULL,
    nonce bytea NOT NULL,
    attempts smallint NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, holder_id, slot)
);

ALTER TABLE validation_code ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON validation_code TO earnest_app
    USING (org_id = nullif(current_setting('app.org_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE ON validation_code TO earnest_app;
