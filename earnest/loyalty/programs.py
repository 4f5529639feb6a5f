"""The programmes of an organisation as a process holds them: immutable values, one set per config_version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from earnest.core.config_keys import NEGATIVE_BALANCE_ON_RETURN, POINTS_RETURN_ENABLED
from earnest.core.db.pool import Database
from earnest.core.db.statements import load
from earnest.core.tenancy import Organization
from earnest.engine.program.model import Program
from earnest.programs import stored
from earnest.programs.build.program import Setting

sql = load(Path(__file__).with_name("programs.sql"))

ProgramSet = Mapping[int, Program]

# Config keys that, where an organisation has set them, stand in the place of a field of all its programmes.
_OVERRIDES = {
    POINTS_RETURN_ENABLED.name: "points_return_enabled",
    NEGATIVE_BALANCE_ON_RETURN.name: "negative_balance_on_return",
}


def default_program(programs: ProgramSet) -> Program | None:
    """The organisation's default programme; None when it has no programme."""
    return next((program for program in programs.values() if program.is_default), None)


class Programs:
    """Answers from memory while the organisation's config_version is the one that was loaded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, tuple[int, ProgramSet]] = {}
        self._loading: dict[int, asyncio.Lock] = {}
        # A version never changes, so what was built of it serves until another one is current.
        self._built: dict[tuple[int, int], tuple[Setting, Program]] = {}

    async def of(self, organization: Organization) -> ProgramSet:
        """The programmes by id, at the organisation's config_version or newer."""
        known = self._known.get(organization.org_id)
        if known is not None and known[0] >= organization.config_version:
            return known[1]
        async with self._loading.setdefault(organization.org_id, asyncio.Lock()):
            known = self._known.get(organization.org_id)
            if known is not None and known[0] >= organization.config_version:
                return known[1]
            async with self._database.tenant(organization.org_id).transaction() as connection:
                rows = await connection.fetch(sql.text("read_current_programs"), organization.org_id, list(_OVERRIDES))
            # Not the configuration that we hold: it may be older than what was just read.
            config = msgspec.json.decode(rows[0]["config"])
            overrides = {_OVERRIDES[key]: value for key, value in config.items()}
            programs = {
                row["id"]: msgspec.structs.replace(self._build(organization.org_id, row), **overrides)
                for row in rows
                if row["document"] is not None
            }
            self._known[organization.org_id] = (rows[0]["config_version"], programs)
            return programs

    def _build(self, org_id: int, row: Any) -> Program:
        setting = Setting(
            program_id=row["id"],
            version=row["version"],
            time_zone=row["time_zone"],
            currency_decimals=row["currency_decimals"],
        )
        known = self._built.get((org_id, setting.program_id))
        if known is not None and known[0] == setting:
            return known[1]
        program = stored.load(row["document"], row["ids"], setting).program
        self._built[org_id, setting.program_id] = (setting, program)
        return program
