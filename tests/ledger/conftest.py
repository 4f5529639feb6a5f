"""The shop of the ledger's tests, and the switch that breaks a posting for a whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from earnest.core.db.embedded import DatabaseUrls
from tests.ledger.broken_posting import broken_posting, damages
from tests.ledger.shop import Stack

BREAK = "EARNEST_TEST_BREAK_POSTING"


@pytest.fixture(scope="session")
def stack(database: DatabaseUrls) -> Iterator[Stack]:
    with Stack(database) as stack:
        yield stack


@pytest.fixture(scope="session", autouse=True)
def break_posting() -> Iterator[None]:
    """EARNEST_TEST_BREAK_POSTING=RETURN makes the product book returns wrongly: the tests of this folder have to fail."""
    wanted = os.environ.get(BREAK)
    if wanted is None:
        yield
        return
    damage = next(damage for damage in damages() if damage.type.value == wanted)
    with broken_posting(damage):
        yield
