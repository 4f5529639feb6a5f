"""A declaration that contradicts itself fails when it is read, not when it is called."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import (
    Access,
    Answer,
    Endpoint,
    PublicContext,
    Registry,
    endpoint,
    endpoints_of,
)
from earnest.core.http.envelopes import Style
from tests.http import sample
from tests.http.sample import AMOUNT_INVALID, Bill, BillPath, BillQuery, IdPath

V2: dict[str, Any] = {"style": Style.V2, "group": "Transaction", "access": Access.READ}


def test_an_endpoint_keeps_what_documentation_and_access_groups_need() -> None:
    declared = sample.add_bill
    assert (declared.method, declared.paths) == ("POST", ("/v2/customers/{customerId}/bills",))
    assert (declared.style, declared.contract) == (Style.V2, "06-transaction-v2/01")
    assert (declared.group, declared.access) == ("Transaction", Access.WRITE)
    assert (declared.name, declared.summary, declared.description) == (
        "add_bill",
        "Adds one bill.",
        "And says what it saw.",
    )
    assert declared.parameters == {"path": BillPath, "query": BillQuery, "headers": sample.BillHeaders, "body": Bill}
    assert declared.answer is sample.Seen


def test_endpoints_are_found_in_the_order_of_their_definition() -> None:
    names = [declared.name for declared in endpoints_of(sys.modules[sample.__name__])]
    assert names[:3] == ["add_bill", "get_bills", "get_bill"]


def test_one_path_and_method_cannot_be_declared_twice_even_under_other_parameter_names() -> None:
    @endpoint("GET", "/v2/customers/{number}/bills", **V2)
    async def again(ctx: RequestContext, path: sample.NumberPath) -> None: ...

    with pytest.raises(TypeError, match="declared by get_bills and by again"):
        Registry((sample.get_bills, again))


async def without_context(query: BillQuery) -> None: ...
async def with_a_stranger(ctx: RequestContext, till: BillQuery) -> None: ...
async def with_a_plain_query(ctx: RequestContext, query: dict[str, str]) -> None: ...
async def with_a_path(ctx: RequestContext, path: IdPath) -> None: ...
async def public(ctx: PublicContext) -> None: ...
async def plain(ctx: RequestContext) -> None: ...
def synchronous(ctx: RequestContext) -> None: ...


@pytest.mark.parametrize(
    ("handler", "path", "options", "message"),
    [
        (without_context, "/v2/x", {}, "expected the parameters ctx"),
        (with_a_stranger, "/v2/x", {}, "expected the parameters ctx"),
        (with_a_plain_query, "/v2/x", {}, "query must be a msgspec Struct"),
        (with_a_path, "/v2/x", {}, "do not agree"),
        (with_a_path, "/v2/{id}/{other}", {}, "do not agree"),
        (plain, "/v2/x/", {}, "must start with a slash"),
        (plain, "v2/x", {}, "must start with a slash"),
        (plain, "/v2/x", {"errors": {"query.points": AMOUNT_INVALID}}, "does not take"),
        (plain, "/v2/x", {"access": Access.PUBLIC}, "is handed a PublicContext"),
        (public, "/v2/x", {}, "is handed a RequestContext"),
        (synchronous, "/v2/x", {}, "must be an async function"),
    ],
)
def test_a_contradictory_declaration_is_refused(handler: Any, path: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        endpoint("GET", path, **{**V2, **options})(handler)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(TypeError, match="expected one of GET"):
        endpoint("FETCH", "/v2/x", **V2)


def test_an_endpoint_can_be_called_as_the_function_it_was() -> None:
    assert isinstance(sample.delete_own, Endpoint)
    coroutine = sample.delete_own.handler(ctx=None)
    with pytest.raises(StopIteration) as ended:
        coroutine.__await__().__next__()
    assert ended.value.value == Answer(None, status=204, headers={"X-Deleted": "yes"})
