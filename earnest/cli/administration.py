"""What the commands share that do what the admin API does: the same use cases, with the same entries in the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from earnest.cli.parts import with_parts
from earnest.core.audit import COMMAND_LINE
from earnest.core.operator_error import OperatorError
from earnest.core.secret_key import SecretKey, secret_key
from earnest.settings import Settings

if TYPE_CHECKING:
    from earnest.app import Parts
    from earnest.core.http.endpoint import AdminContext

T = TypeVar("T")


def administered(data_dir: Path, work: Callable[[AdminContext], Awaitable[T]], key: str = "") -> T:
    """What `work` returns. A refusal becomes an OperatorError with its message.

    The audit log says that it was the command line, or with a `key` of the admin API, whose it is.
    """
    from earnest.core.http.endpoint import AdminContext
    from earnest.domains.webhooks.administration import WebhookSettings
    from earnest.domains.webhooks.service import SEAL_PURPOSE

    async def with_context(parts: Parts, settings: Settings) -> T:
        secret = secret_key(settings.secret_key, settings.data_path)
        webhooks = WebhookSettings(secret.seal(SEAL_PURPOSE), settings.webhook_allow_private)
        actor = await _owner(key, settings, parts) if key else COMMAND_LINE
        return await work(
            AdminContext(
                now=parts.clock.real(),
                request_id=secrets.token_hex(16),
                resources={**parts.resources, SecretKey: secret, WebhookSettings: webhooks},
                actor=actor,
            )
        )

    return with_parts(data_dir, with_context)


async def _owner(key: str, settings: Settings, parts: Parts) -> str:
    from earnest.core.auth.admin import AdminScheme
    from earnest.core.errors import ApiError

    try:
        found = await AdminScheme(settings.admin_key, parts.database).principal(
            {b"authorization": b"Bearer " + key.encode()}
        )
    except ApiError as error:
        if error.http_status not in (401, 403):
            raise
        raise OperatorError("Nobody has this key: `earnest keys admin list` shows whose there are.") from None
    return found.name
