"""`earnest config`: look at the config keys of an organisation and set them."""

from __future__ import annotations

import tomllib
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from earnest.cli.administration import administered
from earnest.cli.console import out
from earnest.cli.parts import DataDir, Org
from earnest.core.operator_error import OperatorError

if TYPE_CHECKING:
    from earnest.core.http.endpoint import AdminContext
    from earnest.domains.organization.schemas_config import ChangedConfig, ConfigKey

app = typer.Typer(
    help="Look at the config keys of an organisation and set them.\n\n"
    "A value counts from the next call on; servers that run need no restart. docs/config-keys.md lists all keys.",
    no_args_is_help=True,
)

Key = Annotated[str, typer.Argument(help="Name of the key, e.g. CONF_POINTS_RETURN_ENABLED.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be, and change nothing.")]


@app.command("list")
def list_(
    org: Org,
    set_only: Annotated[bool, typer.Option("--set", help="Only keys that have a value of their own.")] = False,
    effective: Annotated[bool, typer.Option("--effective", help="Only keys that are in effect.")] = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Show the keys with their values."""

    async def work(ctx: AdminContext) -> list[ConfigKey]:
        from earnest.domains.organization.schemas_config import ConfigQuery
        from earnest.domains.organization.service import config

        found: list[ConfigKey] = []
        cursor = None
        while True:
            query = ConfigQuery(limit=100, cursor=cursor, is_set=set_only or None, effective=effective or None)
            page = await config.list_config(ctx, org, query)
            found += page.items
            if page.next is None:
                return found
            cursor = page.next

    table = Table("Key", "Value", "Set", "In effect", "Type")
    table.columns[0].no_wrap = True
    for key in administered(data_dir, work):
        kind = f"{key.type} {key.allowed}".rstrip()
        table.add_row(
            key.key, _shown(key.value), "yes" if key.is_set else "", "yes" if key.effective else "not yet", kind
        )
    out.print(table)


@app.command()
def get(key: Key, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Print the value of a key as JSON."""

    async def work(ctx: AdminContext) -> ConfigKey:
        from earnest.domains.organization.service import config

        return await config.read_config(ctx, org, key)

    out.print(_shown(administered(data_dir, work).value), highlight=False, markup=False, soft_wrap=True)


@app.command("set")
def set_(
    key: Key,
    value: Annotated[str, typer.Argument(help="The value; items of a list are separated by commas.")],
    org: Org,
    dry_run: DryRun = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Give the organisation a value of its own."""
    _change(data_dir, org, {key: value}, dry_run=dry_run, as_text=True)


@app.command()
def unset(key: Key, org: Org, dry_run: DryRun = False, data_dir: DataDir = Path(".earnest")) -> None:
    """Let the default hold again."""
    _change(data_dir, org, {key: None}, dry_run=dry_run)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A TOML or JSON file of keys and values.", exists=True, dir_okay=False)],
    org: Org,
    dry_run: DryRun = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Set all keys of a file, or none of them. In JSON null takes a value away; other keys stay as they are."""
    _change(data_dir, org, _read(file), dry_run=dry_run)


def _change(data_dir: Path, org: int, values: dict[str, Any], *, dry_run: bool, as_text: bool = False) -> None:
    async def work(ctx: AdminContext) -> ChangedConfig:
        from earnest.domains.organization.service import config

        return await config.change_config(ctx, org, values, dry_run=dry_run, as_text=as_text)

    for key in administered(data_dir, work).items:
        text = f"{key.key} = {_shown(key.value)}" if key.is_set else f"{key.key} = {_shown(key.value)} (the default)"
        out.print(text, highlight=False, markup=False, soft_wrap=True)
        if not key.effective:
            out.print("  This version of Earnest does not heed it yet.", highlight=False, style="dim")


def _read(file: Path) -> dict[str, Any]:
    """Keys and values; numbers with a point keep their digits, days and times of TOML are texts."""
    try:
        if file.suffix == ".json":
            found = _json.decode(file.read_bytes())
        else:
            found = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorError(f"{file} cannot be read: {error}.") from None
    if not isinstance(found, dict) or not found:
        raise OperatorError(f"{file} must hold keys and values.")
    return {key: _text(value) if isinstance(value, date | time) else value for key, value in found.items()}


def _text(value: date | time) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else value.isoformat()


_json = msgspec.json.Decoder(float_hook=Decimal)


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()
