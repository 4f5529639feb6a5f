"""What a transaction writes, collected first and sent as one statement.

Each kind of write is a named SQL statement over arrays, written as it would stand alone:

    INSERT INTO lot (org_id, id, …) SELECT o.org_id, x.* FROM organization o, unnest($2::bigint[], …) AS x WHERE o.org_id = $1

A flush joins the statements that have rows as data-modifying CTEs, none of which reads another's rows, and asserts for
each that as many rows were affected as were sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from earnest.core.db.statements import Statements, renumbered

if TYPE_CHECKING:
    from earnest.core.db.pool import Connection

Key = tuple[Any, ...]


class Write:
    """One statement over arrays: `$1` is the organisation, `$2` … are the columns of the rows in this order."""

    __slots__ = ("columns", "name", "text")

    def __init__(self, statements: Statements, name: str) -> None:
        parameters = statements.parameters(name)
        assert parameters[0] == "org_id", f"{name}: the organisation comes first"
        self.name = name
        self.text = statements.text(name)
        self.columns = parameters[1:]


class LostUpdate(RuntimeError):
    """A statement affected another number of rows than it was sent: the transaction must not be committed."""


@lru_cache(maxsize=512)
def joined(writes: tuple[Write, ...]) -> str:
    """The one statement that sends rows of all these writes and answers how many each of them affected."""
    ctes: list[str] = []
    shift = 0
    for number, write in enumerate(writes):
        body = renumbered(write.text.rstrip().rstrip(";"), shift)
        ctes.append(f"w{number} AS ({body} RETURNING 1)")
        shift += len(write.columns)
    counts = ", ".join(f"(SELECT count(*) FROM w{number})" for number in range(len(writes)))
    return f"WITH {', '.join(ctes)} SELECT {counts}"


class Batch:
    """Rows per kind of write. Not shared between transactions."""

    __slots__ = ("_open", "_rows", "org_id")

    def __init__(self, org_id: int) -> None:
        self.org_id = org_id
        self._rows: dict[Write, list[tuple[Any, ...]]] = {}
        self._open: dict[Write, dict[Key, dict[str, Any]]] = {}

    def row(self, write: Write, *values: Any) -> None:
        """A row in the order of `write.columns`."""
        rows = self._rows.get(write)
        if rows is None:
            self._rows[write] = [values]
        else:
            rows.append(values)

    def open(self, write: Write, key: Key, row: dict[str, Any]) -> dict[str, Any]:
        """A row by column name that may still be changed, through `pending`, before it is sent: each key is sent once."""
        self._open.setdefault(write, {})[key] = row
        return row

    def pending(self, write: Write, key: Key) -> dict[str, Any] | None:
        """The row that `open` put there under this key."""
        of_write = self._open.get(write)
        return None if of_write is None else of_write.get(key)

    @property
    def is_empty(self) -> bool:
        return not self._rows and not self._open

    async def flush(self, connection: Connection) -> None:
        """Sends everything in one round trip. LostUpdate when a row that should change was not there."""
        if self.is_empty:
            return
        rows_of: dict[Write, list[tuple[Any, ...]]] = dict(self._rows)
        for write, pending in self._open.items():
            rows_of[write] = [tuple(row[column] for column in write.columns) for row in pending.values()]
        # A fixed order of the writes makes few distinct statements, each prepared once per connection.
        writes = tuple(sorted(rows_of, key=lambda write: write.name))
        arguments: list[Sequence[Any]] = []
        for write in writes:
            columns = list(zip(*rows_of[write], strict=True))
            assert len(columns) == len(write.columns), f"{write.name}: {len(columns)} columns, {write.columns} expected"
            arguments.extend(columns)
        affected = await connection.fetchrow(joined(writes), self.org_id, *arguments)
        assert affected is not None
        for write, count in zip(writes, affected.values(), strict=True):
            if count != len(rows_of[write]):
                raise LostUpdate(f"{write.name}: {len(rows_of[write])} rows sent, {count} affected")
