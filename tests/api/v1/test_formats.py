"""Which format a v1 call speaks, and that both say the same (_conventions.md, sections 5 and 8; docs/api-v1.md)."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.support import shop
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till, encode
from tests.support.xml_form import xml_of

GET = "/v1.1/customer/get"
ADD = "/v1.1/customer/add"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    mobile = shop.new_mobile()
    member = shop.register(till, mobile, lastName="<&>", fields={"a": "1", "b": None})
    lines = [shop.line("tea", 600, quantity=2), shop.line("cup", 400)]
    shop.sell(till, member, 1_000, number=f"N-{mobile}", lineItemsV2=lines)
    shop.sell(till, member, 20_000, number=f"M-{mobile}")
    return member


def format_of(answer: Answer) -> str:
    """The format of the answer, which has to be one whole document of that format."""
    match answer.headers["content-type"]:
        case "application/xml":
            assert ElementTree.fromstring(answer.text).tag == "response"
            return "xml"
        case "application/json":
            assert answer.body.keys() == {"response"}
            return "json"
        case other:
            raise AssertionError(other)


def ask(till: Till, path: str, query: Json, headers: dict[str, str]) -> Answer:
    return till.send("GET", path, params=query, headers={"Accept": "*/*"} | headers)


@pytest.mark.parametrize(
    ("suffix", "query", "headers", "expected"),
    [
        ("", {}, {}, "json"),
        ("", {}, {"Accept": "application/json"}, "json"),
        ("", {}, {"Accept": "application/xml"}, "xml"),
        ("", {}, {"Accept": "text/xml"}, "xml"),
        ("", {}, {"Accept": "application/xml;q=0.5, application/json;q=0.6"}, "json"),
        ("", {}, {"Accept": "application/json;q=0, application/xml;q=0.1"}, "xml"),
        ("", {}, {"Accept": BROWSER}, "xml"),
        ("", {}, {"Accept": "image/png"}, "json"),
        ("", {}, {"Accept": ",;=;q=x," * 500}, "json"),
        (".json", {}, {"Accept": "application/xml"}, "json"),
        (".xml", {}, {"Accept": "application/json"}, "xml"),
        (".XML", {}, {}, "xml"),
        ("", {"format": "xml"}, {"Accept": "application/json"}, "xml"),
        ("", {"format": "XML"}, {}, "xml"),
        (".xml", {"format": "json"}, {"Accept": "application/xml"}, "json"),
        ("", {"format": ""}, {"Accept": "application/xml"}, "xml"),
    ],
)
def test_the_format_of_the_answer(
    till: Till, member: Member, suffix: str, query: Json, headers: dict[str, str], expected: str
) -> None:
    answer = ask(till, GET + suffix, {"mobile": member.mobile, **query}, headers)
    assert (answer.status, format_of(answer)) == (200, expected), answer.text


@pytest.mark.parametrize(
    ("suffix", "query", "content_type", "sent", "answered"),
    [
        ("", {}, "application/json", "json", "json"),
        ("", {}, "application/xml", "xml", "xml"),
        ("", {}, "text/xml; charset=utf-8", "xml", "xml"),
        (".xml", {}, "application/json", "xml", "xml"),
        (".json", {}, "application/xml", "json", "json"),
        ("", {"format": "xml"}, "application/json", "xml", "xml"),
        ("", {"format": "json"}, "text/xml", "json", "json"),
    ],
)
def test_the_format_of_the_body(
    till: Till, suffix: str, query: Json, content_type: str, sent: str, answered: str
) -> None:
    body = {"root": {"customer": {"mobile": shop.new_mobile()}}}
    headers = {"Content-Type": content_type, "Accept": "*/*"}
    content = xml_of(body) if sent == "xml" else encode(body)
    answer = till.send("POST", ADD + suffix, content=content, params=query, headers=headers)
    assert (answer.status, format_of(answer)) == (200, answered), answer.text


def test_request_and_answer_may_differ(till: Till) -> None:
    body = {"root": {"customer": {"mobile": shop.new_mobile()}}}
    answer = till.send("POST", ADD, body=body, headers={"Accept": "application/xml"})
    assert format_of(answer) == "xml"
    headers = {"Content-Type": "application/xml", "Accept": "application/json"}
    answer = till.send("POST", ADD, content=xml_of(body), headers=headers)
    assert format_of(answer) == "json"


def test_a_call_that_is_sent_again_is_answered_again_in_its_format(till: Till) -> None:
    content = xml_of({"root": {"customer": {"mobile": shop.new_mobile(), "firstname": "Asha"}}})
    headers = {"Content-Type": "application/xml", "Accept": "application/xml", "Idempotency-Key": shop.new_number()}
    first, again = (till.send("POST", ADD, content=content, headers=headers) for _ in range(2))
    assert format_of(first) == "xml"
    assert (again.text, again.headers["idempotency-replayed"]) == (first.text, "true")
    assert "Customer registration successful" in again.text


@pytest.mark.parametrize("value", ["yaml", "xm", "json,xml", "%00"])
def test_an_unknown_format_is_invalid_input(till: Till, value: str) -> None:
    answer = ask(till, GET, {"format": value, "mobile": "1"}, {"Accept": "application/xml"})
    assert (answer.status, format_of(answer)) == (400, "xml")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1.1/nothing", 404),
        ("GET", "/v1/nothing/here", 404),
        ("DELETE", GET, 405),
        ("GET", ADD, 405),
    ],
)
@pytest.mark.parametrize("way", ["suffix", "format", "Accept"])
def test_a_refusal_before_the_call_speaks_its_format(till: Till, method: str, path: str, status: int, way: str) -> None:
    suffix = ".xml" if way == "suffix" else ""
    params = {"format": "xml"} if way == "format" else None
    headers = {"Accept": "application/xml" if way == "Accept" else "*/*"}
    answer = till.send(method, path + suffix, params=params, headers=headers)
    assert (answer.status, format_of(answer)) == (status, "xml")
    root = ElementTree.fromstring(answer.text)
    assert (root.findtext("status/success"), root.findtext("status/code")) == ("false", str(status))


def test_bad_credentials_and_a_wrong_type_are_refused_in_xml(till: Till) -> None:
    answer = till.send("GET", f"{GET}.xml", headers={"Authorization": "Basic nothing"})
    assert (answer.status, format_of(answer)) == (401, "xml")
    answer = till.send(
        "POST", f"{ADD}.xml", content=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status, format_of(answer)) == (415, "xml")
    answer = till.send("POST", f"{ADD}.xml", content=b"<root>", headers={"Content-Type": "application/xml"})
    assert (answer.status, format_of(answer)) == (400, "xml")
    assert "not well-formed XML" in answer.text


def test_v2_has_neither_suffixes_nor_xml(till: Till, member: Member) -> None:
    lookup = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    assert till.send("GET", "/v2/customers/lookup.xml", params=lookup).status in (400, 404)
    answer = till.send("GET", "/v2/customers/lookup", params=lookup | {"format": "xml"}, headers={"Accept": "text/xml"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (
            GET,
            {"mlp": "true", "user_id": "true", "slab_history": "true", "program_summary": "true", "next_slab": "true"},
        ),
        (GET, {"mlp": "true", "gap_to_upgrade_for": "3"}),
        ("/v1.1/transaction/get", {"tenders": "true", "credit_notes": "true", "type": "ALL"}),
        ("/v1.1/points/isredeemable", {"points": "10.5"}),
        ("/v1.1/points/isredeemable", {"points": "-1"}),
    ],
)
def test_both_formats_have_the_same_content(till: Till, member: Member, path: str, query: Json) -> None:
    key = {"number": f"N-{member.mobile}"} if "transaction" in path else {"mobile": member.mobile}
    in_json = till.get(path, **key, **query)
    in_xml = till.get(f"{path}.xml", **key, **query)
    assert in_json.status == in_xml.status
    assert leaves_of_json(in_json.body) == leaves_of_xml(ElementTree.fromstring(in_xml.text), "")


Leaves = list[tuple[str, str]]


def leaves_of_json(value: Json, at: str = "") -> Leaves:
    """Every scalar with its path, as XML has to show it: lists are repeated elements, null and empty objects are empty."""
    if isinstance(value, dict) and value:
        return [leaf for key, inner in value.items() for leaf in leaves_of_json(inner, f"{at}/{key}")]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves_of_json(inner, at)]
    if isinstance(value, bool):
        return [(at, str(value).lower())]
    return [(at, "" if value is None or value == {} else str(value))]


def leaves_of_xml(element: ElementTree.Element, at: str) -> Leaves:
    path = f"{at}/{element.tag}"
    if len(element):
        return [leaf for child in element for leaf in leaves_of_xml(child, path)]
    text = element.text or ""
    return [(path, text)] if text or not _is_list(path) else []


def _is_list(path: str) -> bool:
    """Wrappers whose only member is a list: without elements, neither format has anything in them."""
    return path.rpartition("/")[2] in {
        "custom_fields", "extended_fields", "coupons", "linked_partner_programs", "PartnerPrograms", "warnings",
        "combo_items", "addon_items", "split_items", "attributes", "payment_details", "credit_notes",
    }  # fmt: skip
