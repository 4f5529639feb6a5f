"""What the commands share that work on an organisation: the parts of the application on the database that is meant."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import asyncpg
import msgspec
import typer

from earnest.cli.databases import usable_database
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.db.roles import without_password
from earnest.core.errors import ApiError
from earnest.core.operator_error import OperatorError
from earnest.settings import Settings, from_environment

if TYPE_CHECKING:
    from earnest.app import Parts

T = TypeVar("T")

DataDir = Annotated[Path, typer.Option(envvar="EARNEST_DATA_DIR", help="Folder of the embedded database.")]
ORG_ID_MAX = 2**31 - 1
Org = Annotated[int, typer.Option("--org", min=1, max=ORG_ID_MAX, help="Id of the organisation.")]

# Running jobs takes connections for its members beside those of the command itself.
CONNECTIONS_MAX = 6


def settings_of(data_dir: Path) -> Settings:
    """The environment's settings with the data directory of the command line."""
    return msgspec.structs.replace(from_environment(os.environ), data_dir=str(data_dir))


def with_parts(data_dir: Path, work: Callable[[Parts, Settings], Awaitable[T]]) -> T:
    """What `work` returns. A refusal becomes an OperatorError with its message."""
    # Imported here, so that `earnest --help` does without the application.
    from earnest.app import Parts

    async def open_and_work(settings: Settings) -> T:
        database = Database(settings.database_url, connections_max=CONNECTIONS_MAX)
        parts = Parts(database, Clock(test_clock=settings.test_clock))
        await database.open()
        try:
            return await work(parts, settings)
        finally:
            await parts.processor.drain()
            await database.close()

    with usable_database(settings_of(data_dir)) as settings:
        try:
            return asyncio.run(open_and_work(settings))
        except ApiError as error:
            raise OperatorError(f"{error.message}.") from None
        except LookupError as error:
            raise OperatorError(f"{error.args[0]}." if error.args else "There is no such thing.") from None
        except (OSError, asyncpg.PostgresError) as error:
            where = without_password(settings.database_url)
            raise OperatorError(f"The database at {where} cannot be used: {error}") from None


def instant(text: str) -> datetime:
    """An RFC 3339 date-time with offset. Raises OperatorError for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise OperatorError(f"{text!r} is no date-time with offset, such as 2030-01-31T09:00:00+05:30.")
    return at.astimezone(UTC)
