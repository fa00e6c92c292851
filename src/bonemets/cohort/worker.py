"""A process that does tasks of a cohort: they come as lines on its input, answers go out likewise.

It ends when its input ends, and so with the process that started it, however that ended.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import msgspec
from msgspec import Struct

from bonemets.api import Knowledge, lists_of, load_pack
from bonemets.cohort.arrow import without_pandas
from bonemets.cohort.bucket import Buckets, do_bucket, split_path
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.files import Part
from bonemets.cohort.heap import keep_freed
from bonemets.cohort.moulds import Moulds
from bonemets.cohort.split import Place, Splitter
from bonemets.cohort.storage import STATE, Here
from bonemets.cohort.tables import EventBuckets
from bonemets.errors import BonemetsError, Exit, failed


class Plan(Struct, frozen=True, kw_only=True):
    """What an unfinished run is of; another one cannot go on with it."""

    source: str
    source_hash: str
    knowledge_hash: str
    weaker: tuple[str, ...]
    index_date: str | None
    assumed: tuple[str, ...]
    run: int
    buckets: int
    parts: tuple[Part, ...]


class Job(Struct, frozen=True, kw_only=True):
    """What all tasks of a run share."""

    out: str
    plan: Plan
    knowledge: tuple[str, ...]
    allow_weaker: bool
    table: str | None = None
    """The events, where the source is a table."""


class Task(Struct, frozen=True):
    """One thing to do: `split` part n, or evaluate `bucket` n."""

    what: str
    number: int


class Answer(Struct):
    """What came of a task: nothing, or why it failed (no value of a patient)."""

    fault: str | None = None
    code: Exit = Exit.BUG
    """The exit code that the fault gives."""


class Worker:
    """Does tasks."""

    def __init__(self, job: Job, knowledge: Knowledge | None = None) -> None:
        """Take what all tasks share; without it, the knowledge is loaded when it is needed."""
        self.job, self.knowledge = job, knowledge
        self.out = Here(Path(job.out))
        self.state = self.out.path / STATE
        self.known: dict[str, Place] = {}
        self.moulds = Moulds()
        self._buckets: Any = None
        self._evaluator: Any = None

    def do(self, task: Task) -> None:
        """Do one task."""
        if task.what == "split":
            part, to = self.job.plan.parts[task.number], split_path(self.state, task.number)
            buckets = self.job.plan.buckets
            splitter = Splitter(part, buckets, to, known=self.known, moulds=self.moulds)
            splitter.run()
            self.moulds = splitter.moulds  # new ones where there were too many
            return
        if self._buckets is None:
            self._buckets = self.buckets()
            job = self.job
            if self.knowledge is None:
                self.knowledge = load_pack(*job.knowledge, allow_weaker=job.allow_weaker)
            self._evaluator = Evaluator(self.knowledge, settings_of(self.job.plan))
        do_bucket(self._buckets, self._evaluator, self.out, task.number)

    def buckets(self) -> Any:
        """Open what was split."""
        if self.job.table is not None:
            return EventBuckets(self.state)
        return Buckets(self.state, len(self.job.plan.parts), self.moulds)

    def answer(self, task: Task) -> Answer:
        """Do a task; what goes wrong is told by its kind and place alone."""
        try:
            self.do(task)
        except Exception as error:  # noqa: BLE001  (the last door: no value may leak)
            return Answer(*told(error))
        return Answer()


def told(error: Exception) -> tuple[str, Exit]:
    """Tell what went wrong without a value of a patient, and the exit code that it gives."""
    if isinstance(error, BonemetsError):
        return str(error), error.exit_code
    if isinstance(error, OSError):
        return f"a file cannot be written or read ({error.strerror})", Exit.USAGE
    trace, where = error.__traceback__, "bonemets"
    while trace is not None:
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {where}", Exit.BUG


def settings_of(plan: Plan) -> Settings:
    """Give as of when, and under which assumptions, a run assesses."""
    day = None if plan.index_date is None else dt.date.fromisoformat(plan.index_date)
    return Settings(plan.run, day, lists_of(plan.assumed))  # pyright: ignore[reportArgumentType]


# --- the processes -------------------------------------------------------------------------------


def serve(worker: Worker, source: IO[bytes], sink: IO[bytes]) -> None:
    """Do the tasks that come in, and end without tidying up: all that counts is written."""
    keep_freed()
    for line in source:
        answer = worker.answer(msgspec.json.decode(line, type=Task))
        try:
            sink.write(msgspec.json.encode(answer) + b"\n")
            sink.flush()
        except BrokenPipeError:  # nobody waits for it any more
            break
    os._exit(0)


@dataclass(slots=True)
class Process:
    """A process at work: what it is asked, what it answers, and how it is waited for."""

    asked: IO[bytes]
    answers: IO[bytes]
    wait: Callable[[], object]


def started(job: Job) -> Process:
    """Start a process that loads all by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bonemets.cohort.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(x for x in sys.path if x)},
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101
    process.stdin.write(msgspec.json.encode(job) + b"\n")
    process.stdin.flush()
    return Process(process.stdin, process.stdout, process.wait)


def may_fork() -> bool:
    """Say whether a copy of this process would be sound: no other thread may hold a lock.

    The threads of NumPy and Arrow, which Python does not know, are ready for it on Linux.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def forked(job: Job, knowledge: Knowledge) -> Process:
    """Start a copy of this process, which has everything loaded."""
    (source, asked), (answers, sink) = os.pipe(), os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # see `may_fork`
        pid = os.fork()
    if not pid:
        try:
            _close_all_but(source, sink)
            serve(Worker(job, knowledge), os.fdopen(source, "rb"), os.fdopen(sink, "wb"))
        finally:
            os._exit(1)
    os.close(source)
    os.close(sink)
    wait = partial(os.waitpid, pid, 0)
    return Process(os.fdopen(asked, "wb"), os.fdopen(answers, "rb"), wait)


def _close_all_but(*kept: int) -> None:
    """Close what a copy has of its parent's files: locks, and pipes that would never end."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  (a `Path` for each would not be less)
        if int(name) > 2 and int(name) not in kept:
            with suppress(OSError):
                os.close(int(name))


class Crew:
    """Some worker processes, or none: then the tasks are done here."""

    def __init__(self, job: Job, jobs: int, knowledge: Knowledge) -> None:
        """Take the job; processes are started when there is something to do."""
        self.job, self.jobs, self.knowledge = job, jobs, knowledge
        self.free: SimpleQueue[Process] = SimpleQueue()
        self.all: list[Process] = []
        self.here: Worker | None = None

    def start(self) -> None:
        """Start the processes, where there are to be any."""
        if self.all or self.jobs <= 1:
            return
        copies = may_fork()
        for _ in range(self.jobs):
            process = forked(self.job, self.knowledge) if copies else started(self.job)
            self.all.append(process)
            self.free.put(process)

    def do(self, tasks: Iterable[Task]) -> Iterator[Task]:
        """Do tasks, and give each when it is done.

        Raises:
            BonemetsError: what a task failed for.
        """
        todo = list(tasks)
        if self.jobs <= 1:
            self.here = self.here or Worker(self.job, self.knowledge)
            for task in todo:
                _checked(self.here.answer(task))
                yield task
            return
        if todo:
            self.start()
        with ThreadPoolExecutor(self.jobs) as threads:
            futures = {threads.submit(self._send, task): task for task in todo}
            try:
                for future in as_completed(futures):
                    _checked(future.result())
                    yield futures[future]
            except BaseException:
                for future in futures:
                    future.cancel()
                raise

    def _send(self, task: Task) -> Answer:
        """Have a free process do a task."""
        process = self.free.get()
        try:
            process.asked.write(msgspec.json.encode(task) + b"\n")
            process.asked.flush()
            line = process.answers.readline()
        except OSError:
            line = b""
        finally:
            self.free.put(process)
        if not line:
            return Answer("a process ended before its work was done (is there enough memory?)")
        return msgspec.json.decode(line, type=Answer)

    def end(self) -> None:
        """End the processes."""
        for process in self.all:
            with suppress(OSError):  # it has died
                process.asked.close()
            process.answers.close()
            process.wait()
        self.all.clear()


def _checked(answer: Answer) -> None:
    if answer.fault is not None:
        raise failed(answer.code, answer.fault)


if __name__ == "__main__":
    without_pandas()
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    serve(Worker(job), sys.stdin.buffer, sys.stdout.buffer)
