"""What a sale and a registration do in one programme: awards, the tier steps around them, and the points that a rise
brings.

The order is that of points.md 3 and tiers.md 13: purchases count, an EAGER upgrade comes before the awards, LAZY and
DYNAMIC ones after them, then the awards of SlabUpgrade and whatever further rise these cause.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from earnest.engine.calendar import local_day
from earnest.engine.draft import Draft
from earnest.engine.earn import (
    Cut,
    Grant,
    activity_grants,
    applicable,
    is_cuttable,
    points_per_unit,
    transaction_grants,
)
from earnest.engine.events import CustomerRegistration, EnrolmentGrant, TransactionAdd
from earnest.engine.expiry import expires_at
from earnest.engine.outcome import AwardDecision, ChangeTier, CountPurchase, Enrol, ProgramDecision, Why
from earnest.engine.party import ZERO, Enrolment, Lot, LotKind
from earnest.engine.program.model import (
    BASE_TIER,
    CriterionKind,
    Expiry,
    ExpiryBase,
    Program,
    TierUpgrade,
    UpgradeMode,
)
from earnest.engine.rounding import round_points
from earnest.engine.tiers import criteria, cut, named, target_tier, tier_expiry


def sale(draft: Draft, program: Program, enrolment: Enrolment, event: TransactionAdd) -> ProgramDecision:
    """A sale that earns, for a member of the programme."""
    run = _Run(draft, program, enrolment, event.at, issues_points=event.issues_points)
    upgrade = program.upgrade
    if event.amount:
        draft.effects.append(CountPurchase(program.id, event.amount))
    run.figures[CriterionKind.LIFETIME_PURCHASES] += event.amount
    dynamic = None
    if upgrade is not None and upgrade.mode is UpgradeMode.EAGER:
        run.tier = _eager_tier(run, upgrade, event)
    elif upgrade is not None and upgrade.mode is UpgradeMode.DYNAMIC:
        dynamic = _cut(run, upgrade, event)
    run.issue(transaction_grants(program, event, run.tier, dynamic), LotKind.BILL_REGULAR, event.bill_id)
    if dynamic is not None:
        run.tier = dynamic.tier
    if upgrade is not None:
        run.rise(upgrade, LotKind.BILL_PROMOTION, event.amount, event.bill_id)
    return run.decision(event.bill_id)


def registration(draft: Draft, program: Program, event: CustomerRegistration) -> ProgramDecision:
    """Enrols a new member: in the base tier or the one that he brings along, with the points that he brings and the
    programme's welcome. Tiers rise after the awards whatever the upgrade mode."""
    grant = next((grant for grant in event.grants if grant.program_id == program.id), None)
    grant = grant or EnrolmentGrant(program_id=program.id)
    draft.effects.append(Enrol(program.id, event.at))
    run = _Run(draft, program, _enrolment(draft, program, event, grant), event.at)
    if grant.points:
        run.give(round_points(grant.points, program.rounding), grant.points_expire_at)
    grants = activity_grants(program, "CustomerRegistration", run.tier, None)
    run.issue(grants, LotKind.CUSTOMER_PROMOTION, None, transferable=False)
    if program.upgrade is not None:
        run.rise(program.upgrade, LotKind.CUSTOMER_PROMOTION, None, None)
    return run.decision(None)


def _enrolment(draft: Draft, program: Program, event: CustomerRegistration, grant: EnrolmentGrant) -> Enrolment:
    """The new enrolment; a tier above the base is a change of tier made by hand (tiers.md 2)."""
    since = min(event.at, draft.now)
    expires = None
    if grant.tier != BASE_TIER:
        expires = grant.tier_expires_at or tier_expiry(program, grant.tier, local_day(since, program.time_zone))
        draft.effects.append(
            ChangeTier(
                program_id=program.id,
                from_tier=BASE_TIER,
                to_tier=grant.tier,
                type="UPGRADE",
                cause="MANUAL",
                at=since,
                expires_at=expires,
            )
        )
    return Enrolment(
        program_id=program.id, enrolled_at=event.at, tier=grant.tier, tier_since=since, tier_expires_at=expires
    )


def _eager_tier(run: _Run, upgrade: TierUpgrade, event: TransactionAdd) -> int:
    """The tier with the sale included. Points count as earned at the tier before: taking those of the tier to be found
    would be a circle (tiers.md 4)."""
    before = run.seen[upgrade.criterion]
    if upgrade.criterion is CriterionKind.LIFETIME_PURCHASES:
        after = before + event.amount
    elif not event.issues_points:
        after = before
    else:
        after = before + sum(grant.points for grant in transaction_grants(run.program, event, run.tier))
    return target_tier(upgrade, after, run.tier) if after > before else run.tier


def _cut(run: _Run, upgrade: TierUpgrade, event: TransactionAdd) -> Cut | None:
    """The sale cut at its thresholds, or None where no award can be cut: such a sale upgrades lazily."""
    program = run.program
    if not any(is_cuttable(award) for award in applicable(program, "TransactionAdd", event.amount)):
        return None
    rate = None
    if upgrade.criterion is not CriterionKind.LIFETIME_PURCHASES:
        if not event.issues_points:
            return None

        def rate(tier: int) -> Decimal:
            return points_per_unit(program, event, tier)

    return Cut(*cut(program, upgrade, run.tier, run.seen[upgrade.criterion], event.amount, rate))


class _Run:
    """One member in one programme during one event; `figures` are the criteria's values as they change."""

    __slots__ = (
        "_decisions",
        "_draft",
        "_enrolment",
        "_event_day",
        "_issues_points",
        "_processing_day",
        "_since",
        "figures",
        "program",
        "seen",
        "tier",
    )

    def __init__(
        self, draft: Draft, program: Program, enrolment: Enrolment, at: datetime, *, issues_points: bool = True
    ) -> None:
        self._draft = draft
        self._issues_points = issues_points
        self._enrolment = enrolment
        # An event dated in the future is judged as of now (programs.md 22).
        self._since = min(at, draft.now)
        self._event_day = local_day(self._since, program.time_zone)
        self._processing_day = local_day(draft.now, program.time_zone)
        self._decisions: list[AwardDecision] = []
        self.program = program
        self.tier = enrolment.tier
        self.seen = criteria(draft.party, program.id, draft.now)
        self.figures = dict(self.seen)

    def issue(self, grants: list[Grant], kind: LotKind, bill_id: int | None, *, transferable: bool = True) -> None:
        """Open a lot for each grant that came to points, and note every one. A line's regular lot is LINE_REGULAR."""
        program, decisions = self.program, self._decisions
        for award, tier, base, raw, points, line_id in grants:
            lot_id = expires = None
            if not self._issues_points:
                points = ZERO
            if points > 0:
                expiry = award.expiry or program.expiry
                expires = self._expires_at(expiry, tier)
                lot_id = self._open(
                    points, expires, kind if line_id is None else LotKind.LINE_REGULAR, tier, expiry.base,
                    bill_id=bill_id, line_id=line_id, award_id=award.id, transferable=transferable,
                )  # fmt: skip
            decisions.append(
                AwardDecision(
                    award_id=award.id,
                    name=award.name,
                    tier=tier,
                    base=base,
                    raw=raw,
                    points=points,
                    line_id=line_id,
                    expires_at=expires,
                    lot_id=lot_id,
                )
            )

    def give(self, points: Decimal, expires: datetime | None) -> None:
        """Points that a new member brings along; they are no award of the programme (award id 0)."""
        if expires is None:
            expires = self._expires_at(self.program.expiry, self.tier)
        lot_id = self._open(
            points, expires, LotKind.CUSTOMER_PROMOTION, self.tier, self.program.expiry.base, transferable=False
        )
        self._decisions.append(
            AwardDecision(
                award_id=0,
                name="Enrolment",
                tier=self.tier,
                base=points,
                raw=points,
                points=points,
                expires_at=expires,
                lot_id=lot_id,
            )
        )

    def _open(
        self,
        points: Decimal,
        expires: datetime | None,
        kind: LotKind,
        tier: int,
        base: ExpiryBase,
        *,
        bill_id: int | None = None,
        line_id: int | None = None,
        award_id: int | None = None,
        transferable: bool = True,
    ) -> int:
        draft = self._draft
        lot_id = draft.next_lot_id()
        draft.award(
            Lot(
                id=lot_id,
                program_id=self.program.id,
                kind=kind,
                quantity=points,
                awarded_at=draft.now,
                bill_id=bill_id,
                line_id=line_id,
                award_id=award_id,
                tier_at_award=tier,
                expires_at=expires,
                expiry_type="ROLLING" if base is ExpiryBase.ROLLING_EVENT_DATE else "FIXED",
                transferable=transferable,
            )
        )
        self.figures[CriterionKind.LIFETIME_POINTS] += points
        if expires is None or expires >= draft.now:
            self.figures[CriterionKind.CURRENT_POINTS] += points
        return lot_id

    def rise(self, upgrade: TierUpgrade, kind: LotKind, amount: Decimal | None, bill_id: int | None) -> None:
        """Upgrade by what the event brought, give the awards of SlabUpgrade once for each tier entered, and look again
        as long as these lift the member further. An EAGER upgrade has been made already: only its bonus points are
        looked at."""
        criterion = upgrade.criterion
        reached = self._enrolment.tier
        looks = upgrade.mode is not UpgradeMode.EAGER or amount is None
        while True:
            if looks and self.figures[criterion] > self.seen[criterion]:
                self.tier = target_tier(upgrade, self.figures[criterion], self.tier)
            if self.tier == reached:
                return
            reached = self.tier
            issued = self.figures[CriterionKind.LIFETIME_POINTS]
            self.issue(activity_grants(self.program, "SlabUpgrade", reached, amount), kind, bill_id)
            looks = self.figures[CriterionKind.LIFETIME_POINTS] > issued

    def decision(self, bill_id: int | None) -> ProgramDecision:
        """The decision record; a rise becomes one change from the first tier to the last (tiers.md 3.3, 23)."""
        before = self._enrolment.tier
        if self.tier != before:
            self._draft.effects.append(
                ChangeTier(
                    program_id=self.program.id,
                    from_tier=before,
                    to_tier=self.tier,
                    type="UPGRADE",
                    cause="EVENT",
                    at=self._since,
                    expires_at=tier_expiry(self.program, self.tier, self._event_day),
                    old_expires_at=self._enrolment.tier_expires_at,
                    bill_id=bill_id,
                    values=named(self.figures),
                )
            )
        return ProgramDecision(
            program_id=self.program.id,
            version=self.program.version,
            tier_before=before,
            tier_after=self.tier,
            awards=tuple(self._decisions),
            seen=named(self.seen),
            why=None if self._issues_points else Why.POINTS_IGNORED,
        )

    def _expires_at(self, expiry: Expiry, tier: int) -> datetime | None:
        enrolment = self._enrolment
        if tier == enrolment.tier or expiry.base is not ExpiryBase.MEMBERSHIP:
            tier_expires_at = enrolment.tier_expires_at
        else:
            tier_expires_at = tier_expiry(self.program, tier, self._event_day)
        return expires_at(
            expiry,
            zone=self.program.time_zone,
            tier=tier,
            event_day=self._event_day,
            processing_day=self._processing_day,
            enrolment=enrolment,
            tier_expires_at=tier_expires_at,
        )
