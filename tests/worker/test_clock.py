"""The clock of an organisation under test: set and advanced, forward only, and followed by every call of that organisation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from earnest.app import Parts
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.notices import Notices
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.server import Server, running_server
from tests.support.till import Json, Till
from tests.support.waiting import DEADLINE_SECONDS

TOLERANCE = timedelta(seconds=60)


class Admin:
    """Calls of the administrator."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {key}"}

    def post(self, path: str, body: Json, **params: str) -> httpx.Response:
        return self._http.post(f"/earnest/v1{path}", json=body, headers=self._headers, params=params)

    def get(self, path: str, **params: object) -> httpx.Response:
        return self._http.get(
            f"/earnest/v1{path}", headers=self._headers, params={name: str(value) for name, value in params.items()}
        )


@pytest.fixture
def admin(server: Server, http: httpx.Client) -> Admin:
    return Admin(http, server.admin_key)


def registered_at(till: Till) -> datetime:
    """When a member who registers now registers, on the organisation's clock."""
    member = shop.register(till)
    info: Json = shop.details_of(till, member)["loyaltyInfo"]
    return datetime.fromisoformat(info["attributionV2"]["createDate"])


def shown(answer: httpx.Response) -> datetime:
    assert answer.status_code == 200, answer.text
    return datetime.fromisoformat(answer.json()["now"])


def test_a_clock_that_was_not_set_shows_real_time(organization: Organization, admin: Admin) -> None:
    answer = admin.get("/clock", organizationId=organization.org_id)
    assert answer.json()["kind"] == "real"
    assert abs(shown(answer) - datetime.now(UTC)) < TOLERANCE


def test_a_clock_that_is_set_runs_on_and_the_organisations_calls_follow_it(
    organization: Organization, admin: Admin
) -> None:
    then = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    answer = admin.post("/clock/set", {"organizationId": organization.org_id, "now": then.isoformat()})
    assert (answer.json()["kind"], shown(answer)) == ("running", then)
    first, second = registered_at(organization.till), registered_at(organization.till)
    assert then <= first <= second <= then + TOLERANCE
    assert then < shown(admin.get("/clock", organizationId=organization.org_id)) < then + TOLERANCE


def test_a_clock_can_stand(organization: Organization, admin: Admin) -> None:
    then = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    body = {"organizationId": organization.org_id, "now": then.isoformat(), "standing": True}
    assert admin.post("/clock/set", body).json()["kind"] == "standing"
    assert registered_at(organization.till) == then
    answer = admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "PT90M"})
    assert (answer.json()["kind"], shown(answer)) == ("standing", then + timedelta(minutes=90))
    assert registered_at(organization.till) == then + timedelta(minutes=90)


def test_a_clock_is_advanced_from_what_it_shows(organization: Organization, admin: Admin) -> None:
    for days in (30, 60):
        answer = admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "P30D"})
        assert abs(shown(answer) - datetime.now(UTC) - timedelta(days=days)) < TOLERANCE


def test_the_header_of_a_call_goes_before_the_organisations_clock(organization: Organization, admin: Admin) -> None:
    admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "P30D"})
    at = datetime(2025, 3, 1, 12, tzinfo=UTC)
    assert registered_at(organization.till.at(at)) == at


def test_another_organisation_keeps_its_time(
    organization: Organization, make_organization: object, admin: Admin
) -> None:
    other: Organization = make_organization()  # type: ignore[operator]
    admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "P30D"})
    assert abs(registered_at(other.till) - datetime.now(UTC)) < TOLERANCE


def test_a_clock_never_goes_back(organization: Organization, admin: Admin) -> None:
    org_id = organization.org_id
    before = shown(admin.post("/clock/advance", {"organizationId": org_id, "by": "P30D"}))
    real = datetime.now(UTC)
    answer = admin.post("/clock/set", {"organizationId": org_id, "now": real.isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (409, 409)
    assert "forward only" in answer.json()["detail"]
    answer = admin.post("/clock/advance", {"organizationId": org_id, "by": "-P1D"})
    assert answer.status_code == 400
    assert shown(admin.get("/clock", organizationId=org_id)) >= before


def test_a_dry_run_shows_and_changes_nothing(organization: Organization, admin: Admin) -> None:
    org_id = organization.org_id
    answer = admin.post("/clock/advance", {"organizationId": org_id, "by": "P30D"}, dry_run="true")
    assert shown(answer) > datetime.now(UTC) + timedelta(days=29)
    assert admin.get("/clock", organizationId=org_id).json()["kind"] == "real"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/clock/set", {"organizationId": 123_456_789, "now": "2090-01-01T00:00:00Z"}, 404),
        ("/clock/set", {"organizationId": 0, "now": "2090-01-01T00:00:00Z"}, 400),
        ("/clock/advance", {"organizationId": 2**31, "by": "P1D"}, 400),
        ("/clock/advance", {"organizationId": 999_999_999, "by": "P1D"}, 404),
        ("/clock/set", {"organizationId": "org", "now": "2090-01-01T00:00:00"}, 400),
        ("/clock/set", {"organizationId": "org", "now": "9999-01-01T00:00:00Z"}, 400),
        ("/clock/set", {"organizationId": "org", "now": "0001-01-01T00:00:00+14:00"}, 400),
        ("/clock/set", {"organizationId": "org", "now": "soon"}, 400),
        ("/clock/advance", {"organizationId": "org", "by": "P999999999D"}, 400),
        ("/clock/advance", {"organizationId": "org", "by": "a while"}, 400),
        ("/clock/advance", {"organizationId": "org"}, 400),
    ],
)
def test_what_cannot_be_set_is_refused(
    organization: Organization, admin: Admin, path: str, body: Json, status: int
) -> None:
    if body["organizationId"] == "org":
        body = {**body, "organizationId": organization.org_id}
    answer = admin.post(path, body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_but_the_administrator_moves_time(
    organization: Organization, server: Server, http: httpx.Client, admin: Admin
) -> None:
    body = {"organizationId": organization.org_id, "by": "P1D"}
    for headers in ({}, {"Authorization": "Bearer wrong"}, organization.till.headers):
        answer = http.post("/earnest/v1/clock/advance", json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert admin.get("/clock", organizationId=organization.org_id).json()["kind"] == "real"


def test_points_of_a_member_run_out_with_the_organisations_clock(organization: Organization, admin: Admin) -> None:
    member = shop.register(organization.till)
    shop.sell(organization.till, member, 1_000)
    assert shop.points_of(organization.till, member) == 100
    admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "P800D"})
    assert shop.points_of(organization.till, member) == 0


async def test_a_process_hears_that_another_one_has_moved_a_clock(
    organization: Organization, admin: Admin, parts: Parts
) -> None:
    stop = asyncio.Event()
    listening = asyncio.create_task(Notices(parts.database, parts.tenants).listen(stop))
    assert (await parts.tenants.current(organization.org_id)).clock is None
    while not await _listens(parts):
        await asyncio.sleep(0.01)
    await asyncio.to_thread(admin.post, "/clock/advance", {"organizationId": organization.org_id, "by": "P30D"})
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await parts.tenants.current(organization.org_id)).clock is None:
            await asyncio.sleep(0.01)
    stop.set()
    await listening


async def _listens(parts: Parts) -> bool:
    async with parts.database.unscoped() as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%earnest_configuration%'"
        )
    # The server listens too.
    return count >= 2


@pytest.fixture(scope="module")
def plain_server(database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without the test clock on the same database."""
    log = tmp_path_factory.mktemp("plain") / "server.log"
    with running_server(database, log, test_clock=False) as running:
        yield running


def test_without_the_test_clock_everything_that_moves_time_answers_why_it_does_not(
    organization: Organization, plain_server: Server
) -> None:
    org_id = organization.org_id
    with httpx.Client(base_url=plain_server.base_url) as http:
        admin = Admin(http, plain_server.admin_key)
        for answer in (
            admin.get("/clock", organizationId=org_id),
            admin.post("/clock/set", {"organizationId": org_id, "now": "2090-01-01T00:00:00Z"}),
            admin.post("/clock/advance", {"organizationId": org_id, "by": "P1D"}),
            admin.post("/jobs/run-due", {"organizationId": org_id, "asOf": "2090-01-01T00:00:00Z"}),
            admin.post("/jobs/run-due", {"organizationId": org_id}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, 403)
            assert "EARNEST_TEST_CLOCK=1" in answer.json()["detail"]


def test_without_the_test_clock_an_organisation_whose_clock_was_set_is_not_served_as_if_it_were_not(
    organization: Organization, plain_server: Server, admin: Admin
) -> None:
    admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "P30D"})
    with httpx.Client(base_url=plain_server.base_url) as http:
        till = Till(http, organization.till.username, organization.till.password)
        answer = till.post("/v2/customers", shop.customer())
        assert (answer.status, answer.code) == (409, 409)
        assert "EARNEST_TEST_CLOCK=1" in answer.body["errors"][0]["message"]
