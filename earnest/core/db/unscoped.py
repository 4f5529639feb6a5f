"""The tables that no policy guards, with the reason: everything else belongs to one organisation and shows it alone.

The catalogue test compares this list with the database. A new table goes on it only if it must be found before an
organisation is known, or holds nothing of any organisation.
"""

from __future__ import annotations

from collections.abc import Mapping

UNSCOPED: Mapping[str, str] = {
    "credential_index": "Leads from a user name to its organisation before any organisation is known; holds no secret.",
    "client_index": "Leads from a client's key to its organisation before any organisation is known; holds no secret.",
    "signing_key": "Signs and verifies the tokens of all organisations; private keys are encrypted.",
    "admin_key": "Keys of administrators, who belong to no organisation; hashes only, and the server only reads them.",
    "organization_index": "Which organisations there are, for a worker that looks for work; nothing but their ids.",
    "schedule": "When which job of which organisation is due; found by a worker before it is in an organisation.",
    "pgqueuer": "The queue of PGQueuer: ticks and immediate work, with an organisation's id as the only payload.",
    "pgqueuer_log": "What became of the entries of the queue (PGQueuer).",
    "pgqueuer_schedules": "When the ticks come (PGQueuer).",
    "pgqueuer_statistics": "How many entries of the queue were worked off (PGQueuer).",
    "_yoyo_migration": "Which migrations were applied (yoyo-migrations); read by a server that checks its database.",
    "_yoyo_log": "When and from where each was applied (yoyo-migrations); only the owner reads it.",
    "_yoyo_version": "The layout of yoyo-migrations' own tables; only the owner reads it.",
    "yoyo_lock": "yoyo-migrations' lock; only the owner uses it.",
}
