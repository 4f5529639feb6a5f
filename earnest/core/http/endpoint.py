"""The one way to declare a route.

    @endpoint("POST", "/v2/transactions", style=Style.V2, contract="06-transaction-v2/01", group="Transaction",
              access=Access.WRITE)
    async def add_transaction(ctx: RequestContext, query: AddQuery, body: AddTransaction) -> AddTransactionAnswer:
        \"\"\"Adds one bill of a customer.\"\"\"

The decorated name is an `Endpoint`: the function with everything that routing, OpenAPI and access groups read. A
module's endpoints are found by `endpoints_of(module)`; nothing is registered behind anybody's back.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

import msgspec

from earnest.core.access import ApiKind, Level
from earnest.core.context import RequestContext
from earnest.core.errors import ErrorCode
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example
from earnest.core.idempotency import IdempotentCall

T = TypeVar("T")
Handler = Callable[..., Awaitable[object]]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PARAMETERS = ("path", "query", "headers", "body")
_PLACEHOLDER = re.compile(r"\{([^{}/]+)\}")


class Access(StrEnum):
    """What an access group must grant for the endpoint's group (a resource of `core.access`): READ for GET, WRITE for
    everything else; PUBLIC endpoints take no credentials, ADMIN ones the key of the installation's administrator; LOCAL ones
    are for callers on this machine and those with a key (`core.auth.local`)."""

    PUBLIC = "public"
    LOCAL = "local"
    ADMIN = "admin"
    READ = "read"
    WRITE = "write"


_NEEDED = {
    Access.PUBLIC: Level.NONE,
    Access.LOCAL: Level.NONE,
    Access.ADMIN: Level.NONE,
    Access.READ: Level.READ,
    Access.WRITE: Level.WRITE,
}


class PublicContext(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint without credentials is handed."""

    now: datetime
    request_id: str
    resources: Mapping[type, object]

    def resource(self, kind: type[T]) -> T:
        return cast(T, self.resources[kind])


class AdminContext(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint of the administrator is handed. `now` is real time, unless the caller set it (test clock).

    `actor` is the name of the key that was used, for the audit log; `idempotency` the claimed Idempotency-Key, if any.
    """

    now: datetime
    request_id: str
    resources: Mapping[type, object]
    actor: str = "admin"
    idempotency: IdempotentCall | None = None

    def resource(self, kind: type[T]) -> T:
        return cast(T, self.resources[kind])


_CONTEXTS = {Access.PUBLIC: PublicContext, Access.LOCAL: PublicContext, Access.ADMIN: AdminContext}


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """A value with another status or with headers of its own. `value` None sends no body, bytes go out as they are."""

    value: T
    status: int = 200
    headers: Mapping[str, str] = {}


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`paths[0]` is the canonical spelling, `contract` the file below contract/ (None for what is ours).

    `errors` says which documented code a bad parameter has: "query", "query.points", "body.lineItemsV2.qty"; the
    longest key that leads to the field wins; what is not named answers 400.

    The rest is for documentation. `codes` are the documented codes that the endpoint can answer; None stands for those of
    its domain (the module `errors` beside its routes). `statuses` says what HTTP statuses of an `Answer` mean besides
    `status`. `media_type` is the type of an answer that is not JSON (or XML, in v1).
    """

    method: str
    paths: tuple[str, ...]
    style: Style
    contract: str | None
    group: str
    access: Access
    api_kind: ApiKind
    name: str
    summary: str
    description: str
    status: int
    handler: Handler
    parameters: Mapping[str, type]
    answer: object
    errors: Mapping[str, ErrorCode]
    codes: Sequence[ErrorCode] | None = None
    statuses: Mapping[int, str] = {}
    media_type: str = ""
    examples: Sequence[Example] = ()

    @property
    def is_write(self) -> bool:
        """Whether the endpoint takes an Idempotency-Key."""
        return self.method != "GET" and self.access is not Access.PUBLIC

    @property
    def needed(self) -> Level:
        """The level that an access group must grant."""
        return _NEEDED[self.access]


def endpoint(
    method: str,
    *paths: str,
    style: Style,
    group: str,
    access: Access,
    api_kind: ApiKind = ApiKind.DATA,
    contract: str | None = None,
    status: int = 200,
    errors: Mapping[str, ErrorCode] | None = None,
    codes: Sequence[ErrorCode] | None = None,
    statuses: Mapping[int, str] | None = None,
    media_type: str = "",
    example: Example | Sequence[Example] = (),
) -> Callable[[Handler], Endpoint]:
    """Declares an async function as the endpoint of `method` and every spelling in `paths`.

    The function takes `ctx` and, as it needs them, `path`, `query`, `headers` (msgspec Structs, read from strings) and
    `body` (any type that msgspec decodes; `bytes` for a raw body). TypeError when the declaration contradicts itself.
    """
    if method not in METHODS or not paths:
        raise TypeError(f"{method} {paths}: expected one of {', '.join(METHODS)} and at least one path")

    def declare(handler: Handler) -> Endpoint:
        hints = typing.get_type_hints(handler)
        answer = hints.pop("return", None)
        names = list(inspect.signature(handler).parameters)
        where = f"{method} {paths[0]} ({handler.__name__})"
        if not inspect.iscoroutinefunction(handler):
            raise TypeError(f"{where}: the handler must be an async function")
        if names[:1] != ["ctx"] or not set(names[1:]) <= set(PARAMETERS):
            raise TypeError(f"{where}: expected the parameters ctx and any of {', '.join(PARAMETERS)}, not {names}")
        expected = _CONTEXTS.get(access, RequestContext)
        if hints["ctx"] is not expected:
            raise TypeError(f"{where}: access {access.value} is handed a {expected.__name__}")
        parameters = {name: hints[name] for name in names[1:]}
        for name, kind in parameters.items():
            if name != "body" and not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
                raise TypeError(f"{where}: {name} must be a msgspec Struct")
        if unknown := {key for key in errors or {} if key.partition(".")[0] not in parameters}:
            raise TypeError(f"{where}: errors for {sorted(unknown)}, which it does not take")
        for path in paths:
            _check_placeholders(where, path, parameters.get("path"))
        summary, _, description = (inspect.getdoc(handler) or "").partition("\n")
        return Endpoint(
            method=method,
            paths=paths,
            style=style,
            contract=contract,
            group=group,
            access=access,
            api_kind=api_kind,
            name=handler.__name__,
            summary=summary.strip(),
            description=description.strip(),
            status=status,
            handler=handler,
            parameters=parameters,
            answer=answer,
            errors=errors or {},
            codes=codes,
            statuses=statuses or {},
            media_type=media_type,
            examples=(example,) if isinstance(example, Example) else tuple(example),
        )

    return declare


def endpoints_of(*modules: ModuleType) -> tuple[Endpoint, ...]:
    """Every endpoint that the modules define, in the order of their definition."""
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Endpoint))


def placeholders(path: str) -> tuple[str, ...]:
    """The names of the path parameters, in order."""
    return tuple(_PLACEHOLDER.findall(path))


def shape(path: str) -> str:
    """The path without the names of its parameters: paths of one shape are one route."""
    return _PLACEHOLDER.sub("{}", path)


class Registry:
    """All endpoints of an application: by (shape of the path, method) for routing, in order for documentation."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = tuple(endpoints)
        self.routes: dict[str, dict[str, tuple[str, Endpoint]]] = {}
        for declared in self.endpoints:
            for path in declared.paths:
                methods = self.routes.setdefault(shape(path), {})
                if declared.method in methods:
                    other = methods[declared.method][1]
                    raise TypeError(f"{declared.method} {path} is declared by {other.name} and by {declared.name}")
                methods[declared.method] = (path, declared)


def _check_placeholders(where: str, path: str, kind: type | None) -> None:
    if not path.startswith("/") or (path != "/" and path.endswith("/")):
        raise TypeError(f"{where}: {path} must start with a slash and not end with one")
    found = placeholders(path)
    fields = msgspec.structs.fields(cast(Any, kind)) if kind is not None else ()
    known = {field.encode_name for field in fields}
    required = {field.encode_name for field in fields if field.required}
    if len(set(found)) != len(found) or not set(found) <= known or not required <= set(found):
        raise TypeError(f"{where}: the placeholders of {path} and the fields {sorted(known)} of `path` do not agree")
