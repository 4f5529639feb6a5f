"""The benchmark's own arithmetic and the requests that it sends."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from bench import load, measure, reference, report, stored
from bench.budget import Budget


def body_of(request: bytes) -> dict[str, object]:
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    decoded: dict[str, object] = msgspec.json.decode(body)
    return decoded


def test_every_bill_of_the_load_generator_is_a_new_number_of_about_900_bytes() -> None:
    make = load.bill_requests(load.Plan(kind="bill", port=1, seconds=1, run="x"))
    requests = [make() for _ in range(100)]
    assert len({str(body_of(request)["billNumber"]) for request in requests}) == 100
    assert all(850 <= len(msgspec.json.encode(body_of(request))) <= 950 for request in requests)


def test_the_lines_of_a_bill_add_up_to_its_amount() -> None:
    bill = body_of(load.bill_requests(load.Plan(kind="bill", port=1, seconds=1))())
    lines = msgspec.convert(bill["lineItemsV2"], list[dict[str, object]])
    assert len(lines) == load.LINES
    assert sum(Decimal(str(line["amount"])) for line in lines) == load.BILL_AMOUNT == Decimal(str(bill["billAmount"]))


def test_runs_with_another_seed_visit_other_members_and_stay_inside_the_seeded_range() -> None:
    def members(seed: int) -> list[int]:
        plan = load.Plan(kind="balance", port=1, seconds=1, seed=seed, first_customer_id=1001, members=50)
        make = load.balance_requests(plan)
        return [int(make().split(b"/")[3]) for _ in range(500)]

    assert members(1) != members(2)
    assert members(1) == members(1)
    assert set(members(1)) == set(range(1001, 1051))


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    values = [float(n) for n in range(1, 201)]
    assert load.percentile(values, 99) == 198.0
    assert load.percentile(values, 100) == 200.0
    assert load.percentile([7.0], 50) == 7.0


def test_ratios_are_taken_pair_by_pair_so_that_a_slow_minute_slows_both_sides() -> None:
    found = measure.ratio([100.0, 10.0, 90.0], [200.0, 20.0, 100.0])
    assert (found.median, found.low, found.high) == (0.5, 0.5, 0.9)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://u:p%40@/earnest?host=%2Frun%2Fpg", "/run/pg", "5432"),
        ("postgresql://u:p@db.example:6543/earnest", "db.example", "6543"),
    ],
)
def test_pgbench_finds_the_server_that_a_database_url_names(url: str, host: str, port: str) -> None:
    assert reference.address_of(url) == {"PGHOST": host, "PGPORT": port}


def test_a_run_whose_rows_are_not_the_answers_does_not_count() -> None:
    none = msgspec.convert(dict.fromkeys(stored.Stored.__struct_fields__, 0), stored.Stored)
    answered = load.Result(
        answers=2,
        failures=0,
        per_second=1.0,
        points=Decimal(300),
        warnings=0,
        latency_ms_p50=1.0,
        latency_ms_p99=1.0,
        cpu_us_per_request=1.0,
        failure_examples=[],
    )
    whole = stored.Stored(
        bills=2,
        items=8,
        payments=2,
        claims=2,
        events=2,
        decisions=2,
        events_in_outbox=2,
        holder_seq=2,
        lot_points=Decimal(300),
        movement_points=Decimal(300),
        wallet_points=Decimal(300),
        purchases=Decimal(3000),
    )
    stored.check(none, whole, answered)
    with pytest.raises(stored.StoredDiffers, match="items: 7 stored, 8 answered"):
        stored.check(none, msgspec.structs.replace(whole, items=7), answered)


def test_a_full_run_adds_a_row_that_fits_the_table_at_the_end_of_the_results() -> None:
    bills = measure.Bills(
        ratio=measure.ratio([1500.0], [3000.0]),
        per_second=1500.0,
        warnings=0,
        cpu_us=measure.BillCpu(server=400.0, postgres=300.0, load=30.0),
        latency_ms_p50=3.0,
        latency_ms_p99=6.0,
    )
    found = report.results(
        report.origin(postgres="18.6", filesystem="ext4", members=1, history=1, seconds=1.0, pairs=1),
        bills,
        measure.ratio([9000.0], [30000.0]),
        Budget(decode=50.0, auth=1.0, engine=17.0, encode=1.5, driver=200.0),
        start_seconds=0.7,
        rss_mb=102.0,
    )
    assert (found.bill_ratio_32, found.balance_ratio_32) == (0.5, 0.3)
    lines = report.RESULTS_TABLE.read_text(encoding="utf-8").rstrip("\n").split("\n")
    header = next(line for line in lines if line.startswith("| commit |"))
    assert lines[-1].startswith("|")
    assert report.row(found).count("|") == header.count("|")
    alone = report.results(
        found.origin,
        msgspec.structs.replace(bills, ratio=None),
        measure.ratio([9000.0], [30000.0]),
        found.budget_us,
        start_seconds=0.7,
        rss_mb=102.0,
    )
    assert alone.bill_ratio_32 is None
    assert report.row(alone).count("|") == header.count("|")
