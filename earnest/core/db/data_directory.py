"""The folder that holds everything of one server: its lock, its passwords, and where its PostgreSQL lives."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from earnest.core.db.os_account import Account, can_enter, give
from earnest.core.operator_error import OperatorError

# Where root's PostgreSQL lives when its account cannot enter the data directory.
SHARED_FOLDER = Path("/var/lib/earnest")
# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the final zero included.
SOCKET_PATH_BYTES_MAX = 103
SOCKET_FILE = ".s.PGSQL.5432"

Report = Callable[[str], None]
Stored = TypeVar("Stored")


class DataDirectoryInUseError(OperatorError):
    """Another process holds the lock."""


class Passwords(msgspec.Struct, frozen=True):
    """Of the roles of the embedded database, made once for each data directory."""

    superuser: str
    owner: str
    app: str


class Place(msgspec.Struct, frozen=True):
    """Where PostgreSQL lives. `home` is empty while that is the data directory itself, so that it can be moved."""

    home: str = ""
    socket_folder: str = ""


class DataDirectory:
    """One server uses it at a time: `claim` takes a lock that ends with the process, however that ends."""

    def __init__(self, path: Path, shared_folder: Path = SHARED_FOLDER) -> None:
        self.path = path.expanduser().absolute()
        self.shared_folder = shared_folder
        self._locks: list[int] = []

    @property
    def is_claimed(self) -> bool:
        return bool(self._locks)

    def claim(self) -> None:
        """Creates the folder and locks it. Raises OperatorError when another process holds it."""
        if self.is_claimed:
            return
        try:
            if not self.path.is_dir():
                # PostgreSQL's account has to pass through a folder of root; what is secret in it is 0600.
                self.path.mkdir(parents=True, exist_ok=True)
                self.path.chmod(0o755 if os.geteuid() == 0 else 0o700)
            self._lock(self.path)
            if home := self.place().home:
                # A copy of the data directory leads to the same PostgreSQL.
                self._lock(Path(home))
        except OSError as error:
            self.release()
            raise OperatorError(f"The data directory {self.path} cannot be used: {error.strerror or error}.") from None
        except DataDirectoryInUseError:
            self.release()
            raise

    def release(self) -> None:
        while self._locks:
            os.close(self._locks.pop())

    def passwords(self) -> Passwords:
        """The stored passwords; they are made when there is no database yet that could know others."""
        file = self.path / "passwords.json"
        if file.exists():
            return _read(file, Passwords)
        if (self.home() / "postgres").exists():
            raise OperatorError(
                f"{file} is missing, and without it nobody can log in to the database in {self.home() / 'postgres'}. "
                "Put the file back, or start with another --data-dir."
            )
        passwords = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
        write_atomically(file, msgspec.json.encode(passwords))
        return passwords

    def place(self) -> Place:
        file = self.path / "postgres.json"
        return _read(file, Place) if file.exists() else Place()

    def home(self) -> Path:
        """The folder that holds the cluster `postgres`."""
        recorded = self.place().home
        return Path(recorded) if recorded else self.path

    def settle(self, account: Account | None, report: Report) -> Path:
        """The home of PostgreSQL, chosen on the first start and remembered: elsewhere if `account` cannot enter here."""
        place = self.place()
        home = self.home()
        if place.home:
            if not home.is_dir():
                raise OperatorError(
                    f"The database of this data directory was put in {home}, which is gone. "
                    f"Put it back, or remove {self.path / 'postgres.json'} to start with an empty one."
                )
        elif not can_enter(account, self.path) and not (self.path / "postgres").exists():
            home = self._choose_home_elsewhere(account)
            self._remember(Place(str(home), place.socket_folder))
        if home != self.path:
            report(
                f"The account {account.name if account else ''} that PostgreSQL runs as cannot enter {self.path}: "
                f"the database is kept in {home}."
            )
        if not can_enter(account, home):
            raise OperatorError(
                f"The account {account.name if account else ''} that PostgreSQL runs as cannot enter {home}: "
                "allow it to, or choose another --data-dir."
            )
        return home

    def socket_folder(self, account: Account | None) -> Path:
        """A folder (0700) of PostgreSQL's account for its socket, remembered; elsewhere when the path here is too long."""
        folder = self.home() / "socket"
        if len(os.fsencode(folder / SOCKET_FILE)) <= SOCKET_PATH_BYTES_MAX:
            folder.mkdir(mode=0o700, exist_ok=True)
        else:
            folder = Path(self.place().socket_folder or "/nonexistent")
            if not _is_private(folder, account.uid if account else os.geteuid()):
                folder = _short_folder(account)
        give(folder, account)
        self._remember(Place(self.place().home, str(folder)))
        return folder

    def _choose_home_elsewhere(self, account: Account | None) -> Path:
        try:
            self.shared_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            # A name of its own each time: after a data directory was removed, a new one must not find the old database.
            home = Path(tempfile.mkdtemp(prefix=f"{self.path.name.lstrip('.')}-", dir=self.shared_folder))
        except OSError as error:
            raise OperatorError(
                f"The account {account.name if account else ''} that PostgreSQL runs as cannot enter {self.path}, and "
                f"{self.shared_folder} cannot be used instead: {error.strerror or error}. Choose another --data-dir."
            ) from None
        (home / "data-directory.txt").write_text(f"{self.path}\n")
        give(home, account)
        self._lock(home)
        return home

    def _remember(self, place: Place) -> None:
        if place != self.place():
            write_atomically(self.path / "postgres.json", msgspec.json.format(msgspec.json.encode(place)) + b"\n")

    def _lock(self, folder: Path) -> None:
        # Not inheritable: a child that outlives this process must not keep the lock.
        descriptor = os.open(folder / "earnest.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise DataDirectoryInUseError(
                f"Another Earnest (process {holder or 'unknown'}) uses the data directory {self.path}. "
                "Stop it first, or choose another one with --data-dir."
            ) from None
        self._locks.append(descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def write_atomically(file: Path, content: bytes, account: Account | None = None) -> None:
    """The file (0600) holds either its old or its new content, whenever the process ends."""
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    give(Path(unfinished), account)
    os.replace(unfinished, file)


def _read(file: Path, kind: type[Stored]) -> Stored:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except PermissionError:
        raise OperatorError(
            f"{file} belongs to another user: start Earnest as that user, or choose another --data-dir."
        ) from None
    except msgspec.MsgspecError as error:
        raise OperatorError(f"{file} is damaged: {error}.") from None


def _is_private(folder: Path, uid: int) -> bool:
    """A folder, not a link to one, that only this user can enter: what lies in a temporary folder is not trusted by name."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == uid and stat.S_IMODE(status.st_mode) == 0o700


def _short_folder(account: Account | None) -> Path:
    for parent in dict.fromkeys([tempfile.gettempdir(), "/tmp"]):
        if len(os.fsencode(parent)) < SOCKET_PATH_BYTES_MAX - 40 and can_enter(account, Path(parent)):
            return Path(tempfile.mkdtemp(prefix="earnest-", dir=parent))
    raise OperatorError(
        "No temporary folder has a path short enough for PostgreSQL's socket: set TMPDIR to one that has."
    )
