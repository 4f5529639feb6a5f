"""Wire structs of the evaluation log (contract/06-transaction-v2/08)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Search(msgspec.Struct, frozen=True, rename="camel"):
    transaction_number: str | int | None = None
    transaction_id: int | None = None


class SearchLog(msgspec.Struct, frozen=True):
    """Body of 06-transaction-v2/08."""

    search: Search = Search()


class Log(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How one bill was judged. Of a bill without a record the names are empty and the tree says so."""

    id: str = ""
    customer_id: int | None
    date: datetime
    event_name: str = ""
    host_name: str = ""
    org_id: int
    request_id: str = ""
    transaction_id: int
    unique_id: str = ""
    evaluation_tree: str
    effects: str = ""
