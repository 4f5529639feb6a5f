"""What an administrator does to an organisation from another process, as the owner of the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from earnest.engine.program.model import Program
from tests.support.organizations import Organization
from tests.support.till import Json

Connection = psycopg.Connection[tuple[Any, ...]]


def publish(organization: Organization, program: Program) -> None:
    """A new version of a programme, in force from the next call on."""
    with psycopg.connect(organization.server.owner_url) as connection:
        key = {"org": organization.org_id, "id": program.id, "version": program.version}
        connection.execute(
            "INSERT INTO program_version (org_id, program_id, version, document, published_at)"
            " VALUES (%(org)s, %(id)s, %(version)s, %(document)s, %(now)s)",
            key | {"document": msgspec.json.encode(program).decode(), "now": datetime.now(UTC)},
        )
        connection.execute(
            "UPDATE program SET current_version = %(version)s WHERE org_id = %(org)s AND id = %(id)s", key
        )
        raise_config_version(connection, organization)


def set_config(organization: Organization, **values: Json) -> None:
    """Config keys, in force from the next call on."""
    with psycopg.connect(organization.server.owner_url) as connection:
        for key, value in values.items():
            connection.execute(
                "INSERT INTO config_value (org_id, key, value) VALUES (%s, %s, %s)"
                " ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value",
                [organization.org_id, key, msgspec.json.encode(value).decode()],
            )
        raise_config_version(connection, organization)


def deactivate_credential(organization: Organization, username: str) -> None:
    """The till's credential is withdrawn."""
    with psycopg.connect(organization.server.owner_url) as connection:
        changed = connection.execute(
            "UPDATE credential SET is_active = false WHERE org_id = %s AND username = %s",
            [organization.org_id, username],
        )
        assert changed.rowcount == 1
        connection.execute(
            "UPDATE organization SET credential_version = credential_version + 1 WHERE org_id = %s",
            [organization.org_id],
        )
        raise_config_version(connection, organization)


def raise_config_version(connection: Connection, organization: Organization) -> None:
    """What every change of configuration does in the same transaction."""
    connection.execute(
        "UPDATE organization SET config_version = config_version + 1 WHERE org_id = %s", [organization.org_id]
    )
