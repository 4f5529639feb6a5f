"""Validation codes as the message domain gets them: from the event that tells of one, with the installation's secret key."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg

from earnest.core.secret_key import secret_key
from earnest.domains.points.codes import EVENT, SEAL_PURPOSE
from earnest.settings import Settings
from tests.support.server import Server
from tests.support.till import Json


def code_events(server: Server, member_id: int) -> list[Json]:
    """The bodies of the events that tell of codes of this member, in order."""
    with psycopg.connect(server.owner_url) as connection:
        rows = connection.execute(
            "SELECT body::text FROM outbox WHERE holder_id = %s AND kind = %s ORDER BY seq, id", (member_id, EVENT)
        ).fetchall()
    return [json.loads(body) for (body,) in rows]


def code_of(server: Server, member_id: int) -> str:
    """The latest code that was sent to this member."""
    sealed = code_events(server, member_id)[-1]["sealedCode"]
    folder: Path = server.log_path.parent / Settings().data_dir
    opened = secret_key("", folder).seal(SEAL_PURPOSE).open(sealed)
    assert opened is not None
    return opened.decode()
