"""Webhooks and jobs through the admin API. That webhooks deliver and jobs run is told in tests/worker."""

from __future__ import annotations

import psycopg
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Json

URL = "https://receiver.example.com/hook"


def test_the_life_of_a_webhook(admin: Admin, of_organization: Admin, organization: Organization) -> None:
    webhook = made(of_organization.post("webhooks", {"url": URL, "eventNames": ["transactionAdded"]}))
    secret = webhook.pop("secret")
    assert secret.startswith("whsec_")
    assert (webhook["url"], webhook["eventNames"], webhook["isActive"]) == (URL, ["transactionAdded"], True)
    path = f"webhooks/{webhook['id']}"
    assert of_organization.get(path).ok() == webhook
    assert of_organization.get("webhooks").ok() == {"items": [webhook], "next": None}

    paused = of_organization.patch(path, {"isActive": False}).ok()
    assert (paused["isActive"], paused["inactiveReason"]) == (False, "paused")
    renewed = of_organization.post(f"{path}/secret").ok()
    assert renewed["secret"] != secret
    assert renewed["previousUntil"] is not None
    assert of_organization.get(f"{path}/dead").ok() == {"items": [], "next": None}
    assert of_organization.delete(path).ok()["url"] == URL
    assert of_organization.get("webhooks").ok()["items"] == []
    assert problem(of_organization.get(path))[:2] == (404, "webhook-unknown")

    log = admin.get("audit", organizationId=organization.org_id, resource="webhook").ok()["items"]
    assert [one["action"] for one in log] == ["delete", "renew-secret", "update", "create"]
    assert secret not in str(log)
    assert renewed["secret"] not in str(log)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"url": "ftp://receiver.example.com"}, (400, "webhook-url-invalid", "/url")),
        ({"url": "http://127.0.0.1/hook"}, (400, "webhook-url-not-public", "/url")),
        ({"eventNames": ["not a name"]}, (400, "webhook-event-names-invalid", "/eventNames")),
        ({"connectionsMax": 0}, (400, "webhook-connections-invalid", "/connectionsMax")),
        ({"secret": "guessable"}, (400, "webhook-secret-invalid", "/secret")),
    ],
)
def test_what_a_webhook_may_not_be(of_organization: Admin, change: Json, expected: tuple[int, str, str]) -> None:
    assert problem(of_organization.post("webhooks", {"url": URL} | change)) == expected


def test_a_replay_says_what_to_send(of_organization: Admin) -> None:
    webhook = made(of_organization.post("webhooks", {"url": URL}))["id"]
    replay = f"webhooks/{webhook}/replay"
    since, until = "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"
    assert of_organization.post(replay, {"since": since, "until": until}).ok() == {"replayed": 0}
    assert of_organization.post(replay, {"since": since, "until": until, "all": True}).ok() == {"replayed": 0}
    event_id = "01890a5d-ac96-774b-bcce-b302099a8057"
    for unclear in ({}, {"since": since}, {"eventId": event_id, "since": since, "until": until}):
        assert problem(of_organization.post(replay, unclear))[:2] == (400, "replay-unclear")
    assert problem(of_organization.post(replay, {"since": until, "until": since}))[:2] == (400, "range-invalid")
    assert problem(of_organization.post(replay, {"since": "2025-01-01T00:00:00", "until": until}))[0] == 400
    assert problem(of_organization.post(replay, {"eventId": event_id}))[0] in (400, 404)


def test_every_event_of_a_time_can_be_sent_for_the_first_time(
    of_organization: Admin, organization: Organization
) -> None:
    webhook = made(of_organization.post("webhooks", {"url": URL, "eventNames": ["transactionAdded"]}))["id"]
    of_organization.patch(f"webhooks/{webhook}", {"isActive": False}).ok()
    member = shop.register(organization.till)
    for _ in range(3):
        shop.sell(organization.till, member, 100)
    everything = {"since": "2000-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "all": True}
    replay = f"webhooks/{webhook}/replay"
    assert of_organization.post(replay, everything, dry_run=True).ok() == {"replayed": 3}
    assert _deliveries(organization, webhook) == 0
    assert of_organization.post(replay, everything).ok() == {"replayed": 3}
    assert _deliveries(organization, webhook) == 3


def _deliveries(organization: Organization, webhook: int) -> int:
    with psycopg.connect(organization.server.owner_url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM webhook_delivery WHERE org_id = %s AND subscription_id = %s",
            [organization.org_id, webhook],
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def test_a_webhook_of_another_organisation_is_not_found(
    admin: Admin, of_organization: Admin, make_organization: MakeOrganization
) -> None:
    other = admin.under(f"organizations/{make_organization().org_id}")
    theirs = made(other.post("webhooks", {"url": URL}))["id"]
    for answer in (
        of_organization.get(f"webhooks/{theirs}"),
        of_organization.patch(f"webhooks/{theirs}", {"isActive": False}),
        of_organization.delete(f"webhooks/{theirs}"),
        of_organization.post(f"webhooks/{theirs}/secret"),
        of_organization.get(f"webhooks/{theirs}/dead"),
    ):
        assert problem(answer)[:2] == (404, "webhook-unknown")
    assert other.get(f"webhooks/{theirs}").ok()["isActive"] is True


def test_jobs_are_listed_and_failed_ones_run_again(admin: Admin, organization: Organization) -> None:
    org_id = organization.org_id
    jobs = admin.get("jobs", organizationId=org_id).ok()["items"]
    assert jobs
    name = jobs[0]["job"]
    assert (jobs[0]["attempts"], jobs[0]["isHeld"]) == (0, False)
    assert admin.post("jobs/retry", {"organizationId": org_id}).ok() == {"organizationId": org_id, "jobs": []}

    with psycopg.connect(organization.server.owner_url) as connection:
        connection.execute(
            "UPDATE schedule SET attempts = 20, is_held = true, failed_at = now(), error = 'OutOfPaper'"
            " WHERE org_id = %s AND job = %s",
            [org_id, name],
        )
    (failed,) = admin.get("jobs", organizationId=org_id, failed=True).ok()["items"]
    assert (failed["job"], failed["isHeld"], failed["error"]) == (name, True, "OutOfPaper")
    released = {"organizationId": org_id, "jobs": [name]}
    assert admin.post("jobs/retry", {"organizationId": org_id, "job": name}, dry_run=True).ok() == released
    assert admin.get("jobs", organizationId=org_id, failed=True).ok()["items"] != []
    assert admin.post("jobs/retry", {"organizationId": org_id, "job": name}).ok() == released
    assert admin.get("jobs", organizationId=org_id, failed=True).ok()["items"] == []
    unknown = admin.post("jobs/retry", {"organizationId": org_id, "job": "nap"})
    assert problem(unknown) == (404, "job-unknown", "/job")
    assert problem(admin.get("jobs", organizationId=999_999_999))[:2] == (404, "organization-unknown")


def test_setting_a_clock_and_running_what_is_due_are_noted(admin: Admin, organization: Organization) -> None:
    org_id = organization.org_id
    admin.post("clock/set", {"organizationId": org_id, "now": "2035-01-31T09:00:00+05:30"}).ok()
    admin.post("jobs/run-due", {"organizationId": org_id}).ok()
    log = admin.get("audit", organizationId=org_id).ok()["items"]
    assert [(one["action"], one["resource"]) for one in log] == [("run-due", "job"), ("update", "clock")]
    assert log[1]["after"]["now"].startswith("2035-01-31T03:30")
