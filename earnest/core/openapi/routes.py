"""HTTP of the description: the document, and the pages made from it."""

from __future__ import annotations

import asyncio

import msgspec

from earnest.core.errors import NOT_FOUND
from earnest.core.http.endpoint import Access, Answer, PublicContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example
from earnest.core.openapi.document import Description
from earnest.core.openapi.page import CONTENT_SECURITY_POLICY

GROUP = "Documentation"
HTML = "text/html; charset=utf-8"

_PAGE_HEADERS = {
    "Content-Type": HTML,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class GroupPath(msgspec.Struct, frozen=True):
    """`group` is the name of a group of calls."""

    group: str


@endpoint(
    "GET",
    "/openapi.json",
    style=Style.OTHER,
    group=GROUP,
    access=Access.PUBLIC,
    media_type="application/json",
    example=Example(),
)
async def openapi(ctx: PublicContext) -> Answer[bytes]:
    """This description as an OpenAPI 3.1 document."""
    text = await asyncio.to_thread(lambda: ctx.resource(Description).text)
    return Answer(text, headers={"Content-Type": "application/json", "Cache-Control": "no-cache"})


@endpoint(
    "GET", "/docs", style=Style.OTHER, group=GROUP, access=Access.PUBLIC, media_type="text/html", example=Example()
)
async def docs(ctx: PublicContext) -> Answer[bytes]:
    """This description as a page: all groups and calls."""
    page = await asyncio.to_thread(lambda: ctx.resource(Description).pages.index)
    return Answer(page.encode(), headers=_PAGE_HEADERS)


@endpoint(
    "GET",
    "/docs/{group}",
    style=Style.OTHER,
    group=GROUP,
    access=Access.PUBLIC,
    media_type="text/html",
    codes=(NOT_FOUND,),
    example=Example(path={"group": "Customer"}),
)
async def docs_of_group(ctx: PublicContext, path: GroupPath) -> Answer[bytes]:
    """The calls of one group with parameters, examples and codes."""
    pages = await asyncio.to_thread(lambda: ctx.resource(Description).pages)
    if path.group not in pages.groups:
        raise NOT_FOUND.error()
    return Answer(pages.group(path.group).encode(), headers=_PAGE_HEADERS)
