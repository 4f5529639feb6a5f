"""Who calls: a list of schemes, each of which knows one kind of credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from earnest.core.access import AccessGroup
from earnest.core.errors import UNAUTHENTICATED
from earnest.core.tenancy import Client, Entity, Organization

Headers = Mapping[bytes, bytes]


class Principal(msgspec.Struct, frozen=True):
    """A verified caller: its organisation, and the till that its calls are booked on unless their headers say another.

    `client` is the owner of the token, None when a till itself calls; `client_organization` is the client's, where that is
    the parent of the one that it calls for.
    """

    organization: Organization
    till: Entity
    client: Client | None = None
    client_organization: Organization | None = None

    @property
    def access_group(self) -> AccessGroup:
        """A client's own group, whatever till it calls for; else the group of the till."""
        if self.client is not None:
            organization = self.client_organization or self.organization
            return organization.access_group(self.client.access_group_id)
        return self.organization.access_group_of(self.till)


class Scheme(Protocol):
    """One way to authenticate. `challenge` is what WWW-Authenticate says of it, empty when there is no such thing."""

    challenge: str

    async def principal(self, headers: Headers) -> Principal | None:
        """The caller; None when the request carries no credentials of this kind.

        ApiError 401 when it carries some that are not valid, 4001 when that cannot be found out now. Header names are
        lower case.
        """
        ...


class Authenticator:
    """Asks the schemes in order; the first whose credentials the request carries decides."""

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        self._schemes = tuple(schemes)
        self.challenge = ", ".join(scheme.challenge for scheme in schemes if scheme.challenge)

    async def principal(self, headers: Headers) -> Principal:
        """The caller of a request. ApiError 401 when it carries no credentials, or none that are valid."""
        for scheme in self._schemes:
            principal = await scheme.principal(headers)
            if principal is not None:
                return principal
        raise UNAUTHENTICATED.error()
