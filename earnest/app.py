"""The composition root: every part is made here once and handed to those who need it."""

from __future__ import annotations

from earnest.core import metrics
from earnest.core.auth.admin import AdminScheme
from earnest.core.auth.authenticator import Authenticator
from earnest.core.auth.basic import BasicScheme
from earnest.core.auth.local import LocalScheme
from earnest.core.auth.oauth import OAuthScheme
from earnest.core.auth.passwords import Verifier
from earnest.core.auth.remembered import RememberedCredentials
from earnest.core.auth.signing_keys import PURPOSE, SigningKeys
from earnest.core.auth.tokens import Tokens
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.figures import Figures, keep_sampling
from earnest.core.http import oauth
from earnest.core.http.application import Application, build, registry_of
from earnest.core.http.endpoint import Endpoint, endpoints_of
from earnest.core.http.rates import RateLimits
from earnest.core.idempotency import PURPOSE as IDEMPOTENCY
from earnest.core.idempotency import Idempotency
from earnest.core.ids import Ids
from earnest.core.jobs.registry import Jobs
from earnest.core.jobs.runner import Runner
from earnest.core.notices import Notices
from earnest.core.openapi.document import Description
from earnest.core.secret_key import SecretKey, secret_key
from earnest.core.tenancy import Tenants
from earnest.core.worker import InBackground, Worker
from earnest.domains.clock import routes_admin as clock_admin
from earnest.domains.clock.service import Clocks
from earnest.domains.customers import routes_subscriptions
from earnest.domains.customers import routes_v1 as customers_v1
from earnest.domains.customers import routes_v2 as customers_v2
from earnest.domains.jobs import routes_admin as jobs_admin
from earnest.domains.jobs.service import JobControl
from earnest.domains.ledger import routes_v2 as ledger_v2
from earnest.domains.organization import (
    routes_areas,
    routes_clients,
    routes_config,
    routes_organizations,
    routes_stores,
)
from earnest.domains.organization import routes_v2 as organization_v2
from earnest.domains.points import routes_redemptions as points_redemptions
from earnest.domains.points import routes_v1 as points_v1
from earnest.domains.points import routes_v2 as points_v2
from earnest.domains.points.balances import BalanceReader
from earnest.domains.points.sweep import SWEEP
from earnest.domains.programs import routes_admin as programs_admin
from earnest.domains.tiers import routes_v2 as tiers_v2
from earnest.domains.transactions import activities as transactions
from earnest.domains.transactions import routes_history_v1 as transactions_history_v1
from earnest.domains.transactions import routes_v1 as transactions_v1
from earnest.domains.transactions import routes_v2 as transactions_v2
from earnest.domains.webhooks import routes_admin as webhooks_admin
from earnest.domains.webhooks.administration import WebhookSettings
from earnest.domains.webhooks.service import SEAL_PURPOSE as WEBHOOKS
from earnest.figures import measures
from earnest.loyalty.ledger import post as ledger
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs
from earnest.loyalty.registry import Registry
from earnest.settings import Settings


def endpoints() -> tuple[Endpoint, ...]:
    """Every endpoint of the API."""
    return endpoints_of(
        oauth,
        customers_v2,
        customers_v1,
        routes_subscriptions,
        transactions_v2,
        transactions_v1,
        transactions_history_v1,
        points_v2,
        points_v1,
        points_redemptions,
        ledger_v2,
        tiers_v2,
        organization_v2,
        clock_admin,
        jobs_admin,
        routes_organizations,
        routes_areas,
        routes_stores,
        routes_clients,
        routes_config,
        programs_admin,
        webhooks_admin,
    )


def description() -> Description:
    """The description of the API, without a server or a database."""
    return Description(registry_of(endpoints()))


def registry() -> Registry:
    """What the domains contribute to the one flow."""
    contributions = Registry()
    ledger.register(contributions)
    transactions.register(contributions)
    return contributions


def jobs() -> Jobs:
    """What becomes due by time, in the order in which jobs of one instant run (points.md, "Morning job")."""
    return Jobs([SWEEP])


class Parts:
    """The process-wide objects, by type: what a server, a job and a test are made of."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self.database = database
        self.clock = clock or Clock()
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
        self.runner = Runner(
            jobs(), database=database, tenants=self.tenants, clock=self.clock, resources=self.resources
        )
        self.clocks = Clocks(database, self.clock)
        self.job_control = JobControl(database, self.tenants, self.clock, self.runner)
        self.resources |= {Clocks: self.clocks, JobControl: self.job_control}


def create_app(settings: Settings) -> Application:
    """The ASGI application of one process; connections are opened when it starts and closed when it stops."""
    parts = Parts(
        Database(settings.database_url, connections_max=settings.database_connections_max),
        Clock(test_clock=settings.test_clock),
    )
    secret = secret_key(settings.secret_key, settings.data_path)
    keys = SigningKeys(parts.database, secret.seal(PURPOSE))
    verifier = Verifier()
    tokens = Tokens(parts.database, parts.tenants, keys, RememberedCredentials(parts.tenants), verifier)
    schemes = (
        OAuthScheme(parts.database, parts.tenants, tokens, RememberedCredentials(parts.tenants)),
        BasicScheme(parts.database, parts.tenants, RememberedCredentials(parts.tenants), verifier),
    )

    admin = AdminScheme(settings.admin_key, parts.database)
    webhooks = WebhookSettings(secret.seal(WEBHOOKS), settings.webhook_allow_private)
    figures = Figures(measures(parts.database, parts.tenants, parts.clock, parts.runner.jobs))
    background = [InBackground(Worker({"notices": Notices(parts.database, parts.tenants).listen}).run)]
    if metrics.SHARED_FOLDER:
        background.append(InBackground(lambda stop: keep_sampling(parts.database, stop)))
    if settings.run_worker:
        # Imported where it is needed: a server starts without it.
        from earnest.work import work_until

        background.append(InBackground(lambda stop: work_until(stop, settings)))

    async def start() -> None:
        for one in background:
            one.start()

    async def stop() -> None:
        for one in background:
            await one.stop()
        await figures.stop()
        await parts.processor.drain()
        await parts.database.close()

    return build(
        endpoints(),
        authenticator=Authenticator(schemes),
        tenants=parts.tenants,
        database=parts.database,
        clock=parts.clock,
        admin=admin,
        local=LocalScheme(admin, settings.metrics_key),
        settings=settings,
        resources=parts.resources | {SecretKey: secret, Tokens: tokens, WebhookSettings: webhooks},
        idempotency=Idempotency(parts.database, secret.seal(IDEMPOTENCY)),
        rates=RateLimits(settings.rate_limit_url),
        figures=figures,
        on_startup=[parts.database.open, keys.start, start],
        on_shutdown=[stop],
    )
