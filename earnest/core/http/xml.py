"""XML of v1: from hostile bytes to the values that JSON has, and back (contract/_conventions.md, section 8).

    <customers count="1"><customer><name/><age null="true"/></customer></customers>
    {"customers": {"-count": "1", "customer": {"name": "", "age": None}}}

Attributes become `-name`, text beside attributes or elements `#text`, repeated elements lists. Every scalar is text: what it
is meant to be, only the type of the field knows (`v1_body`).
"""

from __future__ import annotations

import codecs
import re
from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec
import xmltodict
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from earnest.core.http.limits import XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX, XML_MARKUP_BYTES_MAX

ATTRIBUTE = "-"
TEXT = "#text"
NULL = "null"

# Names as `codecs` spells them; every one of them is read strictly.
ENCODINGS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252"})

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
_TRUE = frozenset({"true", "1"})
# Characters that no XML 1.0 document can hold, not even as a reference.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REPLACEMENT = "\ufffd"
_NOT_IN_NAMES = re.compile(r"[^\w.-]")
# Where a list stands inside a list.
_ITEM = "item"

_digits = msgspec.json.Decoder(float_hook=str)


class MalformedXmlError(ValueError):
    """The bytes are no XML document that is accepted here; the message is meant for the client."""


def encoding_of(label: str) -> str | None:
    """The codec of an encoding's label, or None when it is not one of ENCODINGS."""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return name if name in ENCODINGS else None


def read(body: bytes, charset: str | None = None) -> dict[str, object]:
    """The document as a dictionary of its one root element.

    The encoding is that of the byte order mark, else `charset` (of the Content-Type), else the document's own declaration,
    else UTF-8. MalformedXmlError for everything that is not well-formed, has a document type or an entity of its own, or is
    beyond the limits in `core.http.limits`.
    """
    text = _decoded(body, charset)
    reader = _Reader()
    parser = DefusedXMLParser(target=reader, encoding="utf-8", forbid_dtd=True)
    try:
        for start in range(0, len(text), XML_MARKUP_BYTES_MAX):
            end = min(start + XML_MARKUP_BYTES_MAX, len(text))
            parser.feed(text[start:end])
            # Text is handed over as it comes; what the parser still holds back is one unfinished tag or comment.
            if end - parser.parser.CurrentByteIndex > XML_MARKUP_BYTES_MAX:
                raise MalformedXmlError(f"a tag or comment is longer than {XML_MARKUP_BYTES_MAX} bytes")
        document: dict[str, object] = parser.close()
    except ParseError as error:
        raise MalformedXmlError(f"not well-formed XML: {error}") from None
    except DefusedXmlException:
        raise MalformedXmlError("XML with a document type or entities is not accepted") from None
    return document


def write(value: object) -> bytes:
    """The XML document of a JSON value. An object with one key has that key as its root, everything else `response`."""
    root = value if isinstance(value, dict) and len(value) == 1 else {"response": value}
    text: str = xmltodict.unparse(
        _prepared(root), attr_prefix=ATTRIBUTE, cdata_key=TEXT, expand_iter=_ITEM, short_empty_elements=True
    )
    return text.encode()


def of_json(body: bytes) -> bytes:
    """The XML document that says the same as a JSON text, numbers digit by digit."""
    return write(_digits.decode(body))


def _decoded(body: bytes, charset: str | None) -> bytes:
    """The body in UTF-8 without a byte order mark."""
    if body.startswith(_BYTE_ORDER_MARK):
        body, label = body[len(_BYTE_ORDER_MARK) :], "utf-8"
    elif charset is not None:
        label = charset
    else:
        declared = _DECLARED.match(body)
        label = "utf-8" if declared is None else declared[1].decode("ascii")
    encoding = encoding_of(label)
    if encoding is None:
        raise MalformedXmlError(f"the encoding {label} is not accepted, send UTF-8")
    # expat takes NUL bytes for UTF-16, whatever it was told.
    if b"\0" in body:
        raise MalformedXmlError(f"the document is not {label}")
    try:
        return body.decode(encoding).encode()
    except UnicodeError:
        raise MalformedXmlError(f"the document is not {label}") from None


class _Element:
    __slots__ = ("children", "is_null", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, Any] = {}
        self.text: list[str] = []
        self.is_null = False

    @property
    def value(self) -> object:
        text = "".join(self.text).strip()
        if not self.children:
            return None if self.is_null else text
        if text:
            self.children[TEXT] = text
        return self.children

    def add(self, name: str, value: object) -> None:
        if name not in self.children:
            self.children[name] = value
        elif isinstance(several := self.children[name], list):
            several.append(value)
        else:
            self.children[name] = [several, value]


class _Reader:
    """What the parser tells, element by element. Namespaces are dropped: v1 has none, some clients declare some."""

    def __init__(self) -> None:
        self._open = [_Element("")]
        self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > XML_ELEMENTS_MAX:
            raise MalformedXmlError(f"more than {XML_ELEMENTS_MAX} elements")
        if len(self._open) > XML_DEPTH_MAX:
            raise MalformedXmlError(f"nested deeper than {XML_DEPTH_MAX} elements")
        if len(attributes) > XML_ATTRIBUTES_MAX:
            raise MalformedXmlError(f"an element has more than {XML_ATTRIBUTES_MAX} attributes")
        element = _Element(_local(tag))
        for name, value in attributes.items():
            if name == NULL or name.endswith("}nil"):
                element.is_null = value.strip().lower() in _TRUE
            elif not name.startswith("{"):
                element.children[ATTRIBUTE + name] = value
        self._open.append(element)

    def data(self, text: str) -> None:
        self._open[-1].text.append(text)

    def end(self, tag: str) -> None:
        element = self._open.pop()
        self._open[-1].add(element.name, element.value)

    def close(self) -> dict[str, Any]:
        return self._open[0].children


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _prepared(value: object) -> object:
    """The value as xmltodict writes it: null as an attribute, no character that XML forbids."""
    if isinstance(value, dict):
        return {
            key if key == TEXT else _NOT_IN_NAMES.sub("_", key): _text(item)
            if key.startswith(ATTRIBUTE)
            else _prepared(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_prepared(item) for item in value]
    if value is None:
        return {ATTRIBUTE + NULL: "true"}
    return _text(value)


def _text(value: object) -> object:
    return _FORBIDDEN.sub(_REPLACEMENT, value) if isinstance(value, str) else value
