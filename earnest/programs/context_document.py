"""A context for a condition, written as a plain document: one map per profile, keys as in rules.md 6 and its cases.

Plain keys are attribute values; some maps stand behind methods (`customFields`, `lineItems`, `clusters`, …). What is not
written is absent. A key or value that is not known is refused: a mistyped key would silently mean "absent".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from earnest.engine.expression.catalogue import ATTRIBUTE_NAMES, PROFILE_NAMES
from earnest.engine.expression.catalogue.row import Attribute, Profile
from earnest.engine.expression.context import (
    Card,
    Context,
    Customer,
    EventProfile,
    LineItem,
    Organization,
    Partner,
    PartnerLink,
    Periods,
    Product,
    ProgramProfile,
    Referrer,
    Store,
    Streak,
    Tender,
    TrackerCondition,
    Transaction,
    UserGroup,
)
from earnest.engine.expression.types import Declarations, Type
from earnest.engine.expression.values.dates import date_in

Document = Mapping[str, Any]


class DocumentError(ValueError):
    """The document holds a key or value that no profile has."""


def declarations_of(document: Document) -> Declarations:
    """The types of the extended fields and event attributes that a context document shows; all others are open."""
    declared: dict[str, dict[str, Type]] = {"customer": {}, "transaction": {}, "line_item": {}, "card": {}, "event": {}}
    for name, values in document.items():
        profile = _profile(name)
        for field, value in (values.get("extFields") or {}).items():
            if profile.fields is None:
                raise DocumentError(f"{name} has no extended fields")
            declared[profile.fields][field] = _declared_type(value)
        if profile.event:
            for key, value in values.items():
                if not _is_known(profile, key):
                    declared["event"][key] = _declared_type(value)
    return Declarations(
        customer=declared["customer"],
        transaction=declared["transaction"],
        line_item=declared["line_item"],
        card=declared["card"],
        event=declared["event"],
        open=True,
    )


def context_of(document: Document) -> Context:
    """The context that a document describes. Sales and customers that it does not name exist, but are empty; a group and its
    primary member that it does not name do not exist. DocumentError for what it does not know."""
    context = Context(customer=Customer(), transaction=Transaction(), returned_bill=Transaction())
    for name, values in document.items():
        profile = _profile(name)
        setattr(context, profile.record, _record(profile, values))
    return context


_RECORDS: dict[str, type] = {
    "customer": Customer,
    "primary": Customer,
    "transaction": Transaction,
    "returned_bill": Transaction,
    "line_item": LineItem,
    "tender": Tender,
    "event": EventProfile,
    "store": Store,
    "tracker": TrackerCondition,
    "user_group": UserGroup,
    "card": Card,
    "referrer": Referrer,
    "program": ProgramProfile,
    "organization": Organization,
    "product": Product,
}


def _profile(name: str) -> Profile:
    profile = PROFILE_NAMES.get(name)
    if profile is None:
        raise DocumentError(f"there is no profile {name}")
    return profile


def _record(profile: Profile, values: Document) -> Any:
    if profile.record == "partner":
        return _partner(profile, values)
    record = _RECORDS[profile.record]()
    lines = values.get("lineItems")
    for key, value in values.items():
        attribute = ATTRIBUTE_NAMES[profile.name].get(key)
        if key in _MAPS and hasattr(record, _MAPS[key][0]):
            field, read = _MAPS[key]
            setattr(record, field, read(value))
        elif key in ("currentPeriod", "hasInstoreProfile", "hasWeChatProfile", "cardSeriesName", "lineItems"):
            continue
        elif attribute is not None:
            _set(record, attribute, _typed(attribute.type, value))
        elif profile.event:
            record.attributes[key.casefold()] = _field(value)
        else:
            raise DocumentError(f"{profile.name} knows no {key}")
    if isinstance(record, Customer):
        _accounts_and_cycles(record, values)
    elif isinstance(record, EventProfile):
        record.card_series = values.get("cardSeriesName")
    elif isinstance(record, Transaction):
        record.lines = [_line(line) for line in lines or ()]
    return record


def _set(record: Any, attribute: Attribute, value: Any) -> None:
    field = attribute.read
    if isinstance(field, str) and field in record.__struct_fields__:
        setattr(record, field, value)
    elif isinstance(field, str) and field == "net":
        record.amount = value
    elif isinstance(field, str) and hasattr(record, "stated"):
        record.stated = {**record.stated, field: value}
    elif attribute.name in ("totalQty", "basketSize"):
        record.stated = {**record.stated, "total_qty" if attribute.name == "totalQty" else "basket_size": value}
    else:
        raise DocumentError(f"{attribute.name} is computed or needs arguments, it cannot be stated")


def _accounts_and_cycles(customer: Customer, values: Document) -> None:
    accounts = {*customer.accounts}
    for key, source in (("hasInstoreProfile", "INSTORE"), ("hasWeChatProfile", "WECHAT")):
        if key in values:
            (accounts.add if _boolean(values[key]) else accounts.discard)(source)
    customer.accounts = frozenset(accounts)
    for name, code in (values.get("currentPeriod") or {}).items():
        for periods in (customer.milestones, customer.unified_targets):
            if name.casefold() in periods:
                periods[name.casefold()].running = str(code)


def _partner(profile: Profile, values: Document) -> Partner:
    figures: dict[str, Any] = {}
    for key, value in values.items():
        if key == "linkedPrograms":
            continue
        attribute = ATTRIBUTE_NAMES[profile.name].get(key)
        if attribute is None or attribute.name not in _LINK_FIELDS:
            raise DocumentError(f"{profile.name} knows no {key}")
        figures[_LINK_FIELDS[attribute.name]] = _number(value)
    names = values.get("linkedPrograms") or ([""] if figures else [])
    return Partner(links={name.casefold(): PartnerLink(**figures) for name in names})


_LINK_FIELDS = {
    "additionalBenefitsInMembershipCycle": "additional_benefits_in_membership_cycle",
    "benefitsAvailedInActiveMembership": "benefits_in_active_membership",
    "benefitsAvailedInEventCycle": "benefits_in_event_cycle",
    "benefitsLimit": "benefits_limit",
    "countBillsCurrentCycle": "bills_in_cycle",
    "countPromotionPointsIssuedCurrentCycle": "promotion_points_in_cycle",
    "daysElapsedInCurrentCycle": "days_elapsed_in_cycle",
    "sumPurchaseValueCurrentCycle": "purchases_in_cycle",
}

_LINE_KEYS = {"code", "description", "rate", "qty", "value", "discount", "amount", "brand", "category"}


def _line(values: Document) -> LineItem:
    unknown = set(values) - _LINE_KEYS - {"attributes", "extFields", "type"}
    if unknown:
        raise DocumentError(f"a line knows no {', '.join(sorted(unknown))}")
    line = LineItem(
        attributes=_texts(values.get("attributes") or {}),
        extended=_fields(values.get("extFields") or {}),
        is_return=values.get("type") == "RETURN",
    )
    for key in _LINE_KEYS & set(values):
        numeric = key in ("rate", "qty", "value", "discount", "amount")
        setattr(line, key, _number(values[key]) if numeric else _text(values[key]))
    return line


def _typed(kind: Type, value: Any) -> Any:
    if value is None:
        return False if kind is Type.BOOLEAN else None
    if kind is Type.NUMBER:
        return _number(value)
    if kind is Type.DATE:
        return _date(value)
    return _boolean(value) if kind is Type.BOOLEAN else _text(value)


def _number(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        if isinstance(value, (bool, float)):
            raise InvalidOperation
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise DocumentError(f"{value!r} is no exact number") from None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise DocumentError(f"{value!r} is no text")


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise DocumentError(f"{value!r} is neither true nor false")
    return value


def _date(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    found = date_in(str(value), UTC)
    if found is None:
        raise DocumentError(f"{value!r} is no date")
    return found


_FIELD_TYPES = {"number": Type.NUMBER, "date": Type.DATE, "boolean": Type.BOOLEAN, "string": Type.STRING}


def _declared_type(value: Any) -> Type:
    if isinstance(value, Mapping):
        if value.get("type") not in _FIELD_TYPES:
            raise DocumentError(f"{value.get('type')!r} is no type of a field")
        return _FIELD_TYPES[value["type"]]
    if isinstance(value, bool):
        return Type.BOOLEAN
    return Type.NUMBER if isinstance(value, (int, Decimal)) else Type.STRING


def _field(value: Any) -> Any:
    stated = value.get("value") if isinstance(value, Mapping) else value
    return _typed(_declared_type(value), stated)


def _fields(values: Document) -> dict[str, Any]:
    return {name.casefold(): _field(value) for name, value in values.items()}


def _texts(values: Document) -> dict[str, Any]:
    return {
        name.casefold(): [_text(each) for each in value] if isinstance(value, list) else _text(value)
        for name, value in values.items()
    }


def _numbers(values: Document) -> dict[str, Any]:
    return {name.casefold(): _number(value) for name, value in values.items()}


def _cases(values: Document) -> dict[tuple[str, str], Any]:
    return {
        (tracker.casefold(), case.casefold()): _number(value)
        for tracker, cases in values.items()
        for case, value in cases.items()
    }


def _by_number(values: Document) -> dict[int, Any]:
    return {int(key): _number(value) for key, value in values.items()}


def _periods(values: Document) -> dict[str, Periods]:
    return {
        name.casefold(): Periods(achieved={str(code): _number(value) or Decimal(0) for code, value in cycles.items()})
        for name, cycles in values.items()
    }


def _streaks(values: Document) -> dict[str, Streak]:
    return {
        level.casefold(): Streak(achieved=_boolean(streak.get("achieved", False)), current=streak.get("current"))
        for level, streak in values.items()
    }


def _is_known(profile: Profile, key: str) -> bool:
    return key in _MAPS or ATTRIBUTE_NAMES[profile.name].get(key) is not None


_MAPS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "customFields": ("custom_fields", _texts),
    "extFields": ("extended", _fields),
    "attributes": ("attributes", _texts),
    "brand": ("brand", _text),
    "category": ("category", _text),
    "clusters": ("clusters", _texts),
    "subscribedChannels": ("channels", frozenset),
    "profiles": ("accounts", frozenset),
    "status": ("status", _text),
    "label": ("label", _text),
    "tenderCombinations": ("tenders", frozenset),
    "targetAchieved": ("target_achieved", _numbers),
    "targetDefined": ("target_defined", _numbers),
    "targetAchievedByPeriod": ("milestones", _periods),
    "unifiedAchievedByPeriod": ("unified_targets", _periods),
    "streaks": ("streaks", _streaks),
    "streakLevels": ("streak_levels", lambda levels: frozenset(level.casefold() for level in levels)),
    "previousCustomFieldValues": ("previous_fields", _texts),
    "currentCustomFieldValues": ("current_fields", _texts),
    "trackerValueBeforeEvent": ("tracker_before", _cases),
    "trackerValueCurrentEvent": ("tracker_now", _cases),
    "pointsRedeemedInPastDays": ("points_redeemed_in_past_days", _by_number),
    "numberOfRedemptionsInPastDays": ("redemptions_in_past_days", _by_number),
    "countActiveCouponsInCouponSeries": ("active_coupons", _by_number),
}
"""Keys that stand behind methods: the record's field and how the value is read."""
