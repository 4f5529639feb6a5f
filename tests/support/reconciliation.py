"""The invariants of an organisation's ledger, asked when a test has ended."""

from __future__ import annotations

from collections.abc import Sequence

from earnest.reconcile import Finding, reconcile
from tests.support.blocking import finish
from tests.support.server import Server


def findings_of(server: Server, org_id: int) -> Sequence[Finding]:
    """What `earnest reconcile` finds wrong; empty when everything is as it must be."""
    return finish(reconcile(server.app_url, org_id))
