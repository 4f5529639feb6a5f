"""Wire structs of the points ledger (contract/15-points-ledger/01, 02, 04)."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message

EntityType = Literal["CUSTOMER", "USERGROUP2", "FLEET"]


class CustomerQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Whose ledger."""

    identifier_name: str | None = None
    identifier_value: str | None = None
    source: str | None = None
    account_id: str | None = None


class BalanceQuery(CustomerQuery, frozen=True, rename="camel"):
    """Query of 15-points-ledger/01. `offset` is the number of a page."""

    till_id: int | None = None
    limit: int = 10
    offset: int = 0
    end_date: str | None = None
    include_till_concept_events: bool = False
    ledger_entry_type: str | None = None
    point_category_type: str | None = None
    include_alternate_currencies: bool = False
    alternate_currency_names: str | None = None


class LedgerQuery(CustomerQuery, frozen=True, rename="camel"):
    """Query of 15-points-ledger/02 and 04. `offset` is the number of a page."""

    type: EntityType = "CUSTOMER"
    till_id: int | None = None
    till_ids: str | None = None
    store_id: int | None = None
    store_code: str | None = None
    limit: int = 10
    offset: int = 0
    order: str | None = None
    sort: str | None = None
    sort_order: str | None = None
    program_id: int | None = None
    is_filter_based_on_date: bool = True
    include_last_one_year_data: bool = False
    start_date: str | None = None
    end_date: str | None = None
    include_till_concept_events: bool = False
    ledger_entry_type: str | None = None
    point_category_type: str | None = None
    include_alternate_currencies: bool = False
    alternate_currency_names: str | None = None
    exclude_point_categories: bool = False
    include_concept_details: bool = False
    role: str | None = None


class ScopeHeaders(msgspec.Struct, frozen=True):
    """Headers of 15-points-ledger/04 and 05: whose data."""

    scope: str | None = msgspec.field(name="DATA-SCOPE", default=None)
    organizations: str | None = msgspec.field(name="DATA-SCOPE-ORG", default=None)


class LedgerCustomer(msgspec.Struct, frozen=True, rename="camel"):
    first_name: str
    last_name: str
    user_id: int
    external_id: str
    entity_type: str


class ClosingBalance(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`closing_balance` has three decimals; the last two only for alternate currencies."""

    points_category: str
    program_name: str
    program_id: int
    closing_balance: str
    alternate_currency: str | UnsetType = UNSET
    alternate_currency_category: str | UnsetType = UNSET


class LedgerDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    page_number: int
    page_size: int
    total_entries: int
    page_count: int
    ledger_closing_balance: list[ClosingBalance] | UnsetType = UNSET


class BalanceAnswer(msgspec.Struct, frozen=True, rename="camel"):
    customer_details: LedgerCustomer
    ledger_details: LedgerDetails
    warnings: list[Message]


class Entry(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What an event did to one category of one programme; `points` in text, three decimals (two for a currency)."""

    ledger_entry_type: str
    points: str
    points_category: str
    program_name: str
    program_id: int
    alternate_currency_name: str | UnsetType = UNSET


class ActingMember(msgspec.Struct, frozen=True, rename="camel"):
    """The member of a group who acted; 0 in the ledger of a customer."""

    user_id: int


class TransactionDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Only of events of bills; otherwise empty."""

    transaction_id: int | UnsetType = UNSET
    transaction_number: str | UnsetType = UNSET
    date: str | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    gross_bill_amount: Decimal | UnsetType = UNSET
    source: str | UnsetType = UNSET


class EventDetails(msgspec.Struct, frozen=True, rename="camel"):
    event_date: str


class LedgerEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One event of the ledger; `org_id` only in v2.1."""

    event_log_id: int
    event_name: str
    customer_id: int
    ledger_created_date: str
    customer_details: ActingMember
    entry_details: list[Entry]
    net_points_on_event: str
    net_alternate_currencies_on_event: dict[str, str] | UnsetType = UNSET
    transaction_details: TransactionDetails
    store: str
    store_code: str
    till_code: str
    concept_id: int | UnsetType = UNSET
    concept_name: str | UnsetType = UNSET
    event_details: EventDetails
    source_program_id: int
    source_program_name: str
    org_id: int | None


class LedgerAnswer(msgspec.Struct, frozen=True, rename="camel"):
    customer_details: LedgerCustomer
    ledger_details: LedgerDetails
    ledger_entries: list[LedgerEvent]
    warnings: list[Message]
