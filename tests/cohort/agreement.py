"""One patient assessed alone, written as the rows that the cohort should have for it."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import bonemets
from bonemets.api import Knowledge, as_of
from bonemets.cohort.arrow import pq
from bonemets.cohort.columns import FAR, TABLES, Column, columns_of
from bonemets.engine import DAY, One
from bonemets.model import Record
from bonemets.readers import fhir
from bonemets.writing.view import View

RUN = dt.date(2026, 11, 25)
RUN_DAY = (RUN - dt.date(1970, 1, 1)).days
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (Parquet has none either)


def bundle(resources: list[dict[str, Any]]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def alone(resources: list[dict[str, Any]], knowledge: Knowledge, lists: tuple = ()) -> One:
    return run_alone(fhir.read(bundle(resources), "one"), knowledge, lists)


def run_alone(record: Record, knowledge: Knowledge, lists: tuple = ()) -> One:
    record, moment, _ = as_of(record, None, lists, RUN_DAY)
    return knowledge.engine.run_one(record, moment)


KNOWN: dict[str, tuple[Column, ...]] = {}


def known_columns(one: One) -> tuple[Column, ...]:
    pack = one.engine.pack.hash
    if pack not in KNOWN:
        KNOWN[pack] = columns_of(one.engine)
    return KNOWN[pack]


def rows(one: One) -> dict[str, list[dict[str, Any]]]:
    """The rows of the four tables for one patient, from its own sets."""
    columns = known_columns(one)
    day = dt.date(1970, 1, 1) + dt.timedelta(one.moment // DAY)
    found: dict[str, list[dict[str, Any]]] = {}
    for table in TABLES:
        mine = [c for c in columns if c.table == table]
        lesions = one.placed.lesions if table.startswith("lesion_") else [None]
        found[table] = []
        for j, lesion in enumerate(lesions):
            row: dict[str, Any] = {"index_date": day}
            if lesion is None:
                row["in_scope"] = View(one).gate_open
            else:
                row["lesion"] = lesion.key
            for c in mine:
                row |= zip(c.names, shown(c, value(one, c, None if lesion is None else j)),
                           strict=True)  # fmt: skip
            found[table].append(row)
    return found


def value(one: One, c: Column, lesion: int | None) -> Any:
    if "facts" in c.table:
        return one.fact(one.engine.program.inputs[c.name], lesion)
    result = one.result(*c.key)
    return result if lesion is None else result[lesion]


def shown(c: Column, value: Any) -> list[Any]:
    match c.form:
        case "truth":
            return [{(True, False): "yes", (False, True): "no", (True, True): "unknown"}[value]]
        case "mask":
            left = [name for n, name in enumerate(c.levels) if value >> n & 1]
            return [None if len(left) == len(c.levels) else "|".join(left)]
        case "date":
            return [
                EPOCH + dt.timedelta(seconds=math.floor(x)) if abs(x) < FAR else None for x in value
            ]
        case _:
            return [x if math.isfinite(x) else None for x in value]


def rows_of_cohort(folder: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The rows of each patient in the results of a cohort, lesions in their order."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for table in TABLES:
        for path in sorted((folder / table).glob("*.parquet")):
            for row in pq.read_table(path).to_pylist():
                who = found.setdefault(row.pop("subject_id"), {name: [] for name in TABLES})
                who[table].append(row)
    return found


def by_lesion(rows_: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows_, key=lambda row: row["lesion"])


def differences(
    expected: dict[str, list[dict[str, Any]]], found: dict[str, list[dict[str, Any]]]
) -> list[str]:
    """What two patients' rows differ in, by table and column."""
    told: list[str] = []
    for table, theirs in expected.items():
        mine = found[table]
        if table.startswith("lesion_"):
            theirs, mine = by_lesion(theirs), by_lesion(mine)
        if len(theirs) != len(mine):
            told.append(f"{table}: {len(theirs)} rows alone, {len(mine)} in the cohort")
            continue
        for a, b in zip(theirs, mine, strict=True):
            told += [f"{table}.{k}: {a[k]!r} alone, {b[k]!r}" for k in a if a[k] != b[k]]
            assert a.keys() == b.keys()
    return told


def assess_folder(source: Path, out: Path, **more: Any) -> dict[str, dict[str, list[Any]]]:
    bonemets.assess_cohort(source, out, run_date=RUN, **more)
    return rows_of_cohort(out)
