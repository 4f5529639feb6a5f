"""`earnest demo` and `earnest serve`."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from earnest.cli.console import complain, out, progress
from earnest.cli.databases import claimed_postgres, prepare_embedded, prepare_external
from earnest.core.db.embedded import EmbeddedPostgres
from earnest.core.operator_error import OperatorError
from earnest.demo import ADMIN_KEY as DEMO_ADMIN_KEY
from earnest.server import APPLICATION, Listener, OnReady, run
from earnest.server.signals import stop_signals
from earnest.settings import Settings, from_environment

FIRST_CUSTOMER = (
    '{"profiles": [{"source": "INSTORE", "firstName": "Asha", "identifiers": [{"type": "mobile", "value": "919800000001"}]}], '
    '"loyaltyInfo": {"loyaltyType": "loyalty"}}'
)
# A request log line between the tables of the tour helps nobody.
DEMO_LOG_LEVEL = "warning"
# A PostgreSQL that is away for so many looks has ended; its own recovery after a crash keeps its first process.
WATCH_PAUSE_S = 1.0
WATCH_MISSES = 3

Host = Annotated[str, typer.Option(envvar="EARNEST_HOST", help="Address to listen on; 0.0.0.0 for all.")]
Port = Annotated[int, typer.Option(envvar="EARNEST_PORT", min=1, max=65_535, help="Port to listen on.")]
DataDir = Annotated[
    Path,
    typer.Option(envvar="EARNEST_DATA_DIR", help="Folder of the database; made if it is missing, kept between starts."),
]
Workers = Annotated[int, typer.Option(envvar="EARNEST_WORKERS", min=1, max=64, help="Processes that answer requests.")]


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path(".earnest"),
    no_tour: Annotated[bool, typer.Option("--no-tour", help="Start without the guided tour.")] = False,
) -> None:
    """Start a server with demo data, show what it does, and stay up until Ctrl-C.

    The database is an embedded PostgreSQL in the data directory: nothing has to be installed. The tour registers a
    customer, posts bills, redeems points and takes a bill back, over HTTP, and shows what each step changed. A database
    named in DATABASE_URL is left alone.
    """
    settings = msgspec.structs.replace(
        _settings(host, port, data_dir, workers=1, database_url="", database_admin_url=""),
        # What a demonstration is for: time that can be moved, events that go to a receiver on this machine.
        test_clock=True,
        run_worker=True,
        webhook_allow_private=True,
        admin_key=DEMO_ADMIN_KEY,
    )
    if "EARNEST_LOG_LEVEL" not in os.environ:
        settings = msgspec.structs.replace(settings, log_level=DEMO_LOG_LEVEL)
    tour = _Tour(settings, with_steps=not no_tour)
    with stop_signals():
        serve_until_stopped(settings, seed=_seed, on_ready=tour.show)
    if tour.failed:
        raise typer.Exit(1)


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path(".earnest"),
    workers: Workers = 1,
    worker: Annotated[
        bool,
        typer.Option("--worker", envvar="EARNEST_RUN_WORKER", help="Run a worker inside, instead of `earnest worker`."),
    ] = False,
) -> None:
    """Start a server and stay up until Ctrl-C or SIGTERM.

    Without DATABASE_URL the database is an embedded PostgreSQL in the data directory. With it, that PostgreSQL is used (as
    the role earnest_app) and none is started; if DATABASE_ADMIN_URL (the role earnest_owner) is set too, the server
    migrates when it starts. `earnest db init` creates the two roles.
    """
    settings = _settings(host, port, data_dir, workers=workers, run_worker=worker)
    with stop_signals():
        serve_until_stopped(settings, on_ready=lambda stopped: progress(f"Earnest answers on {settings.base_url}"))


def serve_until_stopped(
    settings: Settings,
    *,
    target: str = APPLICATION,
    seed: Callable[[str], None] | None = None,
    on_ready: OnReady | None = None,
) -> None:
    """Claims what the server needs, cheapest first, then starts the database, migrates, seeds and serves.

    `target` is the factory of the application, `seed` gets the owner's URL. Whatever ends this, the database is stopped.
    """
    with ExitStack() as stack:
        postgres = None if settings.database_url else stack.enter_context(claimed_postgres(settings))
        listener = stack.enter_context(closing(Listener(settings.host, settings.port)))
        settings = prepare_external(settings) if postgres is None else prepare_embedded(settings, postgres)
        if seed is not None:
            seed(settings.database_admin_url)
        with nullcontext() if postgres is None else _watched(postgres):
            run(settings, listener, target=target, on_ready=on_ready)
        progress("Stopping.")


@contextmanager
def _watched(postgres: EmbeddedPostgres) -> Iterator[None]:
    """Ends the server when its PostgreSQL has ended: whoever started it (systemd, an operator) starts both again.

    Raises OperatorError then, at the end of the block.
    """
    over, is_gone = threading.Event(), threading.Event()

    def watch() -> None:
        missed = 0
        while not over.wait(WATCH_PAUSE_S):
            missed = 0 if postgres.is_running else missed + 1
            if missed == WATCH_MISSES:
                is_gone.set()
                os.kill(os.getpid(), signal.SIGTERM)
                return

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
    if is_gone.is_set():
        raise OperatorError(
            f"The embedded PostgreSQL has ended, and the server with it; its log is in {postgres.cluster / 'log'}. Start Earnest "
            "again: what was acknowledged is recovered."
        )


def _settings(host: str, port: int, data_dir: Path, **changes: str | int) -> Settings:
    settings = from_environment(os.environ)
    return msgspec.structs.replace(settings, host=host, port=port, data_dir=str(data_dir), **changes)


def _seed(owner_url: str) -> None:
    from earnest.demo.seed import seed

    seed(owner_url)


class _Tour:
    """What a demo shows when it is up, in a thread beside the server."""

    def __init__(self, settings: Settings, *, with_steps: bool) -> None:
        self._settings = settings
        self._with_steps = with_steps
        self.failed = False

    def show(self, stopped: threading.Event) -> None:
        try:
            if self._with_steps:
                from earnest.demo.tour import run as run_tour

                run_tour(self._settings.base_url, out)
        except Exception as error:
            if stopped.is_set():
                # The server was stopped in the middle of the tour.
                return
            self.failed = True
            complain(f"The tour failed: {type(error).__name__}: {error}")
        _show_access(self._settings)


def _show_access(settings: Settings) -> None:
    """URLs and credentials, and a call to begin with."""
    from earnest.demo.seed import CLIENT_KEY, CLIENT_SECRET, DEMO_ORG_ID, DEMO_STORES, OTHER_STORES

    table = Table(title="Earnest is up", title_justify="left", show_header=False)
    table.add_row("Server", settings.base_url)
    table.add_row("API", f"{settings.base_url}/docs\n{settings.base_url}/openapi.json")
    table.add_row("Health", f"{settings.base_url}/health/live\n{settings.base_url}/health/ready")
    logins: dict[str, str] = {}
    for organization in (DEMO_STORES, OTHER_STORES):
        tills = {name: password for store in organization.stores for name, password in store.tills.items()}
        logins |= tills
        lines = [f"till {name}, password {password}" for name, password in tills.items()]
        if organization.org_id == DEMO_ORG_ID:
            lines.append(f"client key {CLIENT_KEY}, secret {CLIENT_SECRET} (POST /v3/oauth/token/generate)")
        table.add_row(f"Organisation {organization.org_id}", "\n".join([organization.name, *lines]))
    table.add_row("Admin API", f"{settings.base_url}/earnest/v1\nAuthorization: Bearer {settings.admin_key}")
    table.add_row("Data", str(settings.data_path))
    out.print()
    out.print(table)
    name, password = next(iter(logins.items()))
    # The documented clients send the password as its MD5 in hexadecimal.
    encoded = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    out.print("\nA call to begin with; the password goes over the wire as its MD5, as documented:\n")
    for line in (
        f"  curl -u {name}:{encoded} -H 'Content-Type: application/json' \\",
        f"    '{settings.base_url}/v2/customers' \\",
        f"    -d '{FIRST_CUSTOMER}'",
    ):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print("\nCtrl-C stops the server.")
