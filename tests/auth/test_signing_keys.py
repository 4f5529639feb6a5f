"""The keys that sign tokens: one is made on the first start, rotation loses no token, each private key is sealed."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import jwt
import pytest
from cryptography.fernet import Fernet

from earnest.core.auth.signing_keys import FRESH_S, PURPOSE, list_keys, rotate_keys
from earnest.core.clients import TTL_S_MAX
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection, Database
from earnest.core.operator_error import OperatorError
from earnest.core.secret_key import SecretKey, secret_key
from tests.auth.house import NOW, SECRET, House, Process, connect

SEAL = SECRET.seal(PURPOSE)


@pytest.fixture
async def owner(database: DatabaseUrls) -> AsyncIterator[Connection]:
    connection = await connect(database.owner)
    yield connection
    await connection.close()


@pytest.fixture
async def no_keys(owner: Connection) -> AsyncIterator[None]:
    """A database before its first start. The processes of other tests have keys of their own again afterwards."""
    await owner.execute("DELETE FROM signing_key")
    yield


def kid_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


async def test_processes_that_start_at_once_make_one_key(no_keys: None, pool: Database, owner: Connection) -> None:
    processes = [Process(pool) for _ in range(4)]
    await asyncio.gather(*(process.keys.start() for process in processes))
    (key,) = await list_keys(owner)
    assert {(await process.keys.signer()).kid for process in processes} == {key.kid}
    await Process(pool).keys.start()
    assert len(await list_keys(owner)) == 1, "a second start makes no other one"


async def test_the_private_key_is_stored_sealed(process: Process, owner: Connection) -> None:
    keys = await list_keys(owner)
    for key in keys:
        assert "PRIVATE" not in key.private_key
        assert SecretKey(b"another secret, just as long as it").seal(PURPOSE).open(key.private_key) is None
        assert SECRET.seal("another purpose").open(key.private_key) is None
    assert any((SEAL.open(key.private_key) or b"").startswith(b"-----BEGIN PRIVATE KEY-----") for key in keys)


async def test_processes_with_different_secrets_accept_each_others_tokens(house: House, pool: Database) -> None:
    one, two = Process(pool), Process(pool, secret=SecretKey(b"the secret of another machine, as long"))
    for process in (one, two):
        await process.keys.start()
    assert (await one.keys.signer()).kid != (await two.keys.signer()).kid
    client = await house.client()
    tokens = [await one.token(client), await two.token(client)]
    for process in (one, two):
        process.seconds += 2
        assert [(await process.call(token)).status_code for token in tokens] == [200, 200]


async def test_after_a_rotation_the_new_key_signs_and_the_old_one_verifies(
    house: House, process: Process, owner: Connection
) -> None:
    client = await house.client()
    before = await process.token(client)
    kid = await rotate_keys(owner, SEAL)
    assert kid_of(before) != kid
    process.seconds += FRESH_S + 1
    after = await process.token(client)
    assert kid_of(after) == kid
    assert [(await process.call(token)).status_code for token in (before, after)] == [200, 200]


async def test_a_process_that_has_not_heard_of_the_rotation_verifies_the_new_keys_tokens(
    house: House, process: Process, pool: Database, owner: Connection
) -> None:
    client = await house.client()
    await process.call(await process.token(client))
    kid = await rotate_keys(owner, SEAL)
    rotated = Process(pool)
    await rotated.keys.start()
    token = await rotated.token(client)
    assert kid_of(token) == kid
    process.seconds += 2
    assert (await process.call(token)).status_code == 200


async def test_unknown_keys_do_not_make_a_process_ask_the_database_each_time(
    house: House, process: Process, owner: Connection
) -> None:
    await process.keys.start()
    kid = await rotate_keys(owner, SEAL)
    assert await process.keys.verifier("nobody's") is None
    assert await process.keys.verifier(kid) is None, "it asked less than a second ago"
    process.seconds += 2
    assert await process.keys.verifier(kid) is not None


async def test_an_old_key_verifies_until_the_longest_lived_token_has_run_out(
    process: Process, pool: Database, owner: Connection
) -> None:
    old = (await process.keys.signer()).kid
    await rotate_keys(owner, SEAL)
    until, now = await owner.fetchrow(  # type: ignore[misc]
        "SELECT verifies_until, clock_timestamp() FROM signing_key WHERE kid = $1", old
    )
    assert TTL_S_MAX <= (until - now).total_seconds() <= TTL_S_MAX + FRESH_S
    later = Process(pool)
    await later.keys.start()
    later.seconds = (until - NOW).total_seconds() - 1
    assert await later.keys.verifier(old) is not None
    later.seconds += 2
    assert await later.keys.verifier(old) is None
    await rotate_keys(owner, SEAL)
    assert await owner.fetchval("SELECT verifies_until FROM signing_key WHERE kid = $1", old) == until


async def test_a_revoked_key_verifies_nothing(house: House, pool: Database, owner: Connection) -> None:
    issuing = Process(pool)
    await issuing.keys.start()
    client = await house.client()
    token = await issuing.token(client)
    await rotate_keys(owner, SEAL, revoke=True)
    await owner.execute("UPDATE signing_key SET verifies_until = $1 WHERE isfinite(verifies_until)", NOW)
    issuing.seconds += FRESH_S + 1
    assert (await issuing.call(token)).status_code == 401
    assert (await issuing.call(await issuing.token(client))).status_code == 200


async def test_a_process_whose_key_was_retired_under_another_secret_makes_another_one(
    house: House, process: Process, owner: Connection
) -> None:
    before = (await process.keys.signer()).kid
    foreign = await rotate_keys(owner, SecretKey(b"what an operator typed on another machine").seal(PURPOSE))
    process.seconds += FRESH_S + 1
    assert kid_of(await process.token(await house.client())) not in (before, foreign)


async def test_a_server_may_neither_change_a_key_nor_lose_one(pool: Database, process: Process) -> None:
    async with pool.unscoped() as connection:
        for statement in (
            "DELETE FROM signing_key",
            "UPDATE signing_key SET public_key = 'x'",
            "DELETE FROM client_index",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"


def sealed_alike(one: SecretKey, two: SecretKey) -> bool:
    return two.seal("test").open(one.seal("test").close(b"x")) == b"x"


def test_the_secret_key_is_made_once_for_a_data_directory(folder: Path) -> None:
    first = secret_key("", folder)
    file = folder / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sealed_alike(first, secret_key("", folder))
    assert [entry.name for entry in folder.iterdir()] == ["secret.key"]


def test_processes_that_make_the_secret_key_at_once_agree(folder: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: secret_key("", folder), range(8)))
    assert all(sealed_alike(keys[0], key) for key in keys)


def test_a_stated_secret_key_needs_no_file(folder: Path) -> None:
    stated = "A" * 20 + "b" * 20
    assert sealed_alike(secret_key(stated, folder), secret_key(stated, folder))
    assert not sealed_alike(secret_key(stated, folder), secret_key(stated + "c", folder))
    assert not folder.exists()


@pytest.mark.parametrize("stated", ["short", "x" * 31])
def test_a_short_secret_key_is_refused(folder: Path, stated: str) -> None:
    with pytest.raises(OperatorError, match="EARNEST_SECRET_KEY must have at least 32 characters"):
        secret_key(stated, folder)


def test_a_damaged_or_unusable_secret_key_file_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "secret.key").write_text("x\n")
    with pytest.raises(OperatorError, match="is damaged"):
        secret_key("", folder)
    with pytest.raises(OperatorError, match="Set EARNEST_SECRET_KEY"):
        secret_key("", folder / "secret.key")


def test_what_is_sealed_cannot_be_changed() -> None:
    seal = SECRET.seal("test")
    closed = seal.close(b"x")
    assert seal.open(closed) == b"x"
    assert seal.open(closed[:-2] + ("A" if closed[-2] != "A" else "B") + closed[-1]) is None
    assert seal.open("") is None
    assert seal.open(Fernet(Fernet.generate_key()).encrypt(b"x").decode()) is None
