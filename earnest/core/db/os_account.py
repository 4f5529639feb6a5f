"""The account of the operating system that PostgreSQL runs as.

PostgreSQL refuses to run as root. Started by root, only PostgreSQL changes its user; Earnest's own processes stay as they
are. Everywhere else there is nothing to choose: PostgreSQL runs as whoever started Earnest.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import TypedDict

import msgspec

from earnest.core.operator_error import OperatorError

PREFERRED_NAMES = ("earnest", "postgres")
LAST_RESORT_NAME = "nobody"
NEW_NAME = "earnest"


class Account(msgspec.Struct, frozen=True):
    """Another user than the one that Earnest runs as."""

    name: str
    uid: int
    gid: int


class Identity(TypedDict, total=False):
    """Arguments of subprocess that make a child run as an account."""

    user: int
    group: int
    extra_groups: list[int]


def identity_of(account: Account | None) -> Identity:
    """Nothing to change when `account` is None."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def account_for_postgres(existing_cluster: Path | None = None) -> Account | None:
    """The account to run PostgreSQL as; None means this process's own.

    A cluster that exists already stays with its owner. Otherwise root takes the account `earnest`, `postgres`, a new
    system account, or `nobody`, in this order.
    """
    if os.geteuid() != 0:
        return None
    if existing_cluster is not None:
        owner = existing_cluster.stat()
        if owner.st_uid != 0:
            return _account_by_uid(owner.st_uid, owner.st_gid)
    for name in PREFERRED_NAMES:
        if account := _account_by_name(name):
            return account
    if account := _create_account() or _account_by_name(LAST_RESORT_NAME):
        return account
    raise OperatorError(
        "PostgreSQL refuses to run as root and this system has no account to run it as: "
        f"create one with `useradd --system {NEW_NAME}`, or start Earnest as an ordinary user."
    )


def can_enter(account: Account | None, folder: Path) -> bool:
    """Whether the account reaches the folder, asked of the system itself: mode bits alone do not know about ACLs."""
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **identity_of(account),
    )
    return entered.returncode == 0


def give(path: Path, account: Account | None) -> None:
    """Makes the account the owner of one file or folder."""
    if account is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _account_by_name(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid) if entry.pw_uid != 0 else None


def _account_by_uid(uid: int, gid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, gid)
    return Account(entry.pw_name, uid, entry.pw_gid)


def _create_account() -> Account | None:
    """A system account without home and login, by whichever tool the system has."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    if tool := shutil.which("useradd", path=search):
        command = [tool, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        command += ["--shell", "/usr/sbin/nologin", NEW_NAME]
    elif tool := shutil.which("adduser", path=search):
        command = [tool, "-S", "-D", "-H", "-s", "/sbin/nologin", NEW_NAME]
    else:
        return None
    subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return _account_by_name(NEW_NAME)
