"""Asking the workers to look at an organisation now."""

from __future__ import annotations

from collections.abc import Sequence

from earnest.core.db.pool import Database

RUN_DUE = "run_due"


async def ask_to_run(database: Database, org_ids: Sequence[int]) -> None:
    """Puts these organisations into the queue, each at most once: a worker runs what is due there."""
    if not org_ids:
        return
    # Imported where it is needed: a server starts without it.
    from pgqueuer.db import AsyncpgPoolDriver
    from pgqueuer.queries import Queries

    names = [str(org_id) for org_id in org_ids]
    await Queries(AsyncpgPoolDriver(database.pool)).enqueue(
        [RUN_DUE] * len(names),
        [name.encode("ascii") for name in names],
        [0] * len(names),
        dedupe_key=[f"{RUN_DUE} {name}" for name in names],
        on_conflict="skip",
    )
