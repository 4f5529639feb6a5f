-- name: read_clock
SELECT o.config_version, t.shift, t.fixed
FROM organization o
LEFT JOIN org_clock t ON t.org_id = o.org_id
WHERE o.org_id = :org_id

-- name: set_clock!
INSERT INTO org_clock (org_id, shift, fixed, set_at)
VALUES (:org_id, :shift::interval, :fixed::timestamptz, :now)
ON CONFLICT (org_id) DO UPDATE SET shift = excluded.shift, fixed = excluded.fixed, set_at = excluded.set_at
