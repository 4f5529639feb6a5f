"""The file of a backup: a tar archive of two members, which needs no Earnest to be opened.

`database.dump` is what pg_dump wrote in its custom format, `manifest.json` says what is in it. The dump is written through:
nothing of its size is kept beside it, in memory or on disk.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from earnest.core.operator_error import OperatorError

DUMP = "database.dump"
MANIFEST = "manifest.json"
FORMAT = 1
CHUNK_BYTES = 1 << 20
_MANIFEST_BYTES_MAX = 16 << 20


class TableContent(msgspec.Struct, frozen=True):
    """Rows of a table; `checksum` is the sum of the rows' hashes, whatever their order."""

    name: str
    rows: int
    checksum: str


class DumpFile(msgspec.Struct, frozen=True):
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds, as of the instant `at`.

    `postgres` is the version of the server, `sequences` the last value of each, `secret_key` the fingerprint of the secret
    key that parts of the content are encrypted with, empty where it was not known.
    """

    format: int
    earnest: str
    postgres: str
    at: datetime
    organizations: int
    migrations: tuple[str, ...]
    secret_key: str
    dump: DumpFile
    tables: tuple[TableContent, ...]
    sequences: dict[str, int]


class Archive:
    """A backup that exists. Reading it checks it."""

    def __init__(self, path: Path) -> None:
        """OperatorError when the file is not a backup that this version can read."""
        self.path = path
        try:
            with tarfile.open(path, "r:") as tar:
                member = tar.getmember(DUMP)
                described = tar.extractfile(MANIFEST)
                content = described.read(_MANIFEST_BYTES_MAX) if described is not None else b""
            self._offset, size = member.offset_data, member.size
            self.manifest = msgspec.json.decode(content, type=Manifest)
        except OSError as error:
            raise OperatorError(f"{path} cannot be read: {error.strerror or error}.") from None
        except (tarfile.TarError, KeyError, msgspec.MsgspecError):
            raise OperatorError(f"{path} is not a backup of Earnest, or is not whole.") from None
        if self.manifest.format != FORMAT:
            raise OperatorError(
                f"{path} was made by a newer Earnest ({self.manifest.earnest}): restore it with that one."
            )
        if size != self.manifest.dump.bytes:
            raise OperatorError(f"{path} is damaged: its dump has {size} bytes, not {self.manifest.dump.bytes}.")

    def chunks(self) -> Iterator[bytes]:
        """The dump. OperatorError at its end when it is not what was written."""
        digest = hashlib.sha256()
        with self.path.open("rb") as stream:
            stream.seek(self._offset)
            left = self.manifest.dump.bytes
            while left > 0 and (chunk := stream.read(min(CHUNK_BYTES, left))):
                digest.update(chunk)
                left -= len(chunk)
                yield chunk
        if left or digest.hexdigest() != self.manifest.dump.sha256:
            raise OperatorError(f"{self.path} is damaged: its dump is not the one that was written.")


@contextmanager
def new_archive(path: Path) -> Iterator[Callable[[Iterable[bytes], Callable[[DumpFile], Manifest]], Archive]]:
    """Gives a function that writes the dump, then the manifest that it is described by, to a file beside `path` (0600).

    What it returns may still be refused: the file takes its name when the block ends, and is gone when the block raises.
    OperatorError when there is something at `path`, or the file cannot be written.
    """
    if path.exists():
        raise OperatorError(f"{path} exists: nothing is overwritten.")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".unfinished", dir=path.parent)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror or error}.") from None
    unfinished = Path(name)

    def write(chunks: Iterable[bytes], describe: Callable[[DumpFile], Manifest]) -> Archive:
        with os.fdopen(descriptor, "wb") as stream:
            dump = _write_dump(stream, chunks)
            manifest = describe(dump)
            stream.seek(0)
            stream.write(_header(dump.bytes, manifest.at))
            stream.seek(0, os.SEEK_END)
            with tarfile.open(fileobj=stream, mode="w:", format=tarfile.GNU_FORMAT) as tar:
                # The archive goes on after the first member, which was written without its help.
                tar.offset = stream.tell()
                content = msgspec.json.format(msgspec.json.encode(manifest))
                tar.addfile(_member(MANIFEST, len(content), manifest.at), io.BytesIO(content))
            stream.flush()
            os.fsync(stream.fileno())
        return Archive(unfinished)

    try:
        yield write
        if path.exists():
            raise OperatorError(f"{path} exists: nothing is overwritten.")
        unfinished.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _write_dump(stream: IO[bytes], chunks: Iterable[bytes]) -> DumpFile:
    """Leaves room for the member's header, which names the size."""
    digest, size = hashlib.sha256(), 0
    stream.write(b"\0" * tarfile.BLOCKSIZE)
    for chunk in chunks:
        stream.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    stream.write(b"\0" * (-size % tarfile.BLOCKSIZE))
    return DumpFile(size, digest.hexdigest())


def _header(size: int, at: datetime) -> bytes:
    header = _member(DUMP, size, at).tobuf(tarfile.GNU_FORMAT)
    assert len(header) == tarfile.BLOCKSIZE
    return header


def _member(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(at.timestamp()), 0o600
    return member


def _sync_folder(folder: Path) -> None:
    """The name of the file is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
