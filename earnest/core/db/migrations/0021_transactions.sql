-- Bills are changed after they were stored (fields, delivery status, note): when, and at which till.
ALTER TABLE bill ADD COLUMN updated_at timestamptz, ADD COLUMN updated_by bigint;
GRANT UPDATE ON bill_detail TO earnest_app;

-- With the id, so that a page of a customer's bills in their order comes from the index alone.
DROP INDEX bill_holder;
CREATE INDEX bill_holder ON bill (org_id, holder_id, billed_at, id);

-- What has been returned of a sale; sales themselves have no entry.
CREATE INDEX bill_parent ON bill (org_id, parent_bill_id) WHERE parent_bill_id IS NOT NULL;
