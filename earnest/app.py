"""The composition root: every part is made here once and handed to those who need it."""

from __future__ import annotations

from earnest.core.auth.authenticator import Authenticator
from earnest.core.auth.basic import BasicScheme
from earnest.core.auth.remembered import RememberedCredentials
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.http.application import Application, build
from earnest.core.http.endpoint import Endpoint, endpoints_of
from earnest.core.ids import Ids
from earnest.core.tenancy import Tenants
from earnest.domains.customers import routes_v2 as customers_v2
from earnest.domains.points import routes_v1 as points_v1
from earnest.domains.points import routes_v2 as points_v2
from earnest.domains.points.balances import BalanceReader
from earnest.domains.transactions import activities as transactions
from earnest.domains.transactions import routes_v2 as transactions_v2
from earnest.loyalty.ledger import post as ledger
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs
from earnest.loyalty.registry import Registry
from earnest.settings import Settings


def endpoints() -> tuple[Endpoint, ...]:
    """Every endpoint of the API."""
    return endpoints_of(customers_v2, transactions_v2, points_v2, points_v1)


def registry() -> Registry:
    """What the domains contribute to the one flow."""
    contributions = Registry()
    ledger.register(contributions)
    transactions.register(contributions)
    return contributions


class Parts:
    """The process-wide objects, by type: what a server, a job and a test are made of."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tenants = Tenants(database)
        self.programs = Programs(database)
        self.ids = Ids(database)
        self.processor = Processor(database, self.ids, self.programs, registry())
        self.resources: dict[type, object] = {
            Database: database,
            Tenants: self.tenants,
            Ids: self.ids,
            Programs: self.programs,
            Processor: self.processor,
            BalanceReader: BalanceReader(database),
        }


def create_app(settings: Settings) -> Application:
    """The ASGI application of one process; connections are opened when it starts and closed when it stops."""
    parts = Parts(Database(settings.database_url, connections_max=settings.database_connections_max))

    async def stop() -> None:
        await parts.processor.drain()
        await parts.database.close()

    return build(
        endpoints(),
        authenticator=Authenticator([BasicScheme(parts.database, parts.tenants, RememberedCredentials(parts.tenants))]),
        tenants=parts.tenants,
        database=parts.database,
        clock=Clock(test_clock=settings.test_clock),
        settings=settings,
        resources=parts.resources,
        on_startup=[parts.database.open],
        on_shutdown=[stop],
    )
