"""What the server has counted and measured, for Prometheus (docs/operations.md)."""

from __future__ import annotations

import asyncio

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from earnest.core.auth.local import NOT_LOCAL
from earnest.core.db.pool import Database
from earnest.core.figures import Figures, sample, text
from earnest.core.http.endpoint import Access, Answer, PublicContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example


@endpoint(
    "GET",
    "/metrics",
    style=Style.OTHER,
    group="Health",
    access=Access.LOCAL,
    media_type="text/plain",
    codes=(NOT_LOCAL,),
    example=Example(),
)
async def metrics(ctx: PublicContext) -> Answer[bytes]:
    """Metrics in Prometheus' text format, of all processes of the server.

    For callers on the server's own machine, and with the key that is set for it or the administrator's.
    """
    figures = await ctx.resource(Figures).current()
    sample(ctx.resource(Database))
    # Hundreds of routes make a long text: other calls are answered meanwhile.
    body = await asyncio.to_thread(text, figures)
    return Answer(body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"})
