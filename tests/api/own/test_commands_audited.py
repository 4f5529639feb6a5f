"""What is changed on the command line stands in the audit log as what is changed over HTTP does."""

from __future__ import annotations

import re

from tests.api.own.admin import Admin
from tests.api.own.test_commands import Run, org, run

__all__ = ["org", "run"]


def entries(admin: Admin, org: str) -> list[tuple[str, str, str, str]]:
    found = admin.get("audit", organizationId=org).ok()["items"]
    return [(one["actor"], one["action"], one["resource"], one["resourceId"]) for one in reversed(found)]


def test_changes_of_webhooks_on_the_command_line_are_audited(run: Run, org: str, admin: Admin) -> None:
    made = run("webhooks", "add", "https://example.com/events", "--org", org)
    number = re.search(r"Webhook (\d+) posts", made)
    assert number is not None
    assert "whsec_" in made
    webhook = number[1]
    run("webhooks", "pause", webhook, "--org", org)
    run("webhooks", "activate", webhook, "--org", org)
    assert "whsec_" in run("webhooks", "rotate", webhook, "--org", org)
    assert run("webhooks", "replay", webhook, "--dead", "--org", org) == "To be sent again: 0 events.\n"
    run("webhooks", "remove", webhook, "--org", org)
    assert entries(admin, org) == [
        ("command line", action, "webhook", webhook)
        for action in ("create", "update", "update", "renew-secret", "replay", "delete")
    ]
    assert "whsec_" not in admin.get("audit", organizationId=org).text


def test_moving_the_clock_on_the_command_line_is_audited(run: Run, org: str, admin: Admin) -> None:
    run("clock", "advance", "1d", "--org", org, EARNEST_TEST_CLOCK="1")
    run("clock", "set", "2999-01-31T09:00:00+05:30", "--org", org, EARNEST_TEST_CLOCK="1")
    assert entries(admin, org) == [("command line", "update", "clock", org)] * 2


def test_jobs_that_the_command_line_asks_for_are_audited(run: Run, org: str, admin: Admin) -> None:
    assert run("jobs", "retry", "--org", org) == "Nothing has failed.\n"
    run("jobs", "run-due", "--org", org)
    assert entries(admin, org) == [
        ("command line", "retry", "job", "*"),
        ("command line", "run-due", "job", "*"),
    ]
