"""The machine and the process: Python and libraries, files, room on the disk, the port, the rate limits' counter."""

from __future__ import annotations

import http.client
import os
import platform
import resource
import shutil
import stat
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from packaging.requirements import InvalidRequirement, Requirement

from earnest import __version__
from earnest.core.db.binaries import find_binaries
from earnest.core.db.data_directory import SHARED_FOLDER, DataDirectory
from earnest.core.http.rates import IN_PROCESS, REDIS_TIMEOUT_S
from earnest.core.operator_error import OperatorError
from earnest.core.secret_key import CHARACTERS_MIN, FILE, VARIABLE
from earnest.demo import ADMIN_KEY
from earnest.doctor.check import Check, fail, ok, warn
from earnest.server.listener import Listener
from earnest.settings import Settings

PYTHON_MIN = (3, 11)
SHOWN_LIBRARIES = ("litestar", "granian", "asyncpg", "msgspec")
FILES_MIN = 1_024
# PostgreSQL stops when its log of changes finds no room.
FREE_BYTES_MIN = 1 << 30
FREE_BYTES_GOOD = 5 << 30
PROBE_S = 3.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def machine_checks(settings: Settings) -> Iterator[Check]:
    """What needs no database."""
    yield _python()
    yield _libraries()
    yield _open_files()
    yield from _data_directory(settings)
    yield _disk(settings)
    yield _port(settings)
    yield from _secret_key(settings)
    yield _admin_key(settings)
    yield from _for_tests_only(settings)
    yield _rate_limits(settings)


def is_reachable(settings: Settings) -> bool:
    """Whether others than this machine reach the server."""
    return settings.host not in _LOOPBACK


def binaries_check(settings: Settings) -> Check:
    """The PostgreSQL that an embedded database would be made with."""
    try:
        found = find_binaries(settings.postgres_bin, None, SHARED_FOLDER)
    except OperatorError as error:
        return fail("PostgreSQL", str(error), "Do what the message says.")
    return ok("PostgreSQL", f"{found.version} in {found.folder}")


def _python() -> Check:
    found = (
        f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"
    )
    if sys.version_info < PYTHON_MIN:
        return fail("Python", found, "Install Python 3.11 or newer.")
    return ok("Python", found)


def _libraries() -> Check:
    wrong: list[str] = []
    try:
        required = metadata.requires("earnest") or []
    except metadata.PackageNotFoundError:
        return warn(
            "Libraries",
            "earnest is not installed as a package",
            "Install it (`make env`), or nobody knows what it needs.",
        )
    for text in required:
        try:
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate():
                continue
            version = metadata.version(wanted.name)
        except InvalidRequirement:
            continue
        except metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if version not in wanted.specifier:
            wrong.append(f"{wanted.name} {version} is not {wanted.specifier}")
    if wrong:
        return fail("Libraries", ", ".join(wrong), "Install requirements/runtime.lock anew (`make env`).")
    shown = ", ".join(f"{name} {metadata.version(name)}" for name in SHOWN_LIBRARIES)
    return ok("Libraries", f"earnest {__version__}, {shown}")


def _open_files() -> Check:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit != resource.RLIM_INFINITY and limit < FILES_MIN:
        return warn(
            "Open files", f"at most {limit}", "Allow more: each connection of a client is one (`ulimit -n 65536`)."
        )
    return ok("Open files", "unlimited" if limit == resource.RLIM_INFINITY else f"at most {limit}")


def _data_directory(settings: Settings) -> Iterator[Check]:
    folder = settings.data_path
    if settings.database_url and not folder.exists():
        return
    if not folder.exists():
        yield ok("Data directory", f"{folder} will be made on the first start")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail(
            "Data directory", f"{folder} cannot be written", "Start Earnest as its owner, or name another --data-dir."
        )
        return
    found = f"{folder}"
    home = DataDirectory(folder).home()
    if home != folder:
        found += f", the database in {home}"
    open_to_others = [
        file.name
        for file in (folder / "passwords.json", folder / FILE)
        if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077
    ]
    if open_to_others:
        names = " and ".join(open_to_others)
        yield fail(
            "Data directory", f"others can read {names} in {folder}", f"chmod 600 {names}, and change what they hold."
        )
    else:
        yield ok("Data directory", found)


def _disk(settings: Settings) -> Check:
    folder = settings.data_path
    place = DataDirectory(folder).home() if folder.exists() else folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / 2**30:.1f} GiB free for {place}"
    advice = "Make room: without it PostgreSQL stops."
    if free < FREE_BYTES_MIN:
        return fail("Disk", found, advice)
    return warn("Disk", found, advice) if free < FREE_BYTES_GOOD else ok("Disk", found)


def _port(settings: Settings) -> Check:
    where = f"{settings.host}:{settings.port}"
    if (status := status_of_server(settings)) is not None:
        if status == 200:
            return ok("Port", f"a server answers on {where} and is ready")
        return fail(
            "Port", f"what answers on {where} is not ready (HTTP {status})", "See its log, or choose another --port."
        )
    try:
        Listener(settings.host, settings.port).close()
    except OperatorError as error:
        return fail("Port", str(error), "Stop that program, or choose another EARNEST_HOST or EARNEST_PORT.")
    return ok("Port", f"{where} is free")


def status_of_server(settings: Settings) -> int | None:
    """The status of what answers there; None when nothing does, or not in HTTP."""
    host, port = settings.base_url.removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=PROBE_S)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _secret_key(settings: Settings) -> Iterator[Check]:
    subject = "Secret key"
    if settings.secret_key:
        if len(settings.secret_key) < CHARACTERS_MIN:
            yield fail(
                subject, f"{VARIABLE} has fewer than {CHARACTERS_MIN} characters", "Choose a longer one, at random."
            )
        else:
            yield ok(subject, f"from {VARIABLE}")
        return
    file = settings.data_path / FILE
    if not file.exists():
        if settings.database_url:
            yield warn(
                subject,
                f"neither {VARIABLE} nor {file} is there",
                f"A server would make {file}; several machines need the same one: set {VARIABLE}.",
            )
        else:
            yield ok(subject, f"{file} will be made on the first start")
        return
    yield _secret_file(subject, file)


def _secret_file(subject: str, file: Path) -> Check:
    try:
        length = len(file.read_bytes().strip())
    except OSError as error:
        return fail(subject, f"{file} cannot be read: {error.strerror or error}", "Start Earnest as its owner.")
    if length < CHARACTERS_MIN:
        return fail(subject, f"{file} is damaged", "Put the copy back that is kept apart from the backups.")
    return ok(subject, f"{file}; keep a copy apart from the backups")


def _admin_key(settings: Settings) -> Check:
    subject = "Admin API"
    if not settings.admin_key:
        return ok(subject, "EARNEST_ADMIN_KEY is not set: only named keys open it (earnest keys admin)")
    if settings.admin_key == ADMIN_KEY:
        found, advice = "its key is the one of the demo, which everybody knows", "Set another EARNEST_ADMIN_KEY."
        return fail(subject, found, advice) if is_reachable(settings) else warn(subject, found, advice)
    return ok(subject, "on, with a key of its own")


def _for_tests_only(settings: Settings) -> Iterator[Check]:
    if settings.test_clock:
        yield warn("Clock", "callers may say what time it is (EARNEST_TEST_CLOCK)", "Only for tests: unset it.")
    if settings.webhook_allow_private:
        yield warn(
            "Webhooks",
            "they may call addresses of this network (EARNEST_WEBHOOK_ALLOW_PRIVATE)",
            "Unset it where others than you make webhooks.",
        )


def _rate_limits(settings: Settings) -> Check:
    subject = "Rate limits"
    url = settings.rate_limit_url
    if url.startswith("memory://"):
        if settings.workers > 1:
            advice = "If an organisation has limits, set EARNEST_RATE_LIMIT_URL to a Redis that all processes share."
            return warn(subject, f"each of the {settings.workers} processes counts for itself ({IN_PROCESS})", advice)
        return ok(subject, "counted in the process")
    advice = "Calls are answered meanwhile, without limits."
    try:
        options = {"socket_timeout": REDIS_TIMEOUT_S * 4, "socket_connect_timeout": REDIS_TIMEOUT_S * 4}
        answers = storage_from_string(url, wrap_exceptions=True, **options).check()
    except (ConfigurationError, StorageError, ValueError, OSError) as error:
        return fail(subject, f"EARNEST_RATE_LIMIT_URL is not usable: {type(error).__name__}", advice)
    return ok(subject, "counted in Redis") if answers else fail(subject, "the Redis does not answer", advice)
