"""Structured logs: one JSON object a line on standard error (or coloured text on a terminal), without personal data.

What keeps personal data and secrets out is not a filter but what is handed over: requests are logged by route template,
never by path, query or body; exceptions by type and place, never by message, since a database puts the offending values
into it. Records of other libraries go through the same door.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, TextIO, cast

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger, Processor

FRAMES_MAX = 30
CAUSES_MAX = 5

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str, format: str = "auto", stream: TextIO | None = None) -> None:
    """Sets up this process's logs. `level` is debug, info, warning or error; `format` is json, console or auto (console
    on a terminal). Everything goes to `stream`, by default to what is standard error when it is written."""
    out = stream or sys.stderr
    lines = _Lines(stream)
    console = format == "console" or (format == "auto" and out.isatty())
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.reset_defaults()
    if console:
        structlog.configure(
            processors=[*shared, structlog.dev.ConsoleRenderer(colors=out.isatty())],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
            logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, lines)),
        )
    else:
        structlog.configure(
            processors=[*shared, structlog.processors.JSONRenderer(serializer=_json)],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
            logger_factory=structlog.BytesLoggerFactory(cast(BinaryIO, lines)),
        )
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    # Other libraries tell at "info" what only their authors want to know.
    root.setLevel(logging.INFO if level == "debug" else max(_LEVELS[level], logging.WARNING))


def logger(name: str) -> FilteringBoundLogger:
    """A logger as `configure` left it; ask again after another `configure`."""
    bound: FilteringBoundLogger = structlog.get_logger().bind(logger=name)
    return bound


def describe(error: BaseException) -> list[dict[str, object]]:
    """An exception and its causes as types and places: no message, no values. Database errors keep SQLSTATE, table and
    constraint."""
    described: list[dict[str, object]] = []
    cause: BaseException | None = error
    while cause is not None and len(described) < CAUSES_MAX:
        entry: dict[str, object] = {"type": f"{type(cause).__module__}.{type(cause).__qualname__}"}
        for name in ("sqlstate", "table_name", "constraint_name"):
            if isinstance(value := getattr(cause, name, None), str):
                entry[name] = value
        entry["frames"] = _frames(cause.__traceback__)
        described.append(entry)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return described


def _frames(traceback: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = code.co_filename.rpartition("site-packages/")[2]
        frames.append(f"{file}:{traceback.tb_lineno} {code.co_qualname}")
        traceback = traceback.tb_next
    return frames[-FRAMES_MAX:]


class _Forward(logging.Handler):
    """Records of the standard library's logging, as ours: the template of the message, not what was put into it."""

    def emit(self, record: logging.LogRecord) -> None:
        template = str(record.msg).partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        fields = {"error": describe(error)} if error is not None else {}
        logger(record.name).log(record.levelno, template, place=f"{record.module}:{record.lineno}", **fields)


class _Lines:
    """Where lines go: a stream, or what is standard error at that moment (whoever redirects it may close it afterwards).

    A line that cannot be written is dropped: no call fails because its log has no reader or no room any more.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, line: bytes | str) -> None:
        out = self._stream or sys.stderr
        binary = getattr(out, "buffer", None)
        with suppress(OSError, ValueError):
            if isinstance(line, bytes) and binary is not None:
                binary.write(line)
            else:
                out.write(line.decode() if isinstance(line, bytes) else line)

    def flush(self) -> None:
        out = self._stream or sys.stderr
        with suppress(OSError, ValueError):
            out.flush()


def _json(event: object, **_: object) -> bytes:
    return msgspec.json.encode(event)
