"""What every use case is handed: who calls, for which organisation, at what instant, with which resources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar, cast

import msgspec

from earnest.core.db.tenant import TenantDatabase
from earnest.core.idempotency import IdempotentCall
from earnest.core.tenancy import Entity, Organization

T = TypeVar("T")


class RequestContext(msgspec.Struct, frozen=True, kw_only=True):
    """`now` is UTC; `now_is_given` when the caller set it (test clock). `till` is the till that the call is booked on.

    `resources` are the process-wide objects by type. `idempotency` is the claimed Idempotency-Key of the call, if any.
    """

    organization: Organization
    till: Entity
    now: datetime
    now_is_given: bool = False
    request_id: str
    db: TenantDatabase
    resources: Mapping[type, object]
    idempotency: IdempotentCall | None = None

    @property
    def org_id(self) -> int:
        return self.organization.org_id

    def resource(self, kind: type[T]) -> T:
        return cast(T, self.resources[kind])
