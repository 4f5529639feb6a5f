"""The database as its catalogue shows it: whose tables, whose rows, which rights."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.rows import scalar_row

from earnest.core.db.roles import APP_ROLE
from earnest.core.db.unscoped import UNSCOPED

POLICY = "(org_id = (NULLIF(current_setting('app.org_id'::text, true), ''::text))::integer)"
NEVER_CHANGED = {"movement", "loyalty_event", "decision", "program_version", "tier_change", "bill_payment", "audit_log"}
# Members, their points and what they rest on stay as long as the organisation; removing a person overwrites.
NEVER_DELETED = NEVER_CHANGED | {
    "organization", "org_entity", "program", "holder", "customer", "enrolment", "wallet", "lot", "redemption", "bill",
    "bill_item",
}  # fmt: skip
OF_YOYO = {name for name in UNSCOPED if "yoyo" in name}

_TABLES = """
SELECT c.relname::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def names(catalogue: psycopg.Connection, query: str) -> set[str]:
    with catalogue.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(query).fetchall())


@pytest.fixture(scope="module")
def tables(catalogue: psycopg.Connection) -> set[str]:
    """All tables, partitions apart."""
    return names(catalogue, _TABLES)


@pytest.fixture(scope="module")
def tenant_tables(tables: set[str]) -> set[str]:
    return tables - set(UNSCOPED)


def test_the_tables_without_a_policy_are_those_that_are_listed_with_a_reason(
    catalogue: psycopg.Connection, tables: set[str]
) -> None:
    guarded = names(catalogue, "SELECT tablename::text FROM pg_policies WHERE schemaname = 'public'")
    assert tables - guarded == set(UNSCOPED)
    assert all(len(reason) > 20 for reason in UNSCOPED.values())


def test_every_other_table_has_its_organisation_at_the_head_of_its_primary_key(
    catalogue: psycopg.Connection, tenant_tables: set[str]
) -> None:
    first_of_key: dict[str, str] = dict(
        catalogue.execute(
            "SELECT c.relname::text, a.attname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
            "WHERE i.indisprimary AND c.relnamespace = 'public'::regnamespace"
        ).fetchall()
    )
    assert {table: first_of_key.get(table) for table in tenant_tables} == dict.fromkeys(tenant_tables, "org_id")


def test_row_level_security_is_on_and_the_policy_is_the_same_everywhere(
    catalogue: psycopg.Connection, tenant_tables: set[str]
) -> None:
    enabled = names(catalogue, f"{_TABLES} AND c.relrowsecurity")
    policies = {
        table: (permissive, roles, command, condition, check)
        for table, permissive, roles, command, condition, check in catalogue.execute(
            "SELECT tablename::text, permissive, roles::text[], cmd, qual, with_check FROM pg_policies "
            "WHERE schemaname = 'public'"
        ).fetchall()
    }
    assert enabled == tenant_tables
    # No condition of its own for new rows: they have to meet the same one.
    assert policies == dict.fromkeys(tenant_tables, ("PERMISSIVE", [APP_ROLE], "ALL", POLICY, None))


def test_partitions_are_reached_through_their_table_alone(catalogue: psycopg.Connection) -> None:
    rows = catalogue.execute(
        "SELECT c.relname::text, c.relrowsecurity, "
        "has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') "
        "FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relispartition AND c.relkind = 'r'",
        [APP_ROLE],
    ).fetchall()
    assert len(rows) >= 10
    assert {name: (secured, granted) for name, secured, granted in rows if not secured or granted} == {}


def test_the_application_owns_nothing(catalogue: psycopg.Connection) -> None:
    owned = catalogue.execute(
        "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend "
        "WHERE refobjid = %s::regrole AND deptype = 'o' "
        "AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
        [APP_ROLE],
    ).fetchall()
    assert owned == []


def test_the_application_has_no_power_over_policies_roles_or_the_schema(catalogue: psycopg.Connection) -> None:
    row = catalogue.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, "
        "has_schema_privilege(oid, 'public', 'CREATE'), has_database_privilege(oid, current_database(), 'CREATE'), "
        "EXISTS (SELECT FROM pg_auth_members m WHERE m.member = pg_roles.oid) FROM pg_roles WHERE rolname = %s",
        [APP_ROLE],
    ).fetchone()
    assert row == (False,) * 8


def test_nothing_runs_with_the_rights_of_another(catalogue: psycopg.Connection) -> None:
    """A view or a SECURITY DEFINER function of the owner would see through the policies."""
    definers = names(
        catalogue, "SELECT proname::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    views = names(
        catalogue,
        "SELECT relname::text FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace",
    )
    assert (definers, views) == (set(), set())


def may(catalogue: psycopg.Connection, privilege: str) -> set[str]:
    """Tables on which the application has the privilege, be it on one column only."""
    kind = "any_column" if privilege in ("SELECT", "INSERT", "UPDATE") else "table"
    return names(catalogue, f"{_TABLES} AND has_{kind}_privilege('{APP_ROLE}', c.oid, '{privilege}')")


def test_the_application_cannot_change_what_has_happened(catalogue: psycopg.Connection) -> None:
    assert may(catalogue, "UPDATE") & NEVER_CHANGED == set()
    assert may(catalogue, "SELECT") & may(catalogue, "INSERT") >= NEVER_CHANGED


def test_the_application_cannot_delete_members_points_or_bills(catalogue: psycopg.Connection) -> None:
    assert may(catalogue, "DELETE") & NEVER_DELETED == set()


@pytest.mark.parametrize("privilege", ["TRUNCATE", "REFERENCES", "TRIGGER"])
def test_the_application_has_no_rights_that_policies_do_not_bind(
    catalogue: psycopg.Connection, tenant_tables: set[str], privilege: str
) -> None:
    assert may(catalogue, privilege) & tenant_tables == set()


def test_the_application_may_only_ask_which_migrations_were_applied(catalogue: psycopg.Connection) -> None:
    assert may(catalogue, "SELECT") & OF_YOYO == {"_yoyo_migration"}
    assert (may(catalogue, "INSERT") | may(catalogue, "UPDATE") | may(catalogue, "DELETE")) & OF_YOYO == set()


def test_ids_of_tenant_tables_never_come_from_a_column_default(
    catalogue: psycopg.Connection, tenant_tables: set[str]
) -> None:
    assert names(
        catalogue,
        "SELECT a.attrelid::regclass::text FROM pg_attrdef d "
        "JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum "
        "WHERE pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval%'",
    ).isdisjoint(tenant_tables)
