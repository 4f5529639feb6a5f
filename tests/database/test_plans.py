"""How PostgreSQL runs the hot reads as the application's role, on an organisation of 100,000 members.

Under a policy only leakproof operators become index conditions, and a plan that is good as the owner can be a scan of the
whole table here. So the plans are asked for as earnest_app, once for the values at hand and once for any values (the plan
that a connection keeps), and what was really read is counted in pages.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import psycopg
import pytest

from bench.members import Members, seed
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection
from earnest.core.organizations import NewOrganization, NewStore, create_organization
from earnest.domains.customers.activities import sql as customers
from earnest.domains.customers.search import sql as search
from earnest.domains.ledger.service import sql as ledger
from earnest.domains.points.activities import RedeemPoints
from earnest.domains.points.activities import sql as points
from earnest.domains.programs.service import sql as programs
from earnest.domains.transactions.activities import AddSale, ReturnSale
from earnest.domains.transactions.activities import sql as transactions
from earnest.domains.transactions.redemptions import REDEMPTIONS
from earnest.loyalty import holders, snapshot
from earnest.loyalty.registry import Reader
from earnest.reconcile import reconcile
from tests.database import product_sql
from tests.support.blocking import finish
from tests.support.programs import demo_rewards
from tests.support.throwaway import throwaway_database

MEMBERS = 100_000
BILLS_EACH = 2
ORG_ID = 1
# Tables with at least one row for each member: none of them may be read from end to end for a few members.
BIG = {
    "holder", "customer", "customer_profile", "customer_identifier", "enrolment", "wallet", "lot", "movement",
    "loyalty_event", "bill", "bill_item", "natural_key",
}  # fmt: skip
PAGES_PER_MEMBER_MAX = 100
IN_TWO_YEARS = datetime.now(UTC) + timedelta(days=730)


class Seeded(msgspec.Struct, frozen=True):
    urls: DatabaseUrls
    members: Members

    def ids(self, count: int) -> list[int]:
        """Members from all over the table."""
        return [self.members.first_id + n * (MEMBERS // count) for n in range(count)]

    def mobiles(self, count: int) -> list[str]:
        return [str(self.members.first_mobile + n * (MEMBERS // count)) for n in range(count)]


@pytest.fixture(scope="module")
def seeded(database: DatabaseUrls) -> Iterator[Seeded]:
    with throwaway_database(database) as urls:
        yield Seeded(urls, finish(_seed(urls)))


async def _seed(urls: DatabaseUrls) -> Members:
    organization = NewOrganization(
        org_id=ORG_ID,
        name="Large",
        stores=(NewStore(concept="concept", zone="zone", code="store", tills={"till": "password"}),),
    )
    program = demo_rewards(organization.time_zone)
    await create_organization(
        urls.owner, organization, {program.id: msgspec.json.encode(program)}, now=datetime.now(UTC)
    )
    return await seed(
        urls.owner, org_id=ORG_ID, program_id=program.id, till_code="till", count=MEMBERS, history=BILLS_EACH
    )


@pytest.fixture
async def application(seeded: Seeded) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(seeded.urls.app, server_settings={"jit": "off"})
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f"SET LOCAL app.org_id = {ORG_ID}")
    yield connection
    await transaction.rollback()
    await connection.close()


class Plan:
    """A plan of EXPLAIN (FORMAT JSON)."""

    def __init__(self, document: list[dict[str, Any]]) -> None:
        (self.root,) = document
        self.nodes = list(self._walk(self.root["Plan"]))

    def _walk(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("Plans", ()):
            yield from self._walk(child)

    def scans(self, table: str) -> list[str]:
        """How the table is read: the index, or the kind of node where it is none."""
        return [
            node.get("Index Name") or node["Node Type"]
            for node in self.nodes
            if node.get("Relation Name") == table and node["Node Type"] != "Bitmap Heap Scan"
        ] + [
            node["Index Name"]
            for node in self.nodes
            if node["Node Type"] == "Bitmap Index Scan" and node["Index Name"].startswith(table)
        ]

    @property
    def scanned_whole(self) -> set[str]:
        """Tables that are read without an index, or with one on nothing but the organisation."""
        whole = {node["Relation Name"] for node in self.nodes if node["Node Type"] == "Seq Scan"}
        for node in self.nodes:
            condition = node.get("Index Cond", "")
            if node["Node Type"] in ("Index Scan", "Index Only Scan") and " AND " not in condition:
                whole.add(node["Relation Name"])
        return whole

    def __repr__(self) -> str:
        return f"{self.pages if 'Shared Hit Blocks' in self.root['Plan'] else '?'} pages\n" + "\n".join(
            " ".join(
                str(node[key])
                for key in ("Node Type", "Relation Name", "Index Name", "Index Cond", "Filter")
                if key in node
            )
            for node in self.nodes
        )

    @property
    def milliseconds(self) -> float:
        return float(self.root["Execution Time"])

    @property
    def pages(self) -> int:
        top = self.root["Plan"]
        return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def any_values(seeded: Seeded, text: str) -> Plan:
    """The plan that a connection keeps for a statement once it has run it a few times."""
    with psycopg.connect(seeded.urls.app) as connection:
        connection.execute(f"SET LOCAL app.org_id = {ORG_ID}; SET LOCAL jit = off")
        # Without parameters this goes as it stands, placeholders and all, which is what GENERIC_PLAN asks for.
        (plan,) = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}").fetchone() or ()
    return Plan(plan)


async def these_values(connection: Connection, text: str, *values: object) -> Plan:
    return Plan(json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", *values)))


class Reads:
    """Asks for the plans of a statement and asserts what is true of every hot read."""

    def __init__(self, seeded: Seeded, connection: Connection) -> None:
        self._seeded = seeded
        self._connection = connection

    async def plans(self, text: str, *values: object, members: int) -> list[Plan]:
        """Both plans reach every big table by an index on more than the organisation; few pages are read."""
        plans = [await these_values(self._connection, text, *values), any_values(self._seeded, text)]
        for plan in plans:
            assert plan.scanned_whole & BIG == set(), plan
        assert plans[0].pages <= PAGES_PER_MEMBER_MAX * members, plans[0]
        return plans


@pytest.fixture
def reads(seeded: Seeded, application: Connection) -> Reads:
    return Reads(seeded, application)


def all_scans(plans: Sequence[Plan], table: str) -> set[str]:
    return {scan for plan in plans for scan in plan.scans(table)}


@pytest.mark.parametrize("name", ["lock_holders_together", "lock_holders_waiting"])
@pytest.mark.parametrize("count", [1, 64])
async def test_holders_are_found_and_locked_by_index(seeded: Seeded, reads: Reads, name: str, count: int) -> None:
    found = await reads.plans(
        holders.sql.text(name),
        ORG_ID,
        list(range(count)),
        seeded.ids(count),
        list(range(count, 2 * count)),
        ["mobile"] * count,
        seeded.mobiles(count),
        ["INSTORE"] * count,
        [""] * count,
        members=2 * count,
    )
    assert all_scans(found, "holder") == {"holder_pkey"}
    assert all_scans(found, "customer_identifier") == {"customer_identifier_pkey"}


async def test_holders_are_looked_up_by_index(seeded: Seeded, reads: Reads) -> None:
    found = await reads.plans(
        holders.sql.text("find_holders"), ORG_ID, list(range(64)), ["mobile"] * 64, seeded.mobiles(64), members=64
    )
    assert all_scans(found, "customer_identifier") == {"customer_identifier_pkey"}


async def bills_of(connection: Connection, ids: Sequence[int]) -> list[int]:
    rows = await connection.fetch(
        "SELECT id FROM bill WHERE org_id = $1 AND holder_id = ANY($2::bigint[])", ORG_ID, ids
    )
    return [row["id"] for row in rows]


ACTIVITIES = (AddSale, ReturnSale, RedeemPoints)


@pytest.mark.parametrize(
    "readers",
    [snapshot.ordered(activity.readers) for activity in ACTIVITIES] + [snapshot.ordered(product_sql.readers())],
    ids=[activity.__name__ for activity in ACTIVITIES] + ["all readers"],
)
@pytest.mark.parametrize("count", [1, 64])
@pytest.mark.parametrize("now", [datetime.now(UTC), IN_TWO_YEARS], ids=["points valid", "points overdue"])
async def test_members_are_read_by_index(
    seeded: Seeded, reads: Reads, application: Connection, readers: tuple[Reader, ...], count: int, now: datetime
) -> None:
    ids = seeded.ids(count)
    found = await reads.plans(
        snapshot.statement(readers), ORG_ID, ids, await bills_of(application, ids), [now] * count, members=count
    )
    assert all_scans(found, "wallet") == {"wallet_pkey"}
    assert all_scans(found, "enrolment") == {"enrolment_pkey"}
    assert "lot_open" in all_scans(found, "lot")
    if snapshot.LOTS_OF_BILLS not in readers:
        assert all_scans(found, "lot") == {"lot_open"}


@pytest.mark.parametrize("now", [datetime.now(UTC), IN_TWO_YEARS], ids=["points valid", "points overdue"])
@pytest.mark.parametrize("count", [1, 128])
async def test_balances_are_read_by_index(seeded: Seeded, reads: Reads, now: datetime, count: int) -> None:
    found = await reads.plans(points.text("read_balances"), ORG_ID, seeded.ids(count), [now] * count, members=count)
    assert all_scans(found, "wallet") == {"wallet_pkey"}
    assert all_scans(found, "lot") == {"lot_open"}


async def test_sales_are_found_by_the_index_of_numbers(reads: Reads, seeded: Seeded) -> None:
    found = await reads.plans(transactions.text("find_sales"), ORG_ID, "PAST-77", members=1)
    assert all_scans(found, "bill") == {"bill_number"}
    found = await reads.plans(points.text("find_bill"), ORG_ID, "PAST-77", seeded.ids(1)[0], members=1)
    assert all_scans(found, "bill") <= {"bill_number", "bill_holder"}


async def test_bills_of_a_customer_are_read_by_index(reads: Reads, seeded: Seeded, application: Connection) -> None:
    (customer_id,) = seeded.ids(1)
    values = {"customer_id": customer_id, "by_id": False, "descending": True, "count": 20, "skipped": 0}
    parameters = transactions.parameters("find_customer_bills")[1:]
    found = await reads.plans(
        transactions.text("find_customer_bills"), ORG_ID, *(values.get(name) for name in parameters), members=1
    )
    assert all_scans(found, "bill") == {"bill_holder"}
    bills = await bills_of(application, [customer_id])
    found = await reads.plans(transactions.text("read_decisions"), ORG_ID, bills[:1], members=1)
    assert all_scans(found, "bill") == {"bill_pkey"}
    found = await reads.plans(transactions.text("read_returned_items"), ORG_ID, bills[:20], members=1)
    assert all_scans(found, "bill") == {"bill_parent"}
    await reads.plans(transactions.text("read_lots"), ORG_ID, customer_id, bills[:20], members=1)


async def test_a_page_of_ten_thousand_bills_is_read_by_the_customers_index(
    seeded: Seeded, application: Connection
) -> None:
    (customer_id,) = seeded.ids(1)
    await application.execute(
        "INSERT INTO bill (org_id, id, holder_id, number, type, amount, billed_at, billed_offset_minutes, till_id, store_id, "
        "source, outlier_status, recorded_at) SELECT $1, 900000000 + n, $2, 'many-' || n, 'REGULAR', n, "
        "'2026-01-01'::timestamptz + n * interval '1 minute', 0, 1, 1, 'INSTORE', 'NORMAL', now() "
        "FROM generate_series(1, 10000) AS n",
        ORG_ID,
        customer_id,
    )
    values = {"customer_id": customer_id, "by_id": False, "descending": True, "count": 20, "skipped": 40}
    names = transactions.parameters("find_customer_bills")[1:]
    text = transactions.text("find_customer_bills")
    plan = await these_values(application, text, ORG_ID, *(values.get(name) for name in names))
    assert plan.scanned_whole & BIG == set(), plan
    # Each bill is looked at once, for the total; the tables of lines and payments are not touched.
    assert plan.pages < 25_000, plan
    assert plan.milliseconds < 500, plan
    row = await application.fetchrow(text, ORG_ID, *(values.get(name) for name in names))
    assert row is not None
    # Those that the customer had already are later ones.
    had = row["total"] - 10_000
    assert row["ids"] == [900_009_960 + had - n for n in range(20)]


async def test_a_customer_is_read_by_index(seeded: Seeded, reads: Reads) -> None:
    await reads.plans(customers.text("read_customer"), ORG_ID, seeded.ids(1)[0], members=1)


async def test_a_reference_is_found_by_index(reads: Reads) -> None:
    found = await reads.plans(points.text("find_redemption"), ORG_ID, "no such reference", members=1)
    assert all_scans(found, "natural_key") == {"natural_key_pkey"}


async def test_the_schedule_of_a_member_is_read_by_index(reads: Reads, seeded: Seeded) -> None:
    text = points.text("read_expiry_schedule")
    found = await reads.plans(
        text, ORG_ID, "Asia/Kolkata", seeded.ids(1)[0], None, datetime.now(UTC), IN_TWO_YEARS, members=1
    )
    assert all_scans(found, "lot") == {"lot_open"}


async def test_redemptions_and_codes_of_a_member_are_read_by_index(
    reads: Reads, seeded: Seeded, application: Connection
) -> None:
    member = seeded.ids(1)[0]
    await application.execute(
        "INSERT INTO redemption (org_id, id, code, holder_id, program_id, points, ratio, value, balance_after, till_id, at,"
        " recorded_at) SELECT $1, n, n::text, $2 + n / 2, 1, 1, 1, 1, 0, 1, now(), now() FROM generate_series(1, 20000) n",
        ORG_ID,
        member,
    )
    page = (1, datetime(2020, 1, 1, tzinfo=UTC), IN_TWO_YEARS, None, 0, 2**53, None, -1, False, 10)
    found = await reads.plans(points.text("list_redemptions"), ORG_ID, member, *page, members=1)
    assert all_scans(found, "redemption") == {"redemption_holder"}
    of_sale = snapshot.statement(snapshot.ordered((REDEMPTIONS,)))
    found = await reads.plans(of_sale, ORG_ID, [member], [], [datetime.now(UTC)], members=1)
    assert all_scans(found, "redemption") == {"redemption_holder"}
    found = await reads.plans(points.text("lock_validation_codes"), ORG_ID, member, 10, members=1)
    assert all_scans(found, "natural_key") == {"natural_key_pkey"}


async def test_the_ledger_of_a_member_is_read_by_index(reads: Reads, seeded: Seeded) -> None:
    member, long_ago = seeded.ids(1)[0], datetime(2020, 1, 1, tzinfo=UTC)
    asked: list[tuple[str, tuple[object, ...]]] = [
        ("list_events", (None, "MAIN", long_ago, IN_TWO_YEARS, 1, True, True, None, -1, 10, 0)),
        ("read_closing_balances", (IN_TWO_YEARS, "CREDIT", None)),
        ("find_events", ([1, 2], "TransactionAdd", [3])),
        ("read_awards", ([1, 2],)),
    ]
    for name, values in asked:
        found = await reads.plans(ledger.text(name), ORG_ID, member, *values, members=1)
        assert all_scans(found, "movement") <= {"movement_pkey"}
        assert all_scans(found, "loyalty_event") <= {"loyalty_event_pkey"}
        assert all_scans(found, "lot") <= {"lot_pkey"}


async def test_a_plan_that_reads_a_whole_table_is_noticed(reads: Reads) -> None:
    """Comparisons of NUMERIC are not leakproof; the last four digits of a number are no prefix."""
    for text in (
        "SELECT count(*) FROM wallet WHERE org_id = $1 AND earned > 1000000",
        "SELECT count(*) FROM customer_identifier WHERE org_id = $1 AND value LIKE '%0001'",
        "SELECT count(*) FROM movement WHERE org_id = $1 AND lot_id = 7",
    ):
        with pytest.raises(AssertionError):
            await reads.plans(text, ORG_ID, members=1)


@pytest.mark.long
async def test_the_seeded_members_reconcile(seeded: Seeded) -> None:
    """The plans are worth what the data are: a member here has all that the application itself would have stored."""
    assert await reconcile(seeded.urls.owner) == []


async def test_a_search_by_prefix_reaches_names_and_identifiers_by_index(seeded: Seeded, reads: Reads) -> None:
    text = seeded.mobiles(1)[0]
    found = await reads.plans(search.text("search_prefix"), ORG_ID, text, text, "91" + text, 10, 0, members=1)
    assert {"customer_profile_first_name", "customer_profile_last_name"} <= all_scans(found, "customer_profile")
    assert "customer_identifier_value" in all_scans(found, "customer_identifier")


@pytest.mark.parametrize(
    ("name", "table", "index"),
    [
        ("first_name_prefix", "customer_profile", "customer_profile_first_name"),
        ("last_name_prefix", "customer_profile", "customer_profile_last_name"),
        ("first_name_any", "customer_profile", "customer_profile_first_name"),
        ("registered_between", "customer", "customer_registered"),
        ("in_tiers", "enrolment", "enrolment_tier"),
        ("identifier_any", "customer_identifier", "customer_identifier_pkey"),
        ("identifier_prefix", "customer_identifier", "customer_identifier_value"),
    ],
)
async def test_conditions_of_a_query_are_met_by_index(seeded: Seeded, name: str, table: str, index: str) -> None:
    assert index in any_values(seeded, search.text(name)).scans(table)


@pytest.mark.parametrize(
    ("statement", "serial", "threshold", "expected"),
    [
        ("count_qualifying", 2, 3_000, 80_000),
        ("count_qualifying", 2, 3_001, 0),
        ("count_qualifying", 3, 15_000, 15_000),
        ("count_below", 2, 15_001, 15_000),
        ("count_below", 2, 15_000, 0),
        ("count_below", 3, 40_001, 5_000),
    ],
)
async def test_members_that_a_threshold_concerns_are_counted_in_less_than_a_second(
    seeded: Seeded, application: Connection, statement: str, serial: int, threshold: int, expected: int
) -> None:
    """Four fifths are Silver with purchases of 3,000, 15 % Gold with 15,000, 5 % Platinum with 40,000."""
    text = programs.text(statement)
    values = (ORG_ID, 1, serial, "lifetime_purchases", threshold)
    assert await application.fetchval(text, *values) == expected
    assert (await these_values(application, text, *values)).milliseconds < 1_000
    assert programs.parameters(statement) == ("org_id", "program_id", "serial", "criterion", "threshold")
