"""A whole cohort, from a source to a folder of results; what was interrupted goes on."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from bonemets.api import Knowledge, lists_of, load_pack, run_day
from bonemets.cohort import whole
from bonemets.cohort.bucket import DONE, SPLIT, done_name, index_of, split_path
from bonemets.cohort.columns import TABLES
from bonemets.cohort.files import Source, listing
from bonemets.cohort.results import MANIFEST, Manifest, write_results
from bonemets.cohort.shared import INDEX, keep
from bonemets.cohort.split import SHARED, Split, lines_of
from bonemets.cohort.storage import STATE, Folder, folder_of, is_address, plain
from bonemets.cohort.tables import EVENTS, HELD, is_table, placed
from bonemets.cohort.tables import listed as list_table
from bonemets.cohort.tables import split as split_events
from bonemets.cohort.tally import Counts, Tally, count, merge, unpacked
from bonemets.cohort.worker import Crew, Job, Plan, Task
from bonemets.errors import RecordRefused, SourceRefused, UsageError
from bonemets.model import ListName

PLAN: Final = "plan.json"
LOST: Final = "lost.txt"
"""How many rows of a table have no patient; it is there when the table is split."""
NO_SUBJECT: Final = "a row has no subject_id"
BUCKET: Final = 150_000_000
"""About so many bytes of text make a bucket."""
MOST_BUCKETS: Final = 4096
MANY: Final = 2_000_000
"""From so many bytes on, there are equally many buckets for each process."""

Progress = Callable[[str, int, int], None]
"""Hears the stage, how much of it is done, and of how much."""


Engine = Literal["local", "spark"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """A finished cohort: where its results are, and what the manifest says of it."""

    folder: Path | str
    """A path, or the address of a storage."""
    manifest: Manifest


def assess_cohort(
    source: str | Path,
    out: str | Path,
    *,
    knowledge: Iterable[str | Path] = (),
    allow_weaker: bool = False,
    index_date: dt.date | None = None,
    assume_complete: Iterable[ListName] = (),
    run_date: dt.date | None = None,
    jobs: int | None = None,
    small_cells: int = 10,
    engine: Engine = "local",
    progress: Progress | None = None,
) -> Cohort:
    """Assess every patient of a source, and write the results into a folder.

    A run that was interrupted goes on where it stood when it is called again in the same way.

    Args:
        source: a Bulk FHIR folder, or a file, folder or pattern of Parquet or CSV with events.
        out: the folder of results; it is made, and must be empty or hold an interrupted run.
        knowledge: folders to lay over ours, in their order.
        allow_weaker: let them weaken alerts and stops.
        index_date: the "as of" day of all (None: each record's own newest clinical day).
        assume_complete: lists to take as complete.
        run_date: the day of the run (None: by the clock).
        jobs: how many processes (None: one for each processor); Spark has its own settings.
        small_cells: counts below it are not told in what is aggregated (0: all are).
        engine: `local`: processes of this machine; `spark`: the Spark session that there is, or
            one by Spark's own settings.
        progress: hears how far it is.
    """
    used = load_pack(*knowledge, allow_weaker=allow_weaker)
    written = plain(str(source))
    named = written if is_address(written) else str(Path(written).absolute())
    if engine == "local" and is_address(plain(str(out))):
        raise UsageError("--out: an address is for `--engine spark`. Name a folder.")
    folder = folder_of(out)
    finished = folder.read(MANIFEST)
    if finished is not None:
        if not folder.has(STATE):
            raise UsageError(f"{folder.shown}: holds a finished cohort. Name another folder.")
        manifest = Manifest.decoded(finished)  # it was interrupted after all was written
        day = None if index_date is None else index_date.isoformat()
        assumed = tuple(str(a) for a in lists_of(assume_complete))
        asked = named, used.engine.pack.hash, day, assumed
        held = manifest.source, manifest.knowledge_hash, manifest.index_date, manifest.assumed
        if held != asked:
            raise UsageError(
                f"{folder.shown}: holds a finished cohort of another source, knowledge, index "
                "date or assumption."
            )
        with folder.locked():
            folder.remove(STATE)
        return cohort_in(folder, manifest)
    others = [name for name in folder.names() if name != STATE and name not in TABLES]
    if others and not folder.has(STATE):
        raise UsageError(f"{folder.shown}: is not empty. Name a new folder.")
    if engine == "spark":
        from bonemets.cohort.spark import SparkRun as Kind
    else:
        Kind = Run
    run = Kind(
        named,
        folder,
        used,
        tuple(str(Path(k).absolute()) for k in knowledge),
        allow_weaker,
        index_date,
        lists_of(assume_complete),
        run_day(run_date),
        jobs or processors(),
        small_cells,
        progress or (lambda _stage, _done, _of: None),
    )
    with folder.locked():
        return cohort_in(folder, run.go())


def cohort_in(folder: Folder, manifest: Manifest) -> Cohort:
    """Give a finished cohort."""
    shown = folder.shown
    return Cohort(shown if is_address(shown) else Path(shown), manifest)


def processors() -> int:
    """Give how many processors this process may use; one where the system does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


@dataclass(slots=True)
class Run:
    """One run at work, by processes of this machine."""

    source: str
    folder: Folder
    knowledge: Knowledge
    packs: tuple[str, ...]
    allow_weaker: bool
    index_date: dt.date | None
    assumed: tuple[ListName, ...]
    run: int
    jobs: int
    small_cells: int
    progress: Progress

    @property
    def state(self) -> Path:
        """Give the folder of what is unfinished."""
        return Path(self.folder.shown) / STATE

    def versions(self) -> dict[str, str]:
        """Give the versions of what a run works with besides."""
        return {}

    def go(self) -> Manifest:
        """Do all that is not done yet."""
        table = is_table(self.source)
        listed = list_table(self.source) if table else listing(self.source)
        plan = self.plan(listed)
        self.clear()
        job = Job(
            out=self.folder.shown,
            plan=plan,
            knowledge=self.packs,
            allow_weaker=self.allow_weaker,
            table=self.source if table else None,
        )
        self.folder.make(f"{STATE}/{SPLIT}", f"{STATE}/{DONE}", *TABLES)
        crew = Crew(job, self.jobs, self.knowledge)
        try:
            if table:
                crew.start()  # copies of this process, while it holds no rows
                self.split_table(plan)
            else:
                self.split(plan, crew)
            self.evaluate(plan, crew)
        except (RecordRefused, SourceRefused) as refusal:
            raise placed(self.source, refusal) if table else refusal from None
        finally:
            crew.end()
        tally, faults = self.counted(plan)
        return self.written(listed, plan, tally, faults)

    def written(self, listed: Source, plan: Plan, tally: Tally, faults: Counts) -> Manifest:
        """Write what stands beside the tables, and end what is unfinished."""
        self.progress("writing", 0, 1)
        manifest = write_results(self, listed, plan, tally, faults)
        self.progress("writing", 1, 1)
        self.folder.remove(STATE)
        return manifest

    def plan(self, listed: Source) -> Plan:
        """Give what is to be done: the plan of an interrupted run, else a new one."""
        assumed = tuple(str(a) for a in self.assumed)
        day = None if self.index_date is None else self.index_date.isoformat()
        before = self.folder.read(f"{STATE}/{PLAN}")
        if before is not None:
            old = msgspec.json.decode(before, type=Plan)
            same = (
                old.source_hash == listed.hash
                and old.knowledge_hash == self.knowledge.engine.pack.hash
                and old.weaker == self.knowledge.engine.pack.weaker
                and (old.index_date, old.assumed) == (day, assumed)
            )
            if same:
                return old
            raise UsageError(
                f"{self.folder.shown}: holds an interrupted run of another source, knowledge, "
                f"index date, assumption or engine. Name another folder, or remove {STATE} in it "
                "to begin anew."
            )
        plan = Plan(
            source=self.source,
            source_hash=listed.hash,
            knowledge_hash=self.knowledge.engine.pack.hash,
            weaker=self.knowledge.engine.pack.weaker,
            index_date=day,
            assumed=assumed,
            run=self.run,
            buckets=self.buckets(listed),
            parts=tuple(listed.parts),
        )
        self.folder.write(f"{STATE}/{PLAN}", msgspec.json.encode(plan))
        return plan

    def buckets(self, listed: Source) -> int:
        """Choose how many buckets there are."""
        size = listed.text_bytes + listed.rows * HELD
        each = self.jobs if size > MANY else 1
        rounds = -(-size // (BUCKET * each))
        return min(MOST_BUCKETS, max(each, each * rounds))

    def clear(self) -> None:
        """Remove what an interrupted run had not finished writing."""
        for path in self.state.rglob("*.part"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def split(self, plan: Plan, crew: Crew) -> None:
        """Split the parts that are not split yet."""
        todo = [n for n in range(len(plan.parts)) if not split_path(self.state, n).exists()]
        done = len(plan.parts) - len(todo)
        self.progress("splitting", done, len(plan.parts))
        todo.sort(key=lambda n: -plan.parts[n].bytes)  # so that all processes end together
        for _ in crew.do(Task("split", n) for n in todo):
            done += 1
            self.progress("splitting", done, len(plan.parts))
        if not (self.state / INDEX).exists():
            paths = [split_path(self.state, n) for n in range(len(plan.parts))]
            keep((x for path in paths for x in lines_of(path, index_of(path), SHARED)), self.state)

    def split_table(self, plan: Plan) -> None:
        """Split a table of events, unless that is done."""
        self.progress("splitting", 0, 1)
        path = self.state / LOST
        if not path.exists():
            if (self.state / EVENTS).exists():
                shutil.rmtree(self.state / EVENTS)
            without = split_events(self.source, plan.buckets, self.state, self.jobs)
            whole.write(path, str(without), self.state)
        self.progress("splitting", 1, 1)

    def evaluate(self, plan: Plan, crew: Crew) -> None:
        """Evaluate the buckets that are not finished yet."""
        todo = self.todo(plan)
        done = plan.buckets - len(todo)
        self.progress("evaluating", done, plan.buckets)
        for _ in crew.do(Task("bucket", n) for n in todo):
            done += 1
            self.progress("evaluating", done, plan.buckets)

    def todo(self, plan: Plan) -> list[int]:
        """Give the buckets that are not finished yet."""
        done = set(self.folder.names(f"{STATE}/{DONE}"))
        return [n for n in range(plan.buckets) if Path(done_name(n)).name not in done]

    def counted(self, plan: Plan) -> tuple[Tally, dict[str, int]]:
        """Add up the counts of all buckets, and the faults of all lines."""
        total, faults = self.tallied(range(plan.buckets)), dict[str, int]()
        for n in range(len(plan.parts)):
            add_split(total, faults, index_of(split_path(self.state, n)))
        if (self.state / LOST).exists() and (lost := int((self.state / LOST).read_text())):
            faults[NO_SUBJECT] = lost
        return total, faults

    def tallied(self, buckets: Iterable[int]) -> Tally:
        """Add up the counts of finished buckets."""
        total = Tally()
        for bucket in buckets:
            total.add(unpacked(self.folder.read(done_name(bucket))))
        return total


def add_split(total: Tally, faults: Counts, index: Split) -> None:
    """Add what was counted in splitting a part."""
    total.lines += index.lines
    merge(faults, index.faults)
    for kind, times in index.ignored.items():
        count(total.ignored, kind, times)
