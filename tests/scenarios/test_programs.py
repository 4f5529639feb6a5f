"""A marketer changes a threshold, sees what it would do, publishes it, a till sees it on its next bill, and it is undone."""

from __future__ import annotations

import httpx
import pytest

from tests.support.marketer import Marketer
from tests.support.organizations import Organization
from tests.support.server import Server
from tests.support.till import Json


@pytest.fixture
def marketer(server: Server, http: httpx.Client, organization: Organization) -> Marketer:
    return Marketer(server, http, organization)


def _bill(organization: Organization, mobile: str, number: str, amount: int) -> Json:
    body = {"type": "REGULAR", "billNumber": number, "billAmount": amount}
    till = organization.till
    return till.post("/v2/transactions", body, identifierName="mobile", identifierValue=mobile, source="INSTORE").ok()[
        "sideEffects"
    ]


def _points(effects: Json) -> list[float]:
    return [one["awardedPoints"] for one in effects if one["type"] == "points"]


def _register(organization: Organization, mobile: str) -> None:
    identifiers = [{"type": "mobile", "value": mobile}]
    body = {"profiles": [{"firstName": "Asha", "source": "INSTORE", "identifiers": identifiers}]}
    organization.till.post("/v2/customers", body).ok()


def test_a_threshold_is_planned_published_seen_by_a_till_and_rolled_back(
    marketer: Marketer, organization: Organization
) -> None:
    _register(organization, "919811000001")
    assert _points(_bill(organization, "919811000001", "P-1", 8500)) == [850]
    before = marketer.export()
    changed = before.replace("Gold: 10000", "Gold: 8000")

    (planned,) = marketer.call("POST", "programs/plan", changed).json()["programs"]
    (change,) = planned["changes"]
    assert change["text"] == "Gold from 10,000 to 8,000 lifetime purchases"
    assert change["members"] == 1
    assert marketer.export() == before, "a plan changes nothing"

    dry = marketer.call("PUT", "programs", changed, dry_run="true").json()["programs"]
    assert dry[0]["version"] == 2
    assert marketer.export() == before
    marketer.call("PUT", "programs", changed, note="spring")
    assert marketer.export() == changed, "what is exported is what was applied, byte for byte"

    effects = _bill(organization, "919811000001", "P-2", 100)
    assert [one["upgradedSlabName"] for one in effects if one["type"] == "slab"] == ["Gold"]

    (back,) = marketer.call("POST", "programs/Demo Rewards/rollback", version="1").json()["programs"]
    assert (back["version"], back["state"]) == (3, "published")
    assert marketer.export() == before
    _register(organization, "919811000002")
    effects = _bill(organization, "919811000002", "P-3", 8500)
    assert [one for one in effects if one["type"] == "slab"] == []

    versions = marketer.call("GET", "programs/Demo Rewards/versions").json()["items"]
    assert [(one["version"], one["isCurrent"]) for one in versions] == [(3, True), (2, False), (1, False)]
    audit = marketer.call("GET", "audit", resource="program").json()["items"]
    assert [one["action"] for one in audit] == ["publish", "publish"]
    assert (audit[1]["before"]["version"], audit[1]["after"]["version"]) == (1, 2)


def test_an_invalid_document_is_refused_with_all_its_problems_and_nothing_is_stored(marketer: Marketer) -> None:
    before = marketer.export()
    wrong = before.replace("thresholds:", "tresholds:").replace("kind: percentage", "kind: percentag")
    problem = marketer.call("PUT", "programs", wrong, status=400).json()
    assert problem["type"] == "urn:earnest:problem:program-invalid"
    assert {one.get("suggestion") for one in problem["problems"]} >= {"thresholds", "percentage"}
    assert all(one["line"] and one["column"] for one in problem["problems"])
    assert marketer.export() == before


def test_what_is_published_unchanged_makes_no_version(marketer: Marketer) -> None:
    (one,) = marketer.call("PUT", "programs", marketer.export()).json()["programs"]
    assert (one["version"], one["state"]) == (1, "unchanged")


def test_tiers_are_only_appended(marketer: Marketer) -> None:
    text = marketer.export().replace("  - name: Silver\n", "  - name: Bronze\n  - name: Silver\n", 1)
    text = text.replace("        Gold: 10000\n", "        Silver: 5000\n        Gold: 10000\n")
    assert marketer.call("PUT", "programs", text, status=409).json()["type"].endswith("tiers-fixed")


def test_a_change_waits_for_a_second_administrator(marketer: Marketer, organization: Organization) -> None:
    path = f"organizations/{organization.org_id}/config/EARNEST_PROGRAM_SECOND_APPROVER"
    marketer.headers["Content-Type"] = "application/json"
    marketer.call("PUT", path, '{"value": true}')
    before = marketer.export()
    (one,) = marketer.call("PUT", "programs", before.replace("Gold: 12", "Gold: 13")).json()["programs"]
    assert one["state"] == "proposed"
    assert marketer.export() == before
    own = marketer.call("POST", "program-proposals/Demo Rewards/approve", status=409).json()
    assert own["type"].endswith("own-proposal")
    assert len(marketer.call("GET", "program-proposals").json()["items"]) == 1
    marketer.call("DELETE", "program-proposals/Demo Rewards")
    assert marketer.call("GET", "program-proposals").json()["items"] == []


def test_programmes_of_another_organisation_are_not_found(marketer: Marketer, make_organization: object) -> None:
    assert marketer.call("GET", "programs/Nothing", status=404).json()["type"].endswith("program-unknown")
    answer = marketer.call("GET", "programs", status=404, organizationId="999999")
    assert answer.json()["type"].endswith("organization-unknown")
