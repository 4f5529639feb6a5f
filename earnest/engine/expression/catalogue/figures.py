"""The figures that a member and a user group have alike (rules.md 6.1, 6.10)."""

from __future__ import annotations

from earnest.engine.expression.catalogue.row import Attribute, moment, number, string, whole


def figures(transactions: str, transactions_today: str, own: str | None = None) -> tuple[Attribute, ...]:
    """Points, purchases and tier; the arguments name the readers of the transaction counts, of today's, of the rest."""
    return (
        number(
            "currentPoints",
            "current_points",
            "redeemable balance now, with what earlier actions of this event issued",
            reader=own,
        ),
        number("initialCurrentPoints", "initial_current_points", "currentPoints before the event", reader=own),
        number(
            "currentNonRedeemablePoints",
            "current_non_redeemable_points",
            "promised (delayed) balance now",
            reader=own,
        ),
        number("currentAllPoints", "current_all_points", "currentPoints + currentNonRedeemablePoints", reader=own),
        number(
            "initialCurrentAllPoints", "initial_current_all_points", "currentAllPoints before the event", reader=own
        ),
        number("lifetimePoints", "lifetime_points", "redeemable points ever earned - returned", reader=own),
        number("initialLifetimePoints", "initial_lifetime_points", "lifetimePoints before the event", reader=own),
        number(
            "lifetimeNonRedeemablePoints",
            "lifetime_non_redeemable_points",
            "promised points ever issued - promised points returned",
            reader=own,
        ),
        number("lifetimeAllPoints", "lifetime_all_points", "lifetimePoints + lifetimeNonRedeemablePoints", reader=own),
        number(
            "lifetimePurchase",
            "lifetime_purchase",
            "sum of bills - refunds, with the current transaction",
            aliases=("lifetimePurchases",),
            reader=own,
        ),
        number("initialLifetimePurchase", "initial_lifetime_purchase", "lifetimePurchase before the event", reader=own),
        whole(
            "numberOfTxns",
            "number_of_txns",
            "transactions so far, with the current one",
            reader=transactions,
        ),
        whole(
            "numberOfTxnsToday",
            "number_of_txns_today",
            "transactions dated on the event's day, with the current one",
            reader=transactions_today,
        ),
        whole(
            "numberOfVisits",
            "number_of_visits",
            "different days with a transaction, with the current one",
            reader=transactions,
        ),
        string("slabName", "slab_name", "name of the present tier", reader=own),
        whole("slabNumber", "slab_number", "number of the present tier, the lowest is 1", reader=own),
        string("initialSlabName", "initial_slab_name", "tier name before the event", reader=own),
        whole("initialSlabNumber", "initial_slab_number", "tier number before the event", reader=own),
        moment("slabChangeDate", "slab_changed_at", "instant of the last tier change", reader=own),
        moment("slabExpiryDate", "slab_expires_at", "when the tier expires; null when it does not", reader=own),
    )


SHARED_FIGURES = figures("transactions", "transactions_today")
