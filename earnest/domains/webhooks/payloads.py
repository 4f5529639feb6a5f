"""`data` of an event as the documentation prints it (contract/36-event-notification-logs, "Events" and "Shared objects").

What an event says of the moment in which it happened comes from its body in the outbox or from rows that do not change; the
rest is enrichment (`facts`). A field that nobody can tell any more is left out. Times are milliseconds, days of expiry are
written as dates, amounts and points are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.decimals import plain
from earnest.domains.webhooks.facts import Customer, Facts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = msgspec.json.Encoder(decimal_format="number")

# Names of activities as the documentation knows them; all others are called as ours are.
_ACTIVITIES = {"CustomerUpdate": "PROFILE_UPDATE"}
_REFERENCES = {
    "TransactionAdd": "TransactionId",
    "ReturnBill": "TransactionId",
    "PointsRedemption": "redemptionId",
}
_IDENTIFIERS = {"cardnumber": "cardnumber", "cardexternalid": "cardexternalid", "externalid": "externalId"}

Json = dict[str, Any]


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An event and the activity that it came of. `activity` is None where the ledger has none; `zone` is the
    organisation's."""

    holder_id: int
    body: str
    recorded_at: datetime
    activity: str | None
    reference_id: int | None
    till_id: int | None
    zone: tzinfo = UTC


class _TierChanged(msgspec.Struct, frozen=True, rename="camel"):
    """What the outbox holds of a change of tier."""

    program_id: int
    from_tier: int
    to_tier: int
    cause: str
    expires_at: datetime | None


class _Expired(msgspec.Struct, frozen=True):
    """What the outbox holds of a sweep."""

    points: Decimal


def data_of(name: str, happened: Happened, facts: Facts) -> bytes:
    """The JSON of `data`. An event that the catalogue does not know is sent as it stands in the outbox."""
    shape = _SHAPES.get(name)
    shaped = None if shape is None else shape(happened, facts)
    return happened.body.encode() if shaped is None else _encoder.encode(shaped)


def _registered(happened: Happened, facts: Facts) -> Json:
    customer = facts.customers.get(happened.holder_id)
    data: Json = {}
    if customer is not None:
        first = customer.profiles[0] if customer.profiles else None
        data = {
            "loyaltyType": customer.loyalty_type.upper(),
            "source": None if first is None else first.source,
            "firstName": "" if first is None else first.first_name,
            "lastName": "" if first is None else first.last_name,
            "enteredAt": _milliseconds(customer.registered_at),
        }
        if first is not None and first.account_id:
            data["accountId"] = first.account_id
    return data | {"enteredBy": _entered_by(happened, facts), "customerIdentifiers": _identifiers(happened, facts)}


def _customer_changed(happened: Happened, facts: Facts) -> Json:
    changed = {"enteredAt": _milliseconds(happened.recorded_at), "triggeringActivity": _activity(happened, facts)}
    return _registered(happened, facts) | changed


def _transaction(happened: Happened, facts: Facts) -> Json | None:
    bill = facts.bills.get(happened.reference_id or 0)
    if bill is None:
        return None
    data: Json = {
        "amount": plain(bill.amount),
        "billNumber": bill.number,
        "billDate": _milliseconds(bill.billed_at),
        "enteredAt": _milliseconds(bill.recorded_at),
        "transactionId": bill.id,
        "billType": bill.type,
        "lineItemCount": bill.lines,
        "discount": plain(bill.discount or Decimal(0)),
        "currencyCode": bill.currency_code or facts.currency,
        "outlierStatus": bill.outlier_status,
        "enteredBy": _entered_by(happened, facts),
        "customerIdentifiers": _identifiers(happened, facts),
    }
    if bill.gross is not None:
        data["grossAmount"] = plain(bill.gross)
    if bill.delivery_status is not None:
        data["deliveryStatus"] = bill.delivery_status
    return data


def _redeemed(happened: Happened, facts: Facts) -> Json | None:
    redemption = facts.redemptions.get(happened.reference_id or 0)
    if redemption is None:
        return None
    points = plain(redemption.points)
    from_program = {
        "programId": redemption.program_id,
        "pointsRedeemed": points,
        "programCurrentPoints": plain(redemption.balance),
    }
    return _loyalty(happened, facts, redemption.program_id) | {
        "totalPointsRedeemed": points,
        "redemptionSummaryId": redemption.id,
        "redeemedPointsCurrencyValue": plain(redemption.value),
        "redemptionNotes": redemption.notes,
        "redemptionBillNumber": redemption.bill_number or "",
        "isGroupRedemption": False,
        "redemptionFromEarningPrograms": [from_program],
    }


def _expired(happened: Happened, facts: Facts) -> Json:
    # A sweep goes over all programmes at once: only where there is one is it known which.
    program_id = next(iter(facts.programs)) if len(facts.programs) == 1 else None
    points = msgspec.json.decode(happened.body, type=_Expired).points
    return _loyalty(happened, facts, program_id) | {"triggeringActivity": {}, "pointsExpired": plain(points)}


def _tier(happened: Happened, facts: Facts, before: str, after: str, manner: str) -> Json:
    change = msgspec.json.decode(happened.body, type=_TierChanged)
    data = _loyalty(happened, facts, change.program_id)
    if before:
        data[before] = change.from_tier
    data[after] = change.to_tier
    if change.expires_at is not None:
        data["tierExpiryDate"] = change.expires_at.astimezone(happened.zone).date().isoformat()
    if manner:
        data |= {manner: change.cause, "notes": ""}
    return data


def _upgraded(happened: Happened, facts: Facts) -> Json:
    return _tier(happened, facts, "previousTierNumber", "upgradedTierNumber", "upgradeType")


def _downgraded(happened: Happened, facts: Facts) -> Json:
    return _tier(happened, facts, "previousTierNumber", "downgradedTierNumber", "")


def _renewed(happened: Happened, facts: Facts) -> Json:
    return _tier(happened, facts, "", "currentTierNumber", "renewType")


def _loyalty(happened: Happened, facts: Facts, program_id: int | None) -> Json:
    """What all events of the ledger begin with."""
    data: Json = {
        "customerIdentifiers": _identifiers(happened, facts),
        "entityInformation": _entity(happened),
        "triggeringActivity": _activity(happened, facts),
    }
    if program_id is not None:
        data["loyaltyProgramId"] = program_id
        program = facts.programs.get(program_id)
        if program is not None:
            data["loyaltyProgramDetails"] = {"id": program.id, "name": program.name, "isDefault": program.is_default}
    return data


def _identifiers(happened: Happened, facts: Facts) -> Json:
    """@CI: every identifier of the customer, those of the shops under `instore`."""
    found: Json = {"customerId": happened.holder_id}
    customer = facts.customers.get(happened.holder_id)
    if customer is None:
        return found
    first = customer.profiles[0] if customer.profiles else None
    found["loyaltyType"] = customer.loyalty_type
    if first is not None:
        found |= {"firstName": first.first_name, "lastName": first.last_name}
    for source in dict.fromkeys(profile.source for profile in customer.profiles):
        found[source.lower()] = _instore(customer) if source.upper() == "INSTORE" else _accounts(customer, source)
    return found


def _instore(customer: Customer) -> Json:
    own = [one for one in customer.identifiers if one.source.upper() == "INSTORE"]
    return {_IDENTIFIERS.get(one.type.lower(), one.type): one.value for one in own}


def _accounts(customer: Customer, source: str) -> Json:
    accounts: dict[str, list[Json]] = {
        profile.account_id: [] for profile in customer.profiles if profile.source == source
    }
    for one in customer.identifiers:
        if one.source == source:
            identifier = {"identifierType": one.type, "identifierValue": one.value}
            accounts.setdefault(one.account_id, []).append(identifier)
    return {"accounts": [{"accountId": account, "identifiers": found} for account, found in accounts.items()]}


def _entity(happened: Happened) -> Json:
    return {"entityType": "USER", "entityId": happened.holder_id}


def _entered_by(happened: Happened, facts: Facts) -> Json:
    """@BY: the till and its store; a job has neither."""
    data: Json = {"id": happened.till_id or 0}
    till = facts.tills.get(happened.till_id or 0)
    if till is not None:
        data["till"] = {"code": till.code, "name": till.name}
        if till.store_code is not None:
            data["store"] = {"code": till.store_code, "name": till.store_name or ""}
    return data


def _activity(happened: Happened, facts: Facts) -> Json:
    """@TA: what the event came of."""
    if happened.activity is None:
        return {}
    key = _REFERENCES.get(happened.activity, "CustomerId")
    value = happened.holder_id if happened.reference_id is None else happened.reference_id
    return {
        "name": _ACTIVITIES.get(happened.activity, happened.activity),
        "identifiers": [{"key": key, "value": str(value)}],
        "enteredBy": _entered_by(happened, facts),
        "entityInformation": _entity(happened),
        "additionalAttributes": [],
    }


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


_SHAPES: Mapping[str, Callable[[Happened, Facts], Json | None]] = {
    "customerAdded": _registered,
    "customerUpdated": _customer_changed,
    "transactionAdded": _transaction,
    # Ours, in the shape of the one that is documented: the catalogue tells of a return only by its points.
    "transactionReturned": _transaction,
    "pointsRedeemed": _redeemed,
    "pointsExpired": _expired,
    "tierUpgraded": _upgraded,
    "tierDowngraded": _downgraded,
    "tierRenewed": _renewed,
}
