"""What runs in the tasks of Spark: it is loaded on other machines, and talks to no session.

Nothing that Spark logs holds a value of a patient: what goes wrong in a task is told by its kind
and place alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import msgspec

from bonemets import cache
from bonemets.api import Knowledge
from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.batches import batches
from bonemets.cohort.bucket import Lines, do_bucket
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.events import COLUMNS
from bonemets.cohort.files import Part, lines
from bonemets.cohort.moulds import Moulds
from bonemets.cohort.shared import Shared
from bonemets.cohort.sheet import rows_of_lines
from bonemets.cohort.split import Splitter, name_of_patient
from bonemets.cohort.storage import columns_read, folder_of
from bonemets.cohort.tables import evaluated
from bonemets.cohort.tally import Tally, unpacked
from bonemets.cohort.worker import told
from bonemets.errors import UsageError

HELD: Final = 4_000_000
"""So many bytes of lines go to Spark at a time."""
COUNTED: Final = -3
"""The bucket of what was counted in splitting a part."""
STOPPED: Final = "bonemets could not go on: "
TALLY: Final = "buckets array<int>, lines bigint, tally binary"
LINES: Final = "bucket int, key string, line binary"


@dataclass(frozen=True, slots=True)
class Task:
    """What every task is told: it goes to other machines."""

    out: str
    knowledge: bytes
    settings: Settings
    code: str
    """The hash of this package's code: another one could find something else."""

    def evaluator(self) -> Evaluator:
        """Make the program ready.

        Raises:
            UsageError: this machine has other code.
        """
        if cache.code_hash() != self.code:
            raise UsageError("a machine of Spark has another version of bonemets or of Python.")
        return Evaluator(_knowledge(self.knowledge), self.settings)

    def do(self, source: Any, bucket: int) -> Tally:
        """Evaluate a bucket, and write its files."""
        evaluator = self.evaluator()
        do_bucket(source, evaluator, folder_of(self.out), bucket)
        return evaluator.tally


@lru_cache(maxsize=2)
def _knowledge(packed: bytes) -> Knowledge:
    """Link the compiled knowledge, once in a process."""
    kept = msgspec.json.decode(packed, type=cache.Kept)
    return Knowledge(kept.whole, kept.engine())


def packed_knowledge(knowledge: Knowledge) -> bytes:
    """Give the compiled knowledge as it travels."""
    engine = knowledge.engine
    return msgspec.json.encode(cache.Kept(engine.pack, engine.program, engine.trees.edges()))


@dataclass(frozen=True, slots=True)
class Rows:
    """The events of one bucket."""

    table: Callable[[], Any]

    def results(self, bucket: int, evaluator: Evaluator) -> Iterator[dict[str, Any]]:
        """Evaluate them."""
        with evaluator.clocked("read"):
            table = self.table()
        yield from evaluated(batches(table), evaluator)


class Nobody:
    """A bucket to which nobody belongs."""

    def results(self, bucket: int, evaluator: Evaluator) -> Iterator[dict[str, Any]]:
        """Evaluate nothing."""
        return iter(())


@dataclass(slots=True)
class Gathered(Lines):
    """The lines of one bucket."""

    held: list[bytes]
    """Each behind its patient's name and a tab."""
    shared: Shared | None
    gone: frozenset[bytes]
    moulds: Moulds = field(default_factory=Moulds)

    def rows(self, bucket: int) -> Any:
        """Give them."""
        split = (line.partition(b"\t") for line in self.held)
        return rows_of_lines((name, line) for name, _, line in split)


@dataclass(slots=True)
class Sorter(Splitter):
    """Splits one part for Spark, which brings the lines of a bucket together."""

    rows: list[tuple[int, str, bytes]] = field(default_factory=list[tuple[int, str, bytes]])

    def hold(self, bucket: int, line: bytes, key: str = "") -> None:
        """Hold a line for a bucket, or for all of them."""
        name, line = name_of_patient(key), line.replace(b"\n", b" ")
        behind = line if bucket < 0 else name + b"\t" + line
        self.rows.append((bucket, name.decode("utf-8", "replace"), behind))
        self.holds += len(line)

    def given(self) -> Iterator[Any]:
        """Give the lines in batches, and at the end what was counted."""
        for line in lines(self.part, self.complain):
            self.take(line)
            if self.holds > HELD:
                yield self.batch()
        self.rows.append((COUNTED, "", msgspec.json.encode(self.done)))
        yield self.batch()

    def batch(self) -> Any:
        """Give what is held."""
        columns = list(zip(*self.rows, strict=True))
        self.rows, self.holds = [], 0
        kinds = (pa.int32(), pa.string(), pa.binary())
        arrays = [pa.array(x, kind) for x, kind in zip(columns, kinds, strict=True)]
        return pa.record_batch(arrays, ["bucket", "key", "line"])


def tally_row(buckets: list[int], given: int, tally: Tally) -> Any:
    """Give what was counted in some buckets, and how many lines or rows were given to them."""
    columns = [
        pa.array([buckets], pa.list_(pa.int32())),
        pa.array([given], pa.int64()),
        pa.array([msgspec.json.encode(tally)], pa.binary()),
    ]
    return pa.record_batch(columns, ["buckets", "lines", "tally"])


def guarded(work: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
    """Let nothing out of a task but what says no value of a patient."""

    def working(batches: Any) -> Iterator[Any]:
        try:
            yield from work(batches)
        except Exception as error:  # noqa: BLE001  (the last door: no value may leak)
            words, code = told(error)
            raise RuntimeError(f"{STOPPED}{code:d} {words}") from None

    return working


def partition() -> int:
    """Give the number of the stretch of rows that a task has."""
    pyspark: Any = importlib.import_module("pyspark")
    return int(pyspark.TaskContext.get().partitionId())


def from_rows(task: Task, todo: frozenset[int]) -> Callable[[Any], Iterator[Any]]:
    """Make the work of a task that gets all rows of a bucket."""

    def work(batches: Any) -> Iterator[Any]:
        bucket, held = partition(), list(batches)
        if held and bucket in todo:
            table = pa.Table.from_batches(held)
            tally = task.do(Rows(lambda: table), bucket)
            yield tally_row([bucket], table.num_rows, tally)

    return guarded(work)


def from_files(task: Task, todo: list[tuple[int, str]]) -> Callable[[Any], Iterator[Any]]:
    """Make the work of a task that gets places in a list of buckets, each a file of its own."""

    def work(batches: Any) -> Iterator[Any]:
        for batch in batches:
            places: list[int] = batch.column(0).to_pylist()
            for place in places:
                bucket, name = todo[place]
                tally = task.do(Rows(partial(whole_file, name)), bucket)
                yield tally_row([bucket], tally.lines, tally)

    return guarded(work)


def whole_file(place: str) -> Any:
    """Read the events of a file, but for rows without a patient."""
    table = columns_read(place, tuple(COLUMNS))
    return table.filter(pc.is_valid(table.column("subject_id")))


def from_lines(
    task: Task, todo: frozenset[int], shared: tuple[str, str] | None, gone: frozenset[bytes]
) -> Callable[[Any], Iterator[Any]]:
    """Make the work of a task that gets all lines of a bucket's patients."""

    def work(batches: Any) -> Iterator[Any]:
        bucket = partition()
        held = [line for b in batches for line in b.column(0).to_pylist()]
        if held and bucket in todo:
            tally = task.do(Gathered(held, _shared(shared), gone), bucket)
            yield tally_row([bucket], len(held), tally)

    return guarded(work)


@lru_cache(maxsize=1)
def _shared(names: tuple[str, str] | None) -> Shared | None:
    """Open the shared lines, which Spark has brought to this machine."""
    if names is None:
        return None
    pyspark: Any = importlib.import_module("pyspark")
    return Shared.at(*(Path(pyspark.SparkFiles.get(name)) for name in names))


def sorting(parts: list[Part]) -> Callable[[Any], Iterator[Any]]:
    """Make the work of a task that gets numbers of parts, and sorts their lines by patient."""

    def work(batches: Any) -> Iterator[Any]:
        for batch in batches:
            numbers: list[int] = batch.column(0).to_pylist()
            for number in numbers:
                yield from Sorter(parts[number], 1, Path()).given()

    return guarded(work)


def adding(batches: Any) -> Iterator[Any]:
    """Add up what was counted in several buckets, so that little goes to the one who asks."""
    total, given, buckets = Tally(), 0, list[int]()
    for batch in batches:
        for row in batch.to_pylist():
            total.add(unpacked(row["tally"]))
            given += row["lines"]
            buckets += row["buckets"]
    if buckets:
        yield tally_row(buckets, given, total)
