"""XML of v1 on the client's side: bodies to send, answers read back as the JSON that the same call answers."""

from __future__ import annotations

import typing
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any
from xml.etree import ElementTree

import msgspec

from tests.support.till import Json

MEDIA_TYPES = ("application/xml", "text/xml")


def xml_of(body: Json) -> bytes:
    """The XML of a JSON body, as the documentation pairs them: `-name` is an attribute, a list a repeated element."""
    ((name, value),) = body.items()
    return ElementTree.tostring(_element(name, value), encoding="utf-8", xml_declaration=True)


def _element(name: str, value: Json) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if value is None:
        element.set("null", "true")
    elif isinstance(value, dict):
        for key, one in value.items():
            if key.startswith("-"):
                element.set(key[1:], str(one))
            elif key == "#text":
                element.text = str(one)
            else:
                element.extend(_element(key, each) for each in (one if isinstance(one, list) else [one]))
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
    return element


def is_xml(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in MEDIA_TYPES


def json_of_request(body: bytes) -> Json:
    """The JSON that says the same as an XML body, with every scalar as text; None when it is no XML."""
    from earnest.core.http import xml

    try:
        return xml.read(body)
    except xml.MalformedXmlError:
        return None


def json_of_answer(method: str, path: str, body: bytes) -> bytes:
    """What the call answers in JSON, read from its XML: numbers and lists are told by the types of the endpoint's answer."""
    from earnest.core.http import xml
    from earnest.core.http.fitting import fitter

    document: Json = xml.read(body)
    answer = _answers().get((method, path.partition("?")[0].removesuffix(".xml")))
    if answer is not None:
        fit = fitter(msgspec.inspect.type_info(answer), from_xml=True)
        # A refusal of the whole call has nothing but a status.
        with suppress(msgspec.ValidationError):
            return _encoder.encode(_with_number(msgspec.convert(fit(document), answer, strict=False)))
    return _encoder.encode(_with_number(document))


_encoder = msgspec.json.Encoder(decimal_format="number")


def _with_number(answer: object) -> Json:
    """`response.status.code` is a number in every entity that is served; its type allows both."""
    builtins = msgspec.to_builtins(answer, builtin_types=(Decimal,))
    status = builtins.get("response", {}).get("status")
    if isinstance(status, dict) and str(status.get("code", "")).isdigit():
        status["code"] = int(status["code"])
    return builtins


@cache
def _answers() -> dict[tuple[str, str], Any]:
    from earnest.app import endpoints
    from earnest.core.http.endpoint import Answer
    from earnest.core.http.envelopes import Style

    answers: dict[tuple[str, str], Any] = {}
    for endpoint in endpoints():
        if endpoint.style is Style.V1:
            kind = endpoint.answer
            if typing.get_origin(kind) is Answer:
                (kind,) = typing.get_args(kind)
            answers.update({(endpoint.method, path): kind for path in endpoint.paths})
    return answers
