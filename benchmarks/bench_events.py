"""Events in Parquet -> packed findings, by two processes: bucketed, and unsorted ones.

The patients are those of `bench_line.py` as an event table: 40 events each, half of them with codes
that no variable knows, in no order, each row an event. What goes in is buckets as `cohort` splits
it; what comes out is Parquet with the findings of patients and lesions packed (`evaluate(...,
packed=True)`), numbers as columns. Left out is what `cohort` does besides: facts, findings in
words, the counts of its report, missingness, and the folder of results; its rate stands below.

A worker holds what one of `cohort` does: it loads the knowledge compiled, as from the cache, and
does without pandas.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from drawing import choices, event_table
from harness import reached, report
from padding import computed_items, padded

import bonemets
from bonemets.api import Knowledge
from bonemets.cache import Kept
from bonemets.cohort.arrow import pq, without_pandas
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.heap import keep_freed
from bonemets.cohort.tables import EventBuckets, split
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.program import compile_pack

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "131072"))
EACH, RUNS, JOBS, ITEMS = 40, 3, 2, 1000
BUCKETS = max(JOBS, PATIENTS // 7_300)  # about as many rows in each as `cohort` plans
RUN_DAY = 20_783
PARQUET: dict[str, Any] = {
    "compression": "lz4",
    "use_dictionary": False,
    "write_statistics": False,
}
"""What is packed has nothing to look up: lz4 alone takes two thirds of the time, and twice the room
(165 bytes a patient for 75), of zstd with dictionaries.
"""


def put_down(pack: Pack, path: Path) -> None:
    """Compile a pack, and keep it as the cache does."""
    trees = Trees(pack)
    program = compile_pack(pack, trees=trees, within=trees.flat()[1])
    path.write_bytes(msgspec.json.encode(Kept.of(pack, program, trees)))


def knowledge_in(path: Path) -> Knowledge:
    kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    return Knowledge(kept.whole, kept.engine())


def do_bucket(evaluator: Evaluator, buckets: EventBuckets, bucket: int, out: Path) -> int:
    """One bucket's file -> two files of packed findings; how many patients it held."""
    with evaluator.clocked("read"):
        parts = list(buckets.parts(bucket))
    patients = 0
    for n, part in enumerate(parts):
        found = evaluator.packed(part)
        patients += found["findings"].num_rows
        with evaluator.clocked("write"):
            for name, packed in found.items():
                path = out / f"{name}-{bucket}-{n}.parquet"
                pq.write_table(packed, path, **PARQUET)
    return patients


def work(number: int, knowledge: Path, state: Path, out: Path, gate: Any, told: Any) -> None:
    """A worker: warm as in a bucket that is not the first, then its share of the buckets."""
    without_pandas()
    evaluator = Evaluator(knowledge_in(knowledge), Settings(RUN_DAY))
    buckets = EventBuckets(state)
    keep_freed()  # like a copy of a process that has loaded the knowledge
    do_bucket(evaluator, buckets, number, out)
    for _ in range(RUNS):
        evaluator.tally.seconds.clear()
        gate.wait()
        start, spent = time.perf_counter(), time.process_time()
        done = sum(do_bucket(evaluator, buckets, n, out) for n in range(number, BUCKETS, JOBS))
        took = time.perf_counter() - start, time.process_time() - spent
        most = held()
        told.put((number, done, *took, most, evaluator.tally.seconds))
        gate.wait()


def held() -> float:
    """The most memory that this process ever held, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(knowledge: Path, state: Path, out: Path) -> list[list[tuple[Any, ...]]]:
    """What each worker told, run by run."""
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(JOBS), context.Queue()
    workers = [
        context.Process(target=work, args=(n, knowledge, state, out, gate, told))
        for n in range(JOBS)
    ]
    for worker in workers:
        worker.start()
    runs = [[told.get() for _ in range(JOBS)] for _ in range(RUNS)]
    for worker in workers:
        worker.join()
    return runs


def spread(of: list[float], unit: str = "/s") -> str:
    return f"{statistics.median(of):,.0f}{unit} ({min(of):,.0f} to {max(of):,.0f})"


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        shipped = bonemets.load_pack().engine.pack
        rows = [row for pack in (shipped, padded(shipped, ITEMS)) for row in rates(folder, pack)]
        report(
            "Events in Parquet -> packed findings",
            (
                f"{PATIENTS:,} patients x {EACH} events, {JOBS} processes, {RUNS} runs; by the "
                "wall clock, and as so many patients would be done in a second if both processors "
                "were free (patients / processor time x 2)",
                "left out: facts, findings in words, the counts of the report; see `cohort` below",
            ),
            [*rows, *whole_cohort(folder)],
        )
    finally:
        shutil.rmtree(folder)


def drawn(folder: Path, patients: int = PATIENTS) -> Path:
    """Write the unsorted events, once."""
    path = folder / f"events-{patients}.parquet"
    if not path.exists():
        listed = choices(bonemets.load_pack().pack)
        table = event_table(listed, patients, EACH, np.random.default_rng(1))
        pq.write_table(table, path, compression="zstd")
    return path


def rates(folder: Path, pack: Pack) -> list[tuple[str, str, str]]:
    """Bucketed events, and unsorted ones that are partitioned first."""
    state, out, knowledge = folder / "state", folder / "packed", folder / "knowledge.json"
    out.mkdir(exist_ok=True)
    put_down(pack, knowledge)
    partition: list[tuple[float, float]] = []
    for _ in range(RUNS):
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        source, start, spent = str(drawn(folder)), time.perf_counter(), time.process_time()
        split(source, BUCKETS, state, JOBS)
        partition.append((time.perf_counter() - start, time.process_time() - spent))
    runs = measured(knowledge, state, out)
    done = sum(told[1] for told in runs[0])
    if done != PATIENTS:
        raise AssertionError(f"{done} patients came out")
    wall = [max(told[2] for told in run) for run in runs]
    spent = [sum(told[3] for told in run) for run in runs]
    most = max(told[4] for run in runs for told in run)
    stages: dict[str, float] = {}
    for told in runs[-1]:
        for stage, seconds in told[5].items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    first, work = (statistics.median(x) for x in zip(*partition, strict=True))
    by_processor = [JOBS * done / s for s in spent]
    items = computed_items(pack)
    both = [JOBS * done / (s + work) for s in spent]
    return [
        (f"{items:,} items that compute, bucketed events -> packed findings, wall clock",
         spread([done / w for w in wall]), ""),
        ("  by processor time", spread(by_processor),
         reached(">= 100,000/s", statistics.median(by_processor) >= 100_000)),
        ("  unsorted events, partitioned first, wall clock",
         spread([done / (w + first) for w in wall]), ""),
        ("  by processor time", spread(both),
         reached(">= 60,000/s", statistics.median(both) >= 60_000)),
        ("  partitioning alone, us of a processor a patient", f"{1e6 * work / done:.1f}", ""),
        ("  most memory of a worker", f"{most:,.0f} MB", reached("< 400 MB", most < 400)),
        ("  us of a processor a patient, by stage",
         ", ".join(f"{k} {1e6 * v / done:.1f}" for k, v in stages.items()), ""),
    ]  # fmt: skip


def whole_cohort(folder: Path) -> list[tuple[str, str, str]]:
    """The same events by `assess_cohort`, with all that it writes and counts."""
    before = os.times()
    start = time.perf_counter()
    done = bonemets.assess_cohort(drawn(folder), folder / "out", jobs=JOBS).manifest
    took = time.perf_counter() - start
    after = os.times()
    spent = sum(after[:4]) - sum(before[:4])
    stages = ", ".join(f"{k} {1e6 * v / done.patients:.1f}" for k, v in done.seconds.items())
    return [
        ("`cohort`, all that it writes and counts, unsorted events, wall clock",
         f"{done.patients / took:,.0f}/s", ""),
        ("  by processor time", f"{JOBS * done.patients / spent:,.0f}/s", ""),
        ("  us of a processor a patient, by stage (partitioning apart)", stages, ""),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
