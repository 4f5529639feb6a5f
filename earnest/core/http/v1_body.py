"""Bodies of v1: JSON or XML into the same structs, each item of a batch on its own.

A handler declares a msgspec struct and knows nothing of XML. JSON that is written as documented takes one step; XML, and
JSON with the habits of XML, is first made to fit (`fitting`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from earnest.core.errors import UNSUPPORTED_MEDIA_TYPE, ApiError, ErrorCode
from earnest.core.http import bounds, xml
from earnest.core.http.bounds import OutOfBoundsError
from earnest.core.http.fitting import Fitter, fitter, members
from earnest.core.http.limits import check_json
from earnest.core.http.undecodable import UNDECODABLE, invalid, refusal
from earnest.core.http.v1_format import Format, media_type_of

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_JSON = b"application/json"
_REFUSAL = "refusal"
_untyped = msgspec.json.Decoder(float_hook=Decimal)

Headers = Mapping[bytes, bytes]


class BatchItem(msgspec.Struct, frozen=True, dict=True):
    """Base of the items of a v1 batch; every field needs a default.

    An item that does not decode is refused by itself and does not hold up the others: what could be read of it is there, so
    that its answer can say whose it is, and `refusal` is the documented error. `core.http.v1_batch` looks at it.
    """

    @property
    def refusal(self) -> ApiError | None:
        return cast("ApiError | None", self.__dict__.get(_REFUSAL))


Item = TypeVar("Item", bound=BatchItem)


def refused(item: Item, error: ApiError) -> Item:
    """The item, marked as one that cannot be processed."""
    item.__dict__[_REFUSAL] = error
    return item


class V1BodyDecoder:
    """Decodes the bodies of one endpoint."""

    def __init__(self, kind: type, errors: Mapping[str, ErrorCode]) -> None:
        self._errors = errors
        self._raw = kind is bytes
        self._kind = kind
        decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder(kind, strict=False, float_hook=Decimal)
        self._decode = decoder.decode
        self._info = inspect.type_info(kind)
        self._fitters: dict[tuple[int, bool], Fitter] = {}
        _check_items(self._info)
        bounds.prepare(kind)

    def check_type(self, headers: Headers) -> None:
        """415 unless the body is announced as JSON in UTF-8 or as XML; clients that announce nothing are believed."""
        if self._raw:
            return
        content_type = headers.get(b"content-type")
        if content_type is not None and content_type != _JSON:
            format_, charset = media_type_of(content_type)
            if format_ is None or (charset is not None and not _is_accepted(format_, charset)):
                raise UNSUPPORTED_MEDIA_TYPE.error()
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UNSUPPORTED_MEDIA_TYPE.error()

    def __call__(self, raw: bytes, headers: Headers, format_: Format | None = None) -> object:
        """The body. InvalidInputError when it is none; items that do not decode are only marked (`BatchItem`)."""
        if self._raw:
            return raw
        if not raw:
            raise invalid("body", "the body is empty", [], self._errors)
        content_type = headers.get(b"content-type", _JSON)
        if format_ is Format.XML or (format_ is None and content_type != _JSON):
            announced, charset = media_type_of(content_type)
            if format_ is Format.XML or announced is Format.XML:
                return self._read_xml(raw, charset if announced is Format.XML else None)
        if raw.startswith(_BYTE_ORDER_MARK):
            raw = raw[len(_BYTE_ORDER_MARK) :]
        check_json(raw)
        try:
            value = self._decode(raw)
            bounds.check(value)
        except (msgspec.ValidationError, OutOfBoundsError):
            # Well-formed, but not as documented: perhaps in the habits of XML.
            try:
                document = _untyped.decode(raw)
            except UNDECODABLE as error:
                raise refusal("body", error, self._errors) from None
            return self._fitted(document, from_xml=False)
        except UNDECODABLE as error:
            raise refusal("body", error, self._errors) from None
        return value

    def _read_xml(self, raw: bytes, charset: str | None) -> object:
        try:
            document = xml.read(raw, charset)
        except xml.MalformedXmlError as error:
            raise invalid("body", str(error), [], self._errors) from None
        return self._fitted(document, from_xml=True)

    def _fitted(self, document: object, *, from_xml: bool) -> object:
        try:
            return self._built(document, self._kind, self._info, [], from_xml)
        except UNDECODABLE as error:
            raise refusal("body", error, self._errors) from None

    def _built(self, value: Any, kind: Any, info: inspect.Type, steps: list[str], from_xml: bool) -> object:
        """The value as `kind`. What holds items of a batch is put together field by field, all else decoded at once."""
        if not _holds_items(info):
            return self._decoded(value, kind, info, steps, from_xml)
        struct = next((m for m in members(info) if isinstance(m, inspect.StructType)), None)
        several = next((m for m in members(info) if isinstance(m, inspect.ListType)), None)
        if several is not None:
            fitted = value if isinstance(value, list) else [] if value in (None, "") else [value]
            (item,) = [m for m in members(several.item_type) if isinstance(m, inspect.StructType)]
            return [self._item(one, item, [*steps, str(index)], from_xml) for index, one in enumerate(fitted)]
        assert struct is not None
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if issubclass(struct.cls, BatchItem):
            return self._item(value, struct, steps, from_xml)
        if not isinstance(value, dict):
            return self._decoded(value, kind, info, steps, from_xml)
        arguments: dict[str, object] = {}
        for field, annotated in zip(struct.fields, msgspec.structs.fields(struct.cls), strict=True):
            inside = [*steps, field.encode_name]
            if field.encode_name in value:
                arguments[field.name] = self._built(
                    value[field.encode_name], annotated.type, field.type, inside, from_xml
                )
            elif field.required:
                raise invalid("body", "Object missing a required field", inside, self._errors)
        return struct.cls(**arguments)

    def _item(self, value: Any, struct: inspect.StructType, steps: list[str], from_xml: bool) -> BatchItem:
        """The item; of one that does not decode every field that does, and the refusal for the first that does not."""
        try:
            return cast(BatchItem, self._decoded(value, struct.cls, struct, steps, from_xml))
        except ApiError as error:
            first: ApiError = error
        arguments: dict[str, object] = {}
        if isinstance(value, dict):
            for field, annotated in zip(struct.fields, msgspec.structs.fields(struct.cls), strict=True):
                if field.encode_name in value:
                    try:
                        given = value[field.encode_name]
                        arguments[field.name] = self._decoded(given, annotated.type, field.type, steps, from_xml)
                    except ApiError:
                        continue
        return refused(cast(BatchItem, struct.cls(**arguments)), first)

    def _decoded(self, value: Any, kind: Any, info: inspect.Type, steps: Sequence[str], from_xml: bool) -> object:
        try:
            converted: object = msgspec.convert(self._fitter(info, from_xml)(value), kind, strict=False)
            bounds.check(converted)
        except UNDECODABLE as error:
            raise refusal("body", error, self._errors, inside=steps) from None
        return converted

    def _fitter(self, info: inspect.Type, from_xml: bool) -> Fitter:
        # By identity: the tree of types lives as long as this decoder.
        known = self._fitters.get((id(info), from_xml))
        if known is None:
            known = self._fitters[id(info), from_xml] = fitter(info, from_xml=from_xml)
        return known


def _is_accepted(format_: Format, charset: str) -> bool:
    encoding = xml.encoding_of(charset)
    return encoding == "utf-8" if format_ is Format.JSON else encoding is not None


def _holds_items(info: inspect.Type, seen: frozenset[type] = frozenset()) -> bool:
    """Whether items of a batch stand in this type, at any depth that is not inside an item."""
    for member in members(info):
        if isinstance(member, inspect.ListType):
            if _holds_items(member.item_type, seen):
                return True
        elif isinstance(member, inspect.StructType) and member.cls not in seen:
            if issubclass(member.cls, BatchItem):
                return True
            if any(_holds_items(field.type, seen | {member.cls}) for field in member.fields):
                return True
    return False


def _check_items(info: inspect.Type) -> None:
    """TypeError when an item of a batch has a field without a default: it could not be refused by itself."""
    if not _holds_items(info):
        return
    for member in members(info):
        if isinstance(member, inspect.ListType):
            _check_items(member.item_type)
        elif isinstance(member, inspect.StructType):
            if not issubclass(member.cls, BatchItem):
                for field in member.fields:
                    _check_items(field.type)
            elif missing := [field.encode_name for field in member.fields if field.required]:
                raise TypeError(f"{member.cls.__name__}: the fields {missing} of a batch item need defaults")
