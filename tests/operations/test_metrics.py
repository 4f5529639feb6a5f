"""What a server counts and measures, seen by a Prometheus."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from earnest.app import Parts
from earnest.core.auth.admin import AdminScheme
from earnest.core.auth.local import LocalScheme
from earnest.core.clock import Clock
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from earnest.core.errors import ApiError
from earnest.core.figures import FRESH_S, STALE_S, Figure, Figures, text
from earnest.core.http.application import Application
from earnest.figures import measures
from earnest.server.workers import LIFE_SECONDS_MIN
from tests.http import sample, wire
from tests.operations.scraping import Scrape, scrape
from tests.support.administration import set_config
from tests.support.locks import holding
from tests.support.organizations import Organization
from tests.support.server import Server, running_server
from tests.support.shop import points_of, register, sale, sell, send
from tests.support.waiting import wait_until

BALANCE = {"route": "/v2/customers/{userId}/points/balance", "method": "GET", "status": "2xx"}
KNOWN_LABELS = {
    "route", "method", "status", "documented", "kind", "sqlstate", "state", "family", "le", "measure", "version", "python",
}  # fmt: skip


@pytest.fixture
async def application() -> Application:
    async for database in sample.unreachable_database():
        return sample.application(database)
    raise AssertionError


async def scraped(application: Application) -> Scrape:
    return Scrape((await wire.exchange(application, "GET", b"/metrics")).body.decode())


def test_a_request_is_counted_with_its_time_by_template_method_and_class(
    http: httpx.Client, organization: Organization
) -> None:
    member = register(organization.till)
    before = scrape(http)
    for _ in range(3):
        points_of(organization.till, member)
    organization.till.get("/v2/customers/9007199254740991/points/balance")
    after = scrape(http)

    name = "http_request_duration_seconds"
    assert after.value(f"{name}_count", **BALANCE) - before.value(f"{name}_count", **BALANCE) == 3
    refused = BALANCE | {"status": "4xx"}
    assert after.value(f"{name}_count", **refused) - before.value(f"{name}_count", **refused) == 1
    seconds = after.value(f"{name}_sum", **BALANCE) - before.value(f"{name}_sum", **BALANCE)
    assert 0 < seconds < 3 * 5
    assert after.value(f"{name}_bucket", le="+Inf", **BALANCE) == after.value(f"{name}_count", **BALANCE)
    # The scrape itself is at work.
    assert after.value("http_requests_in_progress") >= 1


def test_paths_and_methods_that_nobody_knows_make_no_series_of_their_own(http: httpx.Client) -> None:
    for path in ("/v2/no/such/path/one", "/v2/no/such/path/two"):
        assert http.get(path).status_code == 404
    assert http.request("PROPFIND", "/v2/customers").status_code == 405
    found = scrape(http)
    assert found.value("http_request_duration_seconds_count", route="unmatched", method="GET", status="4xx") >= 2
    assert found.value("http_request_duration_seconds_count", route="/v2/customers", method="OTHER", status="4xx") >= 1
    assert "such/path" not in found.text and "PROPFIND" not in found.text


def test_no_label_tells_of_an_organisation_or_a_member(http: httpx.Client, organization: Organization) -> None:
    member = register(organization.till)
    sell(organization.till, member, 100)
    found = scrape(http)
    assert {name for name, _ in found.labels} <= KNOWN_LABELS
    for secret in (member.mobile, organization.name, organization.till.username, organization.till.password):
        assert secret not in found.text
    assert str(organization.org_id) not in {value for _, value in found.labels}


def test_groups_ids_and_connections_are_counted(http: httpx.Client, organization: Organization) -> None:
    before = scrape(http)
    sell(organization.till, register(organization.till), 100)
    after = scrape(http)
    assert after.value("group_calls_sum", kind="activities") - before.value("group_calls_sum", kind="activities") == 2
    assert after.value("group_duration_seconds_count", kind="activities") > 0
    assert after.value("id_refills_total", family="id_bill") > 0
    waits = "database_connection_wait_seconds_count"
    assert after.value(waits) - before.value(waits) >= 2
    assert 1 <= after.value("database_connections", state="idle") <= after.value("database_connections_max") == 12


def test_a_configuration_that_changed_is_counted_with_the_call_that_started_over(
    http: httpx.Client, organization: Organization
) -> None:
    member = register(organization.till)
    before = scrape(http).value("configuration_restarts_total")
    set_config(organization, CONF_RETRO_TRANSACTION_ENABLE=True)
    sell(organization.till, member, 100)
    assert scrape(http).value("configuration_restarts_total") - before == 1


def test_waiting_for_a_locked_member_is_counted(server: Server, http: httpx.Client, organization: Organization) -> None:
    member = register(organization.till)
    before = scrape(http)
    with ThreadPoolExecutor(1) as thread, holding(server, organization.org_id, member.id) as held:
        selling = thread.submit(sell, organization.till, member, 100)
        held.wait_for_waiters()
        held.connection.rollback()
        selling.result()
    waited = scrape(http)
    assert waited.value("lock_waits_total") - before.value("lock_waits_total") == 1
    assert waited.value("lock_wait_seconds_count") - before.value("lock_wait_seconds_count") == 1
    assert waited.value("customer_busy_total") == before.value("customer_busy_total")


@pytest.mark.long
def test_giving_up_on_a_locked_member_is_counted(
    server: Server, http: httpx.Client, organization: Organization
) -> None:
    member = register(organization.till)
    before = scrape(http)
    with holding(server, organization.org_id, member.id):
        assert send(organization.till, member, sale(100)).code == 521
    gave_up = scrape(http)
    assert gave_up.value("customer_busy_total") - before.value("customer_busy_total") == 1
    retries = {"sqlstate": "55P03"}
    assert (
        gave_up.value("transaction_retries_total", **retries) - before.value("transaction_retries_total", **retries)
        == 1
    )


async def test_a_mistake_of_ours_is_counted_apart_from_a_documented_answer(application: Application) -> None:
    before = await scraped(application)
    assert (await wire.exchange(application, "GET", b"/health/ready")).status == 503
    crash = await wire.exchange(application, "GET", b"/v2/refusals/crash", headers=sample.AUTHORIZED)
    assert crash.status == 500
    after = await scraped(application)

    def counted(route: str, status: str, documented: str) -> float:
        labels = {"route": route, "method": "GET", "status": status, "documented": documented}
        return after.value("http_server_errors_total", **labels) - before.value("http_server_errors_total", **labels)

    assert counted("/health/ready", "503", "true") == 1
    assert counted("/v2/refusals/{number}", "500", "false") == 1
    assert counted("/v2/refusals/{number}", "500", "true") == 0


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("not an address", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)
async def test_without_a_key_metrics_are_for_callers_on_this_machine(
    application: Application, peer: str, headers: dict[str, str], status: int
) -> None:
    found = await wire.exchange(application, "GET", b"/metrics", headers=headers, scope={"client": (peer, 40_000)})
    assert found.status == status
    assert (b"earnest_http" in found.body) == (status == 200)


@pytest.mark.parametrize(
    ("admin_key", "metrics_key", "peer", "token", "status"),
    [
        ("an-admin-key", "", "192.0.2.7", "an-admin-key", 200),
        ("an-admin-key", "", "192.0.2.7", "wrong", 401),
        ("an-admin-key", "", "127.0.0.1", "", 200),
        ("an-admin-key", "a-metrics-key", "192.0.2.7", "a-metrics-key", 200),
        ("an-admin-key", "a-metrics-key", "192.0.2.7", "an-admin-key", 200),
        ("an-admin-key", "a-metrics-key", "127.0.0.1", "", 401),
        ("", "a-metrics-key", "127.0.0.1", "", 401),
        ("", "a-metrics-key", "127.0.0.1", "wrong", 401),
        ("", "a-metrics-key", "192.0.2.7", "a-metrics-key", 200),
    ],
)
async def test_keys_open_metrics_to_others(
    admin_key: str, metrics_key: str, peer: str, token: str, status: int
) -> None:
    scheme = LocalScheme(AdminScheme(admin_key), metrics_key)
    headers = {b"authorization": f"Bearer {token}".encode()} if token else {}
    if status == 200:
        await scheme.admit(headers, peer)
    else:
        with pytest.raises(ApiError) as refusal:
            await scheme.admit(headers, peer)
        assert refusal.value.http_status == status


async def test_what_the_database_is_asked_for_is_true(database: DatabaseUrls, organization: Organization) -> None:
    pool = Database(database.app, connections_max=4)
    await pool.open()
    try:
        parts = Parts(pool, Clock(test_clock=True))
        asked = measures(pool, parts.tenants, parts.clock, parts.runner.jobs)
        before = {figure.name: figure.value for figure in await asked["outbox"]()}
        sell(organization.till, register(organization.till), 100)
        figures = [figure for measure in asked.values() for figure in await measure()]
    finally:
        await pool.close()
    found = Scrape(text(figures).decode())
    assert found.value("outbox_events_new") > before["outbox_events_new"]
    assert found.value("outbox_oldest_seconds") > 0
    assert found.value("database_size_bytes") > 1_000_000
    assert found.value("database_sessions", state="idle") > 0
    assert {"earnest_jobs_lag_seconds", "earnest_jobs_held", "earnest_webhook_deliveries"} <= found.families


async def test_a_slow_measure_keeps_nobody_waiting_and_is_taken_when_it_has_ended() -> None:
    now_s = [0.0]
    gate = asyncio.Event()
    taken = 0

    async def slow() -> list[Figure]:
        nonlocal taken
        taken += 1
        await gate.wait()
        return [Figure("slow_figure", "", taken)]

    figures = Figures({"slow": slow}, wait_s=0.01, monotonic_s=lambda: now_s[0])
    assert "slow_figure" not in {figure.name for figure in await figures.current()}
    assert "slow_figure" not in {figure.name for figure in await figures.current()}
    gate.set()
    assert {figure.name: figure.value for figure in await figures.current()}["slow_figure"] == 1
    now_s[0] = FRESH_S - 1
    assert {figure.name: figure.value for figure in await figures.current()}["measure_age_seconds"] == FRESH_S - 1
    assert taken == 1
    now_s[0] = FRESH_S
    assert {figure.name: figure.value for figure in await figures.current()}["slow_figure"] == 2


async def test_a_measure_that_fails_is_counted_and_its_last_figures_stay_for_a_while() -> None:
    now_s = [0.0]
    answers: list[list[Figure] | Exception] = [[Figure("some_figure", "", 7)], OSError("away"), OSError("away")]

    async def failing() -> list[Figure]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    figures = Figures({"failing": failing}, monotonic_s=lambda: now_s[0])
    await figures.current()
    now_s[0] = FRESH_S
    found = {figure.name: figure.value for figure in await figures.current()}
    assert (found["some_figure"], found["measure_failures"], found["measure_age_seconds"]) == (7, 1, FRESH_S)
    now_s[0] = STALE_S + 1
    found = {figure.name: figure.value for figure in await figures.current()}
    assert found == {"measure_failures": 2}


def test_any_of_several_workers_answers_for_all_also_for_one_that_died(database: DatabaseUrls, tmp_path: Path) -> None:
    with running_server(database, tmp_path / "server.log", more={"EARNEST_WORKERS": "2"}) as server:
        ready_s = time.monotonic()
        supervisor = psutil.Process(server.pid)
        workers = {child.pid for child in supervisor.children()}
        assert len(workers) == 2
        before = lives(server)
        for _ in range(20):
            # A connection each: the kernel gives them to both.
            httpx.get(f"{server.base_url}/health/live").raise_for_status()
        assert {lives(server) for _ in range(8)} == {before + 20}

        # Younger than that, a dying worker ends the server; when exactly it began only the supervisor knows.
        wait_until(lambda: time.monotonic() - ready_s > LIFE_SECONDS_MIN)
        psutil.Process(min(workers)).kill()
        wait_until(
            lambda: len(supervisor.children()) == 2 and min(workers) not in {c.pid for c in supervisor.children()},
            server.log,
        )
        assert {lives(server) for _ in range(8)} == {before + 20}
        in_progress = [
            Scrape(httpx.get(f"{server.base_url}/metrics").text).value("http_requests_in_progress") for _ in range(4)
        ]
        assert all(1 <= value <= 2 for value in in_progress)


def lives(server: Server) -> float:
    """Answered calls of /health/live, as a scrape on a connection of its own says."""
    found = Scrape(httpx.get(f"{server.base_url}/metrics").text)
    return found.value("http_request_duration_seconds_count", route="/health/live", method="GET", status="2xx")
