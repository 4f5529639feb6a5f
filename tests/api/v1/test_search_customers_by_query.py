"""GET /v1.1/customer/search (01-customer-v1/04), in JSON and in XML."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.api.v1.conftest import NOW, Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.shop import Member
from tests.support.till import Json, Till

PATH = "/v1.1/customer/search"


@pytest.fixture(scope="module")
def people(make_shared_organization: MakeOrganization) -> tuple[Till, dict[str, Member]]:
    """Asha, Silver, 1,000 spent; Bela, Gold, 12,000; Chand, who has bought nothing. A day between their registrations."""
    organization = make_shared_organization()
    till = organization.till.at(NOW)
    members = {}
    for day, name in ((1, "Asha"), (2, "Bela"), (3, "Chand")):
        mobile = shop.new_mobile()
        identifiers = [
            {"type": "mobile", "value": mobile},
            {"type": "email", "value": f"{name}.{mobile}@mail.example"},
            {"type": "externalId", "value": f"Ext-{name}"},
        ]
        at = f"2025-03-0{day}T23:30:00+05:30"
        where = organization.other_store_till if name == "Chand" else organization.till
        members[name] = shop.register(
            where.at(at), mobile, firstName=name, lastName="Rao", identifiers=identifiers, fields={"pet": name[0]}
        )
    till = organization.till.at("2025-03-05T10:00:00+05:30")
    shop.sell(till, members["Asha"], 1_000)
    shop.sell(till, members["Bela"], 2_000)
    shop.sell(till.at("2025-03-05T11:00:00+05:30"), members["Bela"], 10_000)
    return till.at("2025-03-05T12:00:00+05:30"), members


def names(spoken: Spoken, till: Till, q: str, **query: object) -> str:
    answer = spoken.get(till, PATH, q=q, **query)
    assert answer.status == 200, answer.text
    return "".join(item["firstname"][0] for item in answer.body["response"]["customer"]["results"]["item"])


def test_the_answer_is_the_documented_one(spoken: Spoken, people: tuple[Till, dict[str, Member]]) -> None:
    till, members = people
    for path in (PATH, "/v1/customer/search"):
        body = spoken.get(till, path, q="(slab:EQUALS:gold)").body["response"]
        assert (body["status"]["success"], body["status"]["message"]) == ("true", "SUCCESS")
        found = body["customer"]
        assert (found["count"], found["start"], found["rows"]) == ("1", "0", "10")
        (item,) = found["results"]["item"]
        bela = members["Bela"]
        assert Decimal(item.pop("org_id")) > 0 and item.pop("registered_by") == till.username
        assert item == {
            "user_id": str(bela.id),
            "firstname": "Bela",
            "lastname": "Rao",
            "mobile": bela.mobile,
            "email": f"bela.{bela.mobile}@mail.example",
            "external_id": "Ext-Bela",
            "loyalty_points": "1200",
            "lifetime_points": "1200",
            "lifetime_purchases": "12000",
            "current_slab": "Gold",
            "registered_on": "2025-03-02 23:30:00",
            "last_trans_value": "10000",
            "attributes": {"attribute": [{"name": "pet", "value": "B"}]},
        }


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("(firstname:STARTS:be)", "B"),
        ("(firstname:ENDS:ND)", "C"),
        ("(firstname:IN:asha;chand)", "AC"),
        ("(lastname:EXACT:rao)", "ABC"),
        ("(lastname:EXACT:ra)", ""),
        ("(external_id:EQUALS:Ext-Asha)", "A"),
        ("(email:STARTS:chand.)", "C"),
        ("(email:ENDS:@mail.example)", "ABC"),
        ("(registered_date:ON:2025-03-02)", "B"),
        ("(registered_date:RANGE:2025-03-01;2025-03-02)", "AB"),
        ("(registered_date:GREATER:2025-03-01)", "BC"),
        ("(registered_date:LESS:2025-03-02 23:30:00)", "A"),
        ("(registered_date:EQUALS:2025-03-02 23:30:00)", "B"),
        ("(loyalty_points:GREATER:100)", "B"),
        ("(loyalty_points:EQUALS:100)", "A"),
        ("(lifetime_points:LESS:100)", "C"),
        ("(lifetime_purchases:RANGE:1000;12000)", "AB"),
        ("(transaction_value:GREATER:1000)", "B"),
        ("(last_trans_value:RANGE:0;1000)", "A"),
        ("(slab:IN:silver;gold)", "ABC"),
        ("(slab:STARTS:Sil)", "AC"),
        ("(pet:EQUALS:b)", "B"),
        ("(pet:STARTS:c)", "C"),
        ("(pet:ENDS:a)", "A"),
        ("(wish:EQUALS:none)", ""),
        ("(org_id:EQUALS:1)", ""),
        ("(slab:EQUALS:silver)&(firstname:STARTS:c)", "C"),
        ("(slab:EQUALS:silver) & (lifetime_purchases:GREATER:0) & (lastname:EQUALS:rao)", "A"),
        ("(slab:EQUALS:gold)&(firstname:STARTS:c)", ""),
    ],
)
def test_conditions_find_who_meets_all_of_them(
    spoken: Spoken, people: tuple[Till, dict[str, Member]], q: str, expected: str
) -> None:
    assert names(spoken, people[0], q) == expected


def test_a_mobile_is_found_as_it_is_dialled(spoken: Spoken, people: tuple[Till, dict[str, Member]]) -> None:
    till, members = people
    assert names(spoken, till, f"(mobile:EQUALS:{members['Asha'].mobile[2:]})") == "A"
    assert names(spoken, till, f"(mobile:ENDS:{members['Asha'].mobile[-6:]})") == "A"


def test_the_store_of_the_registration_is_asked_for(spoken: Spoken, people: tuple[Till, dict[str, Member]]) -> None:
    till, members = people
    details = spoken.get(till, "/v1.1/customer/get", mobile=members["Chand"].mobile).body
    store = details["response"]["customers"]["customer"][0]["registered_store"]["code"]
    assert names(spoken, till, f"(registered_store:EQUALS:{store})") == "C"
    assert names(spoken, till, "(registered_store:EQUALS:no such store)") == ""


def test_rows_are_paged(spoken: Spoken, people: tuple[Till, dict[str, Member]]) -> None:
    till, _ = people
    q = "(lastname:EQUALS:rao)"
    assert [names(spoken, till, q, start=start, rows=2) for start in (0, 2, 4)] == ["AB", "C", ""]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "slab"},
        {"q": "(slab:EQUALS)"},
        {"q": "(slab:WITHIN:gold)"},
        {"q": "(slab:EQUALS:)"},
        {"q": "(loyalty_points:EQUALS:many)"},
        {"q": "(loyalty_points:STARTS:1)"},
        {"q": "(loyalty_points:EQUALS:NaN)"},
        {"q": "(registered_date:ON:yesterday)"},
        {"q": "(registered_date:RANGE:2025-01-01)"},
        {"q": "(firstname:RANGE:a;b)"},
        {"q": "&".join(["(firstname:STARTS:a)"] * 11)},
        {"q": "(firstname:STARTS:a)", "rows": 0},
        {"q": "(firstname:STARTS:a)", "start": -1},
    ],
)
def test_what_is_no_query_is_a_clear_error(spoken: Spoken, people: tuple[Till, dict[str, Member]], query: Json) -> None:
    answer = spoken.get(people[0], PATH, **query)
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 400), answer.text
