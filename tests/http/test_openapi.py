"""The description of the API is true, complete and valid, whatever endpoints are declared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import httpx
import jsonschema_rs
import msgspec
import pytest
from openapi_spec_validator import validate

from earnest.app import description, endpoints
from earnest.cli.openapi import openapi as command
from earnest.core.http import xml
from earnest.core.http.application import Application, registry_of
from earnest.core.http.decoding import Arguments
from earnest.core.http.endpoint import Answer, Endpoint, Registry
from earnest.core.http.envelopes import Style
from earnest.core.http.example import plain
from earnest.core.http.v1_format import Format
from earnest.core.openapi.document import Description, build_document, to_text
from earnest.core.openapi.page import METHODS, Pages
from earnest.core.openapi.schemas import Schemas

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"

REGISTRY = registry_of(endpoints())
DOCUMENT = description().document
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
]


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.paths[0]}"


def test_the_committed_document_is_the_one_of_the_code() -> None:
    committed = COMMITTED.read_bytes() if COMMITTED.exists() else b""
    assert committed == description().text, "docs/openapi.json is not up to date: run `make openapi`"


def test_the_document_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(json.loads(description().text))


def test_building_twice_gives_the_same_text() -> None:
    assert to_text(build_document(registry_of(endpoints()))).encode() == description().text


def test_every_spelling_of_every_endpoint_is_described() -> None:
    wanted = {
        (method, template, endpoint.name)
        for methods in REGISTRY.routes.values()
        for template in [next(iter(methods.values()))[0]]
        for method, (_, endpoint) in methods.items()
    }
    assert sum(len(endpoint.paths) for endpoint in REGISTRY.endpoints) == len(wanted) == len(OPERATIONS)
    assert {f"{method} {template}" for method, template, _ in wanted} == {where for where, _ in OPERATIONS}


def test_operation_ids_are_unique_and_can_be_names_of_functions() -> None:
    ids = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z][A-Za-z0-9]*(_\d+)?", name)] == []


@pytest.mark.parametrize(("where", "operation"), OPERATIONS, ids=[where for where, _ in OPERATIONS])
def test_an_operation_says_what_it_is_for_and_what_it_answers(where: str, operation: Mapping[str, Any]) -> None:
    assert operation["summary"], f"{where}: its function has no docstring"
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    assert {int(status) // 100 for status in operation["responses"]} >= {2, 4, 5}
    assert {name for one in operation["security"] for name in one} <= set(DOCUMENT["components"]["securitySchemes"])
    in_path = {parameter["name"] for parameter in operation["parameters"] if parameter.get("in") == "path"}
    assert in_path == set(re.findall(r"\{(\w+)\}", where))


@pytest.mark.parametrize("endpoint", REGISTRY.endpoints, ids=name_of)
def test_every_endpoint_has_an_example_that_it_accepts(endpoint: Endpoint) -> None:
    assert endpoint.examples, f"{name_of(endpoint)} is declared without an example"
    assert len({example.name for example in endpoint.examples}) == len(endpoint.examples)
    for example in endpoint.examples:
        for part, values in (("path", example.path), ("query", example.query), ("headers", example.headers)):
            kind = endpoint.parameters.get(part)
            known = {field.encode_name for field in msgspec.structs.fields(kind)} if kind is not None else set()
            assert set(values) <= known, f"{part} of {name_of(endpoint)}"
            if kind is not None:
                msgspec.convert({name: str(value) for name, value in values.items()}, kind, strict=False)
        if "body" not in endpoint.parameters:
            assert example.body is None
            continue
        text = example.body if isinstance(example.body, bytes) else msgspec.json.encode(plain(example.body))
        decoder = Arguments(endpoint, endpoint.paths[0])._body
        assert decoder is not None
        decoded = decoder(text, {b"content-type": b"application/json"})
        if endpoint.style is Style.V1:
            written = xml.of_json(text)
            assert decoder(written, {b"content-type": b"application/xml"}, Format.XML) == decoded


@pytest.mark.parametrize(("where", "operation"), OPERATIONS, ids=[where for where, _ in OPERATIONS])
def test_the_examples_fit_their_schemas(where: str, operation: Mapping[str, Any]) -> None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is not None:
        several = content.get("examples") or ({"": {"value": content["example"]}} if "example" in content else {})
        for example in several.values():
            validator_of(content["schema"]).validate(example["value"])
    for parameter in operation["parameters"]:
        if "example" in parameter:
            validator_of(parameter["schema"]).validate(parameter["example"])


def validator_of(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_the_command_prints_the_document(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    command()
    assert capfdbinary.readouterr().out == description().text


async def test_a_server_shows_the_document_and_its_pages(application: Application, client: httpx.AsyncClient) -> None:
    shown = await client.get("/openapi.json")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "application/json")
    assert shown.content == Description(application.registry).text
    index = await client.get("/docs")
    assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
    group = await client.get("/docs/Transaction")
    assert group.status_code == 200
    assert "addBillV2" in group.text
    assert (await client.get("/docs/Nothing")).status_code == 404


class Links(HTMLParser):
    """Where a page leads and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.names: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "action"):
                self.links.add(value or "")
            if name == "id":
                self.names.add(value or "")


def test_the_pages_need_neither_scripts_nor_another_host_and_their_links_lead_somewhere() -> None:
    pages = Pages(DOCUMENT)
    index = Links()
    index.feed(pages.index)
    shown = {}
    for name in pages.groups:
        shown[name] = Links()
        shown[name].feed(pages.group(name))
    for page in (index, *shown.values()):
        assert not page.tags & {"script", "link", "img", "iframe", "object", "form"}
        assert all(link.startswith(("/docs", "/openapi.json")) for link in page.links)
    for link in index.links - {"/docs", "/openapi.json"}:
        name, _, identity = link.removeprefix("/docs/").replace("%20", " ").partition("#")
        assert not identity or identity in shown[name].names, link
    assert {operation["operationId"] for _, operation in OPERATIONS} == set().union(*(p.names for p in shown.values()))


def test_a_page_shows_what_is_written_in_a_document_as_text() -> None:
    hostile = "<script>alert(1)</script>"
    document = json.loads(json.dumps(DOCUMENT))
    document["info"]["description"] = hostile
    for item in document["paths"].values():
        for operation in item.values():
            operation["summary"] = operation["description"] = hostile
            for parameter in operation["parameters"]:
                if "$ref" not in parameter:
                    parameter["description"] = parameter["example"] = hostile
    pages = Pages(document)
    for page in (pages.index, *(pages.group(name) for name in pages.groups)):
        assert "<script" not in page
        assert "&lt;script&gt;" in page


# Types that no endpoint has yet, or that a generator of schemas could easily get wrong.

T = TypeVar("T")


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


class Square(msgspec.Struct, frozen=True, rename="camel"):
    side_length: Decimal


class Circle(msgspec.Struct, frozen=True):
    """A circle.

    Not shown: a second paragraph.
    """

    radius: float
    color: Color = Color.RED


class Tree(msgspec.Struct, frozen=True):
    children: list[Tree] = []
    note: str | msgspec.UnsetType = msgspec.UNSET


class Page(msgspec.Struct, Generic[T], frozen=True):
    data: list[T]


class Tagged(msgspec.Struct, frozen=True, tag="yes", forbid_unknown_fields=True):
    at: datetime | None = None


class Pair(msgspec.Struct, frozen=True, array_like=True):
    left: int
    right: str = ""


@pytest.mark.parametrize(
    ("kind", "fitting", "unfitting"),
    [
        (Square | Circle, [{"sideLength": 1.5}, {"radius": 2, "color": "blue"}], [{}, 5, {"color": "red"}]),
        (Circle, [{"radius": 1}], [{"radius": 1, "color": "green"}, {"radius": "1"}]),
        (Tree, [{"children": [{"children": [], "note": "leaf"}]}], [{"children": [{"note": None}]}]),
        (Page[Square], [{"data": [{"sideLength": 1}]}], [{"data": [{}]}, {}]),
        (Page[Pair], [{"data": [[1], [1, "a"]]}], [{"data": [["a"]]}, {"data": [{"left": 1}]}]),
        (Tagged, [{"type": "yes"}, {"type": "yes", "at": None}], [{}, {"type": "no"}, {"type": "yes", "more": 1}]),
        (int | str | None, [1, "a", None], [True, 1.5, []]),
        (dict[str, Decimal], [{}, {"a": 0.1}], [{"a": "x"}, []]),
        (tuple[int, str], [[1, "a"]], [[1], [1, "a", 2], ["a", 1]]),
        (tuple[int, ...], [[], [1, 2]], [["a"]]),
        (Annotated[str, msgspec.Meta(min_length=2, max_length=3, pattern="^[a-z]+$")], ["ab"], ["a", "abcd", "AB"]),
        (Annotated[int, msgspec.Meta(ge=1, lt=5)] | None, [1, 4, None], [0, 5]),
        (Annotated[list[int], msgspec.Meta(max_length=1)], [[], [1]], [[1, 2]]),
        (Answer[Square], [{"sideLength": 1}], [{}]),
        (Any, [None, 1, {}], []),
    ],
)
def test_the_schema_of_a_type_takes_what_the_type_holds(kind: object, fitting: list[Any], unfitting: list[Any]) -> None:
    schemas = Schemas()
    schema = schemas.of(kind)
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": {"schemas": schemas.components}})
    assert [value for value in fitting if not validator.is_valid(value)] == []
    assert [value for value in unfitting if validator.is_valid(value)] == []


def test_the_first_paragraph_of_a_docstring_is_the_description_of_a_component() -> None:
    schemas = Schemas()
    schemas.of(Circle)
    assert schemas.components["Circle"]["description"] == "A circle."


def test_a_type_that_no_wire_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="there is no JSON schema"):
        Schemas().of(complex)


def test_two_endpoints_of_one_name_are_refused(application: Application) -> None:
    one, *_ = [endpoint for endpoint in application.registry.endpoints if endpoint.style is Style.V2]
    other = msgspec.structs.replace(one, paths=("/v2/elsewhere/{customerId}",))
    with pytest.raises(TypeError, match="rename a function"):
        build_document(Registry((one, other)))
