"""The one door to Arrow, Parquet and DuckDB: the extra `cohort`.

Arrow has no types that a checker could follow: its modules are `Any` here, and nowhere else.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import MetaPathFinder
from typing import Any, Final

from bonemets.errors import UsageError

EXTRA: Final = ("duckdb", "pyarrow")
MISSING: Final = [name for name in EXTRA if importlib.util.find_spec(name) is None]
if MISSING:
    raise UsageError("a cohort needs the extra `cohort`: pip install 'bonemets[cohort]'.")

pa: Any = importlib.import_module("pyarrow")
pc: Any = importlib.import_module("pyarrow.compute")
pq: Any = importlib.import_module("pyarrow.parquet")
pafs: Any = importlib.import_module("pyarrow.fs")


class _Hiding(MetaPathFinder):
    """Says of pandas that it is not installed."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def without_pandas() -> None:
    """Have Arrow do without pandas in this process, which it would load with its first column.

    With what it loads itself that holds 45 MB, and nothing here uses it. For a process of our own:
    whose columns come out of pandas has Arrow know it.
    """
    if "pandas" not in sys.modules:
        hiding = _Hiding()
        sys.meta_path.insert(0, hiding)
        try:
            pa.array([0])  # it looks once
        finally:
            sys.meta_path.remove(hiding)


def _duckdb() -> Any:
    """Load DuckDB where it is asked for: with what it loads itself it holds some 70 MB."""
    return importlib.import_module("duckdb")


def broken() -> type[Exception]:
    """Give what DuckDB raises; its words may hold values."""
    return _duckdb().Error


def duck(threads: int, memory: str = "1GB", spill: str | None = None) -> Any:
    """Open a DuckDB of its own in memory.

    What does not fit goes to the folder `spill`, and nowhere without it: DuckDB would take the
    working folder, and leave patients' data there.
    """
    found = _duckdb().connect(":memory:", config={"threads": threads, "memory_limit": memory})
    found.execute(f"SET temp_directory = {literal(spill or '')}")
    return found


def literal(text: str) -> str:
    """Write a text as SQL does."""
    return "'" + text.replace("'", "''") + "'"
