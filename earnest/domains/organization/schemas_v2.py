"""Wire structs of the documented reads of an organisation (contract/27-organization-v2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.messages import Message


class LoyaltyProgram(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`pointsToCurrencyRatio`: what one point is worth in the base currency. There are no partner programmes yet."""

    program_id: int
    program_name: str
    points_to_currency_ratio: Decimal
    program_description: str
    partner_programs: list[Any]


class ProgramsAnswer(msgspec.Struct, frozen=True):
    data: list[LoyaltyProgram]
    warnings: list[Message]
    errors: list[Message]
