"""`earnest organizations`: which there are, and making one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table

from earnest.cli.administration import administered
from earnest.cli.console import out
from earnest.cli.parts import ORG_ID_MAX, DataDir
from earnest.core.operator_error import OperatorError

if TYPE_CHECKING:
    from earnest.core.http.endpoint import AdminContext
    from earnest.domains.organization.schemas import Organization

app = typer.Typer(help="Look at the organisations of this installation, and make one.", no_args_is_help=True)


@app.command("list")
def list_(data_dir: DataDir = Path(".earnest")) -> None:
    """Show the organisations."""

    async def work(ctx: AdminContext) -> list[Organization]:
        from earnest.core.http.own import PageQuery
        from earnest.domains.organization.service import organizations

        found: list[Organization] = []
        cursor = None
        while True:
            page = await organizations.list_organizations(ctx, PageQuery(limit=100, cursor=cursor))
            found += page.items
            if page.next is None:
                return found
            cursor = page.next

    table = Table("Id", "Name", "Country", "Currency", "Time zone", "Primary identifier", "Parent")
    for one in administered(data_dir, work):
        parent = "" if one.parent_id is None else str(one.parent_id)
        table.add_row(
            str(one.id), one.name, one.country_code, one.currency, one.time_zone, one.primary_identifier, parent
        )
    out.print(table)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    country: Annotated[str, typer.Option(help="ISO 3166 code of two letters: completes mobile numbers.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code of three letters.")],
    time_zone: Annotated[str, typer.Option(help="Name of the IANA database, e.g. Asia/Kolkata: decides days.")],
    org: Annotated[
        int | None, typer.Option("--id", min=1, max=ORG_ID_MAX, help="Its id; without it the next free one.")
    ] = None,
    decimals: Annotated[int, typer.Option(min=0, max=3, help="Decimals of the currency.")] = 2,
    primary_identifier: Annotated[str, typer.Option(help="mobile, email or externalId.")] = "mobile",
    program: Annotated[str, typer.Option(help="starter or none.")] = "starter",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be, and make nothing.")] = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Make an organisation. Its stores and tills are made through the admin API."""

    async def work(ctx: AdminContext) -> Organization:
        from earnest.domains.organization.schemas import NewOrganization
        from earnest.domains.organization.service import organizations

        given = {
            "name": name,
            "countryCode": country,
            "currency": currency,
            "timeZone": time_zone,
            "id": org,
            "currencyDecimals": decimals,
            "primaryIdentifier": primary_identifier,
            "program": program,
        }
        try:
            new = msgspec.convert(given, NewOrganization)
        except msgspec.ValidationError as error:
            raise OperatorError(f"{error}.") from None
        return await organizations.create_organization(ctx, new, dry_run=dry_run)

    made = administered(data_dir, work)
    verb = "would be made" if dry_run else "is made"
    out.print(f"Organisation {made.id} ({made.name}) {verb}.", highlight=False, markup=False, soft_wrap=True)
