"""Which till a client's call is booked on."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from earnest.core.till_lookups import LookupType, map_lookup, unmap_lookup
from tests.auth.house import House, Process

INVALID = "The attribution headers lead to no active till"


@dataclass
class Client:
    house: House
    process: Process
    token: str
    token_with_flag: str

    async def call(self, *, flag: bool = False, **headers: str) -> httpx.Response:
        return await self.process.call(self.token_with_flag if flag else self.token, **headers)

    async def till(self, **headers: str) -> str:
        answer = await self.call(**headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["till"]).removesuffix("." + self.house.mark)


@pytest.fixture
async def client(house: House, process: Process) -> Client:
    """A client whose default till is till.a.2, and another one that falls back to it."""
    plain = await house.client()
    flagged = await house.client(use_default_till_when_invalid=True)
    return Client(house, process, await process.token(plain), await process.token(flagged))


async def test_a_call_without_headers_is_booked_on_the_default_till(client: Client) -> None:
    assert await client.till() == "till.a.2"
    assert await client.till(attribution_entity_type="STORE_CODE") == "till.a.2", "a type alone names nothing"


async def test_a_till_is_named_by_its_code_and_till_is_the_default_type(client: Client) -> None:
    code = client.house.code("till.b.1")
    assert await client.till(attribution_entity_code=code) == "till.b.1"
    assert await client.till(attribution_entity_type="TILL", attribution_entity_code=code) == "till.b.1"
    assert await client.till(attribution_entity_type="till", attribution_entity_code=code) == "till.b.1"


async def test_the_header_of_former_days_names_a_till(client: Client) -> None:
    assert await client.till(attribution_till_code=client.house.code("till.b.1")) == "till.b.1"
    newer = client.house.code("till.a.1")
    both = {"attribution_till_code": client.house.code("till.b.1"), "attribution_entity_code": newer}
    assert await client.till(**both) == "till.a.1"


async def test_a_store_is_booked_on_the_default_till_if_that_stands_there_else_on_its_first(client: Client) -> None:
    house = client.house
    store = {"attribution_entity_type": "STORE_CODE"}
    assert await client.till(**store, attribution_entity_code=house.code("store.a")) == "till.a.2"
    assert await client.till(**store, attribution_entity_code=house.code("store.b")) == "till.b.1"
    token = await client.process.token(await house.client(till="till.b.1"))
    answer = await client.process.call(token, **store, attribution_entity_code=house.code("store.a"))
    assert answer.json()["till"] == house.code("till.a.1"), "the first code in the alphabet"


@pytest.mark.parametrize(
    ("type_", "column"),
    [
        ("STORE_NAME", "name"),
        ("STORE_EXTERNAL_ID", "external_id"),
        ("STORE_EXTERNAL_ID_1", "external_id_1"),
        ("STORE_EXTERNAL_ID_2", "external_id_2"),
    ],
)
async def test_a_store_is_found_by_name_or_external_id(client: Client, type_: str, column: str) -> None:
    house = client.house
    change = f"UPDATE org_entity SET {column} = $3 WHERE org_id = $1 AND code = $2"
    await house.change(change, house.code("store.b"), "Café 東京 7")
    await house.announce(client.process)
    named = {"attribution_entity_type": type_, "attribution_entity_code": "Café 東京 7"}
    assert await client.till(**named) == "till.b.1"
    await house.change(change, house.code("store.a"), "Café 東京 7")
    await house.announce(client.process)
    assert (await client.call(**named)).status_code == 400, "two stores: nobody guesses"


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        ("TILL", "nobody"),
        ("TILL", ""),
        ("TILL", "store.a"),
        ("TILL", "till.c.1"),
        ("STORE_CODE", "till.a.1"),
        ("STORE_CODE", "store.c"),
        ("STORE_EXTERNAL_ID", ""),
        ("ZONE", "zone"),
        ("", "till.a.1"),
    ],
)
async def test_what_leads_to_no_active_till_is_refused_unless_the_client_says_otherwise(
    client: Client, type_: str, code: str
) -> None:
    named = {"attribution_entity_type": type_, "attribution_entity_code": client.house.code(code) if code else ""}
    answer = await client.call(**named)
    assert (answer.status_code, answer.json()["errors"]) == (400, [{"status": False, "code": 400, "message": INVALID}])
    assert (await client.call(flag=True, **named)).json()["till"] == client.house.code("till.a.2")


async def test_a_default_till_that_was_switched_off_books_nothing(client: Client) -> None:
    house = client.house
    await house.change(
        "UPDATE org_entity SET is_active = false WHERE org_id = $1 AND code = $2", house.code("till.a.2")
    )
    await house.announce(client.process)
    assert (await client.call()).status_code == 400
    assert (await client.call(flag=True, attribution_entity_code="nobody")).status_code == 400
    assert await client.till(attribution_entity_code=house.code("till.a.1")) == "till.a.1"
    store = {"attribution_entity_type": "STORE_CODE", "attribution_entity_code": house.code("store.a")}
    assert await client.till(**store) == "till.a.1"


async def test_a_gateway_error_and_a_v1_error_have_their_envelopes(client: Client) -> None:
    gateway = await client.process.call(client.token, "GET", "/api_gateway/badges", attribution_entity_code="x")
    assert gateway.json() == {"data": None, "errors": [{"code": 400, "message": INVALID}], "warnings": None}
    v1 = await client.process.call(client.token, "POST", "/v1.1/transaction/update", attribution_entity_code="x")
    assert v1.json() == {"response": {"status": {"success": "false", "code": 400, "message": INVALID}}}


async def test_the_headers_do_nothing_for_a_till_that_calls_itself(client: Client) -> None:
    headers = {"X-CAP-API-ATTRIBUTION-ENTITY-CODE": client.house.code("till.b.1"), **client.house.basic("till.a.1")}
    answer = await client.process.http.get("/v2/customers", headers=headers)
    assert answer.json()["till"] == client.house.code("till.a.1")


async def mapped(client: Client, type_: LookupType, value: str, till: str) -> None:
    house = client.house
    async with house.database.tenant(house.org_id).transaction() as connection:
        version = await map_lookup(connection, house.org_id, type_, value, await house.entity_id(till))
    await client.process.tenants.at_least(house.org_id, version)


async def test_a_lookup_leads_to_its_till(client: Client) -> None:
    await mapped(client, LookupType.WECHAT, "oXy", "till.b.1")
    await mapped(client, LookupType.MOBILE_TRIGGER, "oXy", "till.a.1")
    wechat = {"attribution_lookup_type": "WECHAT", "attribution_lookup": "oXy"}
    assert await client.till(**wechat) == "till.b.1"
    assert await client.till(attribution_lookup_type="MOBILE_TRIGGER", attribution_lookup="oXy") == "till.a.1"
    assert await client.till(**wechat, attribution_entity_code=client.house.code("till.a.1")) == "till.b.1"
    own = await client.process.http.get(
        "/v2/customers",
        headers={
            "X-CAP-API-ATTRIBUTION-LOOKUP-TYPE": "WECHAT",
            "X-CAP-API-ATTRIBUTION-LOOKUP": "oXy",
            **client.house.basic("till.a.1"),
        },
    )
    assert own.json()["till"] == client.house.code("till.b.1"), "on behalf of another till"


async def test_a_lookup_value_minds_its_case_and_can_be_taken_away(client: Client) -> None:
    await mapped(client, LookupType.WECHAT, "oXy", "till.b.1")
    named = {"attribution_lookup_type": "WECHAT"}
    assert (await client.call(**named, attribution_lookup="oxy")).status_code == 400
    flagged = await client.call(flag=True, **named, attribution_lookup="oxy")
    assert flagged.json()["till"] == client.house.code("till.a.2")
    house = client.house
    async with house.database.tenant(house.org_id).transaction() as connection:
        version = await unmap_lookup(connection, house.org_id, LookupType.WECHAT, "oXy")
    await client.process.tenants.at_least(house.org_id, version)
    assert (await client.call(**named, attribution_lookup="oXy")).status_code == 400


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"attribution_lookup": "oXy"}, 1061),
        ({"attribution_lookup": "oXy", "attribution_lookup_type": "FACEBOOK"}, 400),
        ({"attribution_lookup": "oXy", "attribution_lookup_type": "wechat"}, 400),
        ({"attribution_lookup_type": "WECHAT"}, 400),
    ],
)
async def test_a_malformed_lookup_is_refused_whatever_the_client_says(
    client: Client, headers: dict[str, str], code: int
) -> None:
    for flag in (False, True):
        answer = await client.call(flag=flag, **headers)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


async def test_lookups_are_of_v2_alone(client: Client) -> None:
    answer = await client.process.call(client.token, "GET", "/api_gateway/badges", attribution_lookup="oXy")
    assert answer.json()["data"]["till"] == client.house.code("till.a.2")
