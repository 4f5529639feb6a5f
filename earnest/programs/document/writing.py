"""A document as text: one canonical form, so that writing what was read gives the same bytes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import msgspec
import yaml

from earnest.programs.document.checks import ACTIVITIES
from earnest.programs.document.model import ProgramDocument
from earnest.programs.document.schema import plain

_WIDTH = 120
_ACTIVITIES = {name: position for position, name in enumerate(ACTIVITIES)}
_LAST = len(ACTIVITIES)


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value:f}"
    return dumper.represent_scalar("tag:yaml.org,2002:float" if "." in text else "tag:yaml.org,2002:int", text)


_Dumper.add_representer(Decimal, _number)


def tree(document: ProgramDocument) -> dict[str, Any]:
    """The canonical tree: what is stored, and what JSON shows. Numbers are Decimals."""
    found = cast(dict[str, Any], plain(document))
    if "activities" in found:
        found["activities"] = dict(sorted(found["activities"].items(), key=lambda one: _ACTIVITIES.get(one[0], _LAST)))
    return found


def as_json(document: ProgramDocument) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(tree(document)).decode()


def as_yaml(*documents: ProgramDocument) -> str:
    """The documents as YAML, parted by `---` where there are several."""
    texts = [
        yaml.dump(
            tree(one), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False
        )
        for one in documents
    ]
    return "---\n".join(texts)
