"""Each invariant of `earnest reconcile` is found broken when it is broken, in a database that has none broken."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import asyncpg
import msgspec
import psycopg
import pytest

from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection
from earnest.reconcile import FINDINGS_MAX, INVARIANTS, find_broken, reconcile
from tests.ledger.lives import Life, Statistics, Terms, programs, random_rounds
from tests.ledger.shop import Shop, Stack, open_shop
from tests.ledger.test_random_lives import NOON
from tests.support.throwaway import throwaway_database


def one(table: str, change: str, condition: str = "true") -> str:
    """Changes one row; `{org}` stands for the organisation."""
    picked = f"SELECT ctid FROM {table} WHERE org_id = {{org}} AND {condition} LIMIT 1"
    return f"UPDATE {table} SET {change} WHERE org_id = {{org}} AND ctid = ({picked})"


def gone(table: str, condition: str = "true") -> str:
    picked = f"SELECT ctid FROM {table} WHERE org_id = {{org}} AND {condition} LIMIT 1"
    return f"DELETE FROM {table} WHERE org_id = {{org}} AND ctid = ({picked})"


# What the database itself would refuse is looked for as well.
CONSTRAINTS = """
SELECT conrelid::regclass::text AS table, conname::text AS name FROM pg_constraint
WHERE contype = 'c' AND connamespace = 'public'::regnamespace
  AND conrelid::regclass::text IN ('lot', 'wallet', 'redemption', 'bill', 'bill_item', 'movement', 'enrolment')
"""
# A decision or outbox row is looked up by its table and its place: partitions have their own ctids.
OF_ONE_EVENT = (
    "DELETE FROM {table} WHERE org_id = {{org}} AND (holder_id, seq) = "
    "(SELECT holder_id, seq FROM loyalty_event e WHERE org_id = {{org}} AND {condition} LIMIT 1)"
)
WITH_POINTS_EXPIRED = (
    "e.type = 'PointsExpiry' AND EXISTS (SELECT FROM movement m WHERE m.org_id = e.org_id AND m.holder_id = e.holder_id "
    "AND m.seq = e.seq AND m.type = 'EXPIRED')"
)

DAMAGES: dict[str, list[str]] = {
    "lot_columns_are_the_sums_of_its_movements": [
        *[one("lot", f"{c} = {c} + 0.5", "remaining > 1") for c in ("redeemed", "expired", "returned", "settled")],
        *[one("lot", f"{c} = {c} + 0.5", "remaining > 1") for c in ("converted", "transferred")],
        one("lot", "quantity = quantity + 1", "quantity > 0"),
        one("lot", "debt = debt + 1", "debt > 0"),
        gone("movement", "type = 'AWARD'"),
    ],
    "a_lot_gives_no_more_than_it_has": [
        one("lot", "redeemed = quantity + 1", "debt = 0"),
        one("lot", "expired = -1", "debt = 0"),
        one("lot", "settled = debt + 1", "debt > 0"),
        one("lot", "redeemed = 1", "debt > 0"),
        one("lot", "quantity = 0, redeemed = 0, expired = 0, returned = 0, settled = 0", "debt = 0"),
    ],
    "wallet_counters_are_the_sums_of_movements_by_type": [
        *[one("wallet", f"earned = earned + 1, {c} = {c} + 1") for c in ("redeemed", "expired", "returned")],
        gone("wallet", "earned > 0"),
        gone("movement", "type = 'EXPIRED'"),
    ],
    "wallet_counters_are_the_balances_of_the_accounts": [
        one("movement", "credit_account = 'EXPIRED'", "type = 'RETURN'"),
        one("movement", "debit_account = credit_account, credit_account = debit_account", "type = 'AWARD'"),
    ],
    "wallets_agree_with_their_lots": [
        one("wallet", "earned = earned + 1"),
        one("wallet", "debt = debt + 1"),
        one("wallet", "promised = 1"),
        one("wallet", "awaiting_trigger = 1"),
        one("lot", "category = 'PROMISED'", "remaining > 0"),
    ],
    "next_expiry_is_not_later_than_the_first_open_lot": [
        one("wallet", "next_expiry_at = NULL", "next_expiry_at IS NOT NULL AND earned > redeemed + expired + returned"),
        "UPDATE wallet SET next_expiry_at = next_expiry_at + interval '1 year' WHERE org_id = {org}",
    ],
    "a_movement_is_of_a_lot_of_its_holder_and_programme": [
        one("movement", "lot_id = 0"),
        one("movement", "program_id = 9"),
        one("movement", "currency = 'MILES'"),
        one("movement", "holder_id = 0"),
        gone("lot"),
    ],
    "a_movement_belongs_to_an_event": [one("movement", "seq = seq + 1000")],
    "a_movement_uses_the_accounts_of_its_type": [
        one("movement", "debit_account = 'ISSUED'", "type = 'REDEEMED'"),
        one("movement", "type = 'GIFT'"),
    ],
    "the_entries_of_an_event_balance": [
        "DELETE FROM movement m USING lot l WHERE m.org_id = {org} AND l.org_id = {org} AND l.holder_id = m.holder_id "
        "AND l.id = m.lot_id AND l.debt > 0 AND m.type = 'DEBT_SETTLED'",
        one("movement", "credit_account = 'REDEEMED'", "type = 'DEBT_SETTLED'"),
    ],
    "events_of_a_holder_are_numbered_without_a_gap": [
        one("holder", "seq = seq + 1"),
        gone("loyalty_event", "seq = 3"),
        one("loyalty_event", "seq = 0", "seq = 1"),
        gone("holder"),
    ],
    "an_event_has_its_decision": [OF_ONE_EVENT.format(table="decision", condition="e.type = 'TransactionAdd'")],
    "an_event_is_announced": [
        OF_ONE_EVENT.format(table="outbox", condition=condition)
        for condition in (
            *(f"e.type = '{name}'" for name in ("CustomerRegistration", "TransactionAdd", "ReturnBill", "PointsRedemption")),
            WITH_POINTS_EXPIRED,
        )
    ],
    "decisions_outbox_rows_and_tier_changes_belong_to_an_event": [
        "INSERT INTO decision (org_id, holder_id, seq, recorded_at, record) SELECT org_id, id, seq + 1, now(), '{{}}' "
        "FROM holder WHERE org_id = {org}",
        "UPDATE outbox SET seq = seq + 1000 WHERE org_id = {org}",
        one("tier_change", "seq = seq + 1000"),
    ],
    "what_was_decided_was_booked": [
        one("movement", "quantity = quantity + 1"),
        gone("movement"),
        "UPDATE decision SET record = jsonb_set(record, '{{outcome,effects}}', '[]') WHERE org_id = {org}",
    ],
    "bills_and_redemptions_have_one_event": [
        one("loyalty_event", "reference_id = 0", f"type = '{name}'")
        for name in ("TransactionAdd", "ReturnBill", "PointsRedemption")
    ],
    "an_event_refers_to_a_bill_or_redemption_of_its_holder": [
        one("loyalty_event", "reference_id = 0", "type = 'ReturnBill'"),
        one("loyalty_event", "type = 'ReturnBill'", "type = 'TransactionAdd'"),
        one("redemption", "holder_id = 0"),
        one("bill", "holder_id = 0"),
    ],
    "a_redemption_holds_what_was_drawn_for_it": [
        one("redemption", "points = points + 1"),
        one("redemption", "points_reversed = 0.001"),
        one("redemption", "program_id = 9"),
        one("movement", "redemption_id = NULL", "type = 'REDEEMED'"),
        gone("redemption"),
    ],
    "wallets_have_redeemed_what_their_redemptions_hold": [
        one("redemption", "points_reversed = 0.001"),
        one("wallet", "redeemed = redeemed + 1, earned = earned + 1"),
    ],
    "a_natural_key_has_its_owner": [
        *[one("natural_key", "owner_id = 0", f"kind = '{kind}'") for kind in ("BILL", "REDEMPTION")],
        *[one("natural_key", "key = key || '?'", f"kind = '{kind}'") for kind in ("BILL", "REDEMPTION")],
        *[one("natural_key", "scope_id = -1", f"kind = '{kind}'") for kind in ("BILL", "REDEMPTION")],
        one("natural_key", "kind = 'CARD'"),
    ],
    "a_bill_has_its_claim": [gone("natural_key", "kind = 'BILL'")],
    "a_redemption_has_claimed_its_reference": [gone("natural_key", "kind = 'REDEMPTION'")],
    "purchases_are_the_sales_less_what_was_returned": [
        one("wallet", "purchases = purchases + 0.000001"),
        one("bill", "outlier_status = 'FRAUD'", "type = 'REGULAR' AND returned_amount = 0"),
    ],
    "a_sale_knows_what_was_returned_of_it": [
        one("bill", "returned_amount = returned_amount + 0.000001", "type = 'REGULAR'"),
        one("bill", "amount = amount - 0.01", "type = 'RETURN'"),
        one("bill", "return_kind = NULL", "type = 'REGULAR' AND return_kind IS NOT NULL"),
        one("bill", "return_kind = 'FULL'", "type = 'REGULAR' AND return_kind IS NULL"),
        one("bill", "amount = amount - 1", "type = 'REGULAR' AND return_kind = 'FULL'"),
    ],
    "a_return_is_of_a_sale_of_its_holder": [
        one("bill", "parent_bill_id = 0", "type = 'RETURN'"),
        one("bill", "holder_id = 0", "type = 'RETURN'"),
        one("bill", "return_kind = 'AMOUNT'", "type = 'RETURN' AND return_kind = 'FULL'"),
    ],
    "a_line_knows_what_was_returned_of_it": [
        one("bill_item", "returned_quantity = returned_quantity + 1", "parent_item_id IS NULL"),
        one("bill_item", "returned_amount = returned_amount + 0.01", "parent_item_id IS NULL"),
        one("bill_item", "amount = amount + 1", "parent_item_id IS NOT NULL"),
        "UPDATE bill_item i SET returned_quantity = 0 FROM bill b WHERE b.org_id = {org} AND b.id = i.bill_id "
        "AND b.return_kind = 'FULL' AND i.org_id = {org}",
    ],
    "items_and_payments_belong_to_a_bill": [
        one("bill_item", "bill_id = 0"),
        "INSERT INTO bill_payment VALUES ({org}, 0, 1, 'CASH', 1, '', '{{}}')",
    ],
    "a_lot_of_a_bill_is_of_a_sale_of_its_holder": [
        one("lot", "bill_id = 0", "bill_id IS NOT NULL"),
        one("lot", "line_id = 0", "line_id IS NOT NULL"),
    ],
    "a_tier_is_that_of_the_last_change": [
        one("enrolment", "tier = 1", "tier > 1"),
        "DELETE FROM tier_change WHERE org_id = {org}",
        one("enrolment", "previous_tier = NULL", "tier > 1"),
        one("enrolment", "tier_since = tier_since + interval '1 second'", "tier > 1"),
        one("enrolment", "tier_expires_at = now()", "tier > 1"),
        one("enrolment", "upgraded_by_bill = 0", "tier > 1"),
    ],
    "a_tier_change_starts_where_the_one_before_ended": [
        one("tier_change", "from_tier = from_tier - 1"),
        "UPDATE tier_change SET from_tier = 3 WHERE org_id = {org}",
    ],
    "members_are_whole": [
        gone("holder"),
        gone("customer"),
        gone("customer_profile"),
        gone("wallet"),
        gone("enrolment"),
        one("customer", "loyalty_type = 'non_loyalty'"),
    ],
    "an_identifier_is_of_a_profile": [
        one("customer_identifier", "source = 'WEB_ENGAGE'"),
        one("customer_identifier", "customer_id = 0"),
    ],
    "programmes_have_their_current_version": [one("program", "current_version = 9")],
    "credentials_are_indexed": [
        gone("credential_index"),
        gone("credential"),
        one("credential_index", "credential_id = 0"),
    ],
}  # fmt: skip
CASES = [(name, statement) for name, statements in DAMAGES.items() for statement in statements]


class Lived(msgspec.Struct, frozen=True):
    """A database with one organisation that has seen everything."""

    urls: DatabaseUrls
    org_id: int


@pytest.fixture(scope="module")
def lived(database: DatabaseUrls) -> Iterator[Lived]:
    with throwaway_database(database) as urls:
        with Stack(urls) as stack:
            shop = stack.run(_live(stack))
        yield Lived(urls, shop.org_id)


async def _live(stack: Stack) -> Shop:
    shop = await open_shop(stack, *programs(Terms()), now=NOON)
    life = Life(shop, Statistics())
    await life.begin()
    await life.play(random_rounds(random.Random(11), 40))
    return shop


@pytest.fixture
async def damaged(lived: Lived) -> AsyncIterator[Connection]:
    """A connection for damage that is undone when the test has ended."""
    connection = await asyncpg.connect(lived.urls.superuser)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


def test_every_invariant_is_broken_here() -> None:
    assert set(DAMAGES) == set(INVARIANTS)


async def test_a_database_that_has_seen_everything_reconciles(lived: Lived) -> None:
    assert await reconcile(lived.urls.owner) == []
    assert await reconcile(lived.urls.app, lived.org_id) == []


@pytest.mark.parametrize(("invariant", "statement"), CASES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(CASES)])
async def test_what_breaks_an_invariant_is_found(
    lived: Lived, damaged: Connection, invariant: str, statement: str
) -> None:
    for row in await damaged.fetch(CONSTRAINTS):
        await damaged.execute(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}")
    changed = await damaged.execute(statement.format(org=lived.org_id))
    assert int(changed.split()[-1]) > 0
    assert invariant in {finding.invariant for finding in await find_broken(damaged, lived.org_id)}


async def test_a_finding_names_the_row_and_the_organisation(lived: Lived, damaged: Connection) -> None:
    id = await damaged.fetchval("UPDATE holder SET seq = 77 WHERE id = (SELECT min(id) FROM holder) RETURNING id")
    (finding,) = await find_broken(damaged, lived.org_id)
    assert (finding.org_id, finding.invariant) == (lived.org_id, "events_of_a_holder_are_numbered_without_a_gap")
    assert f"holder_id {id}, stated 77" in finding.detail


async def test_many_findings_of_a_kind_are_cut(lived: Lived, damaged: Connection) -> None:
    await damaged.execute(
        "INSERT INTO natural_key (org_id, kind, scope_id, key, owner_id, claimed_at) "
        "SELECT $1, 'BILL', 0, 'none-' || n, 0, now() FROM generate_series(1, 500) n",
        lived.org_id,
    )
    found = await find_broken(damaged, lived.org_id)
    assert len(found) == FINDINGS_MAX + 1
    assert found[-1].detail == f"and more than these {FINDINGS_MAX}"


async def test_the_application_must_name_an_organisation_that_exists(lived: Lived) -> None:
    with pytest.raises(PermissionError):
        await reconcile(lived.urls.app)
    with pytest.raises(LookupError):
        await reconcile(lived.urls.app, lived.org_id + 1)


def earnest_reconcile(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EARNEST_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-c", "from earnest.cli import main; main()", "reconcile", *arguments],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_ends_with_1_when_something_is_found(lived: Lived) -> None:
    clean = earnest_reconcile(DATABASE_ADMIN_URL=lived.urls.owner)
    assert (clean.returncode, clean.stdout) == (0, f"{len(INVARIANTS)} invariants hold in all organisations.\n")
    with psycopg.connect(lived.urls.owner, autocommit=True) as connection:
        connection.execute("UPDATE wallet SET debt = debt + 1")
        broken = earnest_reconcile("--org", str(lived.org_id), DATABASE_URL=lived.urls.app)
        connection.execute("UPDATE wallet SET debt = debt - 1")
    assert broken.returncode == 1
    assert "wallets agree with their lots" in " ".join(broken.stdout.split())


def test_the_command_asks_for_the_organisation_where_the_role_sees_only_one(lived: Lived) -> None:
    refused = earnest_reconcile(DATABASE_URL=lived.urls.app)
    assert refused.returncode == 1
    assert "--org" in refused.stderr
    unknown = earnest_reconcile("--org", "7", DATABASE_URL=lived.urls.app)
    assert (unknown.returncode, unknown.stderr) == (1, "earnest: organisation 7 does not exist\n")
