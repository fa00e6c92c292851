"""A whole cohort, from a source to a folder of results; what was interrupted goes on."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from bonemets.api import Knowledge, lists_of, load_pack, run_day
from bonemets.cohort import whole
from bonemets.cohort.bucket import DONE, SPLIT, done_path, index_of, split_path
from bonemets.cohort.columns import TABLES
from bonemets.cohort.files import Source, listing
from bonemets.cohort.results import MANIFEST, Manifest, write_results
from bonemets.cohort.shared import INDEX, keep
from bonemets.cohort.tables import EVENTS, ROW, is_table
from bonemets.cohort.tables import listed as list_table
from bonemets.cohort.tables import split as split_events
from bonemets.cohort.tally import Tally, count, merge, unpacked
from bonemets.cohort.worker import Crew, Job, Plan, Task
from bonemets.errors import UsageError
from bonemets.model import ListName

STATE: Final = ".state"
PLAN: Final = "plan.json"
LOST: Final = "lost.txt"
"""How many rows of a table have no patient; it is there when the table is split."""
BUCKET: Final = 150_000_000
"""About so many bytes of text make a bucket."""
MOST_BUCKETS: Final = 4096
MANY: Final = 2_000_000
"""From so many bytes on, there are at least two buckets for each process."""

Progress = Callable[[str, int, int], None]
"""Hears the stage, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """A finished cohort: where its results are, and what the manifest says of it."""

    folder: Path
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
        jobs: how many processes (None: one for each processor).
        small_cells: counts below it are not told in what is aggregated (0: all are).
        progress: hears how far it is.
    """
    used = load_pack(*knowledge, allow_weaker=allow_weaker)
    named = str(source) if "://" in str(source) else str(Path(source).absolute())
    folder = whole.folder(Path(out))
    finished = folder / MANIFEST
    if finished.exists():
        if not (folder / STATE).exists():
            raise UsageError(f"{folder}: holds a finished cohort. Name another folder.")
        manifest = Manifest.read(folder)  # it was interrupted after all was written
        if (manifest.source, manifest.knowledge_hash) != (named, used.pack.hash):
            raise UsageError(f"{folder}: holds a finished cohort of another source or knowledge.")
        with locked(folder):
            shutil.rmtree(folder / STATE)
        return Cohort(folder, manifest)
    others = [p.name for p in folder.iterdir() if p.name != STATE and p.name not in TABLES]
    if others and not (folder / STATE).exists():
        raise UsageError(f"{folder}: is not empty. Name a new folder.")
    run = Run(
        named,
        folder.absolute(),
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
    with locked(folder):
        return Cohort(folder, run.go())


def processors() -> int:
    """Give how many processors this process may use; one where the system does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


@contextlib.contextmanager
def locked(folder: Path) -> Generator[None]:
    """Keep a second run out of a folder; the lock goes with the process that holds it."""
    handle = os.open(whole.folder(folder / STATE), os.O_RDONLY)
    try:
        if not _taken(handle) or not (folder / STATE).exists():  # that run has just ended
            raise UsageError(f"{folder}: another run is at work on it.")
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


@dataclass(slots=True)
class Run:
    """One run at work."""

    source: str
    out: Path
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
        return self.out / STATE

    def go(self) -> Manifest:
        """Do all that is not done yet."""
        table = is_table(self.source)
        listed = list_table(self.source) if table else listing(Path(self.source))
        plan = self.plan(listed)
        self.clear()
        job = Job(
            out=str(self.out),
            state=str(self.state),
            plan=plan,
            knowledge=self.packs,
            allow_weaker=self.allow_weaker,
            table=self.source if table else None,
        )
        for name in (SPLIT, DONE):
            whole.folder(self.state / name)
        for name in TABLES:
            whole.folder(self.out / name)
        crew = Crew(job, self.jobs)
        try:
            if table:
                self.split_table(plan)
            else:
                self.split(plan, crew)
            self.evaluate(plan, crew)
        finally:
            crew.end()
        tally, faults = self.counted(plan)
        self.progress("writing", 0, 1)
        manifest = write_results(self, listed, plan, tally, faults)
        self.progress("writing", 1, 1)
        shutil.rmtree(self.state)
        return manifest

    def plan(self, listed: Source) -> Plan:
        """Give what is to be done: the plan of an interrupted run, else a new one."""
        assumed = tuple(str(a) for a in self.assumed)
        day = None if self.index_date is None else self.index_date.isoformat()
        path = self.state / PLAN
        if path.exists():
            old = msgspec.json.decode(path.read_bytes(), type=Plan)
            same = (
                old.source_hash == listed.hash
                and old.knowledge_hash == self.knowledge.pack.hash
                and old.weaker == self.knowledge.pack.weaker
                and (old.index_date, old.assumed) == (day, assumed)
            )
            if same:
                return old
            raise UsageError(
                f"{self.out}: holds an interrupted run of another source, knowledge, index date or "
                f"assumption. Name another folder, or remove {STATE} in it to begin anew."
            )
        size = listed.text_bytes + listed.rows * ROW
        least = 2 * self.jobs if size > MANY else 1
        plan = Plan(
            source=self.source,
            source_hash=listed.hash,
            knowledge_hash=self.knowledge.pack.hash,
            weaker=self.knowledge.pack.weaker,
            index_date=day,
            assumed=assumed,
            run=self.run,
            buckets=min(MOST_BUCKETS, max(least, -(-size // BUCKET))),
            parts=tuple(listed.parts),
        )
        whole.write(path, msgspec.json.encode(plan), self.state)
        return plan

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
        for _ in crew.do(Task("split", n) for n in todo):
            done += 1
            self.progress("splitting", done, len(plan.parts))
        if not (self.state / INDEX).exists():
            paths = (split_path(self.state, n) for n in range(len(plan.parts)))
            keep(((path, index_of(path)) for path in paths), self.state)

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
        todo = [n for n in range(plan.buckets) if not done_path(self.state, n).exists()]
        done = plan.buckets - len(todo)
        self.progress("evaluating", done, plan.buckets)
        for _ in crew.do(Task("bucket", n) for n in todo):
            done += 1
            self.progress("evaluating", done, plan.buckets)

    def counted(self, plan: Plan) -> tuple[Tally, dict[str, int]]:
        """Add up the counts of all buckets, and the faults of all lines."""
        total, faults = Tally(), dict[str, int]()
        for bucket in range(plan.buckets):
            total.add(unpacked(done_path(self.state, bucket).read_bytes()))
        for n in range(len(plan.parts)):
            index = index_of(split_path(self.state, n))
            total.lines += index.lines
            merge(faults, index.faults)
            for kind, times in index.ignored.items():
                count(total.ignored, kind, times)
        if (self.state / LOST).exists() and (lost := int((self.state / LOST).read_text())):
            faults["a row has no subject_id"] = lost
        return total, faults
