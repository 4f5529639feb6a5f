"""The PostgreSQL of one test process: embedded, migrated, without the costs of durability."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from earnest.core.db.embedded import DatabaseUrls, EmbeddedPostgres
from earnest.core.db.migrate import extend_partitions, migrate

# What the tests prove does not depend on a power cut; tests of recovery start a PostgreSQL of their own.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
}


@contextmanager
def migrated_database() -> Iterator[DatabaseUrls]:
    """A new database in a temporary folder, gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="earnest-test-"))
    # PostgreSQL may run as another account than the tests and has to pass through.
    folder.chmod(0o755)
    try:
        with EmbeddedPostgres(folder / "data", settings=FAST) as postgres:
            urls = postgres.urls()
            migrate(urls.owner)
            extend_partitions(urls.owner, datetime.now(UTC))
            yield urls
    finally:
        shutil.rmtree(folder, ignore_errors=True)
