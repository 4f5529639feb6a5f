"""The load generator: a closed loop of HTTP/1.1 keep-alive connections, in a process of its own.

Every connection sends its next request as soon as the answer to the last one is whole. It is a plain `selectors` loop
because the machine's cores are shared with what is measured: a client library would cost more per request than the
server's own work on the short routes. Answers must carry Content-Length, which Earnest's do.

    python -m bench.load '{"kind":"bill","port":8000,"seconds":10, …}'        the fields are those of `Plan`

prints one JSON object, `Result`, and exits 1 when any answer was not a success.
"""

from __future__ import annotations

import base64
import hashlib
import random
import resource
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal

import msgspec

Kind = Literal["bill", "balance", "live"]

ANSWER_TIMEOUT_SECONDS = 30.0
FAILURES_SHOWN_MAX = 3
BILL_AMOUNT = Decimal(1500)
LINES = 4
INDIA = timezone(timedelta(hours=5, minutes=30))


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run. `run` makes bill numbers unique among runs on one database; member n has the mobile number `first_mobile`
    + n and the customer id `first_customer_id` + n, for n below `members`."""

    kind: Kind
    port: int
    seconds: float
    connections: int = 32
    seed: int = 1
    run: str = "0"
    members: int = 100_000
    first_mobile: int = 919_800_000_001
    first_customer_id: int = 1
    username: str = "demo.till.1"
    password: str = "demo-till"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`per_second` counts answers inside the window of `seconds`; `answers` counts all, the last ones in flight too."""

    answers: int
    failures: int
    per_second: float
    points: Decimal
    warnings: int
    latency_ms_p50: float
    latency_ms_p99: float
    cpu_us_per_request: float
    failure_examples: list[str]


class LoadError(Exception):
    """The run cannot go on: the connection was refused or closed, or an answer did not come."""


class SideEffect(msgspec.Struct, frozen=True):
    type: str = ""
    awardedPoints: Decimal = Decimal(0)


class Answer(msgspec.Struct, frozen=True):
    """What a v2 answer must show to count: no errors; for a bill, an id and the points awarded."""

    createdId: int | None = None
    errors: list[msgspec.Raw] | None = None
    warnings: list[msgspec.Raw] | None = None
    sideEffects: list[SideEffect] | None = None


class Connection:
    """One keep-alive connection with at most one request under way."""

    __slots__ = ("buffer", "needed", "sent_at", "socket", "status_ok")

    def __init__(self, port: int) -> None:
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_TIMEOUT_SECONDS)
        except OSError as error:
            raise LoadError(f"no connection to port {port}: {error}") from None
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.buffer = b""
        self.needed = -1
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Requests are far smaller than a socket buffer that the peer has emptied, so one call takes them whole."""
        self.buffer, self.needed = b"", -1
        self.sent_at = time.perf_counter()
        if self.socket.send(request) != len(request):
            raise LoadError("the server stopped reading in the middle of a request")

    def receive(self) -> tuple[bool, bytes] | None:
        """(status is 2xx, body) when the answer is whole, else None."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise LoadError("the server closed a keep-alive connection")
        data = self.buffer = self.buffer + chunk if self.buffer else chunk
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        if self.needed < 0:
            head = data[:head_end].lower()
            at = head.find(b"\r\ncontent-length:")
            if at < 0:
                raise LoadError(f"an answer without Content-Length: {data[:head_end]!r}")
            line_end = head.find(b"\r\n", at + 2)
            length = head[at + 17 : line_end if line_end > 0 else None]
            self.needed = head_end + 4 + int(length)
        if len(data) < self.needed:
            return None
        return data[9:10] == b"2", data[head_end + 4 :]


def bill_requests(plan: Plan) -> Callable[[], bytes]:
    """Purchases of BILL_AMOUNT, LINES lines, two custom fields and one payment: about 900 bytes; every number is new."""
    lines = ",".join(
        f'{{"itemCode":"SKU-{n}","serial":{n},"qty":1,"rate":400,"value":400,"discount":25,'
        f'"amount":375,"attributes":{{"brand":"Brand {n}","category":"Category {n}"}}}}'
        for n in range(1, LINES + 1)
    )
    body = (
        '{"type":"REGULAR","billNumber":"B%s-%07d","billAmount":1500,"grossAmount":1600,"discount":100,'
        '"billingDate":"%s","note":"benchmark","customFields":{"paymentmode":"card","channel":"pos"},'
        '"paymentModes":[{"mode":"Card Payment","value":1500,"notes":"","attributes":{"card_type":"Visa"}}],'
        f'"lineItemsV2":[{lines}]}}'
    )
    head = (
        "POST /v2/transactions?source=INSTORE&identifierName=mobile&identifierValue=%d HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{plan.port}\r\nAuthorization: {basic(plan)}\r\nContent-Type: application/json\r\n"
        "Accept: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    choose = random.Random(plan.seed)
    number = 0
    date, date_until = "", 0.0

    def make() -> bytes:
        nonlocal number, date, date_until
        now = time.perf_counter()
        if now >= date_until:
            date, date_until = datetime.now(UTC).astimezone(INDIA).isoformat(timespec="seconds"), now + 0.5
        number += 1
        content = body % (plan.run, number, date)
        return ((head % (plan.first_mobile + int(choose.random() * plan.members), len(content))) + content).encode()

    return make


def balance_requests(plan: Plan) -> Callable[[], bytes]:
    """Balance reads of evenly spread members by customer id."""
    head = (
        f" HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\nAuthorization: {basic(plan)}\r\nAccept: application/json\r\n\r\n"
    )
    request = "GET /v2/customers/%d/points/balance" + head
    choose = random.Random(plan.seed)

    def make() -> bytes:
        return (request % (plan.first_customer_id + int(choose.random() * plan.members))).encode()

    return make


def live_requests(plan: Plan) -> Callable[[], bytes]:
    """The server's constant-JSON route: what the HTTP layer alone can do."""
    request = f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\nAccept: application/json\r\n\r\n".encode()
    return lambda: request


def basic(plan: Plan) -> str:
    """The documented Basic header: the MD5 of the password stands in its place."""
    digest = hashlib.md5(plan.password.encode(), usedforsecurity=False).hexdigest()
    return "Basic " + base64.b64encode(f"{plan.username}:{digest}".encode()).decode()


REQUESTS: dict[Kind, Callable[[Plan], Callable[[], bytes]]] = {
    "bill": bill_requests,
    "balance": balance_requests,
    "live": live_requests,
}


def run(plan: Plan) -> Result:
    """Drive the load until the window ends, then wait for what is in flight. Raises LoadError."""
    make = REQUESTS[plan.kind](plan)
    decode = msgspec.json.Decoder(Answer).decode
    selector = selectors.DefaultSelector()
    connections = [Connection(plan.port) for _ in range(plan.connections)]
    answers = failures = warnings = in_window = 0
    points = Decimal(0)
    latencies: list[float] = []
    examples: list[str] = []
    cpu_before = cpu_seconds()
    deadline = time.perf_counter() + plan.seconds
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(make())
    in_flight = len(connections)
    while in_flight:
        ready = selector.select(ANSWER_TIMEOUT_SECONDS)
        if not ready:
            raise LoadError(f"{in_flight} requests without an answer for {ANSWER_TIMEOUT_SECONDS:.0f} s")
        for key, _ in ready:
            connection = key.data
            got = connection.receive()
            if got is None:
                continue
            now = time.perf_counter()
            latencies.append(now - connection.sent_at)
            answers += 1
            ok, body = got
            answer = decode(body) if ok and plan.kind != "live" else None
            if answer is not None:
                ok = not answer.errors and (plan.kind != "bill" or answer.createdId is not None)
                warnings += len(answer.warnings or ())
                for effect in answer.sideEffects or ():
                    if effect.type == "points":
                        points += effect.awardedPoints
            if not ok:
                failures += 1
                if len(examples) < FAILURES_SHOWN_MAX:
                    examples.append(body.decode(errors="replace")[:500])
            if now < deadline:
                in_window += 1
                connection.send(make())
            else:
                in_flight -= 1
    cpu = cpu_seconds() - cpu_before
    for connection in connections:
        connection.socket.close()
    return Result(
        answers=answers,
        failures=failures,
        per_second=in_window / plan.seconds,
        points=points,
        warnings=warnings,
        latency_ms_p50=statistics.median(latencies) * 1000,
        latency_ms_p99=percentile(latencies, 99) * 1000,
        cpu_us_per_request=cpu / answers * 1e6,
        failure_examples=examples,
    )


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    try:
        result = run(plan)
    except LoadError as error:
        print(f"load: {error}", file=sys.stderr)
        return 2
    print(msgspec.json.encode(result).decode())
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
