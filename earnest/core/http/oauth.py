"""The token endpoint (contract/_conventions.md, section 2). It is no file of the contract: its index does not list it."""

from __future__ import annotations

import msgspec

from earnest.core.auth.tokens import TOKEN_REFUSED, IssuedToken, Tokens
from earnest.core.http.endpoint import Access, PublicContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import CLIENT_KEY, CLIENT_SECRET, Example


class GenerateToken(msgspec.Struct, frozen=True):
    """The client's key and its secret, as they were shown when the client was created."""

    key: str
    secret: str


class GeneratedToken(msgspec.Struct, frozen=True):
    data: IssuedToken
    errors: None = None


@endpoint(
    "POST",
    "/v3/oauth/token/generate",
    style=Style.GATEWAY,
    group="OAuth",
    access=Access.PUBLIC,
    codes=(TOKEN_REFUSED,),
    example=Example(after=["createClient"], body={"key": CLIENT_KEY, "secret": CLIENT_SECRET}),
)
async def generate_token(ctx: PublicContext, body: GenerateToken) -> GeneratedToken:
    """Gives a client an access token.

    The token goes into the header X-CAP-API-OAUTH-TOKEN of further calls until `ttlSeconds` have passed; another one may
    be asked for at any time, and the older ones stay valid. 401 when key or secret are wrong.
    """
    return GeneratedToken(await ctx.resource(Tokens).issue(body.key, body.secret))
