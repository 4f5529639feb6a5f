"""All checks, in the order in which one depends on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from earnest.core.operator_error import OperatorError
from earnest.doctor.check import Check, Outcome, fail, ok
from earnest.doctor.database import database_checks
from earnest.doctor.machine import binaries_check, machine_checks
from earnest.settings import Settings

OpenDatabase = Callable[[], AbstractContextManager[Settings | None]]


def examine(settings: Settings, open_database: OpenDatabase) -> Iterator[Check]:
    """`open_database` gives the settings with the URLs of a database that runs; None where there is none yet."""
    yield from machine_checks(settings)
    try:
        with open_database() as opened:
            if opened is None:
                yield binaries_check(settings)
                yield ok("Database", "none yet: the first start makes it")
                return
            is_usable = True
            for check in database_checks(opened):
                is_usable = is_usable and (check.outcome is not Outcome.FAIL or check.subject not in _NEEDED)
                yield check
            if is_usable:
                # Imported here: it brings the whole application, which a broken installation may not have.
                from earnest.doctor.work import work_checks

                yield from work_checks(opened)
    except OperatorError as error:
        yield fail("Database", str(error), "Do what the message says.")


# Without these there is nothing more to look at.
_NEEDED = frozenset({"Application role", "Database", "Migrations"})
