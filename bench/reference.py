"""The yardstick: one bill as one plain SQL transaction, by pgbench, on the same PostgreSQL server with the same settings.

The SQL lies outside the project, in `../shared/bench` beside the clone or where EARNEST_BENCH_REFERENCE says. It gets a
database of its own on the cluster that the Earnest server uses.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = "EARNEST_BENCH_REFERENCE"
DATABASE = "bench_reference"
ROLE = "reference_app"
GRACE_SECONDS = 60


class ReferenceError(Exception):
    """pgbench did not give a figure that counts; the message says why."""


def folder() -> Path | None:
    """Where schema.sql and bill.sql are; None when they are not beside this clone."""
    place = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared" / "bench")
    return place if (place / "schema.sql").is_file() and (place / "bill.sql").is_file() else None


class Reference:
    """The prepared reference database. `bills` runs the reference bill for a while."""

    def __init__(self, place: Path, binaries: Path, address: dict[str, str], password: str) -> None:
        self._place = place
        self._pgbench = binaries / "pgbench"
        self._address = address
        self._password = password

    @classmethod
    async def prepare(cls, place: Path, binaries: Path, admin_url: str) -> Reference:
        """Make the database with its 100,000 members; one left from an earlier run is replaced."""
        admin = await asyncpg.connect(admin_url)
        try:
            await admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            await admin.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await admin.close()
        password = secrets.token_hex(16)
        owner = await asyncpg.connect(admin_url, database=DATABASE)
        try:
            await owner.execute((place / "schema.sql").read_text())
            await owner.execute(f"ALTER ROLE {ROLE} PASSWORD '{password}'")
        finally:
            await owner.close()
        return cls(place, binaries, address_of(admin_url), password)

    def bills(self, seconds: float, connections: int = 32) -> float:
        """Transactions a second of the reference bill. ReferenceError when a transaction failed."""
        whole_seconds = max(1, round(seconds))
        command = [
            str(self._pgbench),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(connections),
            "-j",
            "2",
            "-T",
            str(whole_seconds),
        ]
        run = subprocess.run(
            [*command, "-f", str(self._place / "bill.sql"), DATABASE],
            env={**os.environ, **self._address, "PGUSER": ROLE, "PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            timeout=whole_seconds + GRACE_SECONDS,
            check=False,
        )
        rate = re.search(r"^tps = ([\d.]+)", run.stdout, re.MULTILINE)
        failed = re.search(r"^number of failed transactions: (\d+)", run.stdout, re.MULTILINE)
        if run.returncode or rate is None or (failed and int(failed[1])):
            raise ReferenceError(f"pgbench ended with {run.returncode}:\n{run.stdout}\n{run.stderr}")
        return float(rate[1])


def address_of(url: str) -> dict[str, str]:
    """Host and port of a libpq URL, whose host may be a socket directory in the query, as libpq's variables."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    host = query.get("host") or unquote(parts.hostname or "127.0.0.1")
    port = query.get("port") or str(parts.port or 5432)
    return {"PGHOST": host, "PGPORT": port}
