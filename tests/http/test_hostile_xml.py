"""XML that is meant to hurt ends as a documented 400, in bounded time, and is told in XML when XML was asked for."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest

from earnest.core.http import limits
from earnest.core.http.application import Application
from tests.http import sample
from tests.http.wire import Received, exchange

PATH = b"/v1.1/points/redeem"
XML = {**sample.AUTHORIZED, "Content-Type": "application/xml"}
FINE = "<root><billNumber>n-1</billNumber><billAmount>12.50</billAmount></root>"


def bill(inside: str, before: str = "") -> bytes:
    return f"{before}<root><billNumber>n</billNumber><billAmount>1</billAmount>{inside}</root>".encode()


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE root [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
QUADRATIC = f'<!DOCTYPE root [<!ENTITY a "{"x" * 50_000}">]>'

DOCUMENTS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n",
    "a word": b"root",
    "JSON": b'{"root":{"billNumber":"n","billAmount":1}}',
    "unclosed": b"<root><billNumber>n</billNumber><billAmount>1</billAmount>",
    "closed in the wrong order": b"<root><billNumber>n</root></billNumber>",
    "two roots": bill("") + b"<root/>",
    "text behind the root": bill("") + b"x",
    "another root": b"<request><billNumber>n</billNumber><billAmount>1</billAmount></request>",
    "a declaration that is none": b'<?xml version="1.0" encoding=?>' + bill(""),
    "a document type": bill("", "<!DOCTYPE root>"),
    "billion laughs": bill("<type>&a9;</type>", BILLION_LAUGHS),
    "quadratic blowup": bill(f"<type>{'&a;' * 10_000}</type>", QUADRATIC),
    "an external entity": bill("<type>&x;</type>", '<!DOCTYPE root [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "an external entity on the net": bill(
        "<type>&x;</type>", '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>'
    ),
    "an external document type": bill("", '<!DOCTYPE root SYSTEM "http://127.0.0.1:1/root.dtd">'),
    "a parameter entity": bill("", '<!DOCTYPE root [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'),
    "an unknown entity": bill("<type>&nbsp;</type>"),
    "a NUL byte": bill("<type>a\x00b</type>"),
    "a reference to NUL": bill("<type>a&#0;b</type>"),
    "a control character": bill("<type>a\x0bb</type>"),
    "a reference to a control character": bill("<type>&#8;</type>"),
    "a reference to a surrogate": bill("<type>&#xD800;</type>"),
    "a noncharacter": bill("<type>\ufffe</type>"),
    "bytes that are not UTF-8": b"<root><billNumber>\xff\xfe</billNumber><billAmount>1</billAmount></root>",
    "an encoded surrogate": b"<root><billNumber>\xed\xa0\x80</billNumber><billAmount>1</billAmount></root>",
    "UTF-16": FINE.encode("utf-16"),
    "UTF-16 without a mark": FINE.encode("utf-16-le"),
    "UTF-16 that says so": f'<?xml version="1.0" encoding="utf-16"?>{FINE}'.encode("utf-16"),
    "UTF-32": FINE.encode("utf-32"),
    "UTF-7 that says so": b'<?xml version="1.0" encoding="utf-7"?>' + bill(""),
    "an encoding that is a compression": b'<?xml version="1.0" encoding="zlib_codec"?>' + bill(""),
    "an encoding that nobody knows": b'<?xml version="1.0" encoding="x-klingon"?>' + bill(""),
    "bytes that are not the declared encoding": b'<?xml version="1.0" encoding="us-ascii"?>'
    + bill("<type>\u00e9</type>"),
    "an undeclared prefix": b"<p:root/>",
    "the same attribute twice": bill('<type a="1" a="2">REGULAR</type>'),
    "one level too many": bill("<a>" * limits.XML_DEPTH_MAX + "</a>" * limits.XML_DEPTH_MAX),
    "deep nesting": bill("<a>" * 100_000 + "</a>" * 100_000),
    "deep nesting without an end": bill("<a>" * 1_000_000),
    "too many elements": bill("<a/>" * limits.XML_ELEMENTS_MAX),
    "too many attributes": b"<root " + b" ".join(b'a%d=""' % n for n in range(limits.XML_ATTRIBUTES_MAX + 1)) + b"/>",
    "a tag without end": b"<root " + b" ".join(b'a%d=""' % n for n in range(200_000)),
    "a huge attribute": bill(f'<a b="{"x" * 200_000}"/>'),
    "a huge name": b"<" + b"r" * 200_000 + b"/>",
    "a huge comment": bill(f"<!--{'x' * 200_000}-->"),
    "NaN": b"<root><billNumber>n</billNumber><billAmount>NaN</billAmount></root>",
    "Infinity": b"<root><billNumber>n</billNumber><billAmount>Infinity</billAmount></root>",
    "1e99999999": b"<root><billNumber>n</billNumber><billAmount>1e99999999</billAmount></root>",
    "a million digits": b"<root><billNumber>n</billNumber><billAmount>" + b"9" * 1_000_000 + b"</billAmount></root>",
    "an id above 2^53": bill("<parentId>9007199254740992</parentId>"),
    "an id of a million digits": bill(f"<parentId>{'1' * 1_000_000}</parentId>"),
    "text for a number": bill("<parentId>seven</parentId>"),
    "an element for a number": bill("<parentId><a>1</a></parentId>"),
    "several elements for one": bill("<parentId>1</parentId><parentId>2</parentId>"),
    "text for an object": b"<root>text</root>",
    "an enum that is none": bill("<type>regular</type>"),
    "a required element without content": b"<root><billNumber>n</billNumber><billAmount/></root>",
}


def refusal_of(answer: Received) -> tuple[int, str]:
    """Code and message of a refusal in XML."""
    assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.body)
    assert (root.tag, root.findtext("status/success")) == ("response", "false")
    return int(root.findtext("status/code") or 0), root.findtext("status/message") or ""


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_hostile_document_is_invalid_input(application: Application, name: str) -> None:
    started = time.process_time()
    answer = await exchange(application, "POST", PATH, headers=XML, body=DOCUMENTS[name])
    assert answer.status == 400, answer.body
    code, message = refusal_of(answer)
    assert code == 400
    assert message.startswith("Input is invalid. Please check request parameters or input xml/json")
    assert len(answer.body) < 1_000
    assert b"passwd" not in answer.body
    # Milliseconds where this was written; what is not linear would take hours.
    assert time.process_time() - started < 20


@pytest.mark.parametrize("name", ["billion laughs", "an external entity", "UTF-16", "one level too many"])
async def test_a_refusal_says_what_is_wrong(application: Application, name: str) -> None:
    answer = await exchange(application, "POST", PATH, headers=XML, body=DOCUMENTS[name])
    assert (
        refusal_of(answer)[1].partition("xml/json: ")[2]
        == {
            "billion laughs": "XML with a document type or entities is not accepted",
            "an external entity": "XML with a document type or entities is not accepted",
            "UTF-16": "the document is not utf-8",
            "one level too many": f"nested deeper than {limits.XML_DEPTH_MAX} elements",
        }[name]
    )


@pytest.mark.parametrize(
    "document",
    [
        b"<root>" + b"<a/>" * (3 * 2**20) + b"</root>",
        b"<root>" + b"<" * (15 * 2**20),
        b"<root>" + b"&amp;" * (3 * 2**20) + b"</root>",
        b"<root><![CDATA[" + b"]]" * (7 * 2**20) + b"]]></root>",
        b"<root><!--" + b"-" * (15 * 2**20),
        b"<root>" + b" " * (15 * 2**20) + b"</root>",
        b"<" + b"a:" * (7 * 2**20) + b"/>",
        bill("") + b"<!-- -->" * (2**20),
    ],
    ids=["elements", "openings", "references", "CDATA", "a comment", "blanks", "colons", "comments"],
)
async def test_the_largest_documents_take_bounded_time(application: Application, document: bytes) -> None:
    started = time.process_time()
    answer = await exchange(application, "POST", PATH, headers=XML, body=document)
    assert answer.status in (200, 400), answer.body[:200]
    assert time.process_time() - started < 30


async def test_a_document_above_the_limit_is_refused_in_xml(application: Application) -> None:
    answer = await exchange(application, "POST", PATH, headers=XML, body=[b"<root>", *([b" " * 2**20] * 17)])
    assert answer.status == 413
    assert refusal_of(answer)[0] == 413


@pytest.mark.parametrize(
    "document",
    [
        FINE.encode(),
        b"\xef\xbb\xbf" + FINE.encode(),
        f'<?xml version="1.0" encoding="UTF-8"?>\n{FINE}\n<!-- of till 7 -->'.encode(),
        f'<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>{FINE}'.encode("latin-1"),
        b'<root xmlns="urn:x" xmlns:p="urn:p"><p:billNumber>n-1</p:billNumber><billAmount>12.5</billAmount></root>',
        b'<root version="1.1"><billNumber kind="own">n-1</billNumber><billAmount><![CDATA[12.5]]></billAmount></root>',
        b"<root>\n  <billNumber>\n    n-1\n  </billNumber>\n  <billAmount> 12.50 </billAmount>\n</root>\n",
        b"<root><billNumber>n-1</billNumber><billAmount>12.5</billAmount><parentId/><billingDate></billingDate></root>",
        b'<root><billNumber>n-1</billNumber><billAmount>12.5</billAmount><parentId null="true"/></root>',
        b'<root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><billNumber>n-1</billNumber>'
        b'<billAmount>12.5</billAmount><parentId xsi:nil="true"/></root>',
        b"<root><billNumber>n-1</billNumber><billAmount>12.5</billAmount>"
        b"<lineItemsV2><itemCode>a</itemCode><qty>1</qty></lineItemsV2></root>",
        b"<root><billNumber>n-1</billNumber><billAmount>12.5</billAmount><unknown>"
        + b"x" * 500_000
        + b"</unknown></root>",
    ],
)
async def test_what_only_looks_unusual_is_accepted(application: Application, document: bytes) -> None:
    answer = await exchange(application, "POST", PATH, headers=XML, body=document)
    assert answer.status == 200, answer.body
    assert ElementTree.fromstring(answer.body).findtext("bill") == "n-1"


async def test_the_charset_of_the_content_type_is_believed(application: Application) -> None:
    headers = {**sample.AUTHORIZED, "Content-Type": 'text/xml; charset="iso-8859-1"'}
    body = FINE.replace("n-1", "Café").encode("latin-1")
    answer = await exchange(application, "POST", PATH, headers=headers, body=body)
    assert ElementTree.fromstring(answer.body).findtext("bill") == "Café"


@pytest.mark.parametrize(
    "content_type",
    ["application/xml; charset=utf-16", "application/json; charset=latin1", "application/soap+xml", "text/plain", "x"],
)
@pytest.mark.parametrize("query", [b"", b"format=xml"])
async def test_other_types_are_not_supported(application: Application, content_type: str, query: bytes) -> None:
    headers = {**sample.AUTHORIZED, "Content-Type": content_type, "Accept": "application/xml"}
    answer = await exchange(application, "POST", PATH, headers=headers, body=FINE.encode(), query=query)
    assert answer.status == 415
    assert refusal_of(answer)[0] == 415
