-- Several named keys of administrators; and what guards verified credentials, apart from all other configuration.

-- Keys have 256 random bits, so a plain SHA-256 of one can be looked up and not be guessed back.
CREATE TABLE admin_key (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    key_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
-- The server reads them; who may call it is decided by the owner alone.
GRANT SELECT ON admin_key TO earnest_app;

-- Raised when a password or secret changes: what was verified before counts no more. Other changes leave it as it is.
ALTER TABLE organization ADD COLUMN credential_version int NOT NULL DEFAULT 1;
