"""Organisations of the tests: each test has its own, with names that no other test has."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import httpx
import msgspec

from earnest.core.organizations import NewOrganization, NewStore, create_organization
from earnest.demo.programs import DEMO_REWARDS_ID, demo_document
from earnest.engine.program.model import Program
from tests.support.blocking import finish
from tests.support.server import Server
from tests.support.till import Json, Till

# Above the demo's; each test process has a database of its own.
_org_ids = itertools.count(1_000)
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
TIME_ZONE = "Asia/Kolkata"


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """Two stores in two zones of one concept; the first has two tills, the second one."""

    org_id: int
    name: str
    server: Server
    tills: Sequence[Till]

    @property
    def till(self) -> Till:
        return self.tills[0]

    @property
    def neighbour_till(self) -> Till:
        """Another till of the same store."""
        return self.tills[1]

    @property
    def other_store_till(self) -> Till:
        return self.tills[2]


def new_organization(
    server: Server,
    http: httpx.Client,
    *,
    program: Program | None = None,
    programs: Sequence[Program] = (),
    config: Mapping[str, Json] | None = None,
    time_zone: str = TIME_ZONE,
    country_code: str = "IN",
    primary_identifier: str = "mobile",
) -> Organization:
    """Stores an organisation. `program` is its programme (the demo's document if none is given), `programs` are several;
    these are stored in the form of the time before there were documents, and read as they were."""
    org_id = next(_org_ids)
    mark = secrets.token_hex(4)
    password = f"password-{mark}"
    usernames = [f"till-{number}-{mark}" for number in (1, 2, 3)]
    chosen = tuple(programs) or ((program,) if program else ())
    organization = NewOrganization(
        org_id=org_id,
        name=f"Shops {mark}",
        stores=(
            NewStore(
                concept=f"concept-{mark}",
                zone=f"zone-1-{mark}",
                code=f"store-1-{mark}",
                tills=dict.fromkeys(usernames[:2], password),
            ),
            NewStore(
                concept=f"concept-{mark}", zone=f"zone-2-{mark}", code=f"store-2-{mark}", tills={usernames[2]: password}
            ),
        ),
        country_code=country_code,
        time_zone=time_zone,
        primary_identifier=primary_identifier,
        config=config or {},
    )
    documents = {one.id: msgspec.json.encode(one) for one in chosen} or {DEMO_REWARDS_ID: demo_document()}
    finish(create_organization(server.owner_url, organization, documents, now=FOUNDED))
    return Organization(
        org_id=org_id,
        name=organization.name,
        server=server,
        tills=tuple(Till(http, username, password) for username in usernames),
    )
