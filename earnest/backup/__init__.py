"""Backups: a file with everything that the database holds, and a new database made of it, both verified."""
