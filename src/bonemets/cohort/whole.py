"""Files that are there whole or not at all, and readable by their owner alone."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bonemets.cohort.arrow import pq


def folder(path: Path) -> Path:
    """Make a folder that only its owner can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write(path: Path, data: bytes | str, by_way_of: Path) -> None:
    """Write a file; it appears under its name when it is whole.

    `by_way_of`: a folder of the same file system, in which it is made.
    """
    text = data.encode() if isinstance(data, str) else data
    appear(path, by_way_of, lambda file: file.write(text))


def write_table(path: Path, table: Any, by_way_of: Path) -> None:
    """Write a Parquet file in the same way."""
    appear(path, by_way_of, lambda file: put_table(table, file))


def put_table(table: Any, file: Any) -> None:
    """Write a table as Parquet."""
    # zstd would take half as much time again, for a sixth of the room less.
    pq.write_table(table, file, compression="lz4", write_statistics=False)


def appear(path: Path, by_way_of: Path, fill: Callable[[Any], object]) -> None:
    """Let `fill` write a file, which appears under its name when it is whole."""
    mine = f"{platform.node()}.{os.getpid()}"  # machines may have the folder in common
    temporary = by_way_of / f"{path.parent.name}-{path.name}.{mine}.part"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
