"""`earnest webhooks`: who is told what happened, what did not arrive, and sending it again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from earnest.cli.administration import administered
from earnest.cli.console import out
from earnest.cli.parts import DataDir, Org, instant, with_parts
from earnest.core.operator_error import OperatorError
from earnest.settings import Settings

if TYPE_CHECKING:
    from earnest.app import Parts
    from earnest.core.db.tenant import TenantDatabase
    from earnest.core.http.endpoint import AdminContext
    from earnest.domains.webhooks.schemas import IssuedSubscription

app = typer.Typer(
    help="Subscribe a URL to the events of an organisation, look at what did not arrive, send it again.\n\n"
    "Secrets are encrypted with EARNEST_SECRET_KEY, or else with the file secret.key in the data directory: the worker "
    "needs the same one.",
    no_args_is_help=True,
)

Webhook = Annotated[int, typer.Argument(min=1, max=2**53, help="Id of the webhook.")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to post the events.")],
    org: Org,
    event: Annotated[
        list[str] | None, typer.Option("--event", help="Name of an event; repeat it. Without: all.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, max=100, help="Calls at a time, at most.")] = 10,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Tell a receiver what happens from now on. Prints the secret that it verifies signatures with, once."""
    from earnest.domains.webhooks import administration
    from earnest.domains.webhooks.schemas import NewSubscription

    new = NewSubscription(url=url, event_names=tuple(event or ()), connections_max=connections)

    async def work(ctx: AdminContext) -> IssuedSubscription:
        return await administration.create_webhook(ctx, org, new, dry_run=False)

    issued = administered(data_dir, work)
    out.print(f"Webhook {issued.id} posts to {url}.", highlight=False, markup=False, soft_wrap=True)
    out.print(f"Secret, shown only here: {issued.secret}", highlight=False, markup=False, soft_wrap=True)


@app.command("list")
def list_(org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Show the webhooks of an organisation."""
    from earnest.domains.webhooks import service

    async def work(parts: Parts, settings: Settings) -> list[tuple[str, ...]]:
        return [
            (
                str(one.id),
                one.url,
                ", ".join(one.event_names) or "all",
                "active" if one.is_active else one.inactive_reason,
            )
            for one in await service.list_subscriptions(await _organization(parts, org))
        ]

    table = Table("Id", "URL", "Events", "State")
    for row in with_parts(data_dir, work):
        table.add_row(*row)
    out.print(table)


@app.command()
def remove(webhook: Webhook, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """End a webhook. What was waiting for it is given up."""
    from earnest.domains.webhooks import administration

    async def work(ctx: AdminContext) -> None:
        await administration.delete_webhook(ctx, org, webhook, dry_run=False)

    administered(data_dir, work)
    out.print(f"Webhook {webhook} is removed.", highlight=False)


@app.command()
def activate(webhook: Webhook, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Let a webhook go on that was paused, or whose receiver had said that it is gone (410)."""
    _set_active(data_dir, org, webhook, True)


@app.command()
def pause(webhook: Webhook, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Note nothing for a webhook until it is activated; `replay` makes up for it."""
    _set_active(data_dir, org, webhook, False)


@app.command()
def rotate(webhook: Webhook, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Give a webhook a new secret. For a day the old one signs too."""
    from earnest.domains.webhooks import administration

    async def work(ctx: AdminContext) -> IssuedSubscription:
        return await administration.renew_secret(ctx, org, webhook, dry_run=False)

    issued = administered(data_dir, work)
    out.print(f"Secret, shown only here: {issued.secret}", highlight=False, markup=False, soft_wrap=True)
    out.print(f"The one before signs too until {issued.previous_until:%Y-%m-%d %H:%M} UTC.", highlight=False)


@app.command()
def dead(webhook: Webhook, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Show the first hundred events that were given up."""
    from earnest.domains.webhooks import service

    async def work(parts: Parts, settings: Settings) -> list[tuple[str, ...]]:
        page = await service.list_dead(await _organization(parts, org), webhook)
        return [
            (
                str(one.event_id),
                one.event_name or "",
                f"{one.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
                str(one.attempts),
                one.error if one.status is None else f"{one.status} {one.error}",
            )
            for one in page.deliveries
        ]

    table = Table("Event", "Name", "Happened", "Attempts", "Why")
    table.columns[0].no_wrap = True
    for row in with_parts(data_dir, work):
        table.add_row(*row)
    out.print(table)


@app.command()
def replay(
    webhook: Webhook,
    org: Org,
    event: Annotated[str | None, typer.Option("--event", help="Id of one event (webhook-id).")] = None,
    since: Annotated[str | None, typer.Option(help="Events from this instant on (RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option(help="Events before this instant; now, if it is missing.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Send events again, under the ids that they had: one, those of a time, or those that were given up."""
    from earnest.domains.webhooks import administration

    if (event is None) == (since is None and not dead):
        raise OperatorError("Say what to send again: --event ID, --since INSTANT, or --dead.")
    start = datetime(1970, 1, 1, tzinfo=UTC) if since is None else instant(since)
    end = None if until is None else instant(until)

    async def work(ctx: AdminContext) -> int:
        replayed = await administration.replay(
            ctx,
            org,
            webhook,
            event_id=None if event is None else _uuid(event),
            since=start if event is None else None,
            until=(end or ctx.now) if event is None else None,
            all_events=not dead,
            dry_run=False,
        )
        return replayed.replayed

    out.print(f"To be sent again: {administered(data_dir, work)} events.", highlight=False)


def _set_active(data_dir: Path, org: int, webhook: int, is_active: bool) -> None:
    from earnest.domains.webhooks import administration
    from earnest.domains.webhooks.schemas import SubscriptionChange

    async def work(ctx: AdminContext) -> None:
        await administration.change_webhook(ctx, org, webhook, SubscriptionChange(is_active=is_active), dry_run=False)

    administered(data_dir, work)
    out.print(f"Webhook {webhook} is {'active' if is_active else 'paused'}.", highlight=False)


async def _organization(parts: Parts, org_id: int) -> TenantDatabase:
    await parts.tenants.current(org_id)
    return parts.database.tenant(org_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise OperatorError(f"{text!r} is not the id of an event.") from None
