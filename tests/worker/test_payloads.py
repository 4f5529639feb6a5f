"""`data` of the events is that of contract/36-event-notification-logs."""

from __future__ import annotations

from typing import Any

from tests.support import shop
from tests.support.organizations import Organization
from tests.worker.conftest import Outgoing
from tests.worker.receiving import Receiver
from tests.worker.test_clock import Admin, admin

__all__ = ["admin"]


def data_by_name(receiver: Receiver) -> dict[str, Any]:
    return {call.name: call.json["data"] for call in receiver.calls}


async def test_a_registration_a_bill_and_its_tier_are_told_in_the_documented_shape(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    member = shop.register(organization.till)
    lines = [shop.line("SKU-1", 10_000), shop.line("SKU-2", 2_500.5)]
    bill = shop.sell(organization.till, member, 12_500.5, lineItemsV2=lines)
    await outgoing.settle(organization.org_id)

    told = data_by_name(receiver)
    assert set(told) == {"customerAdded", "transactionAdded", "tierUpgraded"}
    identifiers = {
        "customerId": member.id,
        "loyaltyType": "loyalty",
        "firstName": "Leela",
        "lastName": "",
        "instore": {"mobile": member.mobile},
    }
    added = told["customerAdded"]
    assert added["customerIdentifiers"] == identifiers
    assert (added["loyaltyType"], added["source"], added["firstName"]) == ("LOYALTY", "INSTORE", "Leela")
    assert isinstance(added["enteredAt"], int) and added["enteredAt"] > 10**12
    assert set(added["enteredBy"]) == {"id", "till", "store"}

    sold = told["transactionAdded"]
    assert (sold["amount"], sold["billNumber"], sold["transactionId"]) == (12500.5, bill.number, bill.id)
    assert (sold["billType"], sold["lineItemCount"], sold["currencyCode"]) == ("REGULAR", 2, "INR")
    assert sold["customerIdentifiers"] == identifiers
    assert sold["enteredBy"] == added["enteredBy"]

    tier = told["tierUpgraded"]
    assert (tier["previousTierNumber"], tier["upgradedTierNumber"]) == (1, 2)
    assert tier["entityInformation"] == {"entityType": "USER", "entityId": member.id}
    assert tier["loyaltyProgramDetails"]["id"] == tier["loyaltyProgramId"]
    activity = tier["triggeringActivity"]
    assert (activity["name"], activity["identifiers"]) == (
        "TransactionAdd",
        [{"key": "TransactionId", "value": str(bill.id)}],
    )


async def test_redeemed_and_expired_points_are_told_in_the_documented_shape(
    organization: Organization, outgoing: Outgoing, receiver: Receiver, admin: Admin
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url, "pointsRedeemed", "pointsExpired")
    member = shop.register(organization.till)
    shop.sell(organization.till, member, 1_000)
    shop.redeem(organization.till, member, 30)
    admin.post("/clock/advance", {"organizationId": organization.org_id, "by": "P800D"})
    ran = admin.post("/jobs/run-due", {"organizationId": organization.org_id})
    assert ran.status_code == 200, ran.text
    await outgoing.settle(organization.org_id)

    told = data_by_name(receiver)
    redeemed = told["pointsRedeemed"]
    assert redeemed["totalPointsRedeemed"] == 30
    assert redeemed["redemptionFromEarningPrograms"] == [
        {"programId": redeemed["loyaltyProgramId"], "pointsRedeemed": 30, "programCurrentPoints": 70}
    ]
    assert redeemed["triggeringActivity"]["name"] == "PointsRedemption"
    assert redeemed["triggeringActivity"]["identifiers"] == [
        {"key": "redemptionId", "value": str(redeemed["redemptionSummaryId"])}
    ]
    assert told["pointsExpired"]["pointsExpired"] == 70
    assert told["pointsExpired"]["customerIdentifiers"]["customerId"] == member.id
    assert told["pointsExpired"]["triggeringActivity"] == {}
