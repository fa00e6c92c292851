"""A small finished cohort of generated patients, for the pages that show one."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import bonemets
from bonemets.cohort.arrow import pq
from bonemets.cohort.events import table_of
from bonemets.errors import RecordRefused
from bonemets.readers import fhir

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

RUN = dt.date(2026, 11, 25)
PATIENTS, SMALL = 60, 3
HOSTILE = "<script>alert(\"x\")</script> & 'more'"
"""The identifier of the first patient."""


def small_cohort(folder: Path) -> Path:
    """Make one, and give the folder of results."""
    import bulk

    records = []
    for n, resources in enumerate(bulk.patients(PATIENTS, seed=9, mishaps=0.02)):
        tree = {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
        try:
            records.append((f"person-{n}" if n else HOSTILE, fhir.read_tree(tree, "drawn")))
        except RecordRefused:
            continue
    pq.write_table(table_of(records), folder / "events.parquet")
    out = folder / "out"
    bonemets.assess_cohort(
        folder / "events.parquet", out, run_date=RUN, jobs=1, small_cells=SMALL,
        assume_complete=["conditions"],
    )  # fmt: skip
    return out
