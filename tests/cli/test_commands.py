"""The commands `earnest db …` and what `--help` tells."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import psycopg
import pytest

from earnest.core.db.embedded import MAINTENANCE_DATABASE, EmbeddedPostgres
from earnest.core.db.migrate import MIGRATIONS
from earnest.core.db.roles import (
    APP_ROLE,
    OWNER_ROLE,
    Login,
    check_application_role,
    ensure_roles,
    with_login,
    without_password,
)
from earnest.core.operator_error import OperatorError
from tests.cli.conftest import Ended, Operator

FILES = [file.stem for file in sorted(MIGRATIONS.glob("*.sql"))]


@pytest.fixture
def administrator(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a role with these rights on a server where nothing of Earnest is yet."""
    url = postgres.urls(MAINTENANCE_DATABASE).superuser
    with psycopg.connect(url, autocommit=True) as connection:
        remove_everything(connection)
        connection.execute(f"CREATE ROLE boss LOGIN {request.param} PASSWORD 'b'")
        yield with_login(url, login=Login("boss", "b"))
        remove_everything(connection)
        connection.execute("DROP ROLE boss")
    passwords = postgres.directory.passwords()
    ensure_roles(url, Login(OWNER_ROLE, passwords.owner), Login(APP_ROLE, passwords.app))


def test_help_names_every_command_and_option(operator: Operator) -> None:
    shown = operator.command("--help", COLUMNS="200").ended()
    assert shown.code == 0
    assert {"demo", "serve", "db"} <= set(re.findall(r"\w+", shown.out))
    options = operator.command("demo", "--help", COLUMNS="200").ended().out
    assert {"--port", "--data-dir", "--no-tour", "--host"} <= set(re.findall(r"--[a-z-]+", options))


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        (["serve", "--port", "70000"], {}, "--port"),
        (["serve"], {"EARNEST_LOG_LEVEL": "loud"}, "EARNEST_LOG_LEVEL='loud' is not usable: expected one of"),
        (["serve"], {"EARNEST_POSTGRES_BIN": "/nowhere"}, "lacks initdb, pg_ctl, postgres"),
        (["serve"], {"DATABASE_URL": "postgresql://x:secret-word@127.0.0.1:1/x"}, "cannot be reached"),
        (["serve", "--host", "no.such.host.invalid"], {}, "no.such.host.invalid is unknown"),
        (["db", "migrate"], {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "Set DATABASE_ADMIN_URL too"),
    ],
)
def test_what_cannot_be_used_is_named_without_a_trace_or_a_password(
    operator: Operator, arguments: list[str], environment: dict[str, str], complaint: str
) -> None:
    where = (
        [] if environment.get("DATABASE_URL") and arguments[0] == "serve" else ["--data-dir", str(operator.data_dir)]
    )
    ended = operator.command(*arguments, *where, COLUMNS="200", **environment).ended()
    assert ended.code != 0
    assert complaint in ended.err
    assert "Traceback" not in ended.err
    assert "secret-word" not in ended.err


def test_the_embedded_database_is_made_migrated_and_shown(operator: Operator) -> None:
    before = db(operator, "status")
    assert before.code == 1
    assert before.out.count("missing") == len(FILES)

    assert db(operator, "migrate").out.split() == [word for name in FILES for word in ("Applied", name)]

    after = db(operator, "status")
    assert after.code == 0
    assert after.out.count("applied") == len(FILES)


def test_commands_share_the_database_of_a_running_server(operator: Operator) -> None:
    server = operator.started(operator.settings())
    assert db(operator, "status").code == 0
    assert db(operator, "migrate").out == "The database is up to date.\n"
    assert server.call("POST", "/notes").status == 200


@pytest.mark.parametrize("administrator", ["SUPERUSER", "CREATEROLE CREATEDB"], indirect=True)
def test_db_init_makes_roles_and_a_database_elsewhere_that_a_server_can_use(
    operator: Operator, administrator: str
) -> None:
    ended = operator.command("db", "init", DATABASE_ADMIN_URL=administrator).ended()
    assert ended.code == 0, ended.err
    urls = dict(shlex.split(line)[1].split("=", 1) for line in ended.out.splitlines() if line.startswith("export "))
    assert set(urls) == {"DATABASE_URL", "DATABASE_ADMIN_URL"}

    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        query = (
            "SELECT current_user::text, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole, "
            "has_schema_privilege('public', 'CREATE'), has_database_privilege(current_database(), 'CREATE') "
            "FROM pg_roles WHERE rolname = current_user"
        )
        assert connection.execute(query).fetchone() == ("earnest_app", False, False, False)
    with psycopg.connect(urls["DATABASE_ADMIN_URL"]) as connection:
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"
        )
        assert owner.fetchone() == ("earnest_owner",)

    settings = operator.settings(database_url=urls["DATABASE_URL"], database_admin_url=urls["DATABASE_ADMIN_URL"])
    server = operator.started(settings)
    assert server.call("POST", "/notes").status == 200
    assert not operator.data_dir.exists()


def test_db_init_tells_an_administrator_what_to_run(operator: Operator) -> None:
    shown = db(operator, "init", "--show-sql")
    assert shown.code == 0
    for part in (
        'CREATE ROLE "earnest_owner" LOGIN',
        'CREATE ROLE "earnest_app" LOGIN',
        'CREATE DATABASE "earnest" OWNER',
    ):
        assert part in shown.out
    assert not operator.data_dir.exists()


def test_a_role_that_policies_do_not_bind_may_not_serve(postgres: EmbeddedPostgres) -> None:
    urls = postgres.urls()
    check_application_role(urls.app)
    for url in (urls.superuser, urls.owner):
        with pytest.raises(OperatorError, match="Let it connect as earnest_app"):
            check_application_role(url)


def test_urls_are_changed_in_one_part_and_shown_without_the_password() -> None:
    url = "postgresql://boss:p%40ss@db.example:5433/postgres?sslmode=require"
    assert with_login(url, login=Login("a", "b/c"), database="earnest") == (
        "postgresql://a:b%2Fc@db.example:5433/earnest?sslmode=require"
    )
    assert without_password(url) == "postgresql://boss@db.example:5433/postgres?sslmode=require"


def db(operator: Operator, command: str, *arguments: str) -> Ended:
    return operator.command("db", command, "--data-dir", str(operator.data_dir), *arguments, COLUMNS="200").ended()


def remove_everything(connection: psycopg.Connection) -> None:
    connection.execute("DROP DATABASE IF EXISTS earnest WITH (FORCE)")
    connection.execute("DROP ROLE IF EXISTS earnest_app, earnest_owner")
