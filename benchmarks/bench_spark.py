"""Spark beside one machine, on the same events: in files of whole patients, and in no order."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bulk
import numpy as np
from harness import report

import bonemets
from bonemets.cohort import spark
from bonemets.cohort.arrow import pa, pc, pq
from bonemets.cohort.events import table_of
from bonemets.errors import RecordRefused, UsageError
from bonemets.readers.fhir import read_tree

DRAWN, FILES, CORES, RUNS = 250, 8, 2, 3
COPIES = 16
MANY = 10
"""So many times the patients are only moved."""


def events(copies: int) -> Any:
    """Events of drawn patients, each several times under other names."""
    records = []
    for n, resources in enumerate(bulk.patients(DRAWN, mishaps=0.01)):
        tree = {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
        try:
            records.append((f"p{n}", read_tree(tree, "drawn")))
        except RecordRefused:  # it names somebody else
            continue
    once = table_of(records)
    names = once.column("subject_id")
    return pa.concat_tables(
        once.set_column(0, "subject_id", pc.binary_join_element_wise(f"{c}", names, "-"))
        for c in range(copies)
    )


def written(table: Any, folder: Path) -> None:
    """Write the events into files of whole patients, and into as many in no order."""
    for name in ("whole", "flat"):
        (folder / name).mkdir()
    ranks = pc.dictionary_encode(table.column("subject_id").combine_chunks()).indices
    file = ranks.to_numpy() % FILES
    order = np.random.default_rng(1).permutation(table.num_rows)
    for n in range(FILES):
        mine = table.filter(pa.array(file == n))
        pq.write_table(mine, folder / "whole" / f"{n}.parquet", compression="zstd")
        some = table.take(pa.array(order[n::FILES]))
        pq.write_table(some, folder / "flat" / f"{n}.parquet", compression="zstd")


def counting(batches: Any) -> Iterator[Any]:
    """Take what comes, and evaluate nothing."""
    total = sum(batch.num_rows for batch in batches)
    yield pa.record_batch([pa.array([total], pa.int64())], ["rows"])


def moved(session: Any, folder: Path) -> float:
    """The seconds for bringing the rows of each patient together, with nothing evaluated."""
    start = time.perf_counter()
    rows = spark.Events(session, str(folder)).rows().repartition(FILES, "subject_id")
    rows.mapInArrow(counting, "rows bigint").collect()
    return time.perf_counter() - start


def taken(source: Path, out: Path, **more: Any) -> float:
    start = time.perf_counter()
    bonemets.assess_cohort(source, out, **more)
    shutil.rmtree(out)
    return time.perf_counter() - start


def main() -> None:
    import pyspark.sql

    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    try:
        builder = pyspark.sql.SparkSession.builder.master(f"local[{CORES}]")
        builder.config(map={**quiet, "spark.driver.memory": "3g"}).getOrCreate()
        session = spark.session()
    except UsageError as error:
        print(f"\nSpark was not measured: {error}")
        return
    session.sparkContext.setLogLevel("ERROR")
    folder = Path(tempfile.mkdtemp())
    ways = ("one machine, files", "Spark, files", "Spark, flat", "one machine, flat", "moved")
    try:
        copies = int(sys.argv[1]) if len(sys.argv) > 1 else COPIES
        table = events(copies)
        patients = pc.count_distinct(table.column("subject_id")).as_py()
        written(table, folder)
        (folder / "many").mkdir()
        written(events(copies * MANY), folder / "many")
        out, found = folder / "out", {way: list[float]() for way in ways}
        for n in range(RUNS + 1):  # in turn; the first is not counted
            spent = (
                taken(folder / "whole", out, jobs=CORES),
                taken(folder / "whole", out, engine="spark"),
                taken(folder / "flat", out, engine="spark"),
                taken(folder / "flat", out, jobs=CORES),
                moved(session, folder / "many" / "flat") / MANY,
            )
            for way, seconds in zip(ways, spent, strict=True):
                if n:
                    found[way].append(seconds)
        base = found["one machine, files"]

        def row(way: str, goal: str = "") -> tuple[str, str, str]:
            rates = [patients / x for x in found[way]]
            shares = [b / x for b, x in zip(base, found[way], strict=True)]
            return (
                way,
                f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}); "
                f"{statistics.median(shares):.2f} ({min(shares):.2f} to {max(shares):.2f})",
                goal,
            )

        report(
            "Spark",
            (
                f"{patients:,} patients, {table.num_rows:,} rows, {FILES} files; "
                f"{CORES} cores each; PySpark {session.version}; start-up not counted",
                "patients a second, and the share of one machine's rate over the same files; "
                f"{RUNS} runs in turn",
            ),
            [
                row("one machine, files"),
                row("Spark, files", ">= 0.5"),
                row("one machine, flat"),
                row("Spark, flat"),
                row("moved"),
            ],
            (
                f"moved: the rows of {patients * MANY:,} patients are brought together, and "
                "nothing is evaluated",
            ),
        )
    finally:
        session.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
