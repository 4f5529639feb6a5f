"""Config keys through the admin API: the whole registry, typed values, all or nothing."""

from __future__ import annotations

import pytest

from earnest.core import config_keys
from tests.api.own.admin import Admin, problem
from tests.support.till import Json


def listed(of_organization: Admin, **query: object) -> list[Json]:
    """The whole list, page by page."""
    items: list[Json] = []
    cursor: dict[str, object] = {}
    while True:
        page = of_organization.get("config", limit=100, **query, **cursor).ok()
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


def test_every_key_is_listed_with_what_it_is(of_shared: Admin) -> None:
    keys = listed(of_shared)
    assert [one["key"] for one in keys] == sorted(config_keys.REGISTRY)
    found = next(one for one in keys if one["key"] == "CONF_CATALOG_PROMOTION_BUFFER_END_TIME_MINUTES")
    assert found == {
        "key": "CONF_CATALOG_PROMOTION_BUFFER_END_TIME_MINUTES",
        "type": "integer",
        "allowed": "from 0 to 30",
        "value": 0,
        "isSet": False,
        "default": 0,
        "defaultIsDocumented": False,
        "effective": False,
        "meaning": "A promotion of the catalogue holds this much longer while a reward is issued.",
        "source": "domain/rewards G19",
        "area": "Points, programmes, rewards",
        "aliases": [],
    }
    assert {one["key"] for one in listed(of_shared, effective=True)} == {
        key.name for key in config_keys.REGISTRY.values() if key.effective
    }


def test_the_life_of_a_value(of_organization: Admin) -> None:
    path = "config/CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS"
    before = of_organization.get(path).ok()
    assert (before["value"], before["isSet"]) == (0, False)
    assert of_organization.put(path, {"value": 30}).ok() == before | {"value": 30, "isSet": True}
    assert of_organization.get(path).ok()["value"] == 30
    assert [one["key"] for one in listed(of_organization, isSet=True)] == [before["key"]]
    # A value that is the default is a value all the same.
    assert of_organization.put(path, {"value": 0}).ok()["isSet"] is True
    assert of_organization.delete(path).ok() == before
    assert problem(of_organization.delete(path)) == (404, "config-value-unset", "/key")


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("CONF_POINTS_RETURN_ENABLED", False, False),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", 10.25, "10.25"),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", "999999999999999999.999999", "999999999999999999.999999"),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", 7, "7"),
        ("CONF_MIN_BILLING_DATE", "2024-02-29", "2024-02-29"),
        ("EARNEST_DAILY_JOB_TIME", "23:59", "23:59"),
        ("EARNEST_RATE_LIMITS", "documented:asia", "documented:asia"),
        ("MARK_BILLS_OUTLIER_STARTING_WITH", ["T-", "X", "T-"], ["T-", "X"]),
        ("CONF_CLIENT_BILL_NO_REGEX", "^[A-Z]{2}-[0-9]+$", "^[A-Z]{2}-[0-9]+$"),
        ("CONF_FALLBACK_CHANNELS_PROPERTIES", {"WHATSAPP": {"template": "{otp}"}}, {"WHATSAPP": {"template": "{otp}"}}),
        ("CONF_ENCRYPTION_ENDPOINTS", ["OTP"], ["OTP"]),
    ],
)
def test_a_value_is_of_its_keys_type(of_organization: Admin, key: str, value: Json, shown: Json) -> None:
    assert of_organization.put(f"config/{key}", {"value": value}).ok()["value"] == shown
    assert of_organization.get(f"config/{key}").ok()["value"] == shown


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CONF_POINTS_RETURN_ENABLED", "false"),
        ("CONF_POINTS_RETURN_ENABLED", 0),
        ("CONF_POINTS_RETURN_ENABLED", None),
        ("CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS", -1),
        ("CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS", 36_501),
        ("CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS", True),
        ("CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS", 1.5),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", "-1"),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", "NaN"),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", "1e99999999"),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", "0.0000001"),
        ("CONF_LOYALTY_MIN_BILL_AMOUNT", [1]),
        ("CONF_MIN_BILLING_DATE", "2023-02-29"),
        ("CONF_MIN_BILLING_DATE", "20240101"),
        ("CONF_MIN_BILLING_DATE", 20240101),
        ("EARNEST_DAILY_JOB_TIME", "24:00"),
        ("EARNEST_DAILY_JOB_TIME", "02:00\n"),
        ("EARNEST_RATE_LIMITS", "unlimited"),
        ("EARNEST_RATE_LIMITS", ["none"]),
        ("MARK_BILLS_OUTLIER_STARTING_WITH", "T-"),
        ("MARK_BILLS_OUTLIER_STARTING_WITH", [""]),
        ("CONF_ENCRYPTION_ENDPOINTS", ["EVERYTHING"]),
        ("CONF_CLIENT_BILL_NO_REGEX", "("),
        ("CONF_CLIENT_BILL_NO_REGEX", "(?=a)b"),
        ("CONF_CLIENT_BILL_NO_REGEX", r"(a)\1"),
        ("CONF_CLIENT_BILL_NO_REGEX", "(x{1000}){1000}"),
        ("CONF_CLIENT_BILL_NO_REGEX", ""),
        ("CONF_FALLBACK_CHANNELS_PROPERTIES", "{}"),
    ],
)
def test_a_value_of_another_type_is_refused(of_shared: Admin, key: str, value: Json) -> None:
    answer = of_shared.put(f"config/{key}", {"value": value})
    assert problem(answer) == (400, "config-value-invalid", "/value")
    assert answer.body["detail"].startswith(f"{key}: expected ")
    assert of_shared.get(f"config/{key}").ok()["isSet"] is False


def test_a_key_that_there_is_not_is_not_found(of_shared: Admin) -> None:
    for answer in (
        of_shared.get("config/CONF_NOTHING"),
        of_shared.put("config/CONF_NOTHING", {"value": True}),
        of_shared.delete("config/CONF_NOTHING"),
    ):
        assert problem(answer) == (404, "config-key-unknown", "/key")


def test_a_key_answers_to_the_other_spellings_of_the_documentation(of_organization: Admin) -> None:
    set_ = of_organization.put("config/CONFIG_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH", {"value": True}).ok()
    assert set_["key"] == "CONF_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH"
    assert of_organization.get("config/CONF_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH").ok()["value"] is True


def test_several_values_are_set_together_or_not_at_all(of_organization: Admin) -> None:
    of_organization.put("config/CONF_MIN_BILLING_DATE", {"value": "2020-01-01"}).ok()
    values = {"CONF_LOYALTY_MAX_BILL_AMOUNT": "100", "CONF_MIN_BILLING_DATE": None, "CONF_POINTS_RETURN_ENABLED": False}
    for wrong, pointer in (
        ({"CONF_NOTHING": 1}, "/values/CONF_NOTHING"),
        ({"CONF_ALLOW_EMAIL_UPDATE": "yes"}, "/values/CONF_ALLOW_EMAIL_UPDATE"),
        ({"a/b~c": 1}, "/values/a~1b~0c"),
    ):
        answer = of_organization.patch("config", {"values": values | wrong})
        assert problem(answer) == (400, "config-value-invalid", pointer)
    assert [one["key"] for one in listed(of_organization, isSet=True)] == ["CONF_MIN_BILLING_DATE"]

    changed = of_organization.patch("config", {"values": values}).ok()["items"]
    assert [(one["key"], one["value"], one["isSet"]) for one in changed] == [
        ("CONF_LOYALTY_MAX_BILL_AMOUNT", "100", True),
        ("CONF_MIN_BILLING_DATE", "1995-01-01", False),
        ("CONF_POINTS_RETURN_ENABLED", False, True),
    ]
    assert [one["key"] for one in listed(of_organization, isSet=True)] == [
        "CONF_LOYALTY_MAX_BILL_AMOUNT",
        "CONF_POINTS_RETURN_ENABLED",
    ]


def test_a_secret_is_kept_encrypted_and_never_shown(admin: Admin, of_organization: Admin) -> None:
    secret = "the private key of this test"
    org_id = of_organization.get().ok()["id"]
    for answer in (
        of_organization.put("config/CONF_ENCRYPTION_PRIVATE_KEY", {"value": secret}),
        of_organization.get("config/CONF_ENCRYPTION_PRIVATE_KEY"),
    ):
        assert (answer.ok()["value"], answer.ok()["isSet"]) == ("***", True)
    entry = admin.get("audit", organizationId=org_id, limit=1).ok()["items"][0]
    assert entry["after"] == {"value": "***", "isSet": True}


def test_a_value_holds_for_its_organisation_alone(of_organization: Admin, of_shared: Admin) -> None:
    of_organization.put("config/CONF_LOYALTY_MAX_BILL_AMOUNT", {"value": "5"}).ok()
    assert of_shared.get("config/CONF_LOYALTY_MAX_BILL_AMOUNT").ok()["isSet"] is False
