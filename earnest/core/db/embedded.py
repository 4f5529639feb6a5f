"""The embedded PostgreSQL: created on the first start, started and stopped by Earnest with initdb and pg_ctl.

It listens on a unix socket alone, in a folder that only its account can enter, and asks everybody for a password (SCRAM).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import msgspec
import psycopg

from earnest.core.db.binaries import Binaries, find_binaries
from earnest.core.db.data_directory import SOCKET_FILE, DataDirectory, Passwords, Report, write_atomically
from earnest.core.db.os_account import Account, account_for_postgres, give, identity_of
from earnest.core.db.roles import APP_ROLE, DATABASE, OWNER_ROLE, Login, connected, ensure_roles
from earnest.core.operator_error import OperatorError

SUPERUSER = "postgres"
UNFINISHED = "postgres.unfinished-"
MAINTENANCE_DATABASE = "postgres"
WAIT_SECONDS_MAX = 300
REPORT_AFTER_SECONDS = 3.0
# After its postmaster was killed, PostgreSQL's other processes notice within moments and leave the shared memory.
LEFTOVER_SECONDS_MAX = 30.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    # One file for each day of the week, overwritten a week later.
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] %u ",
    # Details and contexts of messages quote rows: personal data stays out of the log.
    "log_error_verbosity": "terse",
    # Statements hold values where they cannot be parameters (a role's password), and those of people at a prompt.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_parameter_max_length": "0",
}


class DatabaseUrls(msgspec.Struct, frozen=True):
    """One database, as each of the three roles. libpq URLs: asyncpg and psycopg take them alike."""

    superuser: str
    owner: str
    app: str


class EmbeddedPostgres:
    """PostgreSQL of one data directory.

        with EmbeddedPostgres(Path(".earnest")) as postgres:
            postgres.urls().app

    `postgres_bin` is the value of EARNEST_POSTGRES_BIN or empty, `settings` replaces entries of SETTINGS, and `report` is
    told in words what takes long.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        postgres_bin: str = "",
        settings: Mapping[str, str] | None = None,
        report: Report = lambda message: None,
        directory: DataDirectory | None = None,
    ) -> None:
        self.directory = directory or DataDirectory(data_dir)
        self._postgres_bin = postgres_bin
        self._settings = {**SETTINGS, **(settings or {})}
        self._report = report
        self._account: Account | None = None
        self._binaries: Binaries | None = None
        self._starting: subprocess.Popen[str] | None = None

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def cluster(self) -> Path:
        """PGDATA."""
        return self.directory.home() / "postgres"

    @property
    def pid(self) -> int | None:
        """The postmaster's process, as its file says; None when there is no such file."""
        try:
            return int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    @property
    def is_running(self) -> bool:
        pid = self.pid
        return pid is not None and _is_postmaster(pid, self.cluster)

    def urls(self, database: str = DATABASE) -> DatabaseUrls:
        """The URLs of one database of this cluster, whether or not it exists."""
        passwords = self.directory.passwords()
        socket = quote(self.directory.place().socket_folder, safe="")

        def url(role: str, password: str) -> str:
            return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={socket}"

        return DatabaseUrls(
            superuser=url(SUPERUSER, passwords.superuser),
            owner=url(OWNER_ROLE, passwords.owner),
            app=url(APP_ROLE, passwords.app),
        )

    def start(self) -> DatabaseUrls:
        """Claims the data directory, creates cluster, roles and database where missing, and returns when PostgreSQL answers.

        A PostgreSQL that a killed server left behind is stopped first. Recovery after a crash may take minutes; that is
        reported. Raises OperatorError with PostgreSQL's own words when it does not start.
        """
        self.directory.claim()
        try:
            existing = self.cluster if self.cluster.exists() else None
            self._account = account_for_postgres(existing)
            self._binaries = find_binaries(self._postgres_bin, self._account, self.directory.shared_folder)
            self.directory.settle(self._account, self._report)
            passwords = self.directory.passwords()
            if self.cluster.exists():
                self._check_version()
                self._take_over()
            else:
                self._create(passwords)
            self._configure()
            is_recovering = (self.cluster / "recovery.signal").exists()
            self._start()
            if is_recovering:
                self._wait_until_recovered()
            owner, app = Login(OWNER_ROLE, passwords.owner), Login(APP_ROLE, passwords.app)
            ensure_roles(self.urls(MAINTENANCE_DATABASE).superuser, owner, app)
        except BaseException:
            self.stop()
            raise
        return self.urls()

    def stop(self) -> None:
        """Ends PostgreSQL, open transactions included, and gives the data directory back. Does nothing when not running."""
        try:
            self._end_start()
            if self._binaries is not None and self.is_running:
                self._stop_server()
        finally:
            self.directory.release()

    def remove(self) -> None:
        """Deletes the data directory and the database, wherever it was put. For what was made to be thrown away."""
        if not self.directory.path.exists():
            return
        place, home = self.directory.place(), self.directory.home()
        # A start takes over what a killed server left, and its end leaves no process.
        if self.cluster.exists():
            self.start()
            self.stop()
        for folder in (Path(place.socket_folder) if place.socket_folder else home, home, self.directory.path):
            shutil.rmtree(folder, ignore_errors=True)

    def _check_version(self) -> None:
        assert self._binaries is not None
        created_by = (self.cluster / "PG_VERSION").read_text().strip()
        if created_by != str(self._binaries.version_major):
            raise OperatorError(
                f"The database in {self.cluster} was created by PostgreSQL {created_by}, and {self._binaries.folder} is "
                f"{self._binaries.version}. Set EARNEST_POSTGRES_BIN to the binaries of PostgreSQL {created_by}, or move "
                "the data with pg_dump."
            )

    def _take_over(self) -> None:
        """Ends what a killed server left: its PostgreSQL, or a file that names a process which is none."""
        if self.cluster.stat().st_uid == 0 and self._account is not None:
            for folder, _, files in os.walk(self.cluster):
                for path in (Path(folder), *(Path(folder) / name for name in files)):
                    give(path, self._account)
        if self.is_running:
            self._report("A killed server left its PostgreSQL running: stopping it.")
            self._stop_server()
        elif (pid := self.pid) is not None and _is_alive(pid):
            # PostgreSQL would take the process that has this number today, or a dead one that nobody has collected yet, for
            # its postmaster. The lock file of its socket has the same number.
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            for file in Path(self.directory.place().socket_folder or "/nonexistent").glob(f"{SOCKET_FILE}*"):
                file.unlink(missing_ok=True)

    def _create(self, passwords: Passwords) -> None:
        assert self._binaries is not None
        self._report(f"Creating a PostgreSQL {self._binaries.version} database in {self.cluster}.")
        # Created aside and renamed: an interrupted initdb leaves nothing that looks like a database. One that a killed
        # server left behind may still be at work, in a folder of its own.
        for leftover in self.cluster.parent.glob(f"{UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.cluster.parent))
        give(unfinished, self._account)
        password_file = self.cluster.with_name("superuser-password")
        write_atomically(password_file, passwords.superuser.encode(), self._account)
        locale = ["--locale=C", "--encoding=UTF8"]
        if self._binaries.version_major >= 17:
            # The same order and the same lower case on every system.
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            arguments = ["initdb", "--pgdata", str(unfinished), "--username", SUPERUSER, "--pwfile", str(password_file)]
            arguments += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--no-instructions"]
            self._run_to_end("creating the database", [*arguments, *locale])
            with (unfinished / "postgresql.conf").open("a") as configuration:
                configuration.write("\ninclude_if_exists = 'earnest.conf'\n")
        finally:
            password_file.unlink(missing_ok=True)
        unfinished.rename(self.cluster)

    def _configure(self) -> None:
        """Written anew at each start. What an administrator sets with ALTER SYSTEM comes later and wins."""
        settings = self._settings | {"unix_socket_directories": str(self.directory.socket_folder(self._account))}
        lines = ["# Written by Earnest at each start; use ALTER SYSTEM for settings of your own."]
        lines += [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        write_atomically(self.cluster / "earnest.conf", ("\n".join(lines) + "\n").encode(), self._account)

    def _start(self) -> None:
        output = self.cluster / "startup.log"
        arguments = ["pg_ctl", "start", "--pgdata", str(self.cluster), "--log", str(output)]
        arguments += ["--wait", "--timeout", str(WAIT_SECONDS_MAX), "--silent"]
        deadline = time.monotonic() + LEFTOVER_SECONDS_MAX
        while True:
            output.unlink(missing_ok=True)
            self._starting = self._popen(arguments)
            said = self._wait(self._starting, "starting")
            started = self._starting.returncode == 0
            self._starting = None
            if started:
                return
            if self.is_running:
                self._report(f"PostgreSQL still recovers after {WAIT_SECONDS_MAX} s; waiting for it.")
                self._wait_until_ready()
                return
            log = output.read_text(errors="replace") if output.exists() else ""
            if "pre-existing shared memory block" not in log + self._log_tail() or time.monotonic() > deadline:
                raise OperatorError(
                    f"PostgreSQL did not start: {(log or said).strip() or 'it said nothing'}\n{self._log_tail()}"
                )
            time.sleep(0.2)

    def _wait_until_ready(self) -> None:
        """As pg_ctl waits, without its limit: the last line of postmaster.pid says what PostgreSQL does."""
        started = noted = time.monotonic()
        while self.is_running:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 8 and lines[7].strip() in ("ready", "standby"):
                return
            if time.monotonic() - noted > REPORT_AFTER_SECONDS * 5:
                noted = time.monotonic()
                self._report(f"PostgreSQL recovers ({noted - started:.0f} s more): {self._log_tail(1)}")
            time.sleep(0.2)
        raise OperatorError(f"PostgreSQL stopped while it recovered: {self._log_tail()}")

    def _wait_until_recovered(self) -> None:
        """From a base backup up to a point in time (docs/operations.md): until then it can be read at the most."""
        self._report("PostgreSQL recovers from its archive; waiting for it.")
        noted = time.monotonic()
        while self.is_running:
            # Where it cannot even be read it refuses connections.
            with (
                contextlib.suppress(OperatorError, psycopg.Error),
                connected(self.urls(MAINTENANCE_DATABASE).superuser) as connection,
            ):
                if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                    return
            if time.monotonic() - noted > REPORT_AFTER_SECONDS * 5:
                noted = time.monotonic()
                self._report(f"PostgreSQL recovers: {self._log_tail(1)}")
            time.sleep(0.2)
        raise OperatorError(f"PostgreSQL stopped while it recovered: {self._log_tail()}")

    def _end_start(self) -> None:
        """An interrupted start: pg_ctl goes on by itself, so it is awaited until there is a postmaster to stop."""
        starting, self._starting = self._starting, None
        while starting is not None and starting.poll() is None and not self.is_running:
            time.sleep(0.02)

    def _stop_server(self) -> None:
        arguments = ["pg_ctl", "stop", "--pgdata", str(self.cluster), "--wait", "--timeout", str(WAIT_SECONDS_MAX)]
        for mode in ("fast", "immediate"):
            process = self._popen([*arguments, "--mode", mode, "--silent"])
            said = self._wait(process, "stopping")
            if process.returncode == 0 or not self.is_running:
                return
        raise OperatorError(f"PostgreSQL (process {self.pid}) did not stop: {said.strip()}")

    def _run_to_end(self, doing: str, arguments: list[str]) -> None:
        """Nothing of it goes on when this is interrupted."""
        process = self._popen(arguments)
        try:
            said = self._wait(process, doing)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        if process.returncode != 0:
            raise OperatorError(f"PostgreSQL failed while {doing}: {said.strip()}")

    def _popen(self, arguments: list[str]) -> subprocess.Popen[str]:
        assert self._binaries is not None
        return subprocess.Popen(
            [self._binaries.command(arguments[0]), *arguments[1:]],
            # Its account may not be able to enter ours, nor should our PG* variables decide anything.
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=0o077,
            # Ctrl-C in a terminal goes to the whole group: PostgreSQL is stopped by Earnest, after the last request.
            start_new_session=True,
            **identity_of(self._account),
        )

    def _wait(self, process: subprocess.Popen[str], doing: str) -> str:
        """What the process said, when it has ended; reports every few seconds that it goes on."""
        started = time.monotonic()
        interval = REPORT_AFTER_SECONDS
        while True:
            try:
                return process.communicate(timeout=interval)[0]
            except subprocess.TimeoutExpired:
                interval = REPORT_AFTER_SECONDS * 3
                self._report(f"PostgreSQL is {doing} ({time.monotonic() - started:.0f} s): {self._log_tail(1)}")

    def _log_tail(self, lines: int = 5) -> str:
        """The last lines of PostgreSQL's own log, which is PostgreSQL's file of today."""
        files = sorted((self.cluster / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
        return "\n".join(files[-1].read_text(errors="replace").splitlines()[-lines:]) if files else ""


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether that process is the PostgreSQL of this cluster: after a crash its number may belong to any other process."""
    if not _is_alive(pid):
        return False
    try:
        # A postmaster works in its PGDATA.
        return os.path.samefile(f"/proc/{pid}/cwd", cluster)
    except OSError:
        if Path("/proc/self/cwd").exists():
            return False
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)
    return Path(shown.stdout.strip()).name == "postgres"
