"""A refusal has the code, the HTTP status and the shape that its style documents."""

from __future__ import annotations

import httpx
import pytest

from earnest.core.errors import AUTHORIZATION_UNAVAILABLE, CUSTOMER_BUSY
from earnest.core.http.envelopes import Style, render_error

BILLS = "/v2/customers/7/bills"


async def test_a_business_error_of_v2_has_its_code_and_status(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v2/refusals/documented")
    assert answer.status_code == 400
    assert answer.json() == {
        "errors": [{"status": False, "code": 3045, "message": "Operation not allowed for customer of somebody else"}],
        "warnings": [],
    }


async def test_access_denied_has_a_shape_of_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v2/refusals/denied")
    assert answer.status_code == 403
    assert answer.json() == {
        "HttpStatusCode": 403,
        "errorMessage": "Not authorized. Access is denied!",
        "errorCode": 4000,
    }


@pytest.mark.parametrize("style", Style)
def test_an_unknown_authorisation_looks_the_same_in_every_style_and_may_be_repeated(style: Style) -> None:
    reply = render_error(style, AUTHORIZATION_UNAVAILABLE.error(), "an-id")
    assert reply.status == 503
    assert (b"retry-after", b"1") in reply.headers
    assert reply.body == (b'{"HttpStatusCode":503,"errorMessage":"Authorization status unavailable!","errorCode":4001}')


def test_a_busy_customer_is_told_in_the_documented_words() -> None:
    reply = render_error(Style.V2, CUSTOMER_BUSY.error(), "an-id")
    assert (reply.status, b'"code":521' in reply.body) == (409, True)


async def test_a_malformed_body_of_v1_says_success_false_as_a_boolean(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1.1/points/redeem", content=b"{")
    assert answer.status_code == 400
    status = answer.json()["response"]["status"]
    assert (status["success"], status["code"]) == (False, 400)
    assert status["message"].startswith("Input is invalid. Please check request parameters or input xml/json")


@pytest.mark.parametrize("path", ["/v1.1/points/redeem", "/v1/points/redeem"])
async def test_other_refusals_of_v1_say_it_as_a_string(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.put(path)
    assert answer.status_code == 405
    assert answer.json() == {
        "response": {"status": {"success": "false", "code": 405, "message": "Operation not supported for the resource"}}
    }


@pytest.mark.parametrize("headers", [{}, {"X-Till-Token": "unknown"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/bills/1"),
        ("POST", "/v1.1/points/redeem"),
        ("POST", "/api_gateway/badges/v1/claim"),
        ("PUT", "/earnest/v1/bills"),
    ],
)
async def test_without_valid_credentials_the_answer_is_401_with_a_challenge(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    client.headers.pop("X-Till-Token")
    answer = await client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Token"
    assert '"code":401' in answer.text


async def test_credentials_are_asked_for_before_the_input_is_judged(client: httpx.AsyncClient) -> None:
    client.headers.pop("X-Till-Token")
    answer = await client.post("/v2/customers/seven/bills?limit=ten", content=b"{", headers={"Content-Type": "a/b"})
    assert answer.status_code == 401
