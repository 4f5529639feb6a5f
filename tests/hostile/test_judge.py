"""The judge of the attacks: what it lets pass, and that it does not let pass everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest

from tests.hostile.judge import CALL_SECONDS_MAX, Misbehaviour, judge
from tests.hostile.world import OPERATIONS

FOUND = b'{"entity":7,"warnings":[]}'
REFUSED = b'{"errors":[{"status":false,"code":8002,"message":"Lookup failed"}],"warnings":[]}'
ID = {"X-Cap-Requestid": "a", "Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def watch() -> None:
    """Nothing is attacked here."""


def answered(
    status: int = 200, body: bytes = FOUND, headers: Mapping[str, str] = ID, *, seconds: float = 0.1
) -> httpx.Response:
    response = httpx.Response(status, headers=dict(headers), content=body)
    response.elapsed = timedelta(seconds=seconds)
    return response


@pytest.mark.parametrize("response", [answered(), answered(400, REFUSED), answered(401, REFUSED)])
def test_a_documented_answer_passes(response: httpx.Response) -> None:
    judge(OPERATIONS["getCustomerIdV2"], response)


@pytest.mark.parametrize(
    "response",
    [
        answered(seconds=CALL_SECONDS_MAX + 1),
        answered(headers={"Content-Type": "application/json"}),
        answered(headers={"X-Cap-Requestid": "a", "Content-Type": "text/html"}),
        answered(201),
        answered(404, REFUSED),
        answered(500, REFUSED),
        answered(503, REFUSED),
        answered(body=b'{"entity":"7","warnings":[]}'),
        answered(body=b'{"warnings":[]}'),
        answered(body=b"{"),
        answered(400, FOUND),
        answered(400, b""),
    ],
    ids=[
        "late",
        "without id",
        "of another type",
        "an undocumented success",
        "an undocumented refusal",
        "a mistake of ours",
        "unavailable without its code",
        "a field of another type",
        "a field too few",
        "half of it",
        "a refusal that is none",
        "a refusal without a body",
    ],
)
def test_everything_else_does_not(response: httpx.Response) -> None:
    with pytest.raises(Misbehaviour):
        judge(OPERATIONS["getCustomerIdV2"], response)


def test_a_batch_may_fail_as_a_whole_only_where_that_is_documented_and_each_item_says_why() -> None:
    item = b'{"response":{"status":{"success":"false","code":500,"message":"x"},"customers":{"customer":[%s]}}}'
    failed = b'{"mobile":"","email":"","external_id":"","item_status":{"success":"false","code":%d,"message":"x"}}'
    with pytest.raises(Misbehaviour, match="answered 500"):
        judge(OPERATIONS["addCustomersV1"], answered(500, b'{"response":{"status":{"success":"false","code":500}}}'))
    with pytest.raises(Misbehaviour, match="mistake of ours"):
        judge(OPERATIONS["addCustomersV1"], answered(500, item % (failed % 999999)))
