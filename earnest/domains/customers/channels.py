"""Communication channels of a customer: which there are, and what may stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.messages import Message, warning
from earnest.domains.customers import errors, schemas
from earnest.domains.customers.identifiers import normal

CHANNELS = frozenset({"mobile", "email", "wechat", "ios", "android", "line", "whatsapp", "mobilePush", "cardnumber"})


def checked_channels(
    ctx: RequestContext, channels: Iterable[schemas.CommChannel], warnings: list[Message]
) -> list[dict[str, Any]]:
    """The channels as they are kept. 8010 for an unknown type; an address that is none is left out with a warning."""
    kept: list[dict[str, Any]] = []
    for channel in channels:
        if channel.type not in CHANNELS:
            raise errors.INVALID_CHANNEL.error()
        text = str(channel.value if channel.value is not None else "")
        value = normal(ctx.organization, channel.type, text) if channel.type in ("mobile", "email") else text
        if value is None:
            code = errors.INVALID_CHANNEL_EMAIL if channel.type == "email" else errors.INVALID_CHANNEL_MOBILE
            warnings.append(warning(code))
            continue
        fields = msgspec.to_builtins(channel)
        fields["value"] = value
        fields["meta"] = msgspec.to_builtins(channel.meta or schemas.ChannelMeta())
        kept.append({name: item for name, item in fields.items() if item is not None})
    return kept
