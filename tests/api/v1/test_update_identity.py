"""POST /v1.1/customer/update_identity (01-customer-v1/03), in JSON and in XML."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.api.v1.conftest import NOW, Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/customer/update_identity"


def item(identifier: str, old: str, new: str) -> Json:
    return {"identifier": identifier, "old_value": old, "new_value": new}


def ask(spoken: Spoken, till: Till, *items: Json) -> Answer:
    answer = spoken.post(till, PATH, {"root": {"customer": list(items)}})
    assert answer.status == 200, answer.text
    return answer


def code(answer: Answer) -> int:
    found: int = answer.body["response"]["customers"]["customer"]["item_status"]["code"]
    return found


@pytest.fixture
def approving(make_organization: MakeOrganization) -> Till:
    keys = ("CI_MOBILE_AUTO_APPROVE", "CI_EMAIL_AUTO_APPROVE", "CI_EXTID_AUTO_APPROVE")
    return make_organization(config=dict.fromkeys(keys, True)).till.at(NOW)


def test_the_answer_is_the_documented_one(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    new = shop.new_mobile()
    for path in (PATH, "/v1/customer/update_identity"):
        body = {"root": {"customer": [item("mobile", member.mobile, new)]}}
        answer = spoken.post(till, path, body)
        if path == PATH:
            assert answer.body["response"] == {
                "status": {"success": "true", "code": 200, "message": "Success"},
                "customers": {
                    "customer": {
                        "identifier": "mobile",
                        "old_value": member.mobile,
                        "new_value": new,
                        "updated": "true",
                        "item_status": {
                            "success": "true",
                            "code": 1040,
                            "message": "Customer identity change request added successfully",
                        },
                    }
                },
            }
        else:
            # The same request waits already.
            assert code(answer) == 1041


def test_several_items_are_a_list(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    unknown = item("mobile", shop.new_mobile(), shop.new_mobile())
    answer = ask(spoken, till, unknown, item("mobile", member.mobile, shop.new_mobile()))
    assert answer.body["response"]["status"]["code"] == 201
    found = answer.body["response"]["customers"]["customer"]
    assert [(one["updated"], one["item_status"]["code"]) for one in found] == [("false", 1012), ("true", 1040)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (item("pigeon", "a", "b"), 1042),
        (item("email", "nobody@mail.example", "no address"), 1042),
        (item("email", "nobody@mail.example", "other@mail.example"), 1012),
        (item("mobile", "", "919800000000"), 1042),
    ],
)
def test_what_cannot_be_filed_has_its_documented_code(spoken: Spoken, till: Till, given: Json, expected: int) -> None:
    assert code(ask(spoken, till, given)) == expected


def test_a_value_of_another_customer_is_refused(spoken: Spoken, approving: Till) -> None:
    member, other = shop.register(approving), shop.register(approving)
    assert code(ask(spoken, approving, item("mobile", member.mobile, other.mobile))) == 1041


def test_an_approved_change_holds_on_every_source(spoken: Spoken, approving: Till) -> None:
    mobile, new = shop.new_mobile(), shop.new_mobile()
    member = shop.register(approving, mobile)
    approving.post("/v2/customers", shop.customer(mobile, source="WEBSITE")).ok()
    assert code(ask(spoken, approving, item("mobile", mobile, new))) == 1040
    profiles = shop.details_of(approving, member)["profiles"]
    assert [p["identifiers"] for p in profiles] == [[{"type": "mobile", "value": new}]] * 2
    # The number that was given up is anybody's again.
    assert shop.register(approving, mobile).id != member.id


def test_of_changes_to_different_values_at_once_one_wins(spoken: Spoken, approving: Till) -> None:
    member = shop.register(approving)
    values = [shop.new_mobile() for _ in range(6)]
    answers = shop.at_once([partial(ask, spoken, approving, item("mobile", member.mobile, new)) for new in values])
    assert Counter(code(answer) for answer in answers) == {1040: 1, 1012: 5}
    (kept,) = shop.details_of(approving, member)["profiles"][0]["identifiers"]
    assert kept["value"] in values
    for value in values:
        # The others are still free.
        if value != kept["value"]:
            shop.register(approving, value)
