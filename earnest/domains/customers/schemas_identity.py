"""Wire structs of requests to change an identifier (contract/01-customer-v1/03)."""

from __future__ import annotations

import msgspec

from earnest.core.http.envelopes import V1Status
from earnest.core.http.v1_batch import ItemStatus
from earnest.core.http.v1_body import BatchItem


class ChangeIdentity(BatchItem, frozen=True, kw_only=True):
    """One item: `identifier` is mobile, email or external_id."""

    identifier: str | None = None
    old_value: str | None = None
    new_value: str | None = None


class ChangeIdentityRoot(msgspec.Struct, frozen=True):
    customer: list[ChangeIdentity] = []


class ChangeIdentities(msgspec.Struct, frozen=True):
    """Body of 01-customer-v1/03."""

    root: ChangeIdentityRoot


class ChangedIdentity(msgspec.Struct, frozen=True):
    """`updated` is "true" when the request was accepted."""

    identifier: str
    old_value: str
    new_value: str
    updated: str
    item_status: ItemStatus


class ChangedIdentities(msgspec.Struct, frozen=True):
    customer: ChangedIdentity | list[ChangedIdentity]


class ChangeIdentitiesResponse(msgspec.Struct, frozen=True):
    status: V1Status
    customers: ChangedIdentities


class ChangeIdentitiesAnswer(msgspec.Struct, frozen=True):
    """Answer of 01-customer-v1/03."""

    response: ChangeIdentitiesResponse
