"""Clients and access groups as the admin API shows them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from earnest.core import access, clients
from earnest.core.access import FULL_ACCESS, Level

ClientName = Annotated[str, Meta(min_length=1, max_length=clients.NAME_CHARACTERS_MAX, pattern=r"\S")]
ClientDescription = Annotated[str, Meta(max_length=clients.DESCRIPTION_CHARACTERS_MAX)]
TtlSeconds = Annotated[int, Meta(ge=1, le=clients.TTL_S_MAX)]
GroupName = Annotated[str, Meta(min_length=1, max_length=access.NAME_CHARACTERS_MAX, pattern=r"\S")]
GroupDescription = Annotated[str, Meta(max_length=access.DESCRIPTION_CHARACTERS_MAX)]


class Client(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A program that calls with tokens. Without attribution headers its calls are booked on the default till; with the flag
    also when the headers lead nowhere."""

    id: int
    key: str
    name: str
    description: str
    ttl_seconds: int
    default_till_id: int
    use_default_till_when_invalid: bool
    access_group_id: int
    is_active: bool


class IssuedClient(Client, frozen=True, kw_only=True, rename="camel"):
    """The only answer that shows the secret."""

    secret: str


class NewClient(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`key` and `secret` are made unless they are given: give them to move a client here that has some already."""

    name: ClientName
    default_till_id: int
    description: ClientDescription = ""
    ttl_seconds: TtlSeconds = clients.TTL_S_DEFAULT
    use_default_till_when_invalid: bool = False
    access_group_id: int = FULL_ACCESS.id
    key: Annotated[str, Meta(min_length=8, max_length=clients.KEY_CHARACTERS_MAX, pattern=r"^[!-~]+\Z")] | None = None
    secret: Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^[!-~]+\Z")] | None = None


class ClientChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays; the key is fixed. A client that is not active gets no tokens, and those it has are refused."""

    name: ClientName | None = None
    description: ClientDescription | None = None
    ttl_seconds: TtlSeconds | None = None
    default_till_id: int | None = None
    use_default_till_when_invalid: bool | None = None
    access_group_id: int | None = None
    is_active: bool | None = None


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a group may do with a resource: through data APIs, and through APIs of configuration."""

    data: Level = Level.NONE
    config: Level = Level.NONE


class AccessGroup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`otherwise` holds for the resources that are not named in `grants`. Built-in groups cannot be changed."""

    id: int
    name: str
    description: str
    is_built_in: bool
    grants: dict[str, Grant]
    otherwise: Grant


class NewAccessGroup(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A resource that is not named in `grants` is not granted at all."""

    name: GroupName
    description: GroupDescription = ""
    grants: dict[str, Grant] = {}


class AccessGroupChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays; `grants` replaces all of them."""

    name: GroupName | UnsetType = UNSET
    description: GroupDescription | UnsetType = UNSET
    grants: dict[str, Grant] | UnsetType = UNSET


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What an access group may name, and what it covers."""

    name: str
    covers: str
