"""PostgreSQL's own programs for backups, from the same folder as the server of the embedded database."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from earnest.backup.archive import CHUNK_BYTES
from earnest.core.db.binaries import Binaries, find_binaries
from earnest.core.db.data_directory import SHARED_FOLDER
from earnest.core.operator_error import OperatorError

_SAID_CHARACTERS_MAX = 2_000
# pg_restore sets transaction_timeout since this version, on whatever server.
_TRANSACTION_TIMEOUT_SINCE = 17
# Settings come first in a script, before anything that could look like one.
_PREAMBLE_LINES = 30


class Tools:
    """pg_dump, pg_restore and psql."""

    def __init__(self, postgres_bin: str) -> None:
        """`postgres_bin` is the value of EARNEST_POSTGRES_BIN, or empty. OperatorError when they are not there."""
        self.binaries: Binaries = find_binaries(postgres_bin, None, SHARED_FOLDER)
        for name in ("pg_dump", "pg_restore", "psql"):
            if not os.access(self.binaries.folder / name, os.X_OK):
                raise OperatorError(
                    f"{self.binaries.folder} has no {name}: set EARNEST_POSTGRES_BIN to a whole installation of PostgreSQL."
                )

    def dump(self, url: str, snapshot: str) -> Iterator[bytes]:
        """The database in the custom format, as of an exported snapshot. OperatorError in pg_dump's words."""
        arguments = ["--format=custom", f"--snapshot={snapshot}", "--no-publications", "--no-subscriptions"]
        if self.binaries.version_major >= 17:
            # An administrator's own (pg_stat_statements); the owner could not restore them.
            arguments.append("--exclude-extension=*")
        with tempfile.TemporaryFile() as said:
            process = self._start("pg_dump", [*arguments, *_target(url)], url, stdout=subprocess.PIPE, stderr=said)
            assert process.stdout is not None
            try:
                while chunk := process.stdout.read(CHUNK_BYTES):
                    yield chunk
                _check("pg_dump", process.wait(), said)
            finally:
                _end(process)

    def list_archive(self, chunks: Iterable[bytes]) -> str:
        """The table of contents, one entry a line, as pg_restore takes it back with --use-list."""
        with tempfile.TemporaryFile() as listed, tempfile.TemporaryFile() as said:
            process = self._start("pg_restore", ["--list"], "", stdin=subprocess.PIPE, stdout=listed, stderr=said)
            # It reads the beginning alone.
            _feed(process, chunks)
            _check("pg_restore", process.wait(), said)
            listed.seek(0)
            return listed.read().decode()

    def read_archive(self, chunks: Iterable[bytes]) -> None:
        """Reads a dump to its end, every row of it. OperatorError when it cannot be read."""
        with tempfile.TemporaryFile() as said:
            process = self._start(
                "pg_restore", ["--file=-"], "", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            )
            _feed(process, chunks)
            _check("pg_restore", process.wait(), said)

    def restore(self, url: str, dump: Path, entries: Path, *, server_version: int, jobs: int = 1) -> None:
        """The entries that the file `entries` lists, as objects of the role that connects; ends at the first error.

        `server_version` is the major one of the server at `url`, which may be older than these programs.
        """
        arguments = ["--no-owner", "--no-tablespaces", f"--use-list={entries}"]
        if server_version < _TRANSACTION_TIMEOUT_SINCE <= self.binaries.version_major:
            self._restore_through_psql(url, [*arguments, "--file=-", str(dump)])
            return
        arguments += ["--exit-on-error", f"--jobs={jobs}", *_target(url), str(dump)]
        with tempfile.TemporaryFile() as said:
            process = self._start("pg_restore", arguments, url, stdout=subprocess.DEVNULL, stderr=said)
            try:
                _check("pg_restore", process.wait(), said)
            finally:
                _end(process)

    def _restore_through_psql(self, url: str, arguments: Sequence[str]) -> None:
        """As a script, without the one setting that older servers do not know and pg_restore always makes."""
        target = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *_target(url)]
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            script = self._start("pg_restore", arguments, "", stdout=subprocess.PIPE, stderr=said)
            psql = self._start("psql", target, url, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complained)
            stream = script.stdout
            assert stream is not None
            try:
                preamble = b"".join(itertools.islice(stream, _PREAMBLE_LINES))
                settings = preamble.replace(b"SET transaction_timeout = 0;\n", b"", 1)
                _feed(psql, itertools.chain([settings], iter(lambda: stream.read(CHUNK_BYTES), b"")))
                stream.close()
                _check("psql", psql.wait(), complained)
                _check("pg_restore", script.wait(), said)
            finally:
                _end(psql)
                _end(script)

    def _start(
        self,
        name: str,
        arguments: Sequence[str],
        url: str,
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: int | IO[bytes],
        stderr: IO[bytes],
    ) -> subprocess.Popen[bytes]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        if url and (password := conninfo_to_dict(url).get("password")):
            # Not among the arguments, which everybody on the machine can see.
            environment["PGPASSWORD"] = str(password)
        return subprocess.Popen(
            [self.binaries.command(name), *arguments],
            env=environment | {"LC_ALL": "C"},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            umask=0o077,
        )


def _target(url: str) -> list[str]:
    try:
        parts = {name: value for name, value in conninfo_to_dict(url).items() if name != "password"}
        return ["--no-password", f"--dbname={make_conninfo('', **parts)}"]
    except psycopg.Error as error:
        raise OperatorError(f"DATABASE_ADMIN_URL is not a database's URL: {str(error).strip()}") from None


def _feed(process: subprocess.Popen[bytes], chunks: Iterable[bytes]) -> None:
    """The chunks, as far as the program wants them."""
    assert process.stdin is not None
    try:
        with contextlib.suppress(BrokenPipeError):
            for chunk in chunks:
                process.stdin.write(chunk)
    except BaseException:
        _end(process)
        raise
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def _check(name: str, code: int, said: IO[bytes]) -> None:
    if code == 0:
        return
    said.seek(0)
    words = said.read().decode(errors="replace").strip()[-_SAID_CHARACTERS_MAX:]
    hint = ""
    if "server version mismatch" in words:
        hint = " Set EARNEST_POSTGRES_BIN to the programs of the server's version."
    raise OperatorError(f"{name} failed: {words or f'it ended with code {code}'}{hint}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
