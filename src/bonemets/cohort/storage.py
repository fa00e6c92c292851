"""Where files lie: on this machine, or on a storage that many machines share, by an address.

An address (`s3://bucket/folder`, `hdfs://name/folder`, `gs://…`, `abfss://…`) is reached by Arrow,
with the credentials of the environment. A folder of results gives its files whole or not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import platform
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast
from urllib.parse import unquote, urlparse

from bonemets.cohort import whole
from bonemets.cohort.arrow import pa, pafs, pq
from bonemets.errors import UsageError

STATE: Final = ".state"
"""The folder of what is unfinished, in a folder of results."""
OTHER_NAMES: Final = {"s3a": "s3", "s3n": "s3"}
"""Schemes that Spark calls otherwise than Arrow."""
OBJECTS: Final = ("s3", "gcs", "abfs")
"""Storages where a file appears when it is closed; elsewhere it is renamed."""


def is_address(name: str) -> bool:
    """Say whether a name is an address and no path."""
    return "://" in name


def plain(name: str) -> str:
    """Give a name as users write it: an address of this machine's own files is a path."""
    if not name.startswith("file:"):
        return name
    return unquote(urlparse(name).path)


def located(address: str) -> tuple[Any, str]:
    """Give the storage of an address, and the path there.

    Raises:
        UsageError: Arrow does not reach such a storage from here.
    """
    scheme, apart, rest = address.partition("://")
    try:
        return pafs.FileSystem.from_uri(OTHER_NAMES.get(scheme, scheme) + apart + rest)
    except (pa.ArrowException, OSError, ImportError):
        raise UsageError(
            f"{scheme}{apart}…: this storage cannot be reached from here. Arrow has to know it "
            "(s3, gs, abfss, hdfs) and find its credentials in the environment."
        ) from None


def opened(name: str) -> BinaryIO:
    """Open a file to read."""
    if not is_address(name):
        return Path(name).open("rb")
    storage, path = located(name)
    return cast("BinaryIO", io.BufferedReader(storage.open_input_file(path)))


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder: its name there, where to open it, its length, and its time in ns."""

    name: str
    place: str
    size: int
    time: int


def files_of(folder: str) -> Iterator[Found]:
    """Give the files of a folder and of those in it, but none that are hidden."""
    if not is_address(folder):
        yield from _files_here(Path(folder))
        return
    storage, path = located(folder)
    scheme = folder.partition("://")[0]
    for one in storage.get_file_info(pafs.FileSelector(path, recursive=True)):
        name = one.path.removeprefix(path).lstrip("/")
        if one.type == pafs.FileType.File and not _is_hidden(name):
            head = f"{scheme}://{urlparse(folder).netloc}/" if scheme == "hdfs" else f"{scheme}://"
            yield Found(name, head + one.path.lstrip("/"), one.size, one.mtime_ns or 0)


def _files_here(folder: Path) -> Iterator[Found]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not _is_hidden(name) and path.is_file():
            seen = path.stat()
            yield Found(name, str(path), seen.st_size, seen.st_mtime_ns)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


# --- folders of results --------------------------------------------------------------------------


class Folder(Protocol):
    """A folder of results; names are relative to it."""

    @property
    def shown(self) -> str:
        """Give how users call it."""
        ...

    def make(self, *names: str) -> None:
        """Make folders in it."""
        ...

    def names(self, name: str = "") -> list[str]:
        """Give what stands in it, or in a folder of it."""
        ...

    def has(self, name: str) -> bool:
        """Say whether it holds something of a name."""
        ...

    def read(self, name: str) -> bytes | None:
        """Give a file; None where there is none."""
        ...

    def write(self, name: str, data: bytes | str) -> None:
        """Write a file."""
        ...

    def write_table(self, name: str, table: Any) -> None:
        """Write a Parquet file."""
        ...

    def remove(self, name: str) -> None:
        """Remove a folder with all that is in it."""
        ...

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep a second run out of it, where the storage can."""
        ...


def folder_of(name: str | Path) -> Folder:
    """Give a folder of results by its path or address; it is made."""
    written = plain(str(name))
    return Shared.at(written) if is_address(written) else Here.at(Path(written))


@dataclass(frozen=True, slots=True)
class Here:
    """A folder of this machine, or one that machines have in common: its owner's alone."""

    path: Path

    @staticmethod
    def at(path: Path) -> Here:
        """Make the folder."""
        return Here(whole.folder(path.absolute()))

    @property
    def shown(self) -> str:
        """Give its path."""
        return str(self.path)

    def make(self, *names: str) -> None:
        """Make folders in it."""
        for name in names:
            whole.folder(self.path / name)

    def names(self, name: str = "") -> list[str]:
        """Give what stands in it, or in a folder of it."""
        return [p.name for p in (self.path / name).iterdir()]

    def has(self, name: str) -> bool:
        """Say whether it holds something of a name."""
        return (self.path / name).exists()

    def read(self, name: str) -> bytes | None:
        """Give a file; None where there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes | str) -> None:
        """Write a file."""
        whole.write(self.path / name, data, self.path / STATE)

    def write_table(self, name: str, table: Any) -> None:
        """Write a Parquet file."""
        whole.write_table(self.path / name, table, self.path / STATE)

    def remove(self, name: str) -> None:
        """Remove a folder with all that is in it."""
        shutil.rmtree(self.path / name)

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Keep a second run out of it; the lock goes with the process that holds it."""
        handle = os.open(whole.folder(self.path / STATE), os.O_RDONLY)
        try:
            if not _taken(handle) or not self.has(STATE):  # that run has just ended
                raise UsageError(f"{self.path}: another run is at work on it.")
            yield
        finally:
            os.close(handle)


def _taken(handle: int) -> bool:
    """Take a lock; what a killed run was just starting may hold it a moment longer."""
    for _ in range(20):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Shared:
    """A folder of a storage that Arrow reaches. Who may read it is the storage's own affair.

    Nothing there can be locked: that two runs do not work on it is up to whoever starts them.
    """

    address: str
    storage: Any
    path: str

    @staticmethod
    def at(address: str) -> Shared:
        """Make the folder."""
        storage, path = located(address)
        found = Shared(address, storage, path.rstrip("/"))
        found.make("")
        return found

    @property
    def shown(self) -> str:
        """Give its address."""
        return self.address

    def _at(self, name: str) -> str:
        return f"{self.path}/{name}" if name else self.path

    def make(self, *names: str) -> None:
        """Make folders in it."""
        for name in names:
            self.storage.create_dir(self._at(name), recursive=True)

    def names(self, name: str = "") -> list[str]:
        """Give what stands in it, or in a folder of it."""
        there = pafs.FileSelector(self._at(name))
        return [x.base_name for x in self.storage.get_file_info(there)]

    def has(self, name: str) -> bool:
        """Say whether it holds something of a name."""
        return self.storage.get_file_info(self._at(name)).type != pafs.FileType.NotFound

    def read(self, name: str) -> bytes | None:
        """Give a file; None where there is none."""
        try:
            with self.storage.open_input_file(self._at(name)) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes | str) -> None:
        """Write a file: at once, or beside its place and then renamed."""
        data = data.encode() if isinstance(data, str) else data
        to = self._at(name)
        if self.storage.type_name in OBJECTS:
            self._put(to, data)
            return
        away = f"{name.replace('/', '-')}.{platform.node()}.{os.getpid()}.part"
        beside = self._at(f"{STATE}/{away}")
        self._put(beside, data)
        if self.has(name):  # some storages rename onto nothing
            self.storage.delete_file(to)
        self.storage.move(beside, to)

    def _put(self, path: str, data: Any) -> None:
        with self.storage.open_output_stream(path) as file:
            file.write(data)

    def write_table(self, name: str, table: Any) -> None:
        """Write a Parquet file."""
        held = pa.BufferOutputStream()
        whole.put_table(table, held)
        self.write(name, held.getvalue())

    def remove(self, name: str) -> None:
        """Remove a folder with all that is in it."""
        self.storage.delete_dir(self._at(name))

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Lock nothing."""
        return contextlib.nullcontext()


def columns_read(name: str, wanted: tuple[str, ...]) -> Any:
    """Read those of a Parquet file's columns that are wanted and there."""
    with opened(name) as file:
        held = pq.ParquetFile(file)
        there = set(held.schema_arrow.names)
        return held.read(columns=[x for x in wanted if x in there])
