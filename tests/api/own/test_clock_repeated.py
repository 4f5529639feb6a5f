"""Moving a clock under an Idempotency-Key: once, whatever happens between the effect and the answer."""

from __future__ import annotations

import psycopg

from earnest.core.idempotency import ADMIN_ORG_ID
from tests.api.own.admin import Admin, problem
from tests.support.organizations import Organization


def break_off(organization: Organization, key: str) -> None:
    """As a server leaves it that stopped after the effect and before the answer."""
    with psycopg.connect(organization.server.owner_url) as connection:
        changed = connection.execute(
            "UPDATE idempotency_key SET state = 'claimed', status = NULL, answer = NULL,"
            " claimed_at = claimed_at - interval '10 minutes' WHERE org_id = %s AND key = %s AND item = 0",
            [ADMIN_ORG_ID, key],
        )
        assert changed.rowcount == 1


def test_a_clock_that_was_advanced_by_a_call_that_broke_off_is_not_advanced_again(
    admin: Admin, organization: Organization
) -> None:
    key = f"advance-{organization.org_id}"
    body = {"organizationId": organization.org_id, "by": "P30D"}
    first = admin.send("POST", "clock/advance", body, headers={"Idempotency-Key": key})
    break_off(organization, key)
    second = admin.send("POST", "clock/advance", body, headers={"Idempotency-Key": key})
    assert second.ok() == first.ok()
    entries = admin.get("audit", organizationId=organization.org_id, resource="clock").ok()["items"]
    assert len(entries) == 1


def test_a_dry_run_moves_no_clock(admin: Admin, organization: Organization) -> None:
    body = {"organizationId": organization.org_id, "by": "P30D"}
    assert admin.post("clock/advance", body, dry_run=True).ok()["kind"] == "running"
    assert admin.get("clock", organizationId=organization.org_id).ok()["kind"] == "real"


def test_an_unknown_organisation_is_pointed_out_in_the_body(admin: Admin) -> None:
    for path, more in (("clock/advance", {"by": "P1D"}), ("jobs/retry", {}), ("jobs/run-due", {})):
        answer = admin.post(path, {"organizationId": 2_000_000_000, **more})
        assert problem(answer) == (404, "organization-unknown", "/organizationId"), path
        assert answer.body["in"] == "body"
