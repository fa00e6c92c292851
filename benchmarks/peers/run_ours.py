"""bonemets on the same definitions: the small pack beside this file.

    python -m peers.run_ours one|many|explained|cohort DATA OUT.csv

`one` and `many` compile the eleven definitions alone and read a Bundle a line, as the peers do:
`one` evaluates patient by patient, `many` as one batch. `explained` and `cohort` lay the pack over
the whole knowledge, as a user does: `explained` gives every patient's explained assessment,
`cohort` is `bonemets cohort` over the Bulk FHIR folder, with two processes.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from bulk import INDEX
from msgspec.structs import replace
from peers.key import COLUMNS

import bonemets
from bonemets.api import as_of, lists_of, run_day
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.engine import Engine
from bonemets.model import Record
from bonemets.pack.load import Pack

PACK = Path(__file__).resolve().parent / "pack"
NUMBERS = {"age": "peers_age", "corrected": "peers_corrected_calcium",
           "clearance": "peers_clearance"}  # fmt: skip
TRUTHS = {"yes": "true", "no": "false", "unknown": ""}
ASSUMED = lists_of(["conditions"])
"""To CQL a condition that is not on the list is not there; to us that has to be said."""
SHELVES = ("scores", "alerts", "investigations", "options", "steps", "interactions", "cards",
           "outlooks", "handouts")  # fmt: skip

Row = dict[str, Any]


class Clock:
    """Seconds by the wall, and of processors, this process's and its children's."""

    def __init__(self) -> None:
        self.wall, self.processor = -time.perf_counter(), -self.used()

    def stop(self) -> None:
        self.wall += time.perf_counter()
        self.processor += self.used()

    @staticmethod
    def used() -> float:
        """Give what this process and its ended children have used of processors."""
        return sum(os.times()[:4])


def alone(pack: Pack) -> Pack:
    """Give the definitions with what they read of ours, and nothing else."""
    kept = {
        name: variable
        for name, variable in pack.variables.items()
        if name.startswith("peers_") or name in ("birth_date", "sex_at_birth")
    }
    return replace(pack, variables=kept, scope=None, **{shelf: {} for shelf in SHELVES})


def records(data: Path, knowledge: bonemets.Knowledge) -> Iterator[tuple[str, Record]]:
    """Read the Bundles, one after the other, and give the patient's identifier with each."""
    with (data / "bundles.ndjson").open("rb") as lines:
        for number, line in enumerate(lines):
            yield f"p{number:06d}", bonemets.read(line, knowledge, name="bundle")


def settled(ends: tuple[float, float]) -> float | str:
    """Give a number, or nothing where several are possible."""
    return ends[0] if ends[0] == ends[1] else ""


def one(data: Path, knowledge: bonemets.Knowledge) -> list[Row]:
    """Evaluate each patient by itself."""
    engine, rows = knowledge.engine, list[Row]()
    for name, record in records(data, knowledge):
        ready, moment, _ = as_of(record, INDEX, ASSUMED, run_day(INDEX))
        run = engine.run_one(ready, moment)
        row: Row = {c: settled(run.result("variable", v)) for c, v in NUMBERS.items()}
        grade = run.result("variable", "peers_grade")
        row["grade"] = grade.bit_length() - 1 if grade.bit_count() == 1 else ""
        row["contraindicated"] = truth(run.result("variable", "peers_contraindicated"))
        entry = engine.program.inputs["peers_metastasis"]
        row["metastasis"] = truth(run.fact(entry, None))
        rows.append({"id": name, **row})
    return rows


def truth(of: tuple[bool, bool]) -> str:
    """Name a set of booleans."""
    may, fails = of
    return "" if may and fails else str(may).lower()


def many(data: Path, knowledge: bonemets.Knowledge) -> list[Row]:
    """Evaluate all patients as one batch."""
    evaluator = Evaluator(knowledge, Settings(run_day(INDEX), INDEX, ASSUMED))
    tables = evaluator.batch(list(records(data, knowledge)))
    return rows_of(tables["findings"], tables["facts"])


def explained(data: Path, knowledge: bonemets.Knowledge) -> list[Row]:
    """Explain every patient's assessment; `numbers` shows none of a pack's variables, so no row."""
    for _, record in records(data, knowledge):
        bonemets.assess(record, knowledge, index_date=INDEX, assume_complete=ASSUMED,
                        run_date=INDEX, questions=False)  # fmt: skip
    return []


def cohort(data: Path) -> tuple[list[Row], Clock]:
    """Assess the Bulk FHIR folder; what is written there is read after the clock has stopped."""
    out = Path(tempfile.mkdtemp()) / "out"
    try:
        clock = Clock()
        bonemets.assess_cohort(data / "bulk", out, knowledge=[PACK], index_date=INDEX,
                               assume_complete=ASSUMED, run_date=INDEX, jobs=2)  # fmt: skip
        clock.stop()
        names = [f"variable_{n}" for n in ("peers_grade", "peers_contraindicated")]
        ends = [f"variable_{v}_{e}" for v in NUMBERS.values() for e in ("low", "high")]
        findings = pq.read_table(out / "findings", columns=["subject_id", *names, *ends])
        facts = pq.read_table(out / "facts", columns=["subject_id", "peers_metastasis"])
        facts = facts.take(pairing(findings, facts))
        return rows_of(findings, facts), clock
    finally:
        shutil.rmtree(out.parent)


def pairing(findings: Any, facts: Any) -> list[int]:
    """Say in which row of the facts each patient of the findings stands."""
    place = {name: n for n, name in enumerate(facts.column("subject_id").to_pylist())}
    return [place[name] for name in findings.column("subject_id").to_pylist()]


def rows_of(findings: Any, facts: Any) -> list[Row]:
    """Give the cells of the definitions out of the tables of a batch or cohort."""

    def column(name: str) -> list[Any]:
        return findings.column(f"variable_{name}").to_pylist()

    cells: dict[str, list[Any]] = {
        c: [settled(e) for e in zip(column(f"{v}_low"), column(f"{v}_high"), strict=True)]
        for c, v in NUMBERS.items()
    }
    grades = column("peers_grade")
    cells["grade"] = ["" if g is None or "|" in g else g.removeprefix("grade_") for g in grades]
    cells["contraindicated"] = [TRUTHS[x] for x in column("peers_contraindicated")]
    cells["metastasis"] = [TRUTHS[x] for x in facts.column("peers_metastasis").to_pylist()]
    cells["id"] = findings.column("subject_id").to_pylist()
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def written(rows: list[Row], out: Path) -> None:
    """Write the cells of the patients as the key reads them: what is open is empty."""
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", *COLUMNS])
        writer.writeheader()
        writer.writerows(rows)


def main(mode: str, data: Path, out: Path) -> None:
    knowledge = bonemets.load_pack(PACK)
    if mode in ("one", "many"):
        pack = alone(knowledge.pack)
        knowledge = bonemets.Knowledge(pack, Engine.of(pack))
    if mode == "cohort":
        rows, clock = cohort(data)
    else:
        work = {"one": one, "many": many, "explained": explained}[mode]
        clock = Clock()
        rows = work(data, knowledge)
        clock.stop()
    written(rows, out)
    print(json.dumps({"wall": clock.wall, "processor": clock.processor}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
