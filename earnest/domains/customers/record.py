"""A customer as stored: profiles, identifiers and standing in the programmes, read at one instant."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.domains.customers.activities import FraudMark, sql
from earnest.engine.party import ZERO, Enrolment, Party, Wallet
from earnest.engine.program.model import CriterionKind, Program, Tier
from earnest.loyalty.look import look
from earnest.loyalty.programs import Programs, ProgramSet

# "No expiry" is printed as a hundred years after the tier began, as the documented examples do.
_NO_EXPIRY_YEARS = 100


class StoredProfile(msgspec.Struct, frozen=True):
    """What one source (and account) knows of a customer."""

    source: str
    account_id: str
    first_name: str
    last_name: str
    fields: dict[str, Any]
    comm_channels: list[dict[str, Any]]
    created_at: datetime
    created_by: int
    modified_at: datetime
    modified_by: int
    recorded_at: datetime


class StoredIdentifier(msgspec.Struct, frozen=True):
    type: str
    value: str
    source: str
    account_id: str


class StoredSubscription(msgspec.Struct, frozen=True):
    """What the customer has said of one channel and priority. `org_unit_id` -1: of the whole organisation."""

    channel: str
    priority: str
    source: str
    account_id: str
    org_unit_id: int
    is_subscribed: bool


class Fraud(msgspec.Struct, frozen=True):
    """The fraud status, and the till that set it; NONE of one that was never set."""

    status: str
    reason: str
    marked_by: int | None
    marked_at: datetime | None

    @property
    def mark(self) -> FraudMark:
        return FraudMark(self.status, self.reason)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a customer stands in one programme. `above` is None in the highest tier."""

    program: Program
    enrolment: Enrolment
    wallet: Wallet
    loyalty_id: int

    @property
    def tier(self) -> Tier:
        return self.program.tier(self.enrolment.tier)

    @property
    def above(self) -> Tier | None:
        serial = self.enrolment.tier + 1
        return self.program.tier(serial) if serial <= len(self.program.tiers) else None


class CustomerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that answers print of a customer. Entities are ids; instants UTC."""

    customer_id: int
    loyalty_type: str
    registered_at: datetime
    registered_by: int
    registered_from: str
    associated_with: str
    modified_at: datetime
    modified_by: int
    extended_fields: dict[str, Any]
    status_label: str
    fraud: Fraud
    subscriptions: list[StoredSubscription]
    profiles: list[StoredProfile]
    identifiers: list[StoredIdentifier]
    standings: list[Standing]
    """In the order of the programmes' ids."""
    party: Party

    @property
    def main(self) -> StoredProfile:
        """The profile that answers without a source print: that of the stores, else the oldest."""
        return next((profile for profile in self.profiles if profile.source == "INSTORE"), self.profiles[0])

    @property
    def standing(self) -> Standing | None:
        """In the organisation's default programme."""
        return next((standing for standing in self.standings if standing.program.is_default), None)

    def profile(self, source: str, account_id: str) -> StoredProfile | None:
        return next((p for p in self.profiles if (p.source, p.account_id) == (source, account_id)), None)

    def identifier(self, type_: str) -> StoredIdentifier | None:
        """The identifier of a type: the main profile's, else any."""
        main = self.main
        several = [identifier for identifier in self.identifiers if identifier.type == type_]
        here = [i for i in several if (i.source, i.account_id) == (main.source, main.account_id)]
        return next(iter(here or several), None)

    def value_of(self, type_: str) -> str:
        """The value of that identifier; empty when there is none."""
        identifier = self.identifier(type_)
        return "" if identifier is None else identifier.value


async def read(ctx: RequestContext, customer_id: int) -> CustomerRecord | None:
    """The customer as of `ctx.now`, or None. StaleConfiguration when the configuration has moved on."""
    snapshot = await look(ctx, customer_id)
    async with ctx.db.transaction() as connection:
        row = await connection.fetchrow(sql.text("read_customer"), ctx.org_id, customer_id)
    if row is None or snapshot is None:
        return None
    loyalty_ids = msgspec.json.decode(row["loyalty_ids"] or "{}", type=dict[int, int])
    programs = await ctx.resource(Programs).of(ctx.organization)
    return CustomerRecord(
        customer_id=customer_id,
        loyalty_type=row["loyalty_type"],
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
        registered_from=row["registered_from"],
        associated_with=row["associated_with"],
        modified_at=row["modified_at"],
        modified_by=row["modified_by"],
        extended_fields=msgspec.json.decode(row["extended_fields"]),
        status_label=row["status_label"],
        fraud=Fraud(row["fraud_status"], row["fraud_reason"], row["fraud_marked_by"], row["fraud_marked_at"]),
        subscriptions=msgspec.json.decode(row["subscriptions"] or "[]", type=list[StoredSubscription]),
        profiles=msgspec.json.decode(row["profiles"], type=list[StoredProfile]),
        identifiers=msgspec.json.decode(row["identifiers"] or "[]", type=list[StoredIdentifier]),
        standings=_standings(programs, snapshot.party, loyalty_ids),
        party=snapshot.party,
    )


def _standings(programs: ProgramSet, party: Party, loyalty_ids: dict[int, int]) -> list[Standing]:
    return [
        Standing(
            program=programs[program_id],
            enrolment=party.enrolments[program_id],
            wallet=party.wallets[program_id],
            loyalty_id=loyalty_id,
        )
        for program_id, loyalty_id in sorted(loyalty_ids.items())
        if program_id in programs and program_id in party.enrolments
    ]


def tier_expires_at(ctx: RequestContext, enrolment: Enrolment) -> datetime:
    """When the tier ends; of one without an end, the date that stands for it."""
    if enrolment.tier_expires_at is not None:
        return enrolment.tier_expires_at
    since = (enrolment.tier_since or enrolment.enrolled_at).astimezone(ctx.organization.zone)
    day = 28 if (since.month, since.day) == (2, 29) else since.day
    return since.replace(
        year=since.year + _NO_EXPIRY_YEARS, day=day, hour=23, minute=59, second=59, microsecond=0
    ).astimezone(UTC)


class UpgradeGap(msgspec.Struct, frozen=True):
    """How far a customer is from the next tier, in the words of the contract."""

    based_on: str
    threshold: Decimal
    value: Decimal

    @property
    def missing(self) -> Decimal:
        return max(self.threshold - self.value, ZERO)


_UPGRADE_BASES = {
    CriterionKind.LIFETIME_PURCHASES: "CUMULATIVE_PURCHASES",
    CriterionKind.LIFETIME_POINTS: "CUMULATIVE_POINTS",
    CriterionKind.CURRENT_POINTS: "CURRENT_POINTS",
}


def upgrade_gap(standing: Standing) -> UpgradeGap | None:
    """The gap to the next tier; None in the highest one and where nothing upgrades."""
    upgrade = standing.program.upgrade
    threshold = None if upgrade is None else upgrade.thresholds.get(standing.enrolment.tier + 1)
    if upgrade is None or threshold is None:
        return None
    wallet = standing.wallet
    value = {
        CriterionKind.LIFETIME_PURCHASES: wallet.purchases,
        CriterionKind.LIFETIME_POINTS: wallet.lifetime,
        CriterionKind.CURRENT_POINTS: wallet.spendable,
    }[upgrade.criterion]
    return UpgradeGap(_UPGRADE_BASES[upgrade.criterion], threshold, value)
