"""Bodies of v1: one struct for JSON, JSON in the habits of XML, and XML; items that do not decode stand alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from earnest.core.errors import ErrorCode
from earnest.core.http.envelopes import InvalidInputError
from earnest.core.http.v1_body import BatchItem, V1BodyDecoder
from earnest.core.http.v1_format import Format

AMOUNT_INVALID = ErrorCode(601, "Invalid amount")
LINE_INVALID = ErrorCode(660, "Invalid line")


class Line(msgspec.Struct, frozen=True):
    code: str = ""
    qty: Decimal = Decimal(1)


class Lines(msgspec.Struct, frozen=True):
    line: list[Line] = []


class Reminder(msgspec.Struct, frozen=True):
    type: str | None = msgspec.field(default=None, name="-type")
    text: str | None = msgspec.field(default=None, name="#text")


class Bill(BatchItem, frozen=True):
    number: str | None = None
    amount: Decimal | None = None
    id: int | None = None
    paid: bool = False
    lines: Lines = Lines()
    reminder: Reminder | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    anything: Any = None


class Root(msgspec.Struct, frozen=True):
    bill: list[Bill] = []
    source: str = "INSTORE"


class Body(msgspec.Struct, frozen=True):
    root: Root


class Strict(msgspec.Struct, frozen=True):
    """A body without items: what does not decode refuses it as a whole."""

    root: Line


class Named(BatchItem, frozen=True):
    name: str


class Names(msgspec.Struct, frozen=True):
    name: list[Named] = []


class NamesBody(msgspec.Struct, frozen=True):
    root: Names


DECODER = V1BodyDecoder(Body, {"body.root.bill.amount": AMOUNT_INVALID, "body.root.bill.lines": LINE_INVALID})


def read(body: str, format_: Format = Format.JSON, decoder: V1BodyDecoder = DECODER) -> Any:
    return decoder(body.encode(), {}, format_)


def read_xml(body: str) -> Any:
    return read(body, Format.XML)


WHOLE = Bill(number="7", amount=Decimal("12.50"), id=3, paid=True, lines=Lines([Line("a", Decimal(2)), Line("b")]))


@pytest.mark.parametrize(
    "written",
    [
        '{"root":{"bill":[{"number":"7","amount":12.50,"id":3,"paid":true,'
        '"lines":{"line":[{"code":"a","qty":2},{"code":"b"}]}}]}}',
        '{"root":{"bill":{"number":7,"amount":"12.50","id":"3","paid":"true",'
        '"lines":[{"line":[{"code":"a","qty":"2"},{"code":"b","qty":""}]}],"tags":"","reminder":[]}}}',
        "<root><bill><number>7</number><amount>12.50</amount><id>3</id><paid>1</paid><lines><line><code>a</code>"
        "<qty> 2 </qty></line><line><code>b</code><qty/></line></lines><tags/><reminder/></bill></root>",
    ],
)
def test_the_same_bill_in_three_ways_of_writing(written: str) -> None:
    (bill,) = read(written, Format.XML if written.startswith("<") else Format.JSON).root.bill
    assert msgspec.structs.replace(bill, reminder=None) == WHOLE
    assert bill.refusal is None


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('"number":""', ""),
        ('"number":[]', ""),
        ('"number":4711', "4711"),
        ('"number":1.50', "1.50"),
        ('"number":false', "false"),
        ('"number":null', None),
        ('"number":["a"]', "a"),
        ('"number":{"-kind":"x","#text":"a"}', "a"),
    ],
)
def test_text_is_whatever_was_written(field: str, expected: str | None) -> None:
    assert read('{"root":{"bill":{' + field + "}}}").root.bill[0].number == expected


@pytest.mark.parametrize("nothing", ['""', '" "', "[]", "{}", "null"])
@pytest.mark.parametrize("field", ["amount", "id", "paid", "lines", "reminder", "tags"])
def test_nothing_in_the_place_of_a_value_is_its_default(field: str, nothing: str) -> None:
    (bill,) = read('{"root":{"bill":[{"' + field + '":' + nothing + "}]}}").root.bill
    assert bill.refusal is None
    # An object without members is one where an object is expected.
    expected = Reminder() if (field, nothing) == ("reminder", "{}") else getattr(Bill(), field)
    assert getattr(bill, field) == expected


def test_attributes_and_the_text_beside_them_have_names_of_their_own() -> None:
    (bill,) = read_xml('<root><bill><reminder type="call">at noon</reminder></bill></root>').root.bill
    assert bill.reminder == Reminder("call", "at noon")


def test_repeated_elements_are_the_items_in_order() -> None:
    root = read_xml("<root><bill><id>1</id></bill><source>SHOP</source><bill><id>2</id></bill></root>").root
    assert ([bill.id for bill in root.bill], root.source) == ([1, 2], "SHOP")


@pytest.mark.parametrize("in_xml", [False, True])
def test_an_item_that_does_not_decode_is_refused_alone_and_keeps_what_can_be_read(in_xml: bool) -> None:
    if in_xml:
        body = read_xml(
            "<root><bill><number>1</number></bill>"
            "<bill><number>2</number><amount>ten</amount><id>4</id><tags>a</tags></bill>"
            "<bill><number>3</number><lines><line><qty>many</qty></line></lines></bill>"
            "<bill><number>4</number><id>9007199254740992</id></bill><bill>text</bill></root>"
        )
    else:
        body = read(
            '{"root":{"bill":[{"number":"1"},{"number":"2","amount":"ten","id":4,"tags":"a"},'
            '{"number":"3","lines":{"line":{"qty":"many"}}},{"number":"4","id":9007199254740992},"text"]}}'
        )
    first, second, third, fourth, fifth = body.root.bill
    assert first.refusal is None
    assert (second.number, second.amount, second.id, second.tags) == ("2", None, 4, ["a"])
    assert str(second.refusal) == "601 Invalid amount"
    assert (third.number, str(third.refusal)) == ("3", "660 Invalid line")
    assert isinstance(fourth.refusal, InvalidInputError)
    assert (fourth.number, fourth.id, fourth.refusal.code) == ("4", None, 400)
    assert fourth.refusal.pointer == "/root/bill/3/id"
    assert (fifth, fifth.refusal.code) == (Bill(), 400)


def test_a_client_cannot_refuse_or_rescue_an_item_itself() -> None:
    (bill,) = read('{"root":{"bill":[{"refusal":"no","amount":"ten"}]}}').root.bill
    assert bill.refusal.code == 601
    (bill,) = read('{"root":{"bill":[{"refusal":"no"}]}}').root.bill
    assert bill.refusal is None


@pytest.mark.parametrize(
    "body",
    ["[]", "null", "{}", '{"root":7}', '{"root":{"source":{}}}'.replace("{}}}", '{"a":1}}}'), '{"root":[{},{}]}'],
)
def test_a_body_of_another_shape_is_refused_as_a_whole(body: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(body)
    assert (refused.value.code, refused.value.where) == (400, "body")


def test_a_body_without_items_is_refused_as_a_whole() -> None:
    decoder = V1BodyDecoder(Strict, {"body.root.qty": AMOUNT_INVALID})
    assert read('{"root":{"qty":"2"}}', decoder=decoder) == Strict(Line(qty=Decimal(2)))
    for written, format_ in (('{"root":{"qty":"x"}}', Format.JSON), ("<root><qty>x</qty></root>", Format.XML)):
        with pytest.raises(InvalidInputError) as refused:
            read(written, format_, decoder)
        assert (refused.value.code, refused.value.pointer) == (601, "/root/qty")


def test_an_item_with_a_required_field_is_a_mistake_of_the_declaration() -> None:
    with pytest.raises(TypeError, match="Named: the fields \\['name'\\] of a batch item need defaults"):
        V1BodyDecoder(NamesBody, {})
