"""`earnest reconcile`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import asyncpg
import msgspec
import typer
from rich.table import Table
from rich.text import Text

from earnest.cli.console import out
from earnest.cli.databases import owned_database
from earnest.core.db.roles import without_password
from earnest.core.operator_error import OperatorError
from earnest.reconcile import INVARIANTS, Finding
from earnest.reconcile import reconcile as find
from earnest.settings import Settings, from_environment


def reconcile(
    org: Annotated[
        int | None, typer.Option("--org", min=1, help="Only this organisation; all of them otherwise.")
    ] = None,
    data_dir: Annotated[Path, typer.Option(envvar="EARNEST_DATA_DIR", help="Folder of the embedded database.")] = Path(
        ".earnest"
    ),
) -> None:
    """Check everything that must always be true of the data: lots, wallets, movements, bills, tiers, claims.

    Reads only, and may run beside a server. Works on the database of DATABASE_ADMIN_URL; on that of DATABASE_URL, whose role
    sees one organisation at a time, with --org; or else on the embedded one of the data directory. Exit code 1 when
    something is wrong.
    """
    settings = msgspec.structs.replace(from_environment(os.environ), data_dir=str(data_dir))
    with _readable_database(settings, org) as url:
        try:
            found = asyncio.run(find(url, org))
        except LookupError as error:
            raise OperatorError(str(error)) from None
        except asyncpg.UndefinedTableError:
            raise OperatorError("The database is not up to date: run `earnest db migrate`.") from None
        except (OSError, asyncpg.PostgresError) as error:
            raise OperatorError(f"The database at {without_password(url)} cannot be read: {error}") from None
    if found:
        out.print(_table(found))
        raise typer.Exit(1)
    subject = "all organisations" if org is None else f"organisation {org}"
    out.print(f"{len(INVARIANTS)} invariants hold in {subject}.", highlight=False)


@contextmanager
def _readable_database(settings: Settings, org_id: int | None) -> Iterator[str]:
    if settings.database_url and not settings.database_admin_url:
        if org_id is None:
            raise OperatorError("The role of DATABASE_URL sees one organisation at a time: name it with --org.")
        yield settings.database_url
        return
    with owned_database(settings) as opened:
        yield opened.database_admin_url


def _table(found: list[Finding]) -> Table:
    table = Table(title=f"{len(found)} findings")
    table.add_column("Organisation", justify="right")
    table.add_column("Invariant that is broken")
    table.add_column("Row")
    for finding in found:
        table.add_row(str(finding.org_id), finding.invariant.replace("_", " "), Text(finding.detail))
    return table
