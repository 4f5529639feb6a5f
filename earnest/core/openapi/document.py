"""The OpenAPI 3.1 document of an application, built from its registry of endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version

from earnest.core.access import RESOURCES
from earnest.core.clock import HEADER as CLOCK_HEADER
from earnest.core.decimals import FRACTION_DIGITS_MAX, INTEGER_DIGITS_MAX
from earnest.core.http.bounds import INTEGER_MAX
from earnest.core.http.endpoint import Registry, placeholders
from earnest.core.http.limits import BODY_BYTES_MAX, JSON_DEPTH_MAX
from earnest.core.idempotency import HEADER as IDEMPOTENCY_HEADER
from earnest.core.idempotency import KEY_LENGTH_MAX, REPLAYED_HEADER
from earnest.core.openapi.operations import ADMINISTRATOR, CLIENT, TILL, Components, operation
from earnest.core.openapi.page import Pages
from earnest.core.openapi.schemas import Schema

VERSION = "3.1.0"

_DESCRIPTION = f"""\
The HTTP API of an Earnest server.

Calls under `/v1.1` and `/v1` speak JSON or XML: `format=json|xml`, else the suffix of the path (`/v1.1/customer/add.xml`),
else `Content-Type` and `Accept` decide. All other calls speak JSON.

Bodies have at most {BODY_BYTES_MAX:,} bytes and {JSON_DEPTH_MAX} levels. Amounts and points have at most {INTEGER_DIGITS_MAX}
digits before and {FRACTION_DIGITS_MAX} after the point, ids are at most {INTEGER_MAX}; both are taken as JSON strings, too.

A server that runs with the test clock takes the instant of a call from the header `{CLOCK_HEADER}` (RFC 3339 with offset).
"""

_OTHER_GROUPS: Mapping[str, str] = {
    "Documentation": "This description",
    "Health": "Whether the server lives and can serve",
    "OAuth": "Access tokens of clients",
}

_SECURITY: Mapping[str, Schema] = {
    TILL: {
        "type": "http",
        "scheme": "basic",
        "description": "A till: its user name, and as the password the MD5 of its password in lower-case hexadecimal.",
    },
    CLIENT: {
        "type": "apiKey",
        "in": "header",
        "name": "X-CAP-API-OAUTH-TOKEN",
        "description": "A client: an access token of `POST /v3/oauth/token/generate`.",
    },
    ADMINISTRATOR: {
        "type": "http",
        "scheme": "bearer",
        "description": "An administrator: `Authorization: Bearer <key>`.",
    },
}

_PARAMETERS: Mapping[str, Schema] = {
    "format": {
        "name": "format",
        "in": "query",
        "description": "The format of request and answer, whatever their headers say.",
        "schema": {"enum": ["json", "xml"]},
    },
    "idempotencyKey": {
        "name": IDEMPOTENCY_HEADER,
        "in": "header",
        "description": "Names this call: repeated within 24 hours it has its effect once and answers the same.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX, "pattern": "^[ -~]+$"},
    },
    "attributionEntityCode": {
        "name": "X-CAP-API-ATTRIBUTION-ENTITY-CODE",
        "in": "header",
        "description": "With an access token: the till or store that the call is booked on.",
        "schema": {"type": "string"},
    },
    "attributionEntityType": {
        "name": "X-CAP-API-ATTRIBUTION-ENTITY-TYPE",
        "in": "header",
        "description": "What the code is; TILL when it is missing.",
        "schema": {
            "enum": [
                "TILL",
                "STORE_CODE",
                "STORE_NAME",
                "STORE_EXTERNAL_ID",
                "STORE_EXTERNAL_ID_1",
                "STORE_EXTERNAL_ID_2",
            ]
        },
    },
    "attributionLookup": {
        "name": "X-CAP-API-ATTRIBUTION-LOOKUP",
        "in": "header",
        "description": "A value that is mapped to the till to book on; needs its type.",
        "schema": {"type": "string"},
    },
    "attributionLookupType": {
        "name": "X-CAP-API-ATTRIBUTION-LOOKUP-TYPE",
        "in": "header",
        "description": "The kind of the mapped value.",
        "schema": {"enum": ["WECHAT", "MOBILE_TRIGGER"]},
    },
}

_HEADERS: Mapping[str, Schema] = {
    "X-Cap-Requestid": {"description": "Unique to this call.", "schema": {"type": "string"}},
    REPLAYED_HEADER: {
        "description": "`true`: this is the stored answer of an earlier call.",
        "schema": {"const": "true"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "The kinds of credentials.", "schema": {"type": "string"}},
    "RateLimit": {
        "description": 'What is left of the minute: `"minute";r=99;t=42`. Only with a preset of rate limits.',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'Calls per minute: `"minute";q=100;w=60`. Only with a preset of rate limits.',
        "schema": {"type": "string"},
    },
}


def build_document(registry: Registry) -> Schema:
    """The document. TypeError when two endpoints have one operationId, or a type has no JSON schema."""
    shared = Components()
    paths: dict[str, Schema] = {}
    taken: dict[str, str] = {}
    for methods in registry.routes.values():
        # Paths that differ in the names of their parameters alone are one path: the first one names them.
        template = next(iter(methods.values()))[0]
        item: Schema = {}
        for method, (path, endpoint) in methods.items():
            renamed = dict(zip(placeholders(path), placeholders(template), strict=True))
            spelling = endpoint.paths.index(path)
            described = operation(endpoint, shared, spelling=spelling, renamed=renamed)
            where = f"{method} {path}"
            other = taken.setdefault(described["operationId"], where)
            if other != where:
                raise TypeError(f"{where} and {other} are both called {described['operationId']}: rename a function")
            item[method.lower()] = described
        paths[template] = item
    groups = sorted({endpoint.group for endpoint in registry.endpoints})
    texts = {**RESOURCES, **_OTHER_GROUPS}
    return {
        "openapi": VERSION,
        "info": {
            "title": "Earnest",
            "version": version("earnest"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, **({"description": texts[name]} if name in texts else {})} for name in groups],
        "paths": paths,
        "components": {
            "schemas": shared.schemas.components,
            "responses": shared.responses,
            "x-codes": shared.codes,
            "securitySchemes": dict(_SECURITY),
            "parameters": dict(_PARAMETERS),
            "headers": dict(_HEADERS),
        },
    }


def to_text(document: Schema) -> str:
    """The document as a file: sorted, so that a change of the API is a change of as many lines."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


class Description:
    """The description of one application; built when it is first asked for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @cached_property
    def document(self) -> Schema:
        return build_document(self._registry)

    @cached_property
    def text(self) -> bytes:
        return to_text(self.document).encode()

    @cached_property
    def pages(self) -> Pages:
        return Pages(self.document)
