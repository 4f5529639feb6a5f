"""Write `docs/config-keys.md` anew from the registry of config keys.

python -m tools.config_keys_page
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from earnest.core import config_keys

PAGE = Path(__file__).resolve().parent.parent / "docs" / "config-keys.md"

_HEAD = """\
# Config keys

<!-- Written by `make config-keys` from earnest/core/config_keys; a test compares the two. -->

Every switch that the documentation names is a config key of an organisation, and so are a few of our own (`EARNEST_…`).
[The admin API](admin-api.md#config-keys) and the command line (`earnest config`) set them. A value counts from the next call
on, and every change stands in the audit log.

**In effect** says whether this version of Earnest heeds the key. The others are known, typed and kept, so that an
organisation can be set up as it is elsewhere; they take effect as the features arrive that they belong to. {effective} of {all}
keys are in effect.

A default in *italics* is ours: no page of the documentation states one. "none" means that there is no such limit until a value
is set. The last column says where the key comes from: a group of the API contract, or a page of the domain description.
"""


def page() -> str:
    """The page as it should be."""
    keys = list(config_keys.REGISTRY.values())
    parts = [_HEAD.format(effective=sum(key.effective for key in keys), all=len(keys))]
    for area, of_area in config_keys.AREAS.items():
        parts.append(
            f"\n## {area}\n\n| key | type | default | in effect | meaning | from |\n| --- | --- | --- | --- | --- | --- |\n"
        )
        parts.extend(_row(key) for key in sorted(of_area, key=lambda key: (not key.effective, key.name)))
    return "".join(parts)


def _row(key: config_keys.ConfigKey[Any]) -> str:
    kind = key.type.name + (f" {key.type.range}" if key.type.range else "")
    default = _default(key)
    if key.decided:
        default = f"*{default}*"
    name = f"`{key.name}`" + "".join(f"<br>also `{alias}`" for alias in key.aliases)
    cells = (name, kind, default, "yes" if key.effective else "not yet", key.meaning, key.source)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _default(key: config_keys.ConfigKey[Any]) -> str:
    if key.default is None:
        return "none"
    if key.default in ("", (), {}):
        return "empty"
    if isinstance(key.default, str):
        return key.default
    value = list(key.default) if isinstance(key.default, tuple) else key.default
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
