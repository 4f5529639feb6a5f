"""The ledger in this organisation and in connected ones (15-points-ledger/04, 05)."""

from __future__ import annotations

import httpx
import pytest

from tests.api.own.admin import Admin
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.server import Server
from tests.support.shop import Member, Receipt
from tests.support.till import Answer, Json

LEDGER = "/v2.1/pointsLedger/getCustomerLedgerInfo"
EXPLODE = "/v2.1/pointsLedger/getLedgerExplodeInfo"
MONDAY = "2024-06-03T12:00:00+05:30"
TUESDAY = "2024-06-04T12:00:00+05:30"
WEDNESDAY = "2024-06-05T12:00:00+05:30"
NOT_CONNECTED = 310144


class Family:
    """A parent with a child, a stranger, and one person who is a customer of all three: 10, 20 and 30 points."""

    def __init__(self, admin: Admin, make: MakeOrganization) -> None:
        self.parent, self.child, self.stranger = make(), make(), make()
        admin.under(f"organizations/{self.parent.org_id}").put(f"connected/{self.child.org_id}", {}).ok()
        self.mobile = shop.new_mobile()
        self.sales: dict[int, Receipt] = {}
        days = (MONDAY, TUESDAY, WEDNESDAY)
        for number, (one, day) in enumerate(zip((self.parent, self.child, self.stranger), days, strict=True), 1):
            member = shop.register(one.till.at(MONDAY), self.mobile, firstName=f"Name {number}")
            self.sales[one.org_id] = shop.sell(one.till.at(day), member, 100 * number)

    def ask(self, of: Organization, scope: str | None, *others: object, path: str = LEDGER, **query: object) -> Answer:
        headers = {} if scope is None else {"DATA-SCOPE": scope}
        if others:
            headers["DATA-SCOPE-ORG"] = ",".join(map(str, others))
        named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": self.mobile}
        return of.till.at(WEDNESDAY).send("GET", path, params=named | query, headers=headers)


@pytest.fixture(scope="module")
def family(server: Server, http: httpx.Client, make_shared_organization: MakeOrganization) -> Family:
    return Family(Admin(http, server.admin_key), make_shared_organization)


def credits(answer: Answer) -> list[tuple[int, str]]:
    return [(event["orgId"], event["netPointsOnEvent"]) for event in answer.ok()["ledgerEntries"]]


def test_self_is_the_calling_organisation(family: Family) -> None:
    answer = family.ask(family.parent, "SELF")
    assert credits(answer) == [(family.parent.org_id, "10.000")]
    assert answer.body["ledgerDetails"]["ledgerClosingBalance"] == []
    assert answer.body["customerDetails"]["firstName"] == "Name 1"


def test_a_parent_reads_its_child_and_a_child_its_parent(family: Family) -> None:
    parent, child = family.parent.org_id, family.child.org_id
    assert credits(family.ask(family.parent, "OTHER", child)) == [(child, "20.000")]
    answer = family.ask(family.child, "OTHER", parent)
    assert credits(answer) == [(parent, "10.000")]
    assert answer.body["customerDetails"]["firstName"] == "Name 1"
    (event,) = answer.body["ledgerEntries"]
    assert event["tillCode"] == family.parent.till.username
    assert event["sourceProgramName"]


def test_ledgers_of_several_children_are_merged_by_time(
    server: Server, http: httpx.Client, make_shared_organization: MakeOrganization
) -> None:
    family, admin = Family(Admin(http, server.admin_key), make_shared_organization), Admin(http, server.admin_key)
    admin.under(f"organizations/{family.parent.org_id}").put(f"connected/{family.stranger.org_id}", {}).ok()
    ids = (family.child.org_id, family.stranger.org_id)
    assert credits(family.ask(family.parent, "OTHER", *ids)) == [(ids[1], "30.000"), (ids[0], "20.000")]
    assert credits(family.ask(family.parent, "OTHER", *ids, order="ASC"))[0] == (ids[0], "20.000")
    second = family.ask(family.parent, "OTHER", *ids, limit=1, offset=1)
    assert credits(second) == [(ids[0], "20.000")]
    assert second.body["ledgerDetails"]["totalEntries"] == 2
    assert family.ask(family.parent, "OTHER", *ids, limit=1, offset=2).code == 11003
    assert family.ask(family.parent, "OTHER", *ids, limit=100, offset=100).code == 400


def test_what_stands_behind_an_event_of_another_organisation(family: Family) -> None:
    child = family.child.org_id
    sale = family.sales[child]
    named = {"eventName": "TransactionAdd", "eventReferenceIds": sale.id}
    answer = family.ask(family.parent, "OTHER", child, path=EXPLODE, getBillDetails="true", **named).ok()
    (event,) = answer["events"]
    assert (event["orgId"], event["eventReferenceId"]) == (child, str(sale.id))
    assert event["billDetails"]["billNumber"] == sale.number
    # It is not this organisation's.
    assert family.ask(family.parent, "SELF", path=EXPLODE, **named).code == 9022
    own: Json = {"eventName": "TransactionAdd", "eventReferenceIds": family.sales[family.parent.org_id].id}
    (event,) = family.ask(family.parent, "SELF", path=EXPLODE, **own).ok()["events"]
    assert event["orgId"] == family.parent.org_id


@pytest.mark.parametrize("path", [LEDGER, EXPLODE])
def test_who_is_not_connected_is_not_read(family: Family, path: str) -> None:
    stranger = family.stranger.org_id
    more: dict[str, Json] = {"eventIds": 1} if path == EXPLODE else {}
    for scope, others in (
        ("OTHER", (stranger,)), ("OTHER", (family.child.org_id, stranger)), ("OTHER", ()), ("OTHER", ("x",)),
        ("OTHER", (0,)), ("OTHER", (2**31,)), ("OTHER", (family.parent.org_id,)), ("BOTH", ()), (None, ()),
    ):  # fmt: skip
        assert family.ask(family.parent, scope, *others, path=path, **more).code == NOT_CONNECTED


def test_a_connection_that_has_ended_is_closed_at_once(
    server: Server, http: httpx.Client, make_organization: MakeOrganization
) -> None:
    admin = Admin(http, server.admin_key)
    family = Family(admin, make_organization)
    child = family.child.org_id
    assert family.ask(family.parent, "OTHER", child).status == 200
    assert family.ask(family.child, "OTHER", family.parent.org_id).status == 200
    admin.under(f"organizations/{family.parent.org_id}").delete(f"connected/{child}").ok()
    assert family.ask(family.parent, "OTHER", child).code == NOT_CONNECTED
    assert family.ask(family.child, "OTHER", family.parent.org_id).code == NOT_CONNECTED


def test_a_customer_who_is_unknown_there_is_not_found(family: Family) -> None:
    member: Member = shop.register(family.parent.till.at(MONDAY))
    query = {"identifierValue": member.mobile}
    assert family.ask(family.parent, "OTHER", family.child.org_id, **query).code == 8015
    # An id is one of the organisation that is read.
    by_id: dict[str, Json] = {"identifierName": "id", "identifierValue": member.id}
    assert family.ask(family.parent, "OTHER", family.child.org_id, **by_id).code == 8015


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"source": ""}, 8003),
        ({"source": "MARKET"}, 8003),
        ({"identifierName": ""}, 8013),
        ({"identifierName": "shoe"}, 8013),
        ({"identifierValue": ""}, 8015),
        ({"identifierValue": "919812345678"}, 8015),
    ],
)
@pytest.mark.parametrize("path", [LEDGER, EXPLODE])
def test_refusals_have_their_documented_code(family: Family, path: str, query: dict[str, Json], code: int) -> None:
    more: dict[str, Json] = {"eventIds": 1} if path == EXPLODE else {}
    assert family.ask(family.parent, "SELF", path=path, **more, **query).code == code
