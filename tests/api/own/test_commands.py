"""`earnest organizations` and `earnest config`: the same use cases as the admin API, from the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from earnest.cli import app
from earnest.core.db.embedded import DatabaseUrls
from tests.api.own.admin import Admin
from tests.support import shop
from tests.support.organizations import Organization

Run = Callable[..., str]


@pytest.fixture
def run(database: DatabaseUrls) -> Run:
    """Runs a command on the test's database and gives what it printed; a refusal is raised."""
    inherited: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("EARNEST_", "DATABASE_"))}
    environment = inherited | {
        "DATABASE_URL": database.app,
        "DATABASE_ADMIN_URL": database.owner,
        "EARNEST_SECRET_KEY": "a secret key that is long enough for it",
        "COLUMNS": "200",
    }

    def run(*arguments: str, **more: str) -> str:
        ended = CliRunner().invoke(app, arguments, env=environment | more)
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    return run


@pytest.fixture
def org(organization: Organization) -> str:
    return str(organization.org_id)


def test_a_value_set_on_the_command_line_counts_for_the_server_that_runs(
    run: Run, org: str, organization: Organization, of_organization: Admin, admin: Admin
) -> None:
    member = shop.register(organization.till)
    shop.sell(organization.till, member, 500)
    assert run("config", "set", "CONF_LOYALTY_MAX_BILL_AMOUNT", "400.50", "--org", org) == (
        'CONF_LOYALTY_MAX_BILL_AMOUNT = "400.50"\n'
    )
    assert shop.send(organization.till, member, shop.sale(500)).code == 601
    assert of_organization.get("config/CONF_LOYALTY_MAX_BILL_AMOUNT").ok()["value"] == "400.50"
    assert run("config", "get", "CONF_LOYALTY_MAX_BILL_AMOUNT", "--org", org) == '"400.50"\n'
    (entry,) = admin.get("audit", organizationId=org).ok()["items"]
    assert (entry["actor"], entry["resource"]) == ("command line", "config")

    run("config", "unset", "CONF_LOYALTY_MAX_BILL_AMOUNT", "--org", org)
    shop.sell(organization.till, member, 500)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("CONF_POINTS_RETURN_ENABLED", "false", False),
        ("CONF_POINTS_RETURN_ENABLED", "1", True),
        ("CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS", "30", 30),
        ("MARK_BILLS_OUTLIER_STARTING_WITH", "T-, X", ["T-", "X"]),
        ("CONF_FALLBACK_CHANNELS_PROPERTIES", '{"a": 1}', {"a": 1}),
    ],
)
def test_a_text_becomes_a_value_of_the_keys_type(
    run: Run, org: str, of_organization: Admin, key: str, text: str, value: object
) -> None:
    run("config", "set", key, text, "--org", org)
    assert of_organization.get(f"config/{key}").ok()["value"] == value


@pytest.mark.parametrize(
    ("key", "text", "complaint"),
    [
        ("CONF_POINTS_RETURN_ENABLED", "perhaps", "expected true or false"),
        ("CONF_NOTHING", "1", "there is no such key"),
        ("CONF_MIN_BILLING_DATE", "yesterday", "expected a date as YYYY-MM-DD"),
    ],
)
def test_a_text_that_is_no_value_is_refused(run: Run, org: str, key: str, text: str, complaint: str) -> None:
    with pytest.raises(Exception, match=complaint):
        run("config", "set", key, text, "--org", org)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "keys.toml",
            'CONF_LOYALTY_MAX_BILL_AMOUNT = 0.1\nCONF_MIN_BILLING_DATE = 2020-02-29\nEARNEST_DAILY_JOB_TIME = 03:30:00\n'
            'MARK_BILLS_OUTLIER_STARTING_WITH = ["T-"]\n',
        ),
        (
            "keys.json",
            '{"CONF_LOYALTY_MAX_BILL_AMOUNT": 0.1, "CONF_MIN_BILLING_DATE": "2020-02-29",'
            ' "EARNEST_DAILY_JOB_TIME": "03:30", "MARK_BILLS_OUTLIER_STARTING_WITH": ["T-"],'
            ' "CONF_POINTS_RETURN_ENABLED": null}',
        ),
    ],
)  # fmt: skip
def test_a_file_of_keys_is_applied_as_a_whole(
    run: Run, org: str, of_organization: Admin, tmp_path: Path, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    run("config", "apply", str(file), "--org", org, "--dry-run")
    assert of_organization.get("config", isSet=True).ok()["items"] == []
    run("config", "apply", str(file), "--org", org)
    values = {one["key"]: one["value"] for one in of_organization.get("config", isSet=True).ok()["items"]}
    assert values == {
        "CONF_LOYALTY_MAX_BILL_AMOUNT": "0.1",
        "CONF_MIN_BILLING_DATE": "2020-02-29",
        "EARNEST_DAILY_JOB_TIME": "03:30",
        "MARK_BILLS_OUTLIER_STARTING_WITH": ["T-"],
    }
    file.write_text(text.replace("T-", "U-").replace("EARNEST_DAILY_JOB_TIME", "EARNEST_NOTHING"))
    with pytest.raises(Exception, match="EARNEST_NOTHING"):
        run("config", "apply", str(file), "--org", org)
    assert of_organization.get("config/MARK_BILLS_OUTLIER_STARTING_WITH").ok()["value"] == ["T-"]


def test_the_list_shows_what_is_in_effect(run: Run, org: str) -> None:
    shown = run("config", "list", "--org", org)
    assert "CONF_POINTS_RETURN_ENABLED" in shown
    assert "CONF_ENABLE_PII_DELETION" in shown
    assert "CONF_ENABLE_PII_DELETION" not in run("config", "list", "--org", org, "--effective")
    assert "CONF_POINTS_RETURN_ENABLED" not in run("config", "list", "--org", org, "--set")


def test_an_organisation_is_made_and_listed(run: Run, admin: Admin) -> None:
    arguments = ("Market", "--country", "AE", "--currency", "AED", "--time-zone", "Asia/Dubai", "--decimals", "2")
    planned = run("organizations", "create", *arguments, "--dry-run")
    assert "would be made" in planned
    made = run("organizations", "create", *arguments)
    org_id = made.split()[1]
    found = admin.get(f"organizations/{org_id}").ok()
    assert (found["name"], found["timeZone"], found["currency"]) == ("Market", "Asia/Dubai", "AED")
    assert f" {org_id} " in run("organizations", "list")
    with pytest.raises(Exception, match="timeZone must be"):
        run("organizations", "create", "Nowhere", "--country", "AE", "--currency", "AED", "--time-zone", "Nowhere")
    with pytest.raises(Exception, match="countryCode"):
        run("organizations", "create", "Nowhere", "--country", "UAE", "--currency", "AED", "--time-zone", "UTC")


def test_an_organisation_that_there_is_not_is_said_to_be_unknown(run: Run) -> None:
    with pytest.raises(Exception, match="no organisation with this id"):
        run("config", "list", "--org", "999999999")
