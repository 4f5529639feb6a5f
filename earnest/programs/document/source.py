"""Text to a tree of nodes that know their places. YAML, of which JSON is a part, without what makes it dangerous.

Scalars stay text: what they mean is decided by what the document expects there, so that `no` is a name where a name is
expected and `10.10` never becomes a binary float. Aliases, anchors, tags, duplicate keys and whatever goes beyond the
bounds are refused, so the tree is never larger than the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from earnest.programs.document.problems import InvalidDocument, Path, Problem, Severity

SIZE_MAX = 512 * 1024
DEPTH_MAX = 60
NODES_MAX = 50_000
SCALAR_MAX = 20_000
PROGRAMS_MAX = 20

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = ("", "~", "null", "Null", "NULL")


class Node:
    """`value` is text (a scalar), a list of nodes, a dict of nodes by key, or None (nothing was written). `keys` holds the
    places of the keys of a dict. `quoted`: text in quotation marks, which is never a number or a boolean."""

    __slots__ = ("column", "keys", "line", "quoted", "value")

    def __init__(self, value: Any, line: int = 0, column: int = 0, quoted: bool = False) -> None:
        self.value: str | list[Node] | dict[str, Node] | None = value
        self.line = line
        self.column = column
        self.quoted = quoted
        self.keys: dict[str, tuple[int, int]] = {}

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of what stands at the path, or of the nearest thing around it."""
        node = self
        line, column = self.line, self.column
        for part in path:
            value = node.value
            if isinstance(value, dict) and isinstance(part, str) and part in value:
                line, column = node.keys.get(part, (line, column))
                node = value[part]
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                node = value[part]
                line, column = node.line, node.column
            else:
                break
        return line, column

    @property
    def kind(self) -> str:
        """What it is, for people."""
        if self.value is None:
            return "nothing"
        return "a list" if isinstance(self.value, list) else "a mapping" if isinstance(self.value, dict) else "a value"


def parse(text: str | bytes) -> list[Node]:
    """The documents of the text, in their order. InvalidDocument when it is no YAML or goes beyond what is allowed."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _refused(f"the text is not UTF-8 (byte {error.start})", 1, 1) from None
    if len(text) > SIZE_MAX:
        raise _refused(f"the text is longer than {SIZE_MAX:,} characters", 1, 1)
    try:
        documents = _Composer().compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _refused(f"this is not YAML: {error.problem or error.context}", *place) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _refused(f"this is not YAML: {str(error).splitlines()[0]}", 1, 1) from None
    if not documents:
        raise _refused("there is nothing in it", 1, 1)
    return documents


def from_plain(value: Any) -> Node:
    """The tree of a decoded JSON value (what is stored); it has no places."""
    if isinstance(value, dict):
        return Node({str(key): from_plain(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return Node([from_plain(one) for one in value])
    if value is None:
        return Node(None)
    if isinstance(value, bool):
        return Node("true" if value else "false")
    if isinstance(value, Decimal):
        return Node(f"{value:f}")
    return Node(str(value), quoted=isinstance(value, str))


class _Composer:
    """Events to nodes, with the bounds kept while they come."""

    def __init__(self) -> None:
        self._count = 0
        self._documents: list[Node] = []
        # Containers that are open, and for a mapping the key whose value comes next.
        self._open: list[Node] = []
        self._keys: list[tuple[str, int, int] | None] = []

    def compose(self, text: str) -> list[Node]:
        for event in _events(text):
            self._take(event)
        return self._documents

    def _take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused("anchors and aliases (& and *) are not used here", line, column)
        if isinstance(event, yaml.NodeEvent):
            tag = getattr(event, "tag", None)
            if tag is not None and tag != "!":
                raise _refused(f"tags ({tag[:40]}) are not used here", line, column)
        if isinstance(event, yaml.DocumentStartEvent):
            if len(self._documents) >= PROGRAMS_MAX:
                raise _refused(f"a file holds at most {PROGRAMS_MAX} programmes", line, column)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line, column)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin(Node({}, line, column))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin(Node([], line, column))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()
            self._keys.pop()

    def _scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> None:
        text = event.value
        if len(text) > SCALAR_MAX:
            raise _refused(f"this text is longer than {SCALAR_MAX:,} characters", line, column)
        if "\0" in text:
            raise _refused("a text holds the character NUL", line, column)
        quoted = event.style not in (None, "")
        if self._open and isinstance(self._open[-1].value, dict) and self._keys[-1] is None:
            if text in self._open[-1].value:
                raise _refused(f"the key {text[:60]!r} stands here for the second time", line, column)
            if not quoted and text == "<<":
                raise _refused("merge keys (<<) are not used here", line, column)
            self._count_one(line, column)
            self._keys[-1] = (text, line, column)
            return
        self._add(Node(None if not quoted and text in _NULLS else text, line, column, quoted))

    def _begin(self, node: Node) -> None:
        if self._open and isinstance(self._open[-1].value, dict) and self._keys[-1] is None:
            raise _refused("a key must be a name", node.line, node.column)
        self._add(node)
        if len(self._open) >= DEPTH_MAX:
            raise _refused(f"it is nested deeper than {DEPTH_MAX} levels", node.line, node.column)
        self._open.append(node)
        self._keys.append(None)

    def _add(self, node: Node) -> None:
        self._count_one(node.line, node.column)
        if not self._open:
            self._documents.append(node)
            return
        holder = self._open[-1]
        if isinstance(holder.value, list):
            holder.value.append(node)
        elif isinstance(holder.value, dict):
            key = self._keys[-1]
            if key is not None:
                holder.value[key[0]] = node
                holder.keys[key[0]] = key[1:]
            self._keys[-1] = None

    def _count_one(self, line: int, column: int) -> None:
        self._count += 1
        if self._count > NODES_MAX:
            raise _refused(f"it has more than {NODES_MAX:,} values", line, column)


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _Loader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _refused(message: str, line: int, column: int) -> InvalidDocument:
    return InvalidDocument([Problem(severity=Severity.ERROR, path="", message=message, line=line, column=column)])
