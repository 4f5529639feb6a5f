"""The two roles and the database: `earnest_owner` migrates and backs up, `earnest_app` serves and owns nothing.

The same statements serve the embedded PostgreSQL and one that is run elsewhere. They may be repeated: they put right what
has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec
import psycopg
from psycopg import sql

from earnest.core.operator_error import OperatorError

DATABASE = "earnest"
OWNER_ROLE = "earnest_owner"
APP_ROLE = "earnest_app"
SERVER_VERSION_MIN = 15
CONNECT_SECONDS_MAX = 10


class Login(msgspec.Struct, frozen=True):
    """A role and its password; an existing role without one here keeps what it has."""

    role: str
    password: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the role of a connection may do on its server. `server_version` is the major one."""

    role: str
    is_superuser: bool
    bypasses_policies: bool
    may_create_roles: bool
    may_create_databases: bool
    server_version: int

    @property
    def may_initialise(self) -> bool:
        return self.is_superuser or (self.may_create_roles and self.may_create_databases)


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A connection where each statement is its own transaction. Raises OperatorError when the server cannot be reached."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX)
    except psycopg.Error as error:
        raise OperatorError(
            f"The database at {without_password(url)} cannot be reached: {str(error).strip()}"
        ) from None
    with connection:
        yield connection


def read_standing(connection: psycopg.Connection) -> Standing:
    row = connection.execute(
        "SELECT rolname::text, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    role, is_superuser, bypasses_policies, may_create_roles, may_create_databases = row
    return Standing(
        role=role,
        is_superuser=is_superuser,
        bypasses_policies=bypasses_policies,
        may_create_roles=may_create_roles,
        may_create_databases=may_create_databases,
        server_version=connection.info.server_version // 10_000,
    )


def ensure_roles(administrator_url: str, owner: Login, app: Login, *, database: str = DATABASE) -> None:
    """Creates or repairs the roles and the database. `administrator_url` leads to any database of the server.

    Raises OperatorError when that connection's role may not, or the server is older than PostgreSQL 15.
    """
    with connected(administrator_url) as connection:
        standing = read_standing(connection)
        if standing.server_version < SERVER_VERSION_MIN:
            raise OperatorError(
                f"PostgreSQL {standing.server_version} is too old: Earnest needs {SERVER_VERSION_MIN} or newer."
            )
        if not standing.may_initialise:
            raise OperatorError(f"The role {standing.role} may not create roles and databases.")
        for login in (owner, app):
            exists = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [login.role]).fetchone()
            for statement in role_statements(login, exists=exists is not None, as_superuser=standing.is_superuser):
                connection.execute(statement)
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
            for statement in database_statements(owner.role, database):
                connection.execute(statement)
    with connected(with_login(administrator_url, database=database)) as connection:
        for statement in privilege_statements(owner.role, app.role, database):
            connection.execute(statement)


def role_statements(login: Login, *, exists: bool, as_superuser: bool) -> list[sql.Composed]:
    """One role. CREATE ROLE gives neither SUPERUSER nor BYPASSRLS; only a superuser may take them from an existing one."""
    parts = [sql.SQL("ALTER ROLE" if exists else "CREATE ROLE"), sql.Identifier(login.role)]
    parts.append(sql.SQL("LOGIN NOCREATEDB NOCREATEROLE"))
    if exists and as_superuser:
        parts.append(sql.SQL("NOSUPERUSER NOBYPASSRLS"))
    if login.password:
        parts.append(sql.SQL("PASSWORD {}").format(sql.Literal(login.password)))
    return [sql.SQL(" ").join(parts)]


def database_statements(owner_role: str, database: str = DATABASE) -> list[sql.Composed]:
    """Run outside the database. Whoever gives a database to a role has to be a member of that role, unless superuser."""
    return [
        sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner_role)),
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
            sql.Identifier(database), sql.Identifier(owner_role)
        ),
    ]


def privilege_statements(owner_role: str, app_role: str, database: str = DATABASE) -> list[sql.Composed]:
    """Run inside the database. Tables and sequences are granted by the migrations that create them."""
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner_role), "app": sql.Identifier(app_role)}
    texts = (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {app}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}",
    )
    return [sql.SQL(text).format(**names) for text in texts]


def script(owner: Login, app: Login, database: str = DATABASE) -> str:
    """All of it for psql, for an administrator who does not hand out their own login."""
    lines = [
        statement.as_string()
        for login in (owner, app)
        for statement in role_statements(login, exists=False, as_superuser=True)
    ]
    lines += [statement.as_string() for statement in database_statements(owner.role, database)]
    inside = [statement.as_string() for statement in privilege_statements(owner.role, app.role, database)]
    return (
        "".join(f"{line};\n" for line in lines) + f"\\connect {database}\n" + "".join(f"{line};\n" for line in inside)
    )


def check_application_role(url: str) -> None:
    """Refuses a role that policies do not bind: with it every organisation would see the others' data."""
    with connected(url) as connection:
        standing = read_standing(connection)
    if standing.is_superuser or standing.bypasses_policies:
        raise OperatorError(
            f"DATABASE_URL connects as {standing.role}, whom row-level security does not bind: organisations would not be kept "
            f"apart. Let it connect as {APP_ROLE}; `earnest db init` creates that role."
        )
    if standing.role == OWNER_ROLE:
        raise OperatorError(
            f"DATABASE_URL connects as {OWNER_ROLE}, which owns the tables. Let it connect as {APP_ROLE}."
        )


def with_login(url: str, *, login: Login | None = None, database: str = "") -> str:
    """The same server, as another role or with another database. Everything else of the URL stays."""
    parts = urlsplit(url)
    userinfo, _, host = parts.netloc.rpartition("@")
    if login is not None:
        userinfo = f"{quote(login.role, safe='')}:{quote(login.password, safe='')}"
    path = f"/{quote(database, safe='')}" if database else parts.path
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{host}" if userinfo else host, path=path))


def without_password(url: str) -> str:
    """For messages."""
    parts = urlsplit(url)
    userinfo, _, host = parts.netloc.rpartition("@")
    user = userinfo.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
