"""A simulated sale says what the real one does, and leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest
from psycopg import sql

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-09-10T12:00:00+05:30"
ON = {"CONF_ENABLE_SIMULATION_API_MODE": True}


def simulate(till: Till, member: Member, body: Json) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.post("/v2/simulation/transactions", body, **named)


def contents(organization: Organization) -> Mapping[str, str]:
    """A digest of all rows of the organisation, by table, and where each sequence stands."""
    found: dict[str, str] = {}
    with psycopg.connect(organization.server.owner_url) as connection:
        tables = connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' "
            "AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND EXISTS (SELECT FROM pg_attribute a "
            "WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            text = sql.SQL(
                "SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "
                "FROM {} t WHERE org_id = %s"
            ).format(sql.Identifier(table))
            (found[table],) = connection.execute(text, [organization.org_id]).fetchone() or ("",)
        for name, value in connection.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall():
            found[f"sequence {name}"] = str(value)
    return found


@pytest.fixture
def organization(make_organization: MakeOrganization) -> Organization:
    return make_organization(config=ON)


@pytest.mark.story("06-transaction-v2/07")
def test_a_simulation_says_what_the_sale_then_does_and_writes_nothing(organization: Organization) -> None:
    till = organization.till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 9_500)
    body = shop.sale(
        1_000,
        extendedFields={"room_nights_count": 3},
        paymentModes=[{"mode": "Card", "value": 1_000}],
        lineItemsV2=[shop.line("chair", 800, quantity=2), shop.line("rug", 200)],
    )
    before = contents(organization)
    assert len(before) > 30
    first = simulate(till, member, body).ok()
    assert simulate(till, member, body).ok() == first
    assert contents(organization) == before

    real = shop.send(till, member, body).ok()
    assert first["sideEffects"] == real["sideEffects"]
    assert {effect["type"] for effect in first["sideEffects"]} == {"points", "slab"}
    assert contents(organization) != before
    # The number is taken now.
    assert simulate(till, member, body).code == 604


def test_the_breakup_tells_programme_expiry_and_tier(organization: Organization) -> None:
    till = organization.till.at(NOW)
    member = shop.register(till)
    body = shop.sale(1_000, billingDate="2025-09-10T11:42:49+05:30", lineItemsV2=[shop.line("rug", 1_000)])
    breakup = simulate(till, member, body).ok()["simulatedPointsBreakup"]
    assert (breakup["eventLogId"], breakup["eventName"]) == (0, "TransactionAdd")
    assert breakup["eventDetails"]["eventTime"] == "2025-09-10 11:42:49.000"
    (earned,) = breakup["billDetails"]["pointsEarned"]["regular"]
    assert (earned["value"], earned["expiresOn"][10:]) == (100, " 23:59:59.999")
    (line,) = breakup["billDetails"]["lineItems"]
    assert (line["itemCode"], line["pointsEarned"]) == ("rug", {"regular": [], "promo": [], "promised": []})
    (slab,) = breakup["pointInTimeSlabs"]
    assert (slab["pointInTimeSlabNumber"], slab["isDefaultProgram"]) == (1, True)


def test_somebody_who_is_not_registered_counts_in_the_lowest_tier(organization: Organization) -> None:
    till = organization.till.at(NOW)
    stranger = Member(0, shop.new_mobile())
    before = contents(organization)
    answer = simulate(till, stranger, shop.sale(1_000)).ok()
    assert [effect["awardedPoints"] for effect in answer["sideEffects"]] == [100]
    assert contents(organization) == before
    assert shop.send(till, stranger, shop.sale(1_000)).code == 8015


def test_a_simulation_is_refused_like_a_sale(organization: Organization) -> None:
    till = organization.till.at(NOW)
    member = shop.register(till)
    assert simulate(till, member, shop.sale(-1)).code == 601
    assert simulate(till, member, shop.sale(1) | {"type": "NOTHING"}).code == 690
    assert till.post("/v2/simulation/transactions", shop.sale(1)).code == 1104


def test_an_organisation_has_to_ask_for_simulations(make_organization: MakeOrganization) -> None:
    till = make_organization().till.at(NOW)
    assert simulate(till, shop.register(till), shop.sale(1_000)).code == 1116
