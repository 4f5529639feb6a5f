"""What a client sends arrives typed, in the spellings that documented clients use; what does not fit has a code."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

BILLS = "/v2/customers/7/bills"
BILL = {"billNumber": "num-1", "billAmount": 200.1}


async def test_path_query_headers_and_body_arrive_typed(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        BILLS + "?points=10.50&use_async=True&ids=1&ids=2&source=WECHAT&source=SECOND&unknown=x",
        json={**BILL, "lineItemsV2": [{"itemCode": "sku", "qty": 1.5, "unknown": {}}], "unknown": [1]},
        headers={"user-context-entity-type": "TILL", "x-cap-direct-replay": "true"},
    )
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert seen["customerId"] == 7
    assert seen["query"] == {"points": 10.5, "limit": 10, "use_async": True, "ids": [1, 2], "source": "WECHAT"}
    assert (seen["entityType"], seen["directReplay"], seen["till"]) == ("TILL", True, "demo.till.1")
    assert seen["bill"]["lineItemsV2"] == [{"itemCode": "sku", "qty": 1.5, "returnableDays": None}]


async def test_numbers_and_booleans_may_come_as_strings(client: httpx.AsyncClient) -> None:
    body = {"billNumber": "n", "billAmount": "200.10", "parentId": "12", "notReturnable": "true"}
    bill = (await client.post(BILLS, json=body)).json()["bill"]
    assert (bill["billAmount"], bill["parentId"], bill["notReturnable"]) == (200.1, 12, True)


@pytest.mark.parametrize(
    "amount", ["0.000001", "999999999999999999.999999", "-1234567890.123456", "100.10", "9007199254740991"]
)
async def test_no_digit_of_an_amount_is_lost_on_the_way_in_and_out(client: httpx.AsyncClient, amount: str) -> None:
    for written in (amount, f'"{amount}"'):
        sent = f'{{"billNumber":"n","billAmount":{written},"extendedFields":{{"rate":{amount}}}}}'
        answer = await client.post(BILLS, content=sent, headers={"Content-Type": "application/json"})
        assert f'"billAmount":{amount},' in answer.text
        assert f'"extendedFields":{{"rate":{amount}}}' in answer.text


async def test_a_time_keeps_the_offset_that_was_sent(client: httpx.AsyncClient) -> None:
    answer = await client.post(BILLS, json={**BILL, "billingDate": "2021-11-10T23:08:49+05:30"})
    assert answer.json()["bill"]["billingDate"] == "2021-11-10T23:08:49+05:30"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'Application/JSON; charset="utf-8"',
    ],
)
async def test_json_in_utf8_is_accepted_however_it_is_announced(
    client: httpx.AsyncClient, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await client.post(BILLS, content='{"billNumber":"née","billAmount":1}'.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bill"]["billNumber"] == "née"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=iso-8859-1"},
        {"Content-Type": "application/jsonx"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": ""},
    ],
)
async def test_another_media_type_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post(BILLS, content=b'{"billNumber":"n","billAmount":1}', headers=headers)
    assert answer.status_code == 415
    assert answer.json() == {
        "errors": [{"status": False, "code": 415, "message": "Content-Type is not supported"}],
        "warnings": [],
    }


async def test_a_byte_order_mark_before_the_body_does_no_harm(client: httpx.AsyncClient) -> None:
    answer = await client.post(BILLS, content=b'\xef\xbb\xbf{"billNumber":"n","billAmount":1}')
    assert answer.status_code == 200


async def test_a_raw_body_goes_through_as_it_is(client: httpx.AsyncClient) -> None:
    sent = b"\x00\xff not,json\r\n"
    answer = await client.post("/v2/files", content=sent, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, sent, "text/csv")


async def test_status_and_headers_of_an_answer_are_the_endpoints_own(client: httpx.AsyncClient) -> None:
    assert (await client.put("/earnest/v1/bills", json=BILL)).status_code == 201
    deleted = await client.delete("/earnest/v1/bills")
    assert (deleted.status_code, deleted.content, deleted.headers["x-deleted"]) == (204, b"", "yes")


@pytest.mark.parametrize(
    ("path", "query", "body", "code"),
    [
        ("/v2/customers/seven/bills", "", BILL, 8013),
        ("/v2/customers/7.5/bills", "", BILL, 8013),
        (f"/v2/customers/{2**53}/bills", "", BILL, 8013),
        (BILLS, "points=ten", BILL, 601),
        (BILLS, "points=NaN", BILL, 601),
        (BILLS, "limit=ten", BILL, 400),
        (BILLS, "ids=1&ids=x", BILL, 400),
        (BILLS, "", {"billNumber": "n"}, 601),
        (BILLS, "", {**BILL, "billAmount": "1e99999999"}, 601),
        (BILLS, "", {**BILL, "lineItemsV2": [{"itemCode": "a", "qty": 1}, {"itemCode": "b", "qty": "x"}]}, 660),
        (BILLS, "", {**BILL, "lineItemsV2": [{"itemCode": "a", "qty": "0.0000001"}]}, 660),
        (BILLS, "", {"billAmount": 1}, 400),
        (BILLS, "", {**BILL, "type": "MIXED"}, 400),
    ],
)
async def test_a_bad_parameter_has_the_code_that_its_endpoint_gives_it(
    client: httpx.AsyncClient, path: str, query: str, body: Any, code: int
) -> None:
    answer = await client.post(path, params=httpx.QueryParams(query), json=body)
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == [code]


@pytest.mark.parametrize(
    ("query", "body", "where", "pointer", "rule"),
    [
        ("limit=ten", BILL, "query", "/limit", "Expected `int`, got `str`"),
        ("", {"billAmount": 1}, "body", "/billNumber", "missing required field"),
        ("", {**BILL, "lineItemsV2": [{"itemCode": "a", "qty": 1}, {"qty": 1}]}, "body", "/lineItemsV2/1/itemCode", ""),
        ("", {**BILL, "extendedFields": {"a/b": [{"c": 1e300}]}}, "body", "/extendedFields/a~1b/0/c", "18 digits"),
        ("", {**BILL, "parentId": 2**53}, "body", "/parentId", "between"),
    ],
)
async def test_a_problem_points_at_the_field(
    client: httpx.AsyncClient, query: str, body: Any, where: str, pointer: str, rule: str
) -> None:
    answer = await client.put("/earnest/v1/bills", params=httpx.QueryParams(query), json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["in"], problem["pointer"]) == (400, 400, where, pointer)
    assert rule in problem["detail"]
