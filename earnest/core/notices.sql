-- name: announce
SELECT pg_notify('earnest_configuration', :notice)
