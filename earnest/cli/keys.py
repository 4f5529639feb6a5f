"""`earnest keys`: the keys that sign access tokens, and those that open the admin API."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import msgspec
import typer
from rich.table import Table

from earnest.cli.console import out
from earnest.cli.databases import owned_database
from earnest.core.auth.admin_keys import AdminKey, add_admin_key, list_admin_keys, revoke_admin_key
from earnest.core.auth.signing_keys import FRESH_S, PURPOSE, StoredKey, list_keys, rotate_keys
from earnest.core.db.pool import Connection
from earnest.core.db.roles import without_password
from earnest.core.operator_error import OperatorError
from earnest.core.secret_key import Seal, secret_key
from earnest.settings import Settings, from_environment

T = TypeVar("T")

app = typer.Typer(
    help="Look at the keys that sign access tokens, and rotate them; give administrators keys of their own.\n\n"
    "Works on the PostgreSQL of DATABASE_ADMIN_URL, or else on the embedded one of the data directory; private keys are "
    "encrypted with EARNEST_SECRET_KEY, or else with the file secret.key there.",
    no_args_is_help=True,
)

admin = typer.Typer(
    help="Give each administrator and each script a key of its own for the admin API: the audit log tells who it was.\n\n"
    "They work beside EARNEST_ADMIN_KEY. Servers heed a new or revoked key from the next call on.",
    no_args_is_help=True,
)
app.add_typer(admin, name="admin")

Name = Annotated[str, typer.Argument(help="Whose key it is, as the audit log will say: asha, deployment.")]
DataDir = Annotated[Path, typer.Option(envvar="EARNEST_DATA_DIR", help="Folder of the embedded database.")]


@app.command("list")
def list_(data_dir: DataDir = Path(".earnest")) -> None:
    """Show the keys, newest first, and what each is still good for."""
    settings = _settings(data_dir)
    keys = _run(settings, list_keys)
    seal = _seal(settings)
    table = Table("Key", "Created", "State")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    now = datetime.now(UTC)
    may_sign = True
    for key in keys:
        signs = may_sign and key.verifies_until is None and seal.open(key.private_key) is not None
        may_sign = may_sign and not signs
        table.add_row(key.kid, f"{key.created_at:%Y-%m-%d %H:%M:%S} UTC", _state(key, now, signs))
    out.print(table)


@app.command()
def rotate(
    data_dir: DataDir = Path(".earnest"),
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Let the other keys verify nothing any more: every token is refused.")
    ] = False,
) -> None:
    """Make a new key, which signs from now on.

    Servers take it up within a minute, without a restart. Tokens that were signed before stay valid until they run out,
    30 days at the longest, unless --revoke is given: then servers refuse them within two minutes.
    """
    settings = _settings(data_dir)
    seal = _seal(settings)
    kid = _run(settings, lambda connection: rotate_keys(connection, seal, revoke=revoke))
    out.print(f"The key {kid} signs from now on; servers take it up within {FRESH_S:.0f} s.", highlight=False)


@admin.command("list")
def list_admin(data_dir: DataDir = Path(".earnest")) -> None:
    """Show whose keys there are, and were."""
    table = Table("Name", "Created", "State")
    for key in _run(_settings(data_dir), list_admin_keys):
        table.add_row(key.name, f"{key.created_at:%Y-%m-%d %H:%M:%S} UTC", _state_of_admin(key))
    out.print(table)


@admin.command("add")
def add_admin(name: Name, data_dir: DataDir = Path(".earnest")) -> None:
    """Make a key and print it: only here, for only its hash is stored."""
    key = _run(_settings(data_dir), lambda connection: add_admin_key(connection, name))
    out.print(f"Key of {name}, shown only here: {key}", highlight=False, markup=False, soft_wrap=True)


@admin.command("revoke")
def revoke_admin(name: Name, data_dir: DataDir = Path(".earnest")) -> None:
    """End a key: it opens nothing from the next call on."""
    _run(_settings(data_dir), lambda connection: revoke_admin_key(connection, name))
    out.print(f"The key of {name} is revoked.", highlight=False, markup=False)


def _state_of_admin(key: AdminKey) -> str:
    return "valid" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M:%S} UTC"


def _state(key: StoredKey, now: datetime, signs: bool) -> str:
    if signs:
        return "signs and verifies"
    if key.verifies_until is None:
        return "verifies"
    if key.verifies_until > now:
        return f"verifies until {key.verifies_until:%Y-%m-%d %H:%M:%S} UTC"
    return "ended"


def _settings(data_dir: Path) -> Settings:
    return msgspec.structs.replace(from_environment(os.environ), data_dir=str(data_dir))


def _seal(settings: Settings) -> Seal:
    return secret_key(settings.secret_key, settings.data_path).seal(PURPOSE)


def _run(settings: Settings, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def connect_and_work(url: str) -> T:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    with owned_database(settings) as opened:
        url = opened.database_admin_url
        try:
            return asyncio.run(connect_and_work(url))
        except asyncpg.UndefinedTableError:
            raise OperatorError("The database is not up to date: run `earnest db migrate`.") from None
        except (OSError, asyncpg.PostgresError) as error:
            raise OperatorError(f"The database at {without_password(url)} cannot be used: {error}") from None
