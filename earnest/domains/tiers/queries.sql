-- name: read_promised_returns
-- What returns have taken of points that were promised, for each programme.
SELECT l.program_id, sum(l.returned) AS returned
FROM lot l
WHERE l.org_id = :org_id AND l.holder_id = :holder_id AND l.category <> 'MAIN' AND l.currency = 'POINTS'
GROUP BY l.program_id
