-- Programmes as documents: the ids of a version's parts, who published it and why; and changes that wait for a second person.

ALTER TABLE program_version
    ADD COLUMN ids jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN published_by text NOT NULL DEFAULT '',
    ADD COLUMN note text NOT NULL DEFAULT '';

-- One for each programme at most: a newer proposal takes the place of the one that waits.
CREATE TABLE program_proposal (
    org_id int NOT NULL,
    name text NOT NULL,
    base_version int NOT NULL,
    document jsonb NOT NULL,
    note text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, name)
);
ALTER TABLE program_proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON program_proposal TO earnest_app
    USING (org_id = nullif(current_setting('app.org_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON program_proposal TO earnest_app;
