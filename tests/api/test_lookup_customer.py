"""GET /v2/customers/lookup (03-customer-lookup/03)."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shapes import shape
from tests.support.shop import Member
from tests.support.till import Answer, Till

NOW = "2025-06-02T16:00:00+05:30"
EMAIL = "tara@mail.example"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    mobile = shop.new_mobile()
    identifiers = {"mobile": mobile, "email": EMAIL, "externalId": "T-100", "cardnumber": "6001"}
    return shop.register(till, mobile, identifiers=[{"type": t, "value": v} for t, v in identifiers.items()])


def _look_up(till: Till, **query: object) -> Answer:
    return till.get("/v2/customers/lookup", **query)


def test_the_answer_has_the_documented_fields(till: Till, member: Member) -> None:
    answer = _look_up(till, source="INSTORE", identifierName="mobile", identifierValue=member.mobile).ok()
    assert shape(answer) == {"entity": "number", "warnings": "array"}
    assert answer == {"entity": member.id, "warnings": []}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", EMAIL),
        ("email", EMAIL.upper()),
        ("externalId", "T-100"),
        ("external_id", "T-100"),
        ("cardnumber", "6001"),
        ("cardNumber", "6001"),
    ],
)
def test_every_identifier_leads_to_the_customer(till: Till, member: Member, name: str, value: str) -> None:
    for source in ("INSTORE", "ALL"):
        assert _look_up(till, source=source, identifierName=name, identifierValue=value).ok()["entity"] == member.id


def test_a_number_may_be_written_without_its_country(till: Till, member: Member) -> None:
    for value in (member.mobile.removeprefix("91"), f"+{member.mobile}", f"0{member.mobile.removeprefix('91')}"):
        answer = _look_up(till, source="INSTORE", identifierName="mobile", identifierValue=value)
        assert answer.ok()["entity"] == member.id


def test_the_id_of_a_customer_leads_to_itself(till: Till, member: Member) -> None:
    answer = _look_up(till, source="INSTORE", identifierName="id", identifierValue=member.id)
    assert answer.ok()["entity"] == member.id


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"identifierName": "mobile", "identifierValue": "919800000001"}, 8001),
        ({"source": "MARKET", "identifierName": "mobile", "identifierValue": "919800000001"}, 8003),
        ({"source": "INSTORE"}, 8002),
        ({"source": "INSTORE", "identifierValue": "919800000001"}, 8092),
        ({"source": "INSTORE", "identifierName": "mobile"}, 8093),
        ({"source": "INSTORE", "identifierName": "mobile", "identifierValue": ""}, 8093),
        ({"source": "INSTORE", "identifierName": "shoe", "identifierValue": "42"}, 8013),
        ({"source": "INSTORE", "identifierName": "mobile", "identifierValue": "not a number"}, 8015),
        ({"source": "INSTORE", "identifierName": "id", "identifierValue": "x"}, 8015),
        ({"source": "INSTORE", "identifierName": "id", "identifierValue": "123456789"}, 8015),
        ({"source": "INSTORE", "identifierName": "email", "identifierValue": "other@mail.example"}, 8015),
        ({"source": "WEBSITE", "identifierName": "email", "identifierValue": EMAIL}, 8065),
        ({"source": "MOBILE_APP", "identifierName": "email", "identifierValue": EMAIL}, 8045),
        ({"source": "MOBILE_APP", "accountId": "a", "identifierName": "email", "identifierValue": EMAIL}, 8065),
    ],
)
def test_refusals_have_their_documented_code(till: Till, member: Member, query: dict[str, str], code: int) -> None:
    refused = _look_up(till, **query)
    assert (refused.status, refused.code) == (400, code)
    assert refused.body["warnings"] == []
