"""One endpoint as an OpenAPI operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from earnest.core.http import xml
from earnest.core.http.endpoint import Access, Endpoint
from earnest.core.http.envelopes import JSON, OCTETS, Style
from earnest.core.http.example import Example, plain
from earnest.core.http.rates import rate_of
from earnest.core.idempotency import REPLAYED_HEADER
from earnest.core.openapi import refusals
from earnest.core.openapi.schemas import Schema, Schemas

XML = "application/xml"
TILL, CLIENT, ADMINISTRATOR = "till", "client", "administrator"

# What access groups grant to tills and clients.
_OF_GROUPS = (Access.READ, Access.WRITE)

_WORD = re.compile(r"_([a-z0-9])")
_VERSION = re.compile(r"^/(v\d+)(?:\.\d+)?/")
NO_CONTENT = 204
_RATE_HEADERS = ("RateLimit", "RateLimit-Policy")


def operation_id(endpoint: Endpoint, spelling: int = 0) -> str:
    """`addCustomerV2`: the function and the version of its path. Other spellings of a path are numbered from 2."""
    name = _WORD.sub(lambda found: found[1].upper(), endpoint.name)
    version = _VERSION.match(endpoint.paths[0])
    suffix = version[1].upper() if version else "Gateway" if endpoint.style is Style.GATEWAY else ""
    return name + suffix + (f"_{spelling + 1}" if spelling else "")


class Components:
    """What operations share, by name: schemas, responses, tables of codes."""

    def __init__(self) -> None:
        self.schemas = Schemas()
        self.responses: dict[str, Schema] = {}
        self.codes: dict[str, Schema] = {}


def operation(endpoint: Endpoint, shared: Components, *, spelling: int = 0, renamed: Mapping[str, str]) -> Schema:
    """The operation of one spelling. `renamed` has the names of its path parameters as the document's path has them."""
    schemas = shared.schemas
    found: Schema = {
        "operationId": operation_id(endpoint, spelling),
        "tags": [endpoint.group],
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint, schemas, renamed),
        "responses": _responses(endpoint, schemas, shared.responses),
        "security": security(endpoint),
    }
    if codes := refusals.codes_of(endpoint, shared.codes):
        found["x-codes"] = codes
    if endpoint.description:
        found["description"] = endpoint.description
    if endpoint.contract:
        found["x-contract"] = endpoint.contract
    if spelling:
        found["x-spelling-of"] = endpoint.paths[0]
    if "body" in endpoint.parameters:
        found["requestBody"] = _body(endpoint, schemas)
    if endpoint.access in _OF_GROUPS:
        found["x-access"] = {
            "resource": endpoint.group,
            "level": endpoint.needed.value,
            "kind": endpoint.api_kind.value,
        }
    return found


def security(endpoint: Endpoint) -> list[Schema]:
    """Alternatives: each names one security scheme."""
    if endpoint.access is Access.PUBLIC:
        return []
    if endpoint.access is Access.ADMIN:
        return [{ADMINISTRATOR: []}]
    if endpoint.access is Access.LOCAL:
        # On the server's own machine without any.
        return [{}, {ADMINISTRATOR: []}]
    return [{TILL: []}, {CLIENT: []}]


def xml_schema(kind: object, schemas: Schemas) -> Schema:
    """The schema of a v1 value as XML: the one field of the struct is the root element."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = schemas.properties(kind)
        if len(fields) == 1:
            ((name, (schema, _)),) = fields.items()
            return {"allOf": [schema], "xml": {"name": name}}
    return {}


def _parameters(endpoint: Endpoint, schemas: Schemas, renamed: Mapping[str, str]) -> list[Schema]:
    examples = endpoint.examples[0] if endpoint.examples else Example()
    found: list[Schema] = []
    places = (
        ("path", "path", examples.path),
        ("query", "query", examples.query),
        ("headers", "header", examples.headers),
    )
    for part, place, values in places:
        kind = endpoint.parameters.get(part)
        if kind is None:
            continue
        for name, (schema, required) in sorted(schemas.properties(kind).items()):
            if place == "path" and name not in renamed:
                # Of another spelling.
                continue
            parameter: Schema = {"name": renamed.get(name, name) if place == "path" else name, "in": place}
            if required or place == "path":
                parameter["required"] = True
            if text := schema.get("description"):
                parameter["description"] = text
            parameter["schema"] = schema if place == "path" else _given(schema)
            if name in values:
                given = plain(values[name])
                # A list of ids in one text may have one id for its example.
                parameter["example"] = str(given) if parameter["schema"].get("type") == "string" else given
            found.append(parameter)
    if endpoint.style is Style.V1:
        found.append({"$ref": "#/components/parameters/format"})
    if endpoint.access in _OF_GROUPS:
        names = ["attributionEntityCode", "attributionEntityType"]
        if endpoint.style is Style.V2:
            names += ["attributionLookup", "attributionLookupType"]
        found.extend({"$ref": f"#/components/parameters/{name}"} for name in names)
    if endpoint.is_write:
        found.append({"$ref": "#/components/parameters/idempotencyKey"})
    return found


def _given(schema: Schema) -> Schema:
    """Without null: what stands in a URL or a header is there or is not."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null"]
        return {**schema, "type": kinds[0] if len(kinds) == 1 else kinds}
    alternatives = schema.get("anyOf")
    if alternatives is None:
        return schema
    kept = [alternative for alternative in alternatives if alternative != {"type": "null"}]
    rest = {word: value for word, value in schema.items() if word != "anyOf"}
    return {**rest, **(kept[0] if len(kept) == 1 else {"anyOf": kept})}


def _body(endpoint: Endpoint, schemas: Schemas) -> Schema:
    kind = endpoint.parameters["body"]
    if kind is bytes:
        return {"required": True, "content": {OCTETS.decode(): {"schema": {}}}}
    content: Schema = {JSON.decode(): {"schema": schemas.of(kind), **_examples(endpoint)}}
    if endpoint.style is Style.V1:
        content[XML] = {"schema": xml_schema(kind, schemas), **_examples(endpoint, as_xml=True)}
    return {"required": True, "content": content}


def _examples(endpoint: Endpoint, *, as_xml: bool = False) -> Schema:
    bodies = [(example.name, plain(example.body)) for example in endpoint.examples if example.body is not None]
    values: list[tuple[str, Any]] = [(name, xml.write(body).decode() if as_xml else body) for name, body in bodies]
    if not values:
        return {}
    if len(values) == 1:
        return {"example": values[0][1]}
    return {"examples": {name: {"summary": name, "value": value} for name, value in values}}


def _responses(endpoint: Endpoint, schemas: Schemas, responses: dict[str, Schema]) -> Schema:
    answers = {endpoint.status: "The answer", **endpoint.statuses}
    content = _answer(endpoint, schemas)
    found: Schema = {}
    for status in refusals.statuses_of(endpoint):
        refused = refusals.response(endpoint.style, status, schemas.components)
        if status in answers:
            # The same status with an answer of its own, as where all items of a batch failed.
            found[str(status)] = _either(refused, content, answers[status])
        else:
            name = f"{endpoint.style.value}.{status}"
            responses[name] = refused
            found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    headers = ["X-Cap-Requestid", *(_RATE_HEADERS if rate_of([endpoint]) else ())]
    if endpoint.is_write:
        headers.append(REPLAYED_HEADER)
    for status, description in answers.items():
        found.setdefault(
            str(status),
            {
                "description": description,
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
                **({"content": content} if content and status != NO_CONTENT else {}),
            },
        )
    return dict(sorted(found.items()))


def _either(refused: Schema, content: Schema, description: str) -> Schema:
    merged = dict(refused["content"])
    for media_type, answer in content.items():
        other = merged.get(media_type)
        merged[media_type] = answer if other is None else {"schema": {"anyOf": [answer["schema"], other["schema"]]}}
    return {**refused, "description": f"{description}; or: {refused['description']}", "content": merged}


def _answer(endpoint: Endpoint, schemas: Schemas) -> Schema:
    if endpoint.media_type:
        return {endpoint.media_type: {"schema": {}}}
    if endpoint.answer is None or endpoint.answer is type(None):
        return {}
    if endpoint.answer is bytes:
        return {OCTETS.decode(): {"schema": {}}}
    content: Schema = {JSON.decode(): {"schema": schemas.of(endpoint.answer)}}
    if endpoint.style is Style.V1:
        content[XML] = {"schema": {}}
    return content
