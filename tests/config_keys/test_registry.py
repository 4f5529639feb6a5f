"""The registry of config keys: complete, honest about what is in effect, and what its page says."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

import earnest
from earnest.core import config_keys
from earnest.core.config_keys import ConfigKey
from tools import config_keys_page

PACKAGE = Path(earnest.__file__).parent
REGISTRY_PATH = PACKAGE / "core" / "config_keys"
CONTRACT = Path(os.environ.get("EARNEST_CONTRACT") or Path(__file__).parents[3] / "shared" / "contract")

CONSTANTS = {name: key for name, key in vars(config_keys).items() if isinstance(key, ConfigKey)}

# Words in capitals that look like switches and are none: values, events, and what is left of a shortened spelling.
NO_SWITCHES = {
    "BADGE_NO_LIMIT",
    "CONFIG_DISABLED",
    "CONF_LOYALTY_MIN",
    "CONF_USERS_IS_EMAIL",
    "CUSTOMER_BADGE_NO_LIMIT",
    "ENABLE_GROUP_PROGRAM",
    "IS_PRIMARY",
    "NO_LIMIT",
    "SUPPLEMENTARY_MEMBERSHIP_STARTED",
}
_SWITCH = re.compile(
    r"\b(?:(?:CONF|CONFIG|PRODUCT_CONF|ENABLE|ALLOW|MARK|IS|USE|CI|FLEET|ORG_MAX|PII|SUPPLEMENTARY)_[A-Z0-9_]*[A-Z0-9]"
    r"|[A-Z0-9_]+_(?:ENABLED|LIMIT|IGNORE_POINTS|STARTS_WITH|STARTING_WITH|AUTO_APPROVE|UNIQUE|DECIMAL_PLACES))\b"
)


def used_constants() -> set[str]:
    """The names of keys that code outside the registry speaks of."""
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.is_relative_to(REGISTRY_PATH):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "config_keys":
                used.add(node.attr)
            elif isinstance(node, ast.ImportFrom) and node.module == "earnest.core.config_keys":
                used.update(alias.name for alias in node.names)
    return used & set(CONSTANTS)


def test_a_key_is_said_to_be_in_effect_exactly_when_the_code_heeds_it() -> None:
    effective = {key.name for key in config_keys.REGISTRY.values() if key.effective}
    assert {CONSTANTS[name].name for name in used_constants()} == effective
    assert len(effective) > 30


def test_every_key_that_has_a_name_in_the_code_is_registered_once() -> None:
    names = [key.name for keys in config_keys.AREAS.values() for key in keys]
    assert len(names) == len(set(names)) == len(config_keys.REGISTRY)
    assert all(config_keys.REGISTRY[key.name] is key for key in CONSTANTS.values())
    aliases = [alias for key in config_keys.REGISTRY.values() for alias in key.aliases]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(names)


@pytest.mark.parametrize("key", config_keys.REGISTRY.values(), ids=lambda key: key.name)
def test_a_default_is_a_value_that_the_key_takes(key: ConfigKey[object]) -> None:
    assert len(key.meaning) > 10
    assert key.meaning.endswith(".")
    assert key.source
    if key.default is None or key.is_secret:
        return
    value = list(key.default) if isinstance(key.default, tuple) else key.default
    assert key.type.accept(value) == value


@pytest.mark.skipif(not CONTRACT.is_dir(), reason="the API contract lies outside the project and is not here")
def test_every_switch_that_the_contract_or_a_domain_page_names_is_registered() -> None:
    pages = [*CONTRACT.rglob("*.yaml"), *CONTRACT.rglob("*.md"), *(CONTRACT.parent / "domain").glob("*.md")]
    assert len(pages) > 400
    found: dict[str, str] = {}
    for path in pages:
        for name in _SWITCH.findall(path.read_text()):
            found.setdefault(name, path.name)
    unknown = {
        name: where for name, where in found.items() if config_keys.find(name) is None and name not in NO_SWITCHES
    }
    assert unknown == {}
    assert set(found) >= NO_SWITCHES


def test_the_page_is_the_one_of_the_registry() -> None:
    written = config_keys_page.PAGE.read_text(encoding="utf-8")
    assert written == config_keys_page.page(), "docs/config-keys.md is not up to date: run `make config-keys`"
