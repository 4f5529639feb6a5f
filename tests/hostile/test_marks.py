"""No person and no secret gets into a log, whatever endpoint they are sent to and however the call ends.

Persons and secrets carry marks (`World`). Every endpoint is used with them: well, badly, and while the database refuses
every row. Then all that the server and PostgreSQL have written is searched.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from earnest.core.db.embedded import SETTINGS, DatabaseUrls
from earnest.core.http.endpoint import Endpoint
from earnest.core.http.example import Example
from tests.hostile.calls import REGISTRY, Call, call, examples, formats, name_of
from tests.hostile.values import first_leaf
from tests.hostile.world import World, secrets_in
from tests.support.server import Server, running_server
from tests.support.till import json_of

# A constraint that no row fulfils.
_REFUSING = "refuses_everything"


@pytest.fixture(scope="module")
def server(database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: what is done to its database makes it tell of errors that nobody expects."""
    log_path = tmp_path_factory.mktemp("marked") / "server.log"
    with running_server(database, log_path) as server:
        yield server


@pytest.fixture(scope="module")
def plain_http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture(scope="module")
def world(server: Server, plain_http: httpx.Client) -> World:
    return World.with_tills(server, plain_http)


@pytest.fixture(autouse=True)
def watch() -> None:
    """In the place of the one that expects no errors."""


def postgres_logs(urls: DatabaseUrls) -> list[Path]:
    with psycopg.connect(urls.superuser) as connection:
        row = connection.execute(
            "SELECT current_setting('data_directory'), current_setting('log_directory')"
        ).fetchone()
    assert row is not None
    folder = Path(row[0])
    return [*(folder / row[1]).glob("*"), *folder.glob("*.log")]


def everything_written(server: Server, urls: DatabaseUrls) -> str:
    return server.log() + "".join(path.read_text(errors="replace") for path in postgres_logs(urls))


@contextmanager
def refusing_every_row(server: Server) -> Iterator[None]:
    """While this lasts no row of an organisation can be written: PostgreSQL refuses each, and would like to quote it."""
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
        tables = [sql.Identifier(name) for (name,) in rows]
        try:
            for table in tables:
                statement = "ALTER TABLE {} ADD CONSTRAINT {} CHECK (org_id < 0) NOT VALID"
                connection.execute(sql.SQL(statement).format(table, sql.Identifier(_REFUSING)))
            yield
        finally:
            for table in tables:
                statement = "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}"
                connection.execute(sql.SQL(statement).format(table, sql.Identifier(_REFUSING)))


def bad_calls(world: World, endpoint: Endpoint, example: Example) -> Iterator[Call]:
    """Calls with the marks of the example that end badly, for all sorts of reasons."""
    for content_type in formats(endpoint):
        good = call(endpoint, example, content_type=content_type)
        marks = "&".join(sorted(world.marks)[-8:])
        yield Call(
            endpoint, f"{good.target}{'&' if '?' in good.target else '?'}limit={marks}", good.headers, good.content
        )
        yield Call(endpoint, good.target.replace("=", f"={marks}-"), good.headers, good.content, content_type)
        if good.content is not None:
            leaf = str(first_leaf(example.body)).encode()
            for content in (
                good.content[:-3],
                good.content + good.content,
                good.content.replace(leaf, marks.encode().replace(b"&", b"-")),
                good.content.replace(b":", b":[", 1),
                marks.encode(),
            ):
                yield Call(endpoint, good.target, good.headers, content, content_type)
    for path in endpoint.paths:
        yield Call(endpoint, path.partition("{")[0] + marks.replace("&", "/"), {}, None)


def test_neither_a_person_nor_a_secret_gets_into_a_log(server: Server, database: DatabaseUrls, world: World) -> None:
    assert REGISTRY.endpoints
    seen: list[httpx.Response] = []
    for endpoint, example in examples():
        true = world.come_true(example)
        good = call(endpoint, true)
        seen.append(world.send(good))
        if endpoint.name != "openapi":
            world.marks |= secrets_in(json_of(seen[-1].text))
        # Again, for what is there already; from another organisation's till, and from nobody.
        seen += [world.send(good), world.send(good, headers={"Authorization": f"Bearer {min(world.marks)}"})]
        seen += [world.send(bad) for bad in bad_calls(world, endpoint, true)]
    expected = {name_of(endpoint) for endpoint in REGISTRY.endpoints}
    assert expected == {name_of(endpoint) for endpoint, _ in examples()}

    prepared = [(endpoint, world.come_true(example)) for endpoint, example in examples()]
    with refusing_every_row(server):
        for endpoint, true in prepared:
            seen += [world.send(call(endpoint, true, content_type=content_type)) for content_type in formats(endpoint)]

    written = everything_written(server, database)
    # What is searched is really there: the line of each call, the errors of the server and those of PostgreSQL.
    assert [one for one in seen if one.headers["x-cap-requestid"] not in written] == []
    assert "unexpected error" in written
    assert _REFUSING in "".join(path.read_text(errors="replace") for path in postgres_logs(database))
    assert len(world.marks) > 20
    assert sorted(mark for mark in world.marks if mark in written) == []


def test_postgresql_quotes_neither_rows_nor_parameters_nor_statements(database: DatabaseUrls) -> None:
    mark = f"mark{secrets.token_hex(8)}"
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE marked (name text PRIMARY KEY, amount numeric(4, 2), document jsonb)")
        try:
            insert = "INSERT INTO marked VALUES (%s, %s, %s)"
            connection.execute(insert, [mark, 1, None])
            for values in ([mark, 1, None], [f"{mark} 2", 10_000, None]):
                with pytest.raises((psycopg.DataError, psycopg.IntegrityError)):
                    connection.execute(insert, values)
            for statement in (
                f"INSERT INTO marked VALUES ('{mark}')",
                f"ALTER ROLE nobody_at_all PASSWORD '{mark}'",
                f"SELEKT '{mark}'",
            ):
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
        finally:
            connection.execute("DROP TABLE marked")
    written = "".join(path.read_text(errors="replace") for path in postgres_logs(database))
    assert "marked_pkey" in written
    assert mark not in written


def test_an_administrator_of_another_postgresql_is_told_the_same_settings() -> None:
    text = Path(__file__).parents[2] / "docs" / "hostile-input.md"
    for name in ("log_error_verbosity", "log_min_error_statement", "log_parameter_max_length_on_error"):
        assert f"{name} = {SETTINGS[name]}" in text.read_text()
