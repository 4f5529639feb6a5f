"""Values that are meant to hurt, for fields, for whole bodies and for lines, and how they get into valid calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from earnest.core.http import limits, xml
from tests.support.till import Json

MEGABYTE = 1_000_000


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


# JSON texts to stand where a valid value stood.
JSON_VALUES: Mapping[str, bytes] = {
    "null": b"null",
    "a boolean": b"true",
    "nothing": b'""',
    "a blank": b'" "',
    "a number": b"7",
    "zero": b"0",
    "a negative number": b"-1",
    "a fraction": b"0.1234567",
    "a number in words": b'"7"',
    "2^53": b"9007199254740992",
    "2^63": b"9223372036854775808",
    "a hundred digits": b"9" * 100,
    "NaN": b"NaN",
    "NaN in words": b'"NaN"',
    "sNaN in words": b'"sNaN"',
    "Infinity": b"-Infinity",
    "Infinity in words": b'"Infinity"',
    "1e99999999": b"1e99999999",
    "1e99999999 in words": b'"1e99999999"',
    "1e-99999999": b"1e-99999999",
    "0e99999999": b"0e99999999",
    "1e308": b"1e308",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a list": b'[1,"a",null,{}]',
    "an object": b'{"a":{"b":[]}}',
    "a list of lists": nested(20),
    "a list that is too deep": nested(limits.JSON_DEPTH_MAX + 1),
    "a NUL": b'"a\\u0000b"',
    "a raw NUL": b'"a\x00b"',
    "a lone surrogate": b'"\\ud800"',
    "bytes that are not UTF-8": b'"\xff\xfe"',
    "control characters": b'"\\u0001\\u001b[31m\\r\\n"',
    "other scripts": b'"\\u03a9\\u7530\\u202e\\u0627\\u062e \\ud83d\\udc69\\u200d\\ud83d\\udc67 \\ufdfd"',
    "a quote": b'"\'; DROP TABLE customer; --"',
    "placeholders": b'"%s %(a)s {0} {a.__class__} $1 :a ${jndi:ldap://127.0.0.1}"',
    "markup": b'"<script>&amp;</script>]]>"',
    "a path": b'"../../../../etc/passwd"',
    "commas": b'",,,,"',
    "300 characters": b'"' + b"x" * 300 + b'"',
    "70,000 characters": b'"' + b"x" * 70_000 + b'"',
    "a day that is none": b'"2026-02-30"',
    "a time before all zones": b'"0001-01-01T00:00:00+14:00"',
    "a time after all zones": b'"9999-12-31T23:59:59-14:00"',
    "a time of 1e18": b"1e18",
    "a mobile of 60 digits": b'"' + b"9" * 60 + b'"',
}

# XML content of one element.
XML_VALUES: Mapping[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t ",
    "an element": b"<a><b>1</b></a>",
    "text and an element": b"a<b>1</b>c",
    "markup": b"&lt;script&gt;&amp;&quot;",
    "CDATA": b"<![CDATA[<a>&b;]]>",
    "a comment": b"<!-- 1 -->2",
    "an instruction": b"<?php 1 ?>2",
    "an unknown entity": b"&lol;",
    "a reference to NUL": b"&#0;",
    "a reference to a control character": b"&#1;",
    "a reference to a surrogate": b"&#xD800;",
    "a reference beyond Unicode": b"&#x110000;",
    "an emoji": b"&#x1F600;",
    "a raw NUL": b"a\x00b",
    "bytes that are not UTF-8": b"\xff\xfe",
    "NaN": b"NaN",
    "1e99999999": b"1e99999999",
    "0e-99999999": b"0e-99999999",
    "a hundred digits": b"9" * 100,
    "a quote": b"'; DROP TABLE customer; --",
    "70,000 characters": b"x" * 70_000,
    "many elements": b"<a/>" * 1_000,
    "deep elements": b"<a>" * 100 + b"</a>" * 100,
    "a boolean": b"true",
    "a negative number": b"-1",
    "a day that is none": b"2026-02-30 25:61:61",
}

# Text of a parameter in path, query or header; percent-encoded where it stands in a target.
TEXTS: Mapping[str, bytes] = {
    "nothing": b"",
    "a blank": b"%20",
    "a word": b"word",
    "zero": b"0",
    "a negative number": b"-1",
    "a fraction": b"1.5",
    "2^53": b"9007199254740992",
    "2^63": b"9223372036854775808",
    "a thousand digits": b"9" * 1_000,
    "NaN": b"NaN",
    "1e99999999": b"1e99999999",
    "a boolean": b"true",
    "null": b"null",
    "a NUL": b"%00",
    "a slash": b"%2F..%2F..%2Fetc",
    "points": b"%2e%2e",
    "bytes that are not UTF-8": b"%ff%fe",
    "half an escape": b"%e2%82",
    "no escape": b"%zz%",
    "a lone surrogate": b"%ed%a0%80",
    "a line break": b"%0d%0aX-Injected:%201",
    "other scripts": b"%E7%94%B0%E4%B8%AD%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7",
    "a quote": b"%27%3B%20DROP%20TABLE%20customer%3B--",
    "a percent sign": b"%25%5F",
    "commas": b",,,,",
    "hundred of one": b",".join([b"1"] * 100),
    "json": b"%7B%22a%22%3A%5B1%5D%7D",
    "5,000 characters": b"x" * 5_000,
}


def json_bodies(valid: bytes) -> dict[str, bytes]:
    """Whole bodies for an endpoint that takes JSON, most of them made of a valid one."""
    inside = valid[1:-1].strip()
    comma = b"," if inside else b""
    return {
        "nothing": b"",
        "blanks": b" \n\t",
        "a word": b"word",
        "null": b"null",
        "a number": b"1e99999999",
        "text": b'"text"',
        "a list": b"[]",
        "an empty object": b"{}",
        "half of it": valid[: len(valid) // 2],
        "it twice": valid + valid,
        "it in a list": b"[" + valid + b"]",
        "it in UTF-16": valid.decode().encode("utf-16"),
        "it in UTF-32": valid.decode().encode("utf-32-le"),
        "it with a byte order mark": b"\xef\xbb\xbf" + valid,
        "it with a NUL behind": valid + b"\x00",
        "it with bytes that are not UTF-8": valid[:-1] + comma + b'"z":"\xc3\x28"}',
        "XML": b"<root><a/></root>",
        "a form": b"a=1&b=2",
        "an unknown field": b'{"__proto__":{"a":1}' + comma + inside + b"}",
        "every field twice": b"{" + inside + comma + inside + b"}",
        "deep nesting": b'{"a":' + nested(100_000) + comma + inside + b"}",
        "deep nesting without an end": b'{"a":' + b"[" * 100_000,
        "deep objects": b'{"a":' * 5_000,
        "many keys": b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(20_000)) + b"}",
    }


def large_json_bodies(valid: bytes) -> dict[str, bytes]:
    inside = valid[1:-1].strip()
    comma = b"," if inside else b""
    return {
        "a megabyte of text": b'{"z":"' + b"x" * MEGABYTE + b'"' + comma + inside + b"}",
        "a megabyte of digits": b'{"z":' + b"9" * MEGABYTE + comma + inside + b"}",
        "a megabyte of brackets": b'{"z":' + b"[" * MEGABYTE,
        "a megabyte of escapes": b'{"z":"' + b"\\u00e9" * (MEGABYTE // 6) + b'"' + comma + inside + b"}",
        "more than is accepted": b" " * (limits.BODY_BYTES_MAX + 1),
    }


def _entities(levels: int, fan: int) -> bytes:
    lines = [b'<!ENTITY e0 "lol">']
    lines += [b'<!ENTITY e%d "%s">' % (i, b"&e%d;" % (i - 1) * fan) for i in range(1, levels)]
    return b"<!DOCTYPE root [" + b"".join(lines) + b"]><root>&e%d;</root>" % (levels - 1)


def xml_bodies(valid: bytes) -> dict[str, bytes]:
    """Whole bodies for an endpoint that takes XML. `valid` is a document in UTF-8 with its declaration."""
    document = valid[valid.index(b"?>") + 2 :].strip() if valid.startswith(b"<?xml") else valid
    text = document.decode()
    return {
        "nothing": b"",
        "blanks": b" \n",
        "a word": b"word",
        "JSON": b'{"root":{}}',
        "an empty root": b"<root/>",
        "another root": b"<toor/>",
        "half of it": document[: len(document) // 2],
        "it twice": document + document,
        "it with an unclosed element": document.replace(b"</root>", b"<a></root>"),
        "a billion laughs": _entities(10, 10),
        "a quadratic blow-up": b'<!DOCTYPE root [<!ENTITY a "'
        + b"x" * 50_000
        + b'">]><root>'
        + b"&a;" * 5_000
        + b"</root>",
        "an external entity": b'<!DOCTYPE root [<!ENTITY a SYSTEM "file:///etc/passwd">]><root><a>&a;</a></root>',
        "an external entity over HTTP": b'<!DOCTYPE r [<!ENTITY a SYSTEM "http://127.0.0.1:1/">]><root>&a;</root>',
        "a parameter entity": b'<!DOCTYPE root [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><root/>',
        "an external document type": b'<!DOCTYPE root SYSTEM "http://127.0.0.1:1/a.dtd"><root/>',
        "an empty document type": b"<!DOCTYPE root>" + document,
        "an inclusion": b'<root xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></root>',
        "a style sheet": b'<?xml-stylesheet href="http://127.0.0.1:1/a.xsl"?>' + document,
        "a namespace": document.replace(b"<root", b'<root xmlns="urn:a"', 1),
        "an attribute twice": b'<root a="1" a="2"/>',
        "many attributes": b"<root " + b" ".join(b'a%d="1"' % i for i in range(5_000)) + b"/>",
        "deep nesting": b"<root>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</root>",
        "deep nesting without an end": b"<root>" + b"<a>" * 50_000,
        "a name of 50,000 characters": b"<root><" + b"a" * 50_000 + b"/></root>",
        "UTF-16": f'<?xml version="1.0" encoding="utf-16"?>{text}'.encode("utf-16"),
        "UTF-16 that says UTF-8": f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode("utf-16"),
        "UTF-7": b'<?xml version="1.0" encoding="utf-7"?><root>+ADw-a/+AD4-</root>',
        "EBCDIC": f'<?xml version="1.0" encoding="cp037"?>{text}'.encode("cp037"),
        "an unknown encoding": b'<?xml version="1.0" encoding="klingon"?>' + document,
        "an encoding that is no text": b'<?xml version="1.0" encoding="zlib"?>' + document,
        "bytes that are not UTF-8": document.replace(b"<root>", b"<root><z>\xff\xfe</z>", 1),
        "a NUL": document.replace(b"<root>", b"<root>\x00", 1),
        "XML 1.1": b'<?xml version="1.1"?>' + document,
        "version 9": b'<?xml version="9"?>' + document,
    }


def large_xml_bodies() -> dict[str, bytes]:
    return {
        "a megabyte of text": b"<root><a>" + b"x" * MEGABYTE + b"</a></root>",
        "a megabyte of elements": b"<root>" + b"<a/>" * (MEGABYTE // 4) + b"</root>",
        "a megabyte in an attribute": b'<root a="' + b"x" * MEGABYTE + b'"/>',
        "a megabyte of name": b"<" + b"a" * MEGABYTE + b"/>",
        "a megabyte of comment": b"<root><!--" + b"x" * MEGABYTE + b"--></root>",
        "a megabyte of references": b"<root>" + b"&amp;" * (MEGABYTE // 5) + b"</root>",
        "more than is accepted": b"<root>" + b" " * (limits.BODY_BYTES_MAX + 1) + b"</root>",
    }


_MUTANT = "MUTANT-0d7f"


def json_mutants(body: Json) -> Iterator[tuple[str, bytes]]:
    """The body with one field after the other replaced, left out or repeated, each with a name for messages."""
    for where, mutated in _replaced(body):
        text = msgspec.json.encode(mutated)
        for name, value in JSON_VALUES.items():
            yield f"{name} for {where}", text.replace(f'"{_MUTANT}"'.encode(), value)
    for where, mutated in _without(body):
        yield f"without {where}", msgspec.json.encode(mutated)


def xml_mutants(body: Json) -> Iterator[tuple[str, bytes]]:
    for where, mutated in _replaced(body):
        text = xml.of_json(msgspec.json.encode(mutated))
        for name, value in XML_VALUES.items():
            yield f"{name} for {where}", text.replace(_MUTANT.encode(), value)
    for where, mutated in _without(body):
        yield f"without {where}", xml.of_json(msgspec.json.encode(mutated))


def _replaced(value: Json, where: str = "") -> Iterator[tuple[str, Json]]:
    """The value with a mark in the place of one of its parts, each in turn; lists lead to their first item."""
    if where:
        yield where, _MUTANT
    if isinstance(value, dict):
        for name, part in value.items():
            for inside, mutated in _replaced(part, f"{where}/{name}"):
                yield inside, {**value, name: mutated}
    elif isinstance(value, list) and value:
        for inside, mutated in _replaced(value[0], f"{where}/0"):
            yield inside, [mutated, *value[1:]]


def _without(value: Json, where: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield f"{where}/{name}", {key: other for key, other in value.items() if key != name}
            for inside, mutated in _without(part, f"{where}/{name}"):
                yield inside, {**value, name: mutated}
    elif isinstance(value, list) and value:
        yield f"{where}/*", []
        yield f"{where}/* twice", value * 2
        yield f"{where}/* thousand times", value * 1_000
        for inside, mutated in _without(value[0], f"{where}/0"):
            yield inside, [mutated, *value[1:]]


def first_leaf(value: Any) -> Any:
    """Some text or number inside a body."""
    while isinstance(value, dict | list) and value:
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return value
