"""The instant of a request is real time, or what the test clock is told; the header is never passed over in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from tests.http import sample


def client_of(database: Database, *, test_clock: bool) -> httpx.AsyncClient:
    application = sample.application(database, clock=Clock(test_clock=test_clock))
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=sample.AUTHORIZED)


@pytest.mark.parametrize("test_clock", [True, False])
async def test_without_the_header_the_instant_is_now(nowhere: Database, test_clock: bool) -> None:
    async with client_of(nowhere, test_clock=test_clock) as client:
        before = datetime.now(UTC)
        told = datetime.fromisoformat((await client.get("/earnest/v1/time")).json()["now"])
        assert before <= told <= datetime.now(UTC)
        assert told.utcoffset() == timedelta(0)


async def test_the_test_clock_takes_the_instant_from_the_header(nowhere: Database) -> None:
    async with client_of(nowhere, test_clock=True) as client:
        headers = {"X-Earnest-Now": "2026-01-31T23:30:00.25+05:30"}
        answer = await client.get("/earnest/v1/time", headers=headers)
        assert answer.json() == {"now": "2026-01-31T18:00:00.250000Z"}
        posted = await client.post("/v2/customers/7/bills", json={"billNumber": "n", "billAmount": 1}, headers=headers)
        assert posted.json()["now"] == "2026-01-31T18:00:00.250000Z"


async def test_a_server_without_the_test_clock_refuses_the_header(nowhere: Database) -> None:
    async with client_of(nowhere, test_clock=False) as client:
        answer = await client.get("/v2/bills/1", headers={"X-Earnest-Now": "2026-01-31T23:30:00+05:30"})
        assert answer.status_code == 400
        assert "EARNEST_TEST_CLOCK" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "now",
        "2026-01-31T23:30:00",
        "2026-01-31",
        "1769896800",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
async def test_an_instant_that_is_none_is_refused(nowhere: Database, given: str) -> None:
    async with client_of(nowhere, test_clock=True) as client:
        answer = await client.get("/earnest/v1/time", headers={"X-Earnest-Now": given})
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert "RFC 3339" in answer.json()["detail"]


async def test_an_instant_in_other_letters_is_refused(nowhere: Database) -> None:
    async with client_of(nowhere, test_clock=True) as client:
        answer = await client.get("/earnest/v1/time", headers={b"X-Earnest-Now": "٢٠٢٦-01-31T00:00:00Z".encode()})
        assert answer.status_code == 400
