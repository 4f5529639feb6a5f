"""`earnest db`: create the roles, migrate, look."""

from __future__ import annotations

import os
import secrets
import shlex
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import msgspec
import typer
from psycopg.conninfo import conninfo_to_dict
from rich.table import Table

from earnest.cli.console import out, progress
from earnest.cli.databases import owned_database
from earnest.core.db.binaries import find_binaries
from earnest.core.db.data_directory import SHARED_FOLDER
from earnest.core.db.embedded import EmbeddedPostgres
from earnest.core.db.migrate import migrate as apply_migrations
from earnest.core.db.migrate import read_status
from earnest.core.db.roles import (
    APP_ROLE,
    DATABASE,
    OWNER_ROLE,
    Login,
    connected,
    ensure_roles,
    read_standing,
    script,
    with_login,
    without_password,
)
from earnest.core.operator_error import OperatorError
from earnest.settings import Settings, from_environment

# Variables of libpq that are not named like their parameter.
_ENVIRONMENT = {"dbname": "database"}

app = typer.Typer(
    help="Create the database's roles, migrate it, look at its state.\n\n"
    "Works on the PostgreSQL of DATABASE_ADMIN_URL, or else on the embedded one of the data directory.",
    no_args_is_help=True,
)

DataDir = Annotated[Path, typer.Option(envvar="EARNEST_DATA_DIR", help="Folder of the embedded database.")]


@app.command()
def init(
    data_dir: DataDir = Path(".earnest"),
    show_sql: Annotated[
        bool, typer.Option("--show-sql", help="Only print the SQL for an administrator to run with psql.")
    ] = False,
) -> None:
    """Create the roles earnest_owner and earnest_app and the database; then migrate.

    With DATABASE_ADMIN_URL that server is used. Its role has to be allowed to create roles and databases, and the command
    prints the two URLs to serve with. Where you have no such login, --show-sql prints what its administrator has to run.
    Without DATABASE_ADMIN_URL the embedded database of the data directory is made. May be repeated.
    """
    settings = _settings(data_dir)
    if show_sql:
        out.print(script(*_new_logins(settings)), markup=False, highlight=False, soft_wrap=True, end="")
        return
    if settings.database_admin_url:
        settings = initialise_external(settings)
    with owned_database(settings) as opened:
        _report_applied(apply_migrations(opened.database_admin_url, report=progress))


@app.command()
def migrate(data_dir: DataDir = Path(".earnest")) -> None:
    """Apply the migrations that the database lacks. Safe to run from several places at once, and while servers run."""
    with owned_database(_settings(data_dir)) as settings:
        _report_applied(apply_migrations(settings.database_admin_url, report=progress))


@app.command()
def status(data_dir: DataDir = Path(".earnest")) -> None:
    """Show which migrations the database has. Exit code 1 when it lacks some or is newer than this Earnest."""
    with owned_database(_settings(data_dir)) as settings:
        found = read_status(settings.database_admin_url)
        with connected(settings.database_admin_url) as connection:
            server = read_standing(connection)
        where = without_password(settings.database_admin_url)
        out.print(f"PostgreSQL {server.server_version}: {where}", markup=False, highlight=False, soft_wrap=True)
        table = Table()
        table.add_column("Migration")
        table.add_column("State")
        for state, names in (
            ("applied", found.applied),
            ("missing", found.pending),
            ("from a newer Earnest", found.unknown),
        ):
            for name in names:
                table.add_row(name, state)
        out.print(table)
    if found.pending or found.unknown:
        raise typer.Exit(1)


@app.command()
def env(
    data_dir: DataDir = Path(".earnest"),
    superuser: Annotated[
        bool, typer.Option("--superuser", help="As the embedded database's superuser, and not as earnest_owner.")
    ] = False,
) -> None:
    """Print settings for PostgreSQL's own programs (psql, pg_dump, pg_basebackup …), with the password.

    To be used as `eval "$(earnest db env)"`: then `psql` works on the database of DATABASE_ADMIN_URL, or else on the embedded
    one of the data directory, which has to run.
    """
    settings = _settings(data_dir)
    binaries = find_binaries(settings.postgres_bin, None, SHARED_FOLDER)
    url = settings.database_admin_url
    if url and superuser:
        raise OperatorError("The superuser of DATABASE_ADMIN_URL's server is not known to Earnest.")
    if not url:
        postgres = EmbeddedPostgres(settings.data_path, postgres_bin=settings.postgres_bin)
        if not postgres.is_running:
            raise OperatorError(f"No PostgreSQL runs in {settings.data_path}: start the server first.")
        url = postgres.urls().superuser if superuser else postgres.urls().owner
    values = {f"PG{_ENVIRONMENT.get(name, name).upper()}": value for name, value in conninfo_to_dict(url).items()}
    lines = [f'export PATH={shlex.quote(str(binaries.folder))}:"$PATH"']
    lines += [f"export {name}={shlex.quote(str(value))}" for name, value in values.items()]
    out.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)


def _settings(data_dir: Path) -> Settings:
    return msgspec.structs.replace(from_environment(os.environ), data_dir=str(data_dir))


def _new_logins(settings: Settings) -> tuple[Login, Login]:
    """The application's password is taken from DATABASE_URL if it has one."""
    parts = urlsplit(settings.database_url)
    stated = unquote(parts.password or "") if parts.username == APP_ROLE else ""
    return Login(OWNER_ROLE, secrets.token_urlsafe(24)), Login(APP_ROLE, stated or secrets.token_urlsafe(24))


def initialise_external(settings: Settings) -> Settings:
    """The settings with the two roles' URLs, which are shown; roles and database are made if DATABASE_ADMIN_URL may."""
    administrator = settings.database_admin_url
    with connected(administrator) as connection:
        standing = read_standing(connection)
    if standing.role == OWNER_ROLE:
        # Initialised before: from here on there is only to migrate.
        return settings
    if not standing.may_initialise:
        raise OperatorError(
            f"DATABASE_ADMIN_URL connects as {standing.role}, who may not create roles and databases. Let an administrator "
            "run what `earnest db init --show-sql` prints."
        )
    owner, app_login = _new_logins(settings)
    ensure_roles(administrator, owner, app_login)
    urls = {
        "DATABASE_ADMIN_URL": with_login(administrator, login=owner, database=DATABASE),
        "DATABASE_URL": with_login(administrator, login=app_login, database=DATABASE),
    }
    out.print("Serve with these; the passwords are new and shown only here:\n")
    for name, url in urls.items():
        out.print(f"export {name}='{url}'", markup=False, highlight=False, soft_wrap=True)
    out.print()
    return msgspec.structs.replace(
        settings, database_admin_url=urls["DATABASE_ADMIN_URL"], database_url=urls["DATABASE_URL"]
    )


def _report_applied(names: list[str]) -> None:
    for name in names:
        out.print(f"Applied {name}", highlight=False)
    if not names:
        out.print("The database is up to date.")
