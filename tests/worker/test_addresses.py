"""A webhook is no way into the network inside: what counts is where a connection really goes."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from earnest.core.errors import ApiError
from earnest.domains.webhooks import receiver as receiver_module
from earnest.domains.webhooks.addresses import check_url, is_public
from earnest.domains.webhooks.event_ids import event_id, number_of
from earnest.domains.webhooks.receiver import Attempt, Receivers, Verdict
from earnest.domains.webhooks.signature import check_secret, new_secret
from tests.support.server import free_port
from tests.worker.receiving import Receiver

NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "ftp://example.com/", "file:///etc/passwd", "http://", "http:///path", "https://user@example.com/",
        "https://user:password@example.com/", "https://example.com/#part", "https://exämple.com/", "https://example.com/a b",
        "https://example.com:99999/", "https://example.com\r\nX-Header: 1/", "https://[::1/", "https://" + "a" * 2_050,
        "gopher://example.com/", "//example.com/",
    ],
)  # fmt: skip
def test_what_is_no_url_for_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_url(url, allow_private=True)
    assert refused.value.http_status == 400


@pytest.mark.parametrize(
    "url",
    ["http://localhost/", "http://LOCALHOST.:80/", "http://api.localhost/", "http://127.0.0.1:8000/", "http://[::1]/",
     "https://192.168.0.7/hook", "http://169.254.169.254/latest/meta-data"],
)  # fmt: skip
def test_a_url_that_is_plainly_inside_is_refused_unless_that_is_allowed(url: str) -> None:
    with pytest.raises(ApiError) as refused:
        check_url(url, allow_private=False)
    assert "EARNEST_WEBHOOK_ALLOW_PRIVATE" in refused.value.message
    assert check_url(url, allow_private=True) == url


async def post(url: str, *, allow_private: bool = False) -> Attempt:
    receivers = Receivers(allow_private=allow_private, call_timeout_s=5)
    try:
        return await receivers.post(url, [], b"{}", at=NOW)
    finally:
        await receivers.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"])
async def test_a_name_that_leads_inside_is_not_connected_to(receiver: Receiver, host: str) -> None:
    """Other spellings of an address, and names that come to mean one after they were subscribed."""
    attempt = await post(f"http://{host}:{receiver.port}/hook")
    assert (attempt.status, attempt.error) in ((None, "address not public"), (None, "connection"))
    assert receiver.calls == []


async def test_a_refused_address_is_told_as_such_and_tried_again_later(receiver: Receiver) -> None:
    attempt = await post(f"http://localhost:{receiver.port}/hook")
    assert (attempt.error, attempt.verdict) == ("address not public", Verdict.RETRY)
    assert (await post(f"http://localhost:{receiver.port}/hook", allow_private=True)).verdict is Verdict.DELIVERED


async def test_what_goes_wrong_with_a_call_is_told_in_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await post(f"http://127.0.0.1:{free_port()}/", allow_private=True)).error == "connection"

    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with monkeypatch.context() as patch:
        # What a name server says; asking a real one takes its time on a machine without.
        patch.setattr(socket, "getaddrinfo", unknown)
        for allow_private in (True, False):
            assert (await post("http://name.invalid/", allow_private=allow_private)).error == "connection"

    async def not_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"not http at all\r\n\r\n")
        await writer.drain()
        writer.close()

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    for speak, error in ((not_http, "protocol"), (nothing, "protocol")):
        server = await asyncio.start_server(speak, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        assert (await post(f"http://127.0.0.1:{port}/", allow_private=True)).error == error
        # TLS to somebody who does not speak it.
        with monkeypatch.context() as patch:
            patch.setitem(receiver_module._TIMEOUTS["timeout"], "connect", 0.3)
            assert (await post(f"https://127.0.0.1:{port}/", allow_private=True)).status is None
        server.close()


def test_an_event_id_is_a_uuid_that_leads_back_to_the_event_and_to_no_other() -> None:
    ids = {
        event_id(org_id, number, at)
        for org_id in (1, 2)
        for number in (1, 2, 2**53 - 1)
        for at in (NOW, NOW.replace(microsecond=1))
    }
    assert len(ids) == 12
    for number in (1, 777, 2**53 - 1):
        found = event_id(100, number, NOW)
        assert (found.version, found.variant) == (8, "specified in RFC 4122")
        assert number_of(found) == number
        assert found == event_id(100, number, NOW)


def test_a_secret_of_the_receiver_is_taken_if_it_is_a_standard_one() -> None:
    assert check_secret(new_secret()).startswith("whsec_")
    for wrong in (
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_not base64!",
        new_secret().removeprefix("whsec_"),
        "whsec_" + "QUFB" * 30,
    ):
        with pytest.raises(ApiError):
            check_secret(wrong)
