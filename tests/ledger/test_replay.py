"""A decision record is enough to decide again: nothing but itself and the programme versions that it names is needed."""

from __future__ import annotations

import random
from collections.abc import Mapping

import asyncpg
import msgspec
from msgspec.structs import replace

from earnest.engine.apply import resolve
from earnest.engine.evaluate import evaluate
from earnest.engine.outcome import OpenLot, Outcome
from earnest.engine.program.model import Award, Percentage, Program
from earnest.loyalty.ledger.post import DecisionRecord
from tests.engine.life import same
from tests.ledger.lives import Life, Statistics, Terms, programs, random_rounds
from tests.ledger.shop import Shop, Stack, open_shop
from tests.ledger.test_random_lives import NOON

_record = msgspec.json.Decoder(DecisionRecord)
_program = msgspec.json.Decoder(Program)

Versions = Mapping[tuple[int, int], Program]


def doubled(award: Award) -> Award:
    if not isinstance(award.formula, Percentage):
        return award
    return replace(award, formula=Percentage(same(33)))


async def publish(shop: Shop, program: Program) -> None:
    """Makes it the current version of its programme, as the owner, and lets the shop know."""
    connection = await asyncpg.connect(shop.stack.urls.owner)
    try:
        async with connection.transaction():
            document = msgspec.json.encode(program).decode()
            await connection.execute(
                "INSERT INTO program_version VALUES ($1, $2, $3, $4::jsonb, now())",
                shop.org_id,
                program.id,
                program.version,
                document,
            )
            await connection.execute(
                "UPDATE program SET current_version = $3 WHERE org_id = $1 AND id = $2",
                shop.org_id,
                program.id,
                program.version,
            )
            version = await connection.fetchval(
                "UPDATE organization SET config_version = config_version + 1 WHERE org_id = $1 RETURNING config_version",
                shop.org_id,
            )
    finally:
        await connection.close()
    shop.organization = await shop.stack.servers[0].tenants.at_least(shop.org_id, version)


async def live_with_two_versions(stack: Stack) -> tuple[list[DecisionRecord], Versions]:
    """The decisions of a life in the middle of which the default programme changes; the versions as they are stored."""
    chance = random.Random(7)
    shop = await open_shop(stack, *programs(Terms(decimals=2)), now=NOON)
    life = Life(shop, Statistics())
    await life.begin()
    await life.play(random_rounds(chance, 20))
    default = shop.programs[1]
    await publish(shop, replace(default, version=2, awards=tuple(doubled(award) for award in default.awards)))
    await life.play(random_rounds(chance, 20))
    assert await shop.findings() == []
    records = [
        _record.decode(row["record"]) for row in await shop.rows("SELECT record::text FROM decision WHERE org_id = $1")
    ]
    (events,) = await shop.rows("SELECT count(*) FROM loyalty_event WHERE org_id = $1")
    assert len(records) == events["count"] > 100
    rows = await shop.rows("SELECT document::text FROM program_version WHERE org_id = $1")
    versions = [_program.decode(row["document"]) for row in rows]
    return records, {(program.id, program.version): program for program in versions}


def decide_again(record: DecisionRecord, programs: Mapping[int, Program]) -> Outcome:
    """The outcome with the lot ids that the store handed out at the time."""
    ids = iter([effect.lot.id for effect in record.outcome.effects if isinstance(effect, OpenLot)])
    return resolve(evaluate(programs, record.party, record.event, record.now), lambda: next(ids))


def test_a_decision_record_replayed_alone_gives_the_same_outcome(stack: Stack) -> None:
    records, versions = stack.run(live_with_two_versions(stack))
    for record in records:
        named = {
            decision.program_id: versions[decision.program_id, decision.version]
            for decision in record.outcome.decisions
        }
        assert decide_again(record, named) == record.outcome
    assert {decision.version for record in records for decision in record.outcome.decisions} == {1, 2}


def test_another_version_than_the_one_named_gives_another_award(stack: Stack) -> None:
    """The versions in the records are what the replay stands on."""
    records, versions = stack.run(live_with_two_versions(stack))
    awards = [record for record in records if any(decision.points for decision in record.outcome.decisions)]
    swapped = {(id, version): versions[id, 3 - version if id == 1 else version] for id, version in versions}
    different = 0
    for record in awards:
        named = {
            decision.program_id: swapped[decision.program_id, decision.version] for decision in record.outcome.decisions
        }
        again = evaluate(named, record.party, record.event, record.now)
        points = [decision.points for decision in again.decisions]
        different += points != [decision.points for decision in record.outcome.decisions]
    assert different > len(awards) / 2
