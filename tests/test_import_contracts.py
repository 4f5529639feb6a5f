"""The import rule that the project adds to import-linter's."""

from __future__ import annotations

import pytest

from tools.import_contracts import broken_rule

ROOT = "earnest.domains"


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("points.routes_v2", "earnest.domains.points.service"),
        ("points.routes_v2", "earnest.domains.points.schemas"),
        ("points.routes_v2", "earnest.domains.customers.service"),
        ("points.routes_v2", "earnest.domains.points.routes_v1"),
        ("points.service", "earnest.domains.customers.service"),
        ("points.service", "earnest.domains.customers.service.lookup"),
        ("points.service", "earnest.core.db.batch"),
        ("points.service", "earnest.loyalty.process"),
    ],
)
def test_doors_are_open(importer: str, imported: str) -> None:
    assert broken_rule(ROOT, f"{ROOT}.{importer}", imported) == ""


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("points.service", "earnest.domains.customers"),
        ("points.service", "earnest.domains.customers.schemas"),
        ("points.service", "earnest.domains.customers.services"),
        ("points.schemas", "earnest.domains.customers.schemas"),
        ("points.service", "earnest.domains.points.routes_v2"),
        ("points.service", "earnest.domains.customers.routes"),
        ("points.routes_v2", "earnest.domains.customers.routes_v2"),
        ("points.routes_v2", "earnest.core.db.pool"),
    ],
)
def test_everything_else_is_shut(importer: str, imported: str) -> None:
    assert broken_rule(ROOT, f"{ROOT}.{importer}", imported)
