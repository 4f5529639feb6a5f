-- What a till says of a bill and nothing computes with: its own id, the number of a return, the associate, a credit note.
-- A row only for bills that say any of it.

CREATE TABLE bill_detail (
    org_id int NOT NULL,
    bill_id bigint NOT NULL,
    details jsonb NOT NULL,
    PRIMARY KEY (org_id, bill_id)
);

ALTER TABLE bill_detail ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON bill_detail TO earnest_app
    USING (org_id = nullif(current_setting('app.org_id', true), '')::int);
GRANT SELECT, INSERT ON bill_detail TO earnest_app;
