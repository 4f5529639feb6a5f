"""GET /v2/customers/search (02-customer-v2/08)."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Json, Till

NOW = "2025-06-02T16:00:00+05:30"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


def found(till: Till, q: str, **query: object) -> Json:
    return till.get("/v2/customers/search", q=q, **query).ok()


def test_the_answer_is_the_documented_one(till: Till) -> None:
    member = shop.register(till, firstName="Zenobia", lastName="Zhou")
    assert found(till, "zeno", limit=5) == {
        "pagination": {"limit": 5, "offset": 0, "total": 1},
        "data": [
            {
                "userId": member.id,
                "matchedIdentifiers": [
                    {"idType": "firstName", "idValue": "Zenobia", "source": "INSTORE", "accountId": ""}
                ],
                "profiles": [{"source": "INSTORE", "firstName": "Zenobia", "lastName": "Zhou"}],
            }
        ],
        "warnings": [],
        "errors": [],
    }


def test_names_and_identifiers_are_matched_from_their_beginning(till: Till) -> None:
    mobile = shop.new_mobile()
    identifiers = [{"type": "mobile", "value": mobile}, {"type": "email", "value": f"quentin.{mobile}@mail.example"}]
    member = shop.register(till, mobile, firstName="Quim", lastName="O'Queen", identifiers=identifiers)
    for text, matched in (
        ("QUI", ["firstName"]),
        ("o'q", ["lastName"]),
        ("quentin", ["email"]),
        ("qu", ["firstName", "email"]),
        (mobile, ["mobile"]),
        # Without the country code, and as it is written abroad.
        (mobile[2:], ["mobile"]),
        ("+" + mobile, ["mobile"]),
    ):
        (one,) = found(till, text)["data"]
        assert (one["userId"], [m["idType"] for m in one["matchedIdentifiers"]]) == (member.id, matched)
    for text in ("ueen", "mail.example", "%", "_", "'"):
        assert member.id not in [one["userId"] for one in found(till, text)["data"]]


def test_every_source_is_searched(till: Till) -> None:
    mobile = shop.new_mobile()
    member = shop.register(till, mobile)
    till.post("/v2/customers", shop.customer(mobile, source="WEBSITE", firstName="Wilhelmina")).ok()
    (one,) = found(till, "wilhel")["data"]
    assert (one["userId"], one["matchedIdentifiers"][0]["source"]) == (member.id, "WEBSITE")


def test_pages_are_in_the_order_of_registration(till: Till) -> None:
    days = [3, 1, 2, 5, 4]
    ids = {day: shop.register(till.at(f"2025-05-0{day}T10:00:00Z"), firstName=f"Paged {day}").id for day in days}
    pages = [found(till, "paged", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [one["userId"] for page in pages for one in page["data"]] == [ids[day] for day in sorted(days)]
    assert {page["pagination"]["total"] for page in pages} == {5}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 400),
        ({"q": " "}, 400),
        ({"q": "a", "offset": -1}, 8100),
        ({"q": "a", "limit": 0}, 8101),
        ({"q": "a", "limit": 101}, 8102),
        ({"q": "a", "limit": "many"}, 400),
    ],
)
def test_what_does_not_fit_has_its_documented_code(till: Till, query: Json, code: int) -> None:
    assert till.get("/v2/customers/search", **query).code == code
