-- name: list_programs
SELECT p.id, p.name, p.is_default, p.current_version, v.published_at, v.published_by, v.note, v.document::text AS document,
       v.ids::text AS ids, o.time_zone, o.currency_decimals
FROM organization o
JOIN program p ON p.org_id = o.org_id
JOIN program_version v ON v.org_id = p.org_id AND v.program_id = p.id AND v.version = p.current_version
WHERE o.org_id = :org_id
ORDER BY p.is_default DESC, p.name

-- name: organization_setting
SELECT o.time_zone, o.currency_decimals FROM organization o WHERE o.org_id = :org_id

-- name: list_versions
SELECT v.version, v.published_at, v.published_by, v.note
FROM program_version v
WHERE v.org_id = :org_id AND v.program_id = :program_id AND v.version < :before
ORDER BY v.version DESC
LIMIT :count

-- name: read_version
SELECT v.version, v.document::text AS document, v.ids::text AS ids
FROM program_version v
WHERE v.org_id = :org_id AND v.program_id = :program_id AND v.version = :version

-- name: next_program_id
SELECT coalesce(max(p.id), 0) + 1 FROM program p WHERE p.org_id = :org_id

-- name: add_program!
INSERT INTO program (org_id, id, name, is_default, current_version) VALUES (:org_id, :id, :name, :is_default, :version)

-- name: publish
UPDATE program SET current_version = :version, name = :name WHERE org_id = :org_id AND id = :id RETURNING current_version

-- name: add_version!
INSERT INTO program_version (org_id, program_id, version, document, ids, published_at, published_by, note)
VALUES (:org_id, :program_id, :version, :document::jsonb, :ids::jsonb, :published_at, :published_by, :note)

-- name: count_qualifying
-- Members below a tier whose figure reaches a threshold (tiers.md 3.1).
SELECT count(*)
FROM enrolment e
LEFT JOIN wallet w ON w.org_id = e.org_id AND w.holder_id = e.holder_id AND w.program_id = e.program_id
                  AND w.currency = 'POINTS'
WHERE e.org_id = :org_id AND e.program_id = :program_id AND e.tier < :serial
  AND CASE :criterion::text
          WHEN 'lifetime_purchases' THEN coalesce(w.purchases, 0)
          WHEN 'lifetime_points' THEN coalesce(w.earned - w.returned, 0)
          ELSE coalesce(w.earned - w.redeemed - w.expired - w.returned, 0) END >= :threshold::numeric

-- name: count_below
-- Members in a tier whose figure does not reach a threshold any more.
SELECT count(*)
FROM enrolment e
LEFT JOIN wallet w ON w.org_id = e.org_id AND w.holder_id = e.holder_id AND w.program_id = e.program_id
                  AND w.currency = 'POINTS'
WHERE e.org_id = :org_id AND e.program_id = :program_id AND e.tier = :serial
  AND CASE :criterion::text
          WHEN 'lifetime_purchases' THEN coalesce(w.purchases, 0)
          WHEN 'lifetime_points' THEN coalesce(w.earned - w.returned, 0)
          ELSE coalesce(w.earned - w.redeemed - w.expired - w.returned, 0) END < :threshold::numeric

-- name: list_proposals
SELECT q.name, q.base_version, q.document::text AS document, q.note, q.proposed_by, q.proposed_at
FROM program_proposal q WHERE q.org_id = :org_id ORDER BY q.name

-- name: propose!
INSERT INTO program_proposal (org_id, name, base_version, document, note, proposed_by, proposed_at)
VALUES (:org_id, :name, :base_version, :document::jsonb, :note, :proposed_by, :proposed_at)
ON CONFLICT (org_id, name) DO UPDATE
SET base_version = excluded.base_version, document = excluded.document, note = excluded.note,
    proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at

-- name: drop_proposal!
DELETE FROM program_proposal WHERE org_id = :org_id AND name = :name

-- name: read_decisions
-- What was decided about the bills of this number, the newest first.
SELECT b.id, b.number, d.recorded_at, d.record::text AS record
FROM bill b
JOIN decision d ON d.org_id = b.org_id AND d.bill_id = b.id AND d.holder_id = b.holder_id
WHERE b.org_id = :org_id AND b.number = :number
ORDER BY d.recorded_at DESC, d.seq DESC
LIMIT :count
