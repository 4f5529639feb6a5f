"""A client exchanges key and secret for a token, and calls with it until the token has run out or the client is gone."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from earnest.core import logs
from earnest.core.access import create_access_group
from earnest.core.auth.remembered import REMEMBERED_S
from earnest.core.clients import IssuedSecret, deactivate_client, renew_secret
from earnest.core.db.pool import Database
from tests.auth.house import NOW, TOKEN_PATH, House, Process
from tests.http.sample import unreachable_database

REFUSED = {
    "data": None,
    "errors": [{"code": 401, "message": "Failed to generate OAuth token"}],
    "warnings": None,
}
UNAUTHENTICATED = {
    "errors": [{"status": False, "code": 401, "message": "Invalid username, password or token"}],
    "warnings": [],
}
UNAVAILABLE = {"HttpStatusCode": 503, "errorMessage": "Authorization status unavailable!", "errorCode": 4001}


def parts(token: str) -> list[dict[str, Any]]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


async def test_a_token_has_the_documented_shape(house: House, process: Process) -> None:
    client = await house.client(name="Backend of the web shop")
    answer = await process.generate(client.client.key, client.secret)
    assert answer.status_code == 200
    body = answer.json()
    token = body["data"].pop("accessToken")
    assert body == {"data": {"ttlSeconds": 300}, "errors": None}
    header, claims = parts(token)
    assert header == {"alg": "RS256", "kid": header["kid"]}
    now = int(NOW.timestamp())
    assert claims == {
        "iss": "Capillary",
        "iat": now,
        "exp": now + 300,
        "jti": claims["jti"],
        "sub": "Backend of the web shop",
        "client_id": client.client.key,
        "org_id": house.org_id,
        "token_use": "token_access",
    }
    public = await house.owner.fetchval("SELECT public_key FROM signing_key WHERE kid = $1", header["kid"])
    jwt.decode(token, public, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})


async def test_a_call_with_a_token_is_booked_on_the_default_till_of_the_client(house: House, process: Process) -> None:
    token = await process.token(await house.client(till="till.b.1"))
    for header in ("X-CAP-API-OAUTH-TOKEN", "CAP-API-ACCESS-TOKEN"):
        answer = await process.http.get("/v2/customers", headers={header: token})
        assert (answer.status_code, answer.json()) == (200, {"org": house.org_id, "till": house.code("till.b.1")})


async def test_a_new_token_leaves_the_older_ones_valid_until_each_runs_out(house: House, process: Process) -> None:
    client = await house.client(ttl_s=120)
    first = await process.token(client)
    process.seconds += 100
    second = await process.token(client)
    assert first != second
    assert [(await process.call(token)).status_code for token in (first, second)] == [200, 200]
    process.seconds += 20
    assert [(await process.call(token)).status_code for token in (first, second)] == [401, 200]
    process.seconds += 100
    assert [(await process.call(token)).status_code for token in (first, second)] == [401, 401]


@pytest.mark.parametrize("given", ["key", "secret", "both", "swapped", "key of nobody", "empty"])
async def test_wrong_credentials_get_the_documented_message(house: House, process: Process, given: str) -> None:
    client = await house.client()
    key, secret = client.client.key, client.secret
    sent = {
        "key": (key + "x", secret),
        "secret": (key, secret + "x"),
        "both": (key[:-1], secret[:-1]),
        "swapped": (secret, key),
        "key of nobody": ("' OR 1=1 --", secret),
        "empty": ("", ""),
    }[given]
    answer = await process.generate(*sent)
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert "www-authenticate" not in answer.headers
    assert process.verifier.count == 1, "an unknown key costs what a wrong secret costs"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"key":"k"}', b'{"key":1,"secret":{}}', b"[]", b"key=k&secret=s"])
async def test_a_malformed_request_for_a_token_is_invalid_input(process: Process, body: bytes) -> None:
    answer = await process.http.post(TOKEN_PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["code"] == 400


async def test_the_secret_is_not_verified_again_for_every_token(house: House, process: Process) -> None:
    client = await house.client()
    tokens = {await process.token(client) for _ in range(3)}
    assert len(tokens) == 3
    assert process.verifier.count == 1
    process.seconds += REMEMBERED_S + 1
    await process.token(client)
    assert process.verifier.count == 2


async def test_a_renewed_secret_ends_the_old_one(house: House, process: Process) -> None:
    client = await house.client()
    await process.token(client)
    async with house.database.tenant(house.org_id).transaction() as connection:
        renewed = await renew_secret(connection, house.org_id, client.client.id)
    await process.tenants.at_least(house.org_id, renewed.config_version)
    assert (await process.generate(client.client.key, client.secret)).status_code == 401
    await process.token(renewed)


async def test_tokens_live_no_longer_than_the_organisation_allows_by_now(house: House, process: Process) -> None:
    client = await house.client(ttl_s=3_600)
    await house.configure("EARNEST_TOKEN_TTL_SECONDS_MAX", "60")
    assert (await process.generate(client.client.key, client.secret)).json()["data"]["ttlSeconds"] == 60


async def test_a_client_that_may_do_nothing_gets_no_token(house: House, process: Process) -> None:
    async with house.database.tenant(house.org_id).transaction() as connection:
        group, _ = await create_access_group(connection, house.org_id, name="Nothing", grants={})
    client = await house.client(access_group_id=group.id)
    answer = await process.generate(client.client.key, client.secret)
    assert (answer.status_code, answer.json()) == (401, REFUSED)


async def deactivate(house: House, client: IssuedSecret) -> int:
    async with house.database.tenant(house.org_id).transaction() as connection:
        _, version = await deactivate_client(connection, house.org_id, client.client.id)
    return version


async def test_a_client_that_was_switched_off_is_refused_at_its_next_call(house: House, process: Process) -> None:
    client = await house.client()
    token = await process.token(client)
    assert (await process.call(token)).status_code == 200
    await process.tenants.at_least(house.org_id, await deactivate(house, client))
    answer = await process.call(token)
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)
    assert (await process.generate(client.client.key, client.secret)).status_code == 401


async def test_a_process_that_heard_of_no_change_refuses_the_client_after_a_minute(
    house: House, process: Process
) -> None:
    client = await house.client()
    token = await process.token(client)
    assert (await process.call(token)).status_code == 200
    await deactivate(house, client)
    process.seconds += REMEMBERED_S + 1
    assert (await process.call(token)).status_code == 401


async def test_a_remembered_token_is_not_read_again(house: House, process: Process) -> None:
    token = await process.token(await house.client())
    read = process.tokens.read
    count = 0

    async def counting(token: bytes) -> Any:
        nonlocal count
        count += 1
        return await read(token)

    process.tokens.read = counting  # type: ignore[method-assign]
    answers = await asyncio.gather(*(process.call(token) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    await process.call(token)
    assert count == 1


async def test_a_token_is_of_one_organisation(house: House, process: Process, other_house: House) -> None:
    token = await process.token(await house.client())
    foreign = await process.call(
        token, attribution_entity_type="TILL", attribution_entity_code=other_house.code("till.a.1")
    )
    assert foreign.status_code == 400
    assert (await process.call(token)).json()["org"] == house.org_id


Forge = Callable[[dict[str, Any], str], str]
_other_key = generate_private_key(65_537, 2_048)


def resigned(**changes: object) -> Forge:
    """The claims with changes, signed with a key that is not ours under the name of one that is."""

    def forge(claims: dict[str, Any], kid: str) -> str:
        return jwt.encode({**claims, **changes}, _other_key, "RS256", headers={"kid": kid})

    return forge


def unsigned(claims: dict[str, Any], kid: str) -> str:
    return jwt.encode(claims, None, "none", headers={"kid": kid})  # type: ignore[arg-type]


def symmetric(claims: dict[str, Any], kid: str) -> str:
    return jwt.encode(claims, kid * 4, "HS256", headers={"kid": kid})


@pytest.mark.parametrize("forge", [resigned(), resigned(org_id=1), unsigned, symmetric])
async def test_a_forged_token_is_refused(house: House, process: Process, forge: Forge) -> None:
    header, claims = parts(await process.token(await house.client()))
    answer = await process.call(forge(claims, header["kid"]))
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"token_use": "token_refresh"},
        {"exp": int(NOW.timestamp())},
        {"exp": "tomorrow"},
        {"client_id": "nobody"},
        {"client_id": None},
        {"org_id": 2_000_000_000},
        {"org_id": "1"},
    ],
)
async def test_a_token_of_ours_that_says_something_else_is_refused(
    house: House, process: Process, changes: dict[str, object]
) -> None:
    _, claims = parts(await process.token(await house.client()))
    signer = await process.keys.signer()
    token = jwt.encode({**claims, **changes}, signer.key, "RS256", headers={"kid": signer.kid})
    answer = await process.call(token)
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


@pytest.mark.parametrize(
    "token",
    [b"x", b"a.b.c", b"..", b"\xff\xfe.\xff.\xff", b"e30.e30.e30", b"A" * 100_000, b'{"kid":1}'],
    ids=lambda token: repr(token[:12]),
)
async def test_what_is_no_token_is_refused(process: Process, token: bytes) -> None:
    answer = await process.http.get("/v2/customers", headers={b"X-CAP-API-OAUTH-TOKEN": token})
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


async def test_part_of_a_token_or_more_than_a_token_is_refused(house: House, process: Process) -> None:
    token = await process.token(await house.client())
    for changed in (token[:-4], token + "AAAA", token.rpartition(".")[0] + ".", "Bearer " + token, token.swapcase()):
        assert (await process.call(changed)).status_code == 401
    assert (await process.call(token)).status_code == 200


async def test_the_test_clock_does_not_move_tokens(house: House, process: Process) -> None:
    token = await process.token(await house.client())
    answer = await process.http.get(
        "/v2/customers", headers={"X-CAP-API-OAUTH-TOKEN": token, "X-Earnest-Now": "2036-01-31T09:00:00+05:30"}
    )
    assert answer.status_code == 200


async def test_without_a_database_nobody_is_called_wrong(house: House, process: Process) -> None:
    token = await process.token(await house.client())
    async for nowhere in unreachable_database():
        cut_off = Process(nowhere)
        async with cut_off.http:
            for answer in (await cut_off.generate("k", "s"), await cut_off.call(token)):
                assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)


async def test_basic_authentication_can_be_switched_off(house: House, process: Process) -> None:
    headers = house.basic()
    assert (await process.http.get("/v2/customers", headers=headers)).status_code == 200
    token = await process.token(await house.client())
    await house.configure("EARNEST_BASIC_AUTHENTICATION", "false")
    await house.announce(process)
    refused = await process.http.get("/v2/customers", headers=headers)
    assert (refused.status_code, refused.json()) == (401, UNAUTHENTICATED)
    assert (await process.call(token)).status_code == 200


async def test_a_token_counts_before_a_password(house: House, process: Process) -> None:
    token = await process.token(await house.client(till="till.b.1"))
    answer = await process.http.get("/v2/customers", headers={"X-CAP-API-OAUTH-TOKEN": token, **house.basic()})
    assert answer.json()["till"] == house.code("till.b.1")
    answer = await process.http.get("/v2/customers", headers={"X-CAP-API-OAUTH-TOKEN": "x", **house.basic()})
    assert answer.status_code == 401


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What this process logs, down to the last detail."""
    stream = io.StringIO()
    yield stream
    logs.configure("error", "json")


async def test_nothing_of_a_secret_or_token_is_in_the_log(house: House, pool: Database, log: io.StringIO) -> None:
    process = Process(pool)
    await process.keys.start()
    logs.configure("debug", "json", log)
    process.application.log = logs.logger("http")
    client = await house.client()
    async with process.http:
        token = await process.token(client)
        await process.call(token)
        await process.call(token + "x")
        await process.generate(client.client.key, client.secret + "x")
    said = log.getvalue()
    assert f'"client":"{client.client.key}"' in said
    for secret in (client.secret, token, token.split(".")[2]):
        assert secret not in said
