"""The system under test: an embedded PostgreSQL in a folder of its own, the demo organisations, and 100,000 members."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec
import psutil

from bench import members, reference
from bench.measure import ORG_ID, Say
from bench.members import Members
from bench.reference import Reference
from earnest.core.db.binaries import find_binaries
from earnest.core.db.embedded import DatabaseUrls, EmbeddedPostgres
from earnest.core.db.migrate import migrate
from earnest.demo.seed import seed

PROGRAM_ID = 1
TILL_CODE = "demo.till.1"


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A running PostgreSQL with everything in it but the server, and what is known about it."""

    postgres: EmbeddedPostgres
    urls: DatabaseUrls
    members: Members
    version: str
    filesystem: str

    @property
    def postgres_pid(self) -> int:
        pid = self.postgres.pid
        assert pid is not None, "PostgreSQL is not running"
        return pid


@asynccontextmanager
async def prepared(folder: Path, *, count: int, history: int, say: Say) -> AsyncIterator[Prepared]:
    """PostgreSQL in `folder`, stopped at the end. The caller removes the folder."""
    with EmbeddedPostgres(
        folder / "data", postgres_bin=os.environ.get("EARNEST_POSTGRES_BIN", ""), report=say
    ) as postgres:
        urls = postgres.urls()
        migrate(urls.owner)
        await asyncio.to_thread(seed, urls.owner)
        say(f"{count:,} members with {history} bills each …")
        seeded = await members.seed(
            urls.owner, org_id=ORG_ID, program_id=PROGRAM_ID, till_code=TILL_CODE, count=count, history=history
        )
        connection = await asyncpg.connect(urls.superuser)
        try:
            await connection.execute("CHECKPOINT")
            version: str = await connection.fetchval("SHOW server_version")
        finally:
            await connection.close()
        yield Prepared(
            postgres=postgres, urls=urls, members=seeded, version=version, filesystem=filesystem_of(postgres.cluster)
        )


async def reference_of(system: Prepared, say: Say) -> Reference | None:
    """pgbench with the reference bill on the same PostgreSQL; None, with a word about it, where that is not to be had."""
    place = reference.folder()
    if place is None:
        say("The reference SQL (../shared/bench) is not beside this clone: no comparison with pgbench.")
        return None
    binaries = find_binaries(os.environ.get("EARNEST_POSTGRES_BIN", ""), None, Path(tempfile.gettempdir()))
    if not (binaries.folder / "pgbench").exists():
        say(f"{binaries.folder} has no pgbench: no comparison with it.")
        return None
    return await Reference.prepare(place, binaries.folder, system.urls.superuser)


def filesystem_of(path: Path) -> str:
    """The type of the file system that a path lies on: on a tmpfs, fsync costs nothing and no figure is worth anything."""
    holding = [p for p in psutil.disk_partitions(all=True) if path.resolve().is_relative_to(p.mountpoint)]
    return max(holding, key=lambda p: len(p.mountpoint)).fstype if holding else "unknown"
