"""A cohort on Spark: it brings whole patients together, and what evaluates them is the same.

Tasks write the files of their bucket themselves: Spark's own writer takes milliseconds a patient
for so many columns. Events in a table are read and brought together by Spark, unless the files
hold whole patients already; then, as with lines of FHIR, a task opens its file itself.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from bonemets import cache
from bonemets.cohort.bucket import DONE
from bonemets.cohort.columns import TABLES
from bonemets.cohort.events import COLUMNS
from bonemets.cohort.files import Source, listing
from bonemets.cohort.results import Manifest
from bonemets.cohort.run import BUCKET, MANY, NO_SUBJECT, Run, add_split
from bonemets.cohort.shared import INDEX, keep
from bonemets.cohort.shared import LINES as SHARED_LINES
from bonemets.cohort.split import SHARED, Split
from bonemets.cohort.storage import (
    STATE,
    files_of,
    is_address,
    located,
    plain,
)
from bonemets.cohort.tables import ENDINGS, ROW, is_table, needed, placed, strange
from bonemets.cohort.tally import Tally, unpacked
from bonemets.cohort.tasks import (
    COUNTED,
    LINES,
    STOPPED,
    TALLY,
    Nobody,
    Task,
    adding,
    from_files,
    from_lines,
    from_rows,
    packed_knowledge,
    sorting,
)
from bonemets.cohort.worker import Plan, settings_of
from bonemets.errors import BonemetsError, Exit, SourceRefused, UsageError, failed

EXTRA: Final = ("pyspark", "pandas")
MOST_BUCKETS: Final = 50_000
MOST_ROWS: Final = 2_000_000
"""A file with more rows is not evaluated in one piece."""
SAMPLE: Final = 200
"""So many patients of one file are first looked for in the others."""
ADDED: Final = 200
"""The counts of so many buckets are added up before they go to the one who asks."""
TOGETHER: Final = 16_000_000
"""So many bytes of small files are sorted by one task."""
PARQUET: Final = ".parquet"
CSV: Final = {"header": True, "enforceSchema": False, "escape": '"', "multiLine": True}
LOST_ROWS: Final = "Spark has not brought everything to a bucket."
OURS: Final = re.compile(re.escape(STOPPED) + r"(\d+) (.*)")


def session() -> Any:
    """Give the Spark session that there is, or one by Spark's own settings.

    Raises:
        UsageError: the extra, or Java, is lacking.
    """
    if any(importlib.util.find_spec(name) is None for name in EXTRA):
        raise UsageError("Spark needs the extra `spark`: pip install 'bonemets[spark]'.")
    sql: Any = importlib.import_module("pyspark.sql")
    errors: Any = importlib.import_module("pyspark.errors")
    try:
        found = sql.SparkSession.builder.appName("bonemets").getOrCreate()
    except (errors.PySparkException, OSError):
        raise UsageError(
            "Spark cannot be started. It needs Java 17 or 21 (JAVA_HOME, or `java` on the path)."
        ) from None
    context = found.sparkContext
    named = "PYSPARK_PYTHON" in os.environ or context.getConf().contains("spark.pyspark.python")
    if context.master.startswith("local") and not named:
        context.pythonExec = sys.executable  # else it is the first `python3` of the path
    return found


def spark_name(place: str) -> str:
    """Give a place as Spark names it: a bare path would be one of its default storage."""
    return place if is_address(place) else f"file://{place}"


# --- events --------------------------------------------------------------------------------------


class Events:
    """A table of events as Spark reads it."""

    def __init__(self, spark: Any, source: str) -> None:
        """Look at its columns.

        Raises:
            SourceRefused: it cannot be read, or lacks a column that is needed.
        """
        self.spark, self.source = spark, source
        self.of: Any = importlib.import_module("pyspark.sql.functions")
        self.ending = ending_of(source)
        self.lost = 0
        self.whole: list[str] = []
        """Its files, where each patient is in one of them and each can be evaluated in a piece."""
        raw = self.read()
        there = [name for name in COLUMNS if name in raw.columns]
        self.strange = strange(needed(source, raw.columns))
        column, of = self.of.col, self.of
        taken = [column(name) for name in there]
        if self.ending != PARQUET:  # an empty cell of CSV is none, quoted or not
            taken = [of.when(column(n) != "", column(n)).alias(n) for n in there]
        at = there.index("subject_id")
        taken[at] = taken[at].cast("string").alias("subject_id")
        place = column("_metadata.file_path").alias("_place")
        size = column("_metadata.file_size").alias("_size")
        when = column("_metadata.file_modification_time").cast("string").alias("_time")
        self.names = there
        self.frame = raw.select(*taken, place, size, when)

    def read(self) -> Any:
        """Open it."""
        reader = self.spark.read.option("recursiveFileLookup", True)
        if not self.source.endswith(self.ending):
            reader = reader.option("pathGlobFilter", f"*{self.ending}")
        if self.ending == PARQUET:
            reader = reader.option("mergeSchema", True)
            return reader.parquet(spark_name(self.source))
        for name, value in CSV.items():
            reader = reader.option(name, value)
        return reader.csv(spark_name(self.source))

    def listed(self) -> Source:
        """Give what it holds, and see whether its files hold whole patients."""
        of = self.of
        counts = (
            self.frame.groupBy("_place", "_size", "_time")
            .agg(of.count(of.lit(1)).alias("rows"), of.count("subject_id").alias("known"))
            .collect()
        )
        found = Source(self.source)
        digest = hashlib.sha256(f"{self.source} {self.names}".encode())
        for place, size, when, rows, known in sorted(counts):
            digest.update(f"{place} {size} {when} {rows}\n".encode())
            found.files += 1
            found.bytes += size
            found.rows += rows
            self.lost += rows - known
        found.hash = digest.hexdigest()
        found.strange = self.strange
        if self.ending == PARQUET and all(rows <= MOST_ROWS for *_, rows, _ in counts):
            self.whole = self.whole_files(sorted(place for place, *_ in counts))
        return found

    def whole_files(self, places: list[str]) -> list[str]:
        """Give the files if no patient is in two of them and tasks can open them, else none."""
        named = [plain(place) for place in places]
        try:
            for place in named[:1]:
                located(place)
        except UsageError:
            return []
        column, known = self.of.col, self.frame.filter("subject_id IS NOT NULL")
        if len(places) > 1:
            first = column("_place") == places[0]
            # Joined, not named: identifiers are to stand in no plan that Spark shows or keeps.
            some = known.filter(first).select("subject_id").limit(SAMPLE).distinct()
            if known.filter(~first).join(some, "subject_id", "left_semi").limit(1).count():
                return []
            pairs = known.select("_place", "subject_id").distinct().groupBy("subject_id").count()
            if pairs.filter("count > 1").limit(1).count():
                return []
        return named

    def rows(self) -> Any:
        """Give the rows that have a patient."""
        return self.frame.filter("subject_id IS NOT NULL").select(*self.names)


def ending_of(source: str) -> str:
    """Give the ending of a table's files.

    Raises:
        SourceRefused: it is a folder with files of several kinds, of which one alone would be read.
    """
    for ending in ENDINGS:
        if source.endswith(ending):
            return ending
    try:
        names = [x.name for x in files_of(source)] if "*" not in source else []
    except UsageError:  # a storage that Spark alone reaches
        names = []
    found = [x for x in ENDINGS if any(name.endswith(x) for name in names)]
    if len(found) > 1:
        kinds = ", ".join(found)
        raise SourceRefused(f"{source}: holds tables of several kinds ({kinds}). Name one: *.csv.")
    return found[0] if found else PARQUET


# --- the run -------------------------------------------------------------------------------------


class SparkRun(Run):
    """One run at work, on Spark."""

    def go(self) -> Manifest:
        """Do all that is not done yet."""
        self.spark = session()
        try:
            return self.done()
        except Exception as error:
            said = failure(error)
            if said is None:
                raise
            raise (placed(self.source, said) if is_table(self.source) else said) from None

    def versions(self) -> dict[str, str]:
        """Give the version of Spark."""
        return {"spark": str(self.spark.version)}

    def done(self) -> Manifest:
        """Do all that is not done yet."""
        self.progress("reading", 0, 1)
        events = Events(self.spark, self.source) if is_table(self.source) else None
        listed = listing(self.source) if events is None else events.listed()
        # Which patient goes to which bucket is the affair of Spark, of one version.
        said = f"{listed.hash} spark {self.spark.version}"
        listed.hash = hashlib.sha256(said.encode()).hexdigest()
        self.whole = [] if events is None else events.whole
        plan = self.plan(listed)
        self.folder.make(f"{STATE}/{DONE}", *TABLES)
        task = Task(
            self.folder.shown,
            packed_knowledge(self.knowledge),
            settings_of(plan),
            cache.code_hash(),
        )
        todo = self.todo(plan)
        self.progress("reading", 1, 1)
        self.progress("evaluating", plan.buckets - len(todo), plan.buckets)
        tally, faults = self.tallied(set(range(plan.buckets)) - set(todo)), dict[str, int]()
        if events is not None:
            self.of_events(events, task, plan, todo, tally)
            if events.lost:
                faults[NO_SUBJECT] = events.lost
            if tally.lines != listed.rows - events.lost:
                raise BonemetsError(LOST_ROWS)
        else:
            self.of_lines(task, plan, todo, tally, faults)
        self.progress("evaluating", plan.buckets, plan.buckets)
        return self.written(listed, plan, tally, faults)

    def buckets(self, listed: Source) -> int:
        """Choose how many buckets there are."""
        if self.whole:
            return len(self.whole)
        size = listed.text_bytes + listed.rows * ROW
        least = self.parallel() if size > MANY else 1
        return min(MOST_BUCKETS, max(least, -(-size // BUCKET)))

    def of_events(
        self, events: Events, task: Task, plan: Plan, todo: list[int], tally: Tally
    ) -> None:
        """Evaluate the events of the buckets that are not done."""
        if events.whole:
            files = [(bucket, events.whole[bucket]) for bucket in todo]
            frame = self.numbers(len(files)).mapInArrow(from_files(task, files), TALLY)
        else:
            rows = events.rows().repartition(plan.buckets, "subject_id")
            frame = rows.mapInArrow(from_rows(task, frozenset(todo)), TALLY)
        self.finish(frame, task, plan, todo, tally)

    def of_lines(
        self, task: Task, plan: Plan, todo: list[int], tally: Tally, faults: dict[str, int]
    ) -> None:
        """Sort the lines by patient, and evaluate the buckets that are not done."""
        size = sum(part.bytes for part in plan.parts)
        numbers = self.numbers(len(plan.parts), max(self.parallel(), size // TOGETHER))
        parts = numbers.mapInArrow(sorting(list(plan.parts)), LINES)
        level: Any = importlib.import_module("pyspark").StorageLevel.DISK_ONLY
        lines = parts.persist(level)
        try:
            own = lines.filter("bucket >= 0")
            kept = own.count()
            shared, gone = list[bytes](), list[bytes]()
            for row in lines.filter("bucket < 0").toLocalIterator():
                line = bytes(row["line"])
                if row["bucket"] == COUNTED:
                    add_split(tally, faults, msgspec.json.decode(line, type=Split))
                else:
                    (shared if row["bucket"] == SHARED else gone).append(line)
            with tempfile.TemporaryDirectory() as folder:
                names = self.brought(shared, Path(folder))
                work = from_lines(task, frozenset(todo), names, frozenset(gone))
                grouped = own.select("key", "line").repartition(plan.buckets, "key")
                frame = grouped.select("line").mapInArrow(work, TALLY)
                given = self.finish(frame, task, plan, todo, tally)
            if len(todo) == plan.buckets and given != kept:
                raise BonemetsError(LOST_ROWS)
        finally:
            lines.unpersist()

    def brought(self, shared: list[bytes], folder: Path) -> tuple[str, str] | None:
        """Bring the shared lines to every machine, and give the names of their files."""
        if not keep(shared, folder):
            return None
        mark = uuid4().hex
        names = f"{mark}-{SHARED_LINES}", f"{mark}-{INDEX}"
        for old, new in zip((SHARED_LINES, INDEX), names, strict=True):
            self.spark.sparkContext.addFile(str((folder / old).rename(folder / new)))
        return names

    def numbers(self, count: int, tasks: int = MOST_BUCKETS) -> Any:
        """Give so many numbers from 0 to at most so many tasks."""
        return self.spark.range(0, count, 1, max(1, min(count, tasks, MOST_BUCKETS)))

    def parallel(self) -> int:
        """Give how many tasks there should be at least: two for each core of Spark."""
        return 2 * int(self.spark.sparkContext.defaultParallelism)

    def finish(self, frame: Any, task: Task, plan: Plan, todo: list[int], tally: Tally) -> int:
        """Have the buckets evaluated, and give how many lines or rows were given to them.

        A bucket to which nobody belongs has its files too.
        """
        few = max(1, len(todo) // ADDED)
        rows: list[Any] = []
        if todo:
            rows += frame.repartition(few, "buckets").mapInArrow(adding, TALLY).collect()
        done: set[int] = {bucket for row in rows for bucket in row["buckets"]}
        if done & set(self.todo(plan)):
            raise UsageError(
                f"{self.folder.shown}: the machines of Spark do not have this folder in common. "
                "Name one that all of them reach."
            )
        for row in rows:
            tally.add(unpacked(bytes(row["tally"])))
        for bucket in sorted(set(todo) - done):
            tally.add(task.do(Nobody(), bucket))
        return sum(row["lines"] for row in rows)


def failure(error: Exception) -> BonemetsError | None:
    """Say why Spark failed, without a value of a patient; None for what is ours to tell."""
    errors: Any = importlib.import_module("pyspark.errors")
    py4j: Any = importlib.import_module("py4j.protocol")
    if not isinstance(error, errors.PySparkException | py4j.Py4JError):
        return None
    words = str(error)
    ours = OURS.search(words)
    if ours is not None:
        return failed(Exit(int(ours[1])), ours[2].strip())
    if "No module named 'bonemets" in words or "No module named 'pyarrow'" in words:
        return UsageError(
            "the machines of Spark lack bonemets: install 'bonemets[spark]' in the "
            "Python that PYSPARK_PYTHON names."
        )
    named = errors.PySparkException
    kind = error.getCondition() if isinstance(error, named) else None  # pyright: ignore
    said = f"Spark could not go on ({kind or type(error).__name__}); its own log says more."
    return UsageError(said)
