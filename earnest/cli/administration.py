"""What the commands share that do what the admin API does: the same use cases, with the same entries in the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from earnest.cli.parts import with_parts
from earnest.core.secret_key import SecretKey, secret_key
from earnest.settings import Settings

if TYPE_CHECKING:
    from earnest.app import Parts
    from earnest.core.http.endpoint import AdminContext

T = TypeVar("T")

ACTOR = "command line"
"""Who the audit log says it was."""


def administered(data_dir: Path, work: Callable[[AdminContext], Awaitable[T]]) -> T:
    """What `work` returns. A refusal becomes an OperatorError with its message."""
    from earnest.core.http.endpoint import AdminContext
    from earnest.domains.webhooks.administration import WebhookSettings
    from earnest.domains.webhooks.service import SEAL_PURPOSE

    async def with_context(parts: Parts, settings: Settings) -> T:
        secret = secret_key(settings.secret_key, settings.data_path)
        webhooks = WebhookSettings(secret.seal(SEAL_PURPOSE), settings.webhook_allow_private)
        return await work(
            AdminContext(
                now=parts.clock.real(),
                request_id=secrets.token_hex(16),
                resources={**parts.resources, SecretKey: secret, WebhookSettings: webhooks},
                actor=ACTOR,
            )
        )

    return with_parts(data_dir, with_context)
