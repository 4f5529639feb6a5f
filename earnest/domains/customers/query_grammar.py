"""The query grammar of v1.1 searches: `(ATTRIBUTE:OPERATOR:VALUE)&(…)`, all of which must hold (contract/01-customer-v1/04).

Each condition becomes a named statement of `search.sql` with its values; a search is the intersection of their answers.
Between values of RANGE and IN stands a semicolon. In a URL the & between conditions is written %26.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.decimals import is_storable
from earnest.core.errors import INVALID_INPUT
from earnest.core.http.envelopes import InvalidInputError
from earnest.core.instants import parse_local
from earnest.domains.customers.identifiers import normal
from earnest.engine.program.model import Program

CONDITIONS_MAX = 10
VALUES_MAX = 100
VALUE_LENGTH_MAX = 255
_CONDITION = re.compile(r"\(([^():]{1,100}):([A-Za-z]+):([^()]*)\)")
_SEPARATED = re.compile(r"\s*&\s*")
# Figures of customers have at most 18 digits before the point, or 21 with those of sums.
_LEAST, _MOST = Decimal(-(10**21)), Decimal(10**21)
_STEP = Decimal("0.000001")
_LONG_AGO = datetime.fromisoformat("1800-01-01T00:00:00+00:00")
_FAR_AHEAD = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


class Condition(msgspec.Struct, frozen=True):
    """A statement of `search.sql` by name, and its values by the names of its parameters."""

    statement: str
    values: Mapping[str, Any] = {}


class _Asked(msgspec.Struct, frozen=True):
    attribute: str
    operator: str
    text: str

    def refuse(self, why: str) -> InvalidInputError:
        where = f"q: ({self.attribute}:{self.operator}:{self.text}) {why}"
        return InvalidInputError(INVALID_INPUT, where, where="query", pointer="/q")

    @property
    def values(self) -> list[str]:
        """The values of IN and RANGE; one of the others."""
        parts = self.text.split(";") if self.operator in ("IN", "RANGE") else [self.text]
        values = [part.strip() for part in parts]
        if not all(values) or len(values) > VALUES_MAX or any(len(value) > VALUE_LENGTH_MAX for value in values):
            raise self.refuse("has no value, or too many or too long ones")
        if self.operator == "RANGE" and len(values) != 2:
            raise self.refuse("needs two values with a semicolon between them")
        return values


def conditions(ctx: RequestContext, program: Program | None, text: str) -> list[Condition]:
    """The conditions of a query. `program` is what points and slabs are meant of. 400 when the query is not as documented."""
    parts = _SEPARATED.split(text.strip())
    if len(parts) > CONDITIONS_MAX:
        raise InvalidInputError(INVALID_INPUT, f"q: more than {CONDITIONS_MAX} conditions", where="query", pointer="/q")
    found = []
    for part in parts:
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise InvalidInputError(
                INVALID_INPUT, "q: expected (ATTRIBUTE:OPERATOR:VALUE)&(…)", where="query", pointer="/q"
            )
        asked = _Asked(match[1].strip(), match[2].upper(), match[3])
        known = _ATTRIBUTES.get(asked.attribute.lower())
        found.append(_field(asked) if known is None else known(ctx, program, asked))
    return found


def _text(asked: _Asked, name: str, values: Mapping[str, Any] = {}, *, lower: bool = True) -> Condition:
    texts = asked.values
    if asked.operator in ("EXACT", "EQUALS", "IN"):
        return Condition(f"{name}_any", {**values, "texts": [text.lower() if lower else text for text in texts]})
    if asked.operator in ("STARTS", "ENDS"):
        statement = f"{name}_prefix" if asked.operator == "STARTS" else f"{name}_suffix"
        return Condition(statement, {**values, "text": texts[0]})
    raise asked.refuse("has an operator that texts do not know")


def _first_name(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
    return _text(asked, "first_name")


def _last_name(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
    return _text(asked, "last_name")


def _field(asked: _Asked) -> Condition:
    return _text(asked, "field", {"name": asked.attribute})


def _identifier(type_: str) -> Callable[[RequestContext, Program | None, _Asked], Condition]:
    def condition(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
        if asked.operator in ("EXACT", "EQUALS", "IN"):
            stored = [normal(ctx.organization, type_, value) for value in asked.values]
            texts = [value for value in stored if value is not None]
            return Condition("identifier_any", {"type": type_, "texts": texts})
        return _text(asked, "identifier", {"type": type_})

    return condition


def _organization(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
    if asked.operator not in ("EXACT", "EQUALS", "IN"):
        raise asked.refuse("has an operator that ids do not know")
    return Condition("everybody" if str(ctx.org_id) in asked.values else "nobody")


def _store(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
    if asked.operator not in ("EXACT", "EQUALS", "IN"):
        raise asked.refuse("has an operator that codes do not know")
    stores = {store.id for code in asked.values if (store := ctx.organization.store(code)) is not None}
    tills = [till.id for till in ctx.organization.entities if till.type == "TILL" and till.store_id in stores]
    return Condition("registered_by_any", {"till_ids": tills})


def _slab(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
    if program is None:
        return Condition("nobody")
    names = asked.values
    operator = asked.operator

    def fits(name: str) -> bool:
        name = name.lower()
        if operator == "STARTS":
            return name.startswith(names[0].lower())
        if operator == "ENDS":
            return name.endswith(names[0].lower())
        return name in {one.lower() for one in names}

    if operator not in ("EXACT", "EQUALS", "IN", "STARTS", "ENDS"):
        raise asked.refuse("has an operator that slabs do not know")
    tiers = [tier.serial for tier in program.tiers if fits(tier.name)]
    return Condition("in_tiers", {"program_id": program.id, "tiers": tiers})


def _date(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
    """A date is its day in the organisation's zone; with a time it is that second."""
    spans = []
    for value in asked.values:
        at = parse_local(value, ctx.organization.zone)
        if at is None or not 1900 <= at.year <= 9000:
            raise asked.refuse("has a value that is no date")
        spans.append((at, at + (timedelta(days=1) if len(value) <= 10 else timedelta(seconds=1))))
    (from_at, before_at), last = spans[0], spans[-1]
    match asked.operator:
        case "ON" | "EQUALS" | "EXACT":
            pass
        case "RANGE":
            before_at = last[1]
        case "LESS":
            from_at, before_at = _LONG_AGO, from_at
        case "GREATER":
            from_at, before_at = before_at, _FAR_AHEAD
        case _:
            raise asked.refuse("has an operator that dates do not know")
    return Condition("registered_between", {"from_at": from_at, "before_at": before_at})


def _figure(statement: str) -> Callable[[RequestContext, Program | None, _Asked], Condition]:
    def condition(ctx: RequestContext, program: Program | None, asked: _Asked) -> Condition:
        numbers = [_number(asked, value) for value in asked.values]
        least, most = numbers[0], numbers[-1]
        match asked.operator:
            case "EQUALS" | "EXACT" | "RANGE":
                pass
            case "LESS":
                least, most = _LEAST, least - _STEP
            case "GREATER":
                least, most = most + _STEP, _MOST
            case _:
                raise asked.refuse("has an operator that figures do not know")
        values = {"least": least, "most": most, "now": ctx.now}
        if statement == "last_bill_between":
            return Condition(statement, values)
        if program is None:
            return Condition("nobody")
        return Condition(statement, {**values, "program_id": program.id})

    return condition


def _number(asked: _Asked, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise asked.refuse("has a value that is no number") from None
    if not is_storable(number):
        raise asked.refuse("has a number with more than 18 digits before or 6 after the point")
    return number


_ATTRIBUTES: Mapping[str, Callable[[RequestContext, Program | None, _Asked], Condition]] = {
    "firstname": _first_name,
    "lastname": _last_name,
    "org_id": _organization,
    "mobile": _identifier("mobile"),
    "email": _identifier("email"),
    "external_id": _identifier("externalId"),
    "registered_date": _date,
    "loyalty_points": _figure("loyalty_points_between"),
    "lifetime_points": _figure("lifetime_points_between"),
    "lifetime_purchases": _figure("lifetime_purchases_between"),
    "slab": _slab,
    "registered_store": _store,
    "last_trans_value": _figure("last_bill_between"),
    "transaction_value": _figure("last_bill_between"),
}
"""What is none of these is the name of a custom field."""
