"""From strings and bytes to the structs of an endpoint; what does not fit becomes the endpoint's documented error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from earnest.core.errors import INVALID_INPUT, UNSUPPORTED_MEDIA_TYPE, ErrorCode
from earnest.core.http import bounds
from earnest.core.http.endpoint import Endpoint, placeholders
from earnest.core.http.envelopes import InvalidInputError, Style
from earnest.core.http.fitting import members
from earnest.core.http.limits import ESCAPED_SLASH, Receive, check_json, query_parameters, read_body
from earnest.core.http.undecodable import UNDECODABLE, invalid, refusal
from earnest.core.http.v1_body import V1BodyDecoder
from earnest.core.http.v1_format import Format

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LISTS = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)

Headers = Mapping[bytes, bytes]
Parameters = Mapping[str, str | list[str]]


class Arguments:
    """The arguments of one endpoint, called by one spelling of its path. Decoders are made once."""

    __slots__ = ("_body", "_headers", "_path", "_query")

    def __init__(self, endpoint: Endpoint, path: str) -> None:
        kinds = endpoint.parameters
        self._path = _PathDecoder(kinds["path"], placeholders(path), endpoint.errors) if "path" in kinds else None
        self._query: _QueryDecoder | None = None
        if "query" in kinds:
            self._query = _QueryDecoder(kinds["query"], endpoint.errors, blanks=endpoint.style is not Style.V1)
        self._headers = _HeaderDecoder(kinds["headers"], endpoint.errors) if "headers" in kinds else None
        self._body: _BodyDecoder | V1BodyDecoder | None = None
        if "body" in kinds:
            decoder = V1BodyDecoder if endpoint.style is Style.V1 else _BodyDecoder
            self._body = decoder(kinds["body"], endpoint.errors)

    def of_line(self, segments: list[str], query_string: bytes, headers: Headers) -> dict[str, object]:
        """Path, query and headers: what is known before the body is read."""
        arguments: dict[str, object] = {}
        if self._path is not None:
            arguments["path"] = self._path(segments)
        if self._query is not None:
            arguments["query"] = self._query(query_string)
        if self._headers is not None:
            arguments["headers"] = self._headers(headers)
        return arguments

    @property
    def takes_body(self) -> bool:
        return self._body is not None

    async def body(self, headers: Headers, receive: Receive, format_: Format | None = None) -> tuple[object, int]:
        """The decoded body and its length in bytes. `format_` is what a v1 call says that its body is, whatever its type."""
        assert self._body is not None
        self._body.check_type(headers)
        raw = await read_body(receive, headers.get(b"content-length"))
        return self._body(raw, headers, format_), len(raw)


class _PathDecoder:
    def __init__(self, kind: type, names: tuple[str, ...], errors: Mapping[str, ErrorCode]) -> None:
        self._convert = _converter("path", kind, errors)
        self._names = names

    def __call__(self, segments: list[str]) -> object:
        values = [s.replace(ESCAPED_SLASH, "/") if ESCAPED_SLASH in s else s for s in segments]
        return self._convert(dict(zip(self._names, values, strict=True)))


class _QueryDecoder:
    def __init__(self, kind: type, errors: Mapping[str, ErrorCode], *, blanks: bool) -> None:
        """Without `blanks` an empty parameter that is meant for something else than text counts as not sent."""
        self._convert = _converter("query", kind, errors)
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        self._lists = frozenset(field.encode_name for field in info.fields if _is_list(field.type))
        self._never_blank = frozenset(
            field.encode_name for field in info.fields if not blanks and not _holds_text(field.type)
        )

    def __call__(self, query_string: bytes) -> object:
        values: dict[str, str | list[str]] = {}
        for name, text in query_parameters(query_string):
            if not text and name in self._never_blank:
                continue
            if name in self._lists:
                several = values.setdefault(name, [])
                assert isinstance(several, list)
                several.append(text)
            else:
                # Sent twice, the first one counts, as it does for the servers that the API was written for.
                values.setdefault(name, text)
        return self._convert(values)


class _HeaderDecoder:
    def __init__(self, kind: type, errors: Mapping[str, ErrorCode]) -> None:
        self._convert = _converter("headers", kind, errors)
        self._names = tuple(
            (field.encode_name.lower().encode("ascii"), field.encode_name) for field in msgspec.structs.fields(kind)
        )

    def __call__(self, headers: Headers) -> object:
        try:
            values = {name: headers[raw].decode() for raw, name in self._names if raw in headers}
        except UnicodeDecodeError:
            raise InvalidInputError(INVALID_INPUT, "header is not UTF-8", where="headers") from None
        return self._convert(values)


class _BodyDecoder:
    def __init__(self, kind: type, errors: Mapping[str, ErrorCode]) -> None:
        self._errors = errors
        self._raw = kind is bytes
        decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder(kind, strict=False, float_hook=Decimal)
        self._decode = decoder.decode
        bounds.prepare(kind)

    def check_type(self, headers: Headers) -> None:
        """415 unless the body is announced as JSON in UTF-8; clients that announce nothing are believed."""
        if self._raw:
            return
        content_type = headers.get(b"content-type")
        if content_type is not None and content_type not in _JSON_TYPES and not _is_json(content_type):
            raise UNSUPPORTED_MEDIA_TYPE.error()
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UNSUPPORTED_MEDIA_TYPE.error()

    def __call__(self, raw: bytes, headers: Headers, format_: Format | None = None) -> object:
        if self._raw:
            return raw
        if raw.startswith(_BYTE_ORDER_MARK):
            raw = raw[len(_BYTE_ORDER_MARK) :]
        if not raw:
            raise invalid("body", "the body is empty", [], self._errors)
        check_json(raw)
        try:
            value = self._decode(raw)
            bounds.check(value)
        except UNDECODABLE as error:
            raise refusal("body", error, self._errors) from None
        return value


_JSON_TYPES = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


def _is_json(content_type: bytes) -> bool:
    media_type, *parameters = (part.strip() for part in content_type.lower().split(b";"))
    charsets = [value.strip(b'"') for name, _, value in (p.partition(b"=") for p in parameters) if name == b"charset"]
    return media_type == b"application/json" and all(charset in (b"utf-8", b"utf8") for charset in charsets)


def _converter(where: str, kind: type, errors: Mapping[str, ErrorCode]) -> Callable[[Parameters], object]:
    bounds.prepare(kind)

    def convert(values: Parameters) -> object:
        try:
            value: Any = msgspec.convert(values, kind, strict=False)
            bounds.check(value)
        except UNDECODABLE as error:
            raise refusal(where, error, errors) from None
        return value

    return convert


def _is_list(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_is_list(member) for member in kind.types)
    return isinstance(kind, _LISTS)


def _holds_text(kind: inspect.Type) -> bool:
    return any(isinstance(member, inspect.StrType | inspect.AnyType) for member in members(kind))
