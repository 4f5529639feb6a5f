"""Programmes as documents: maker and checker, two publications at once, stale plans, renames; and the same as commands."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest

from earnest.core.operator_error import OperatorError
from tests.api.own.admin import Admin
from tests.api.own.admin import made as new
from tests.api.own.test_admin_keys import made
from tests.api.own.test_commands import Run, run
from tests.support import shop
from tests.support.marketer import Marketer
from tests.support.organizations import Organization
from tests.support.server import Server

__all__ = ["run"]

EXAMPLES = Path(__file__).parents[3] / "examples" / "programs"
READY = ("flat-points", "three-tier-retail")
NAME = "Demo Rewards"
PROPOSAL = "program-proposals/Demo Rewards"


@pytest.fixture
def marketer(server: Server, http: httpx.Client, organization: Organization) -> Marketer:
    return Marketer(server, http, organization)


@pytest.fixture
def org(organization: Organization) -> str:
    return str(organization.org_id)


@pytest.fixture
def checked(marketer: Marketer, org: str) -> Marketer:
    """The marketer of an organisation where a second person approves."""
    marketer.headers["Content-Type"] = "application/json"
    marketer.call("PUT", f"organizations/{org}/config/EARNEST_PROGRAM_SECOND_APPROVER", '{"value": true}')
    return marketer


def person(run: Run, name: str, marketer: Marketer) -> tuple[Marketer, str]:
    """Somebody with a key of his own, and the key."""
    key = made(run, f"{name}.{secrets.token_hex(4)}")
    return marketer.with_key(key), key


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("urn:earnest:problem:")


def test_another_administrator_approves_what_one_has_proposed(checked: Marketer, run: Run) -> None:
    maker, _ = person(run, "maker", checked)
    checker, _ = person(run, "checker", checked)
    changed = checked.export().replace("Gold: 12", "Gold: 13")
    (proposed,) = maker.call("PUT", "programs", changed, note="spring").json()["programs"]
    assert (proposed["state"], proposed["version"]) == ("proposed", 1)
    assert slug(maker.call("POST", f"{PROPOSAL}/approve", status=409)) == "own-proposal"
    dry = checker.call("POST", f"{PROPOSAL}/approve", dry_run="true").json()["programs"][0]
    assert (dry["state"], dry["version"]) == ("published", 2)
    assert checked.export() != changed

    (approved,) = checker.call("POST", f"{PROPOSAL}/approve").json()["programs"]
    assert (approved["state"], approved["version"]) == ("published", 2)
    assert checked.export() == changed
    assert slug(checker.call("POST", f"{PROPOSAL}/approve", status=404)) == "program-proposal-unknown"
    newest = checked.call("GET", f"programs/{NAME}/versions").json()["items"][0]
    assert newest["publishedBy"].startswith("checker.")
    assert newest["note"].startswith("spring (proposed by maker.")
    audit = checked.call("GET", "audit", resource="program").json()["items"]
    assert [(one["action"], one["actor"].partition(".")[0]) for one in audit] == [
        ("publish", "checker"),
        ("propose", "maker"),
    ]


def test_a_going_back_waits_for_approval_too(marketer: Marketer, run: Run, org: str) -> None:
    before = marketer.export()
    marketer.call("PUT", "programs", before.replace("Gold: 12", "Gold: 13"))
    marketer.headers["Content-Type"] = "application/json"
    marketer.call("PUT", f"organizations/{org}/config/EARNEST_PROGRAM_SECOND_APPROVER", '{"value": true}')
    (one,) = marketer.call("POST", f"programs/{NAME}/rollback", version="1").json()["programs"]
    assert one["state"] == "proposed"
    assert marketer.export() != before
    checker, _ = person(run, "checker", marketer)
    checker.call("POST", f"{PROPOSAL}/approve")
    assert marketer.export() == before


def test_what_was_proposed_against_an_older_version_is_not_approved(checked: Marketer, run: Run, org: str) -> None:
    checker, _ = person(run, "checker", checked)
    before = checked.export()
    checked.call("PUT", "programs", before.replace("Gold: 12", "Gold: 13"))
    switch = f"organizations/{org}/config/EARNEST_PROGRAM_SECOND_APPROVER"
    checked.headers["Content-Type"] = "application/json"
    checked.call("PUT", switch, '{"value": false}')
    between = before.replace("Silver: 10", "Silver: 9")
    checked.call("PUT", "programs", between)
    checked.call("PUT", switch, '{"value": true}')
    refused = checker.call("POST", f"{PROPOSAL}/approve", status=409)
    assert (slug(refused), "Version 2 of Demo Rewards" in refused.json()["detail"]) == ("program-stale", True)
    assert checked.export() == between


def test_on_the_command_line_maker_and_checker_say_who_they_are(
    checked: Marketer, run: Run, org: str, tmp_path: Path
) -> None:
    file = tmp_path / "rewards.yaml"
    file.write_text(checked.export().replace("Gold: 12", "Gold: 13"))
    _, maker = person(run, "maker", checked)
    _, checker = person(run, "checker", checked)
    with pytest.raises(OperatorError, match="say who you are"):
        run("program", "apply", str(file), "--org", org)
    with pytest.raises(OperatorError, match="Nobody has this key"):
        run("program", "apply", str(file), "--org", org, "--key", "eak_of_nobody")
    assert "version 1 waits for approval" in run("program", "apply", str(file), "--org", org, "--key", maker)
    with pytest.raises(OperatorError, match="say who you are"):
        run("program", "approve", NAME, "--org", org)
    with pytest.raises(OperatorError, match="does not approve it"):
        run("program", "approve", NAME, "--org", org, "--key", maker)
    assert "version 2 is published" in run("program", "approve", NAME, "--org", org, EARNEST_KEY=checker)
    assert checked.export() == file.read_text()


def test_a_proposal_that_was_rejected_on_the_command_line_is_gone(
    checked: Marketer, run: Run, org: str, tmp_path: Path
) -> None:
    before = checked.export()
    file = tmp_path / "rewards.yaml"
    file.write_text(before.replace("Gold: 12", "Gold: 13"))
    _, maker = person(run, "maker", checked)
    _, checker = person(run, "checker", checked)
    run("program", "apply", str(file), "--org", org, "--key", maker)
    assert "is rejected" in run("program", "reject", NAME, "--org", org, "--key", checker)
    with pytest.raises(OperatorError, match="Nothing waits for approval"):
        run("program", "approve", NAME, "--org", org, "--key", checker)
    assert checked.export() == before


def test_a_change_that_was_planned_against_an_older_version_is_refused(marketer: Marketer, run: Run, org: str) -> None:
    before = marketer.export()
    (planned,) = marketer.call("POST", "programs/plan", before.replace("Gold: 12", "Gold: 13")).json()["programs"]
    base = str(planned["version"])
    marketer.call("PUT", "programs", before.replace("Silver: 10", "Silver: 9"), baseVersion=base)
    between = marketer.export()

    changed = before.replace("Gold: 12", "Gold: 13")
    refused = marketer.call("PUT", "programs", changed, status=409, baseVersion=base)
    assert slug(refused) == "program-stale"
    assert refused.json()["detail"] == "Version 2 of Demo Rewards was published meanwhile: plan anew"
    assert marketer.export() == between
    # A repeated call whose answer was lost changes nothing and is no conflict.
    (again,) = marketer.call("PUT", "programs", between, baseVersion=base).json()["programs"]
    assert (again["state"], again["version"]) == ("unchanged", 2)
    assert slug(marketer.call("PUT", "programs", f"{before}---\n{before}", status=400, baseVersion="2")) in (
        "one-document",
        "program-invalid",
    )


def test_of_two_changes_at_once_that_were_planned_against_one_version_one_is_published(marketer: Marketer) -> None:
    before = marketer.export()
    texts = [before.replace("Gold: 12", f"Gold: {percent}") for percent in (13, 14, 14.5, 13.5)]

    def publish(text: str) -> int:
        return marketer.request("PUT", "programs", text, baseVersion="1").status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(publish, texts)) == [200, 409, 409, 409]
    assert [one["version"] for one in marketer.call("GET", f"programs/{NAME}/versions").json()["items"]] == [2, 1]


def test_changes_at_once_get_one_version_each(marketer: Marketer) -> None:
    before = marketer.export()
    texts = [before.replace("Gold: 12", f"Gold: {percent}") for percent in (13, 14, 14.5, 13.5)]

    def publish(text: str) -> tuple[int, str]:
        answer = marketer.request("PUT", "programs", text)
        assert answer.status_code == 200, answer.text
        return answer.json()["programs"][0]["version"], text

    with ThreadPoolExecutor(4) as pool:
        published = dict(pool.map(publish, texts))
    assert sorted(published) == [2, 3, 4, 5]
    assert marketer.export() == published[5]


def test_a_programme_gets_another_name_and_stays_the_same_one(marketer: Marketer, organization: Organization) -> None:
    till = organization.till
    member = shop.register(till)
    assert shop.sell(till, member, 100).points == 10
    before = marketer.export()
    renamed = before.replace(f"name: {NAME}\n", "name: High Street Club\n", 1)

    refused = marketer.call("PUT", "programs", renamed, status=409)
    assert slug(refused) == "second-default"
    assert "renames" in refused.json()["detail"]
    (planned,) = marketer.call("POST", "programs/plan", renamed, renames=NAME).json()["programs"]
    assert [one["text"] for one in planned["changes"]] == ["name: from Demo Rewards to High Street Club"]
    (one,) = marketer.call("PUT", "programs", renamed, renames=NAME).json()["programs"]
    assert (one["name"], one["version"]) == ("High Street Club", 2)

    (listed,) = marketer.call("GET", "programs").json()["items"]
    assert (listed["id"], listed["name"], listed["version"]) == (1, "High Street Club", 2)
    marketer.call("GET", f"programs/{NAME}", status=404)
    assert marketer.call("GET", "programs/High Street Club/export").text == renamed
    assert shop.sell(till, member, 100).points == 10
    assert shop.points_of(till, member) == 20
    (again,) = marketer.call("PUT", "programs", renamed, renames=NAME).json()["programs"]
    assert again["state"] == "unchanged", "a repeated call is no mistake"
    assert slug(marketer.call("PUT", "programs", before, status=404, renames="Nothing")) == "program-unknown"

    (back,) = marketer.call("POST", "programs/High Street Club/rollback", version="1").json()["programs"]
    assert (back["name"], back["version"]) == (NAME, 3)
    assert marketer.export() == before


def test_another_name_waits_for_approval_under_the_present_one(checked: Marketer, run: Run) -> None:
    checker, _ = person(run, "checker", checked)
    renamed = checked.export().replace(f"name: {NAME}\n", "name: High Street Club\n", 1)
    checked.call("PUT", "programs", renamed, renames=NAME)
    (waiting,) = checked.call("GET", "program-proposals").json()["items"]
    assert (waiting["name"], waiting["document"]["name"]) == (NAME, "High Street Club")
    (one,) = checker.call("POST", f"{PROPOSAL}/approve").json()["programs"]
    assert (one["name"], one["version"]) == ("High Street Club", 2)
    assert checked.call("GET", "program-proposals").json()["items"] == []


def test_every_command_of_the_page_on_programmes(
    marketer: Marketer, run: Run, organization: Organization, org: str, tmp_path: Path
) -> None:
    till = organization.till
    member = shop.register(till)
    shop.sell(till, member, 8_500)
    file = tmp_path / "rewards.yaml"
    file.write_text(run("program", "export", NAME, "--org", org))
    assert file.read_text() == marketer.export()
    assert run("program", "plan", str(file), "--org", org) == f"{NAME}, version 1\n  no change\n"
    assert "version 1 stays as it is" in run("program", "apply", str(file), "--org", org)

    file.write_text(file.read_text().replace("Gold: 10000", "Gold: 8000"))
    told = "  Gold from 10,000 to 8,000 lifetime purchases; 1 member would qualify with the next bill\n"
    assert run("program", "plan", str(file), "--org", org) == f"{NAME}, version 1\n{told}"
    dry = run("program", "apply", str(file), "--org", org, "--dry-run")
    assert dry == f"{NAME}: version 2 is published (dry run: nothing was stored)\n{told}"
    applied = run("program", "apply", str(file), "--org", org, "--note", "Spring campaign", "--base", "1")
    assert applied == f"{NAME}: version 2 is published\n{told}"
    with pytest.raises(OperatorError, match="Version 2 of Demo Rewards was published meanwhile: plan anew"):
        again = file.with_name("again.yaml")
        again.write_text(file.read_text().replace("Gold: 8000", "Gold: 9000"))
        run("program", "apply", str(again), "--org", org, "--base", "1")

    sale = shop.sell(till, member, 100)
    assert sale.tiers == [("Silver", "Gold")]
    page = run("program", "explain", "--bill", sale.number, "--org", org)
    for part in (sale.number, "Demo Rewards, version 2", "Silver → Gold", "Share of"):
        assert part in page
    with pytest.raises(OperatorError, match="Nothing was decided"):
        run("program", "explain", "--bill", "NO-SUCH-BILL", "--org", org)

    versions = run("program", "versions", NAME, "--org", org)
    assert "2 *" in versions
    assert "Spring campaign" in versions
    back = run("program", "rollback", NAME, "--to", "1", "--org", org)
    assert back.startswith(f"{NAME}: version 3 is published\n")
    assert run("program", "export", NAME, "--org", org, "--version", "2") == file.read_text()
    with pytest.raises(OperatorError, match="no version 9"):
        run("program", "rollback", NAME, "--to", "9", "--org", org)
    with pytest.raises(OperatorError, match="no programme Nothing"):
        run("program", "versions", "Nothing", "--org", org)


@pytest.fixture
def without_programme(server: Server, http: httpx.Client) -> Marketer:
    """The marketer of an organisation that has no programme yet."""
    body = {
        "name": "Corner Shops",
        "countryCode": "IN",
        "currency": "INR",
        "timeZone": "Asia/Kolkata",
        "program": "none",
    }
    organization = new(Admin(http, server.admin_key).post("organizations", body))
    return Marketer(server, http, Organization(org_id=organization["id"], name="", server=server, tills=()))


@pytest.mark.parametrize("example", READY)
def test_an_example_is_exported_as_the_bytes_that_publish_nothing_new(
    without_programme: Marketer, example: str
) -> None:
    text = (EXAMPLES / f"{example}.yaml").read_text()
    (one,) = without_programme.call("PUT", "programs", text, baseVersion="0").json()["programs"]
    assert (one["version"], one["state"]) == (1, "published")
    path = f"programs/{one['name']}"
    exported = without_programme.call("GET", f"{path}/export").content
    for same in (exported.decode(), text, without_programme.call("GET", path).text):
        document = msgspec.json.encode(msgspec.json.decode(same)["document"]).decode() if same[0] == "{" else same
        (again,) = without_programme.call("PUT", "programs", document).json()["programs"]
        assert (again["version"], again["state"]) == (1, "unchanged")
        assert without_programme.call("GET", f"{path}/export").content == exported


@pytest.mark.parametrize("example", ["airline-tiers", "fuel-litres", "two-zones"])
def test_an_example_that_the_engine_cannot_run_yet_is_refused_by_name(
    without_programme: Marketer, example: str
) -> None:
    text = (EXAMPLES / f"{example}.yaml").read_text()
    missing = text.splitlines()[0].removeprefix("# not implemented yet: ")
    refused = without_programme.call("PUT", "programs", text, status=400).json()
    assert all(one["message"].startswith("not implemented yet: ") for one in refused["problems"])
    assert any(missing in one["message"] for one in refused["problems"])
    assert without_programme.call("GET", "programs").json()["items"] == []
