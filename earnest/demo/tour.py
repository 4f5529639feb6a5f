"""The guided tour: what a till does on a day, call by call, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from rich.console import Console
from rich.table import Table

from earnest.cli.explanation import show
from earnest.demo import ADMIN_KEY
from earnest.demo.seed import DEMO_ORG_ID, TILL_PASSWORD
from earnest.domains.programs.schemas import Explanations

TILL = "demo.till.1"
_TIMEOUT_S = 30.0


def basic(username: str, password: str) -> str:
    """The documented Basic header: the password goes as the lower-case hex of its MD5."""
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    return "Basic " + base64.b64encode(f"{username}:{digest}".encode()).decode()


def run(base_url: str, console: Console) -> None:
    """A till's day, then a change of the programme that the till sees on its next bill; prints what each call did.

    RuntimeError when the server answers anything else than success. Every tour has customers of its own, so that it can
    be repeated on the same data.
    """
    with httpx.Client(
        base_url=base_url, headers={"Authorization": basic(TILL, TILL_PASSWORD)}, timeout=_TIMEOUT_S
    ) as client:
        _Tour(client, console).run()


def _table_of_steps() -> Table:
    table = Table()
    for column in ("What", "Points", "Side effects", "Balance", "Tier"):
        table.add_column(column, justify="right" if column in ("Points", "Balance") else "left")
    return table


class _Tour:
    def __init__(self, client: httpx.Client, console: Console) -> None:
        self._client = client
        self._console = console
        self._mobile = ""
        self._visit = secrets.token_hex(3)
        self._customer_id = 0
        self._bought_at: dict[str, str] = {}

    def run(self) -> None:
        console = self._console
        console.rule("A day at demo.till.1")
        self._register("Asha", "Rao")
        console.print(
            "POST /v2/transactions posts three bills, POST /v1.1/points/redeem spends points,", highlight=False
        )
        console.print("POST /v2/transactions returns a bill:", highlight=False)
        steps = _table_of_steps()
        for number, amount in ((1, 4_000), (2, 7_000), (3, 20_000)):
            self._buy(steps, number, amount)
        self._redeem(steps, 500)
        self._return(steps, 1, 4_000)
        console.print(steps)
        self._show_programme()
        self._change_the_programme()

    def _change_the_programme(self) -> None:
        """Gold for 8,000 instead of 10,000: planned, published, and taken back, so that every tour finds the same.

        A second customer has bought for 8,500 before: the next bill makes the difference.
        """
        console = self._console
        console.rule("A marketer changes the programme")
        self._register("Ravi", "Iyer")
        bills = _table_of_steps()
        self._buy(bills, 4, 8_500)
        name = "Demo Rewards"
        text = self._admin("GET", f"programs/{name}/export").text
        changed = text.replace("Gold: 10000", "Gold: 8000")
        console.print("earnest program plan: what would change", highlight=False)
        (planned,) = self._admin("POST", "programs/plan", changed).json()["programs"]
        for change in planned["changes"]:
            counted = "" if change["members"] is None else f"; {change['members']:,} {change['effect']}"
            console.print(f"  {change['text']}{counted}", highlight=False, markup=False)
        base = str(planned["version"])
        (applied,) = self._admin("PUT", "programs", changed, note="tour", baseVersion=base).json()["programs"]
        console.print(f"earnest program apply: version {applied['version']} is published", highlight=False)
        try:
            self._buy(bills, 5, 100)
            console.print(bills)
            number = self._number(5)
            console.print(f"earnest program explain --bill {number}: why it brought that", highlight=False)
            explained = self._admin("GET", f"explanations/{number}").content
            for one in msgspec.json.decode(explained, type=Explanations).items:
                show(one, console)
        finally:
            answer = self._admin("POST", f"programs/{name}/rollback", version=base, note="after the tour")
        (back,) = answer.json()["programs"]
        console.print(
            f"earnest program rollback: version {back['version']} says what version {base} said", highlight=False
        )

    def _admin(self, method: str, path: str, text: str | None = None, **query: str) -> httpx.Response:
        response = self._client.request(
            method,
            f"/earnest/v1/{path}",
            params={"organizationId": str(DEMO_ORG_ID)} | query,
            content=None if text is None else text.encode(),
            headers={"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/yaml"},
        )
        if response.status_code != 200:
            raise RuntimeError(f"{method} {path} answered {response.status_code}: {response.text}")
        return response

    def _call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None
    ) -> dict[str, Any]:
        response = self._client.request(method, path, params=query, json=body)
        answer: dict[str, Any] = response.json()
        if response.status_code != 200 or answer.get("errors"):
            raise RuntimeError(f"{method} {path} answered {response.status_code}: {response.text}")
        return answer

    def _register(self, first_name: str, last_name: str) -> None:
        """The customer of the bills that follow."""
        # Indian mobile numbers that start with 98 and a number of this visit.
        self._mobile = f"98{secrets.randbelow(10**8):08d}"
        body = {
            "profiles": [
                {
                    "firstName": first_name,
                    "lastName": last_name,
                    "source": "INSTORE",
                    "identifiers": [
                        {"type": "mobile", "value": self._mobile},
                        {"type": "email", "value": f"{first_name.lower()}.{self._visit}@example.com"},
                    ],
                }
            ]
        }
        self._customer_id = self._call("POST", "/v2/customers", body=body)["createdId"]
        self._console.print(
            f"POST /v2/customers registers {first_name} {last_name}, mobile {self._mobile}: "
            f"customer id {self._customer_id}",
            highlight=False,
        )

    def _number(self, bill: int) -> str:
        return f"TOUR-{self._visit}-{bill}"

    def _transaction(self, body: Mapping[str, Any]) -> dict[str, Any]:
        query = {"identifierName": "mobile", "identifierValue": self._mobile, "source": "INSTORE"}
        return self._call("POST", "/v2/transactions", query=query, body=body)

    def _buy(self, steps: Table, bill: int, amount: int) -> None:
        # The bills lie a little apart, so that the return at the end comes after its sale.
        bought_at = (datetime.now(UTC) - timedelta(minutes=30 - bill)).isoformat(timespec="seconds")
        self._bought_at[self._number(bill)] = bought_at
        answer = self._transaction(
            {
                "type": "REGULAR",
                "billNumber": self._number(bill),
                "billAmount": amount,
                "billingDate": bought_at,
                "lineItemsV2": [{"itemCode": "shoes", "qty": 1, "rate": amount, "value": amount, "amount": amount}],
            }
        )
        self._row(steps, f"Bill {bill} of {amount:,} INR", answer["sideEffects"])

    def _redeem(self, steps: Table, points: int) -> None:
        body = {"root": {"redeem": [{"points_redeemed": points, "customer": {"mobile": self._mobile}}]}}
        answer = self._call("POST", "/v1.1/points/redeem", query={"skip_validation": "true"}, body=body)["response"]
        redeemed = answer["responses"]["points"]
        if redeemed["item_status"]["success"] != "true":
            raise RuntimeError(f"The redemption was refused: {redeemed['item_status']}")
        what = f"Redeem {points} points, worth {redeemed['redeemed_value']:,.0f} INR"
        self._row(steps, what, [], points=f"-{points}", note=f"redemption {redeemed['redemption_id']}")

    def _return(self, steps: Table, bill: int, amount: int) -> None:
        number = self._number(bill)
        answer = self._transaction(
            {
                "type": "RETURN",
                "returnType": "FULL",
                "billNumber": number,
                "billAmount": amount,
                "purchaseTime": self._bought_at[number],
            }
        )
        self._row(steps, f"Return bill {bill}", answer["sideEffects"])

    def _row(self, steps: Table, what: str, effects: list[dict[str, Any]], *, points: str = "", note: str = "") -> None:
        told = []
        for effect in effects:
            if effect["type"] == "points":
                points = f"{effect['awardedPoints']:+,.2f}"
            elif effect["type"] == "slab":
                told.append(f"tier {effect['previousSlabName']} → {effect['upgradedSlabName']}")
        summary = self._summary()
        steps.add_row(what, points, ", ".join(told) or note, f"{summary['loyaltyPoints']:,.2f}", summary["currentSlab"])

    def _summary(self) -> dict[str, Any]:
        query = {"source": "INSTORE", "embed": "points"}
        summary: dict[str, Any] = self._call("GET", f"/v2/customers/{self._customer_id}", query=query)["pointsSummary"]
        return summary

    def _show_programme(self) -> None:
        query = {"source": "INSTORE", "embed": "mlp", "gapToUpgrade": "0"}
        answer = self._call("GET", f"/v2/customers/{self._customer_id}", query=query)
        programme = answer["loyaltyProgramDetails"][0]
        balance = self._call("GET", f"/v2/customers/{self._customer_id}/points/balance")
        table = Table(title=f"Asha in {programme['programTitle']} at the end", title_justify="left", show_header=False)
        table.add_row("Redeemable points", f"{balance['mainPoints']:,.2f}")
        table.add_row("Redeemed / returned", f"{programme['redeemed']:,.2f} / {programme['returned']:,.2f}")
        table.add_row("Lifetime purchases", f"{programme['cumulativePurchases']:,.2f} INR")
        table.add_row("Tier", programme["currentSlab"])
        for gap in programme["upgradeStrategies"]:
            missing = gap["customerUpgradeEntityValues"]["gapToUpgrade"]
            table.add_row("Missing to " + programme["nextSlab"], f"{missing:,.2f} INR")
        self._console.print(table)
