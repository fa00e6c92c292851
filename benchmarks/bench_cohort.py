"""A cohort beside a bare DuckDB scan of the same files, in one run."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import bulk
from harness import report

import bonemets
from bonemets.cohort.arrow import duck, pq
from bonemets.cohort.batches import batches
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.events import table_of
from bonemets.cohort.tables import read_events
from bonemets.errors import RecordRefused
from bonemets.readers.fhir import read_tree

PATIENTS = int(os.environ.get("BENCH_PATIENTS", "10000"))
DRAWN, COPIES, RUNS, JOBS = 500, 16, 3, 2
CODING = "STRUCT(system VARCHAR, code VARCHAR, display VARCHAR)"
CONCEPT = f'STRUCT(coding {CODING}[], "text" VARCHAR)'
REFERENCE = "STRUCT(reference VARCHAR)"
QUANTITY = 'STRUCT("value" DOUBLE, comparator VARCHAR, unit VARCHAR, system VARCHAR, code VARCHAR)'
RANGE = f"low {QUANTITY}, high {QUANTITY}"
PERIOD = 'STRUCT("start" VARCHAR, "end" VARCHAR)'
EXTENSIONS = f"STRUCT(url VARCHAR, valueCodeableConcept {CONCEPT}, valueReference {REFERENCE})[]"
EACH = {
    "id": "VARCHAR",
    "meta": "STRUCT(source VARCHAR, versionId VARCHAR, lastUpdated VARCHAR)",
    "extension": EXTENSIONS,
    "modifierExtension": EXTENSIONS,
    "contained": "JSON[]",
}
VALUE = {
    "valueQuantity": QUANTITY,
    "valueCodeableConcept": CONCEPT,
    "valueString": "VARCHAR",
    "valueBoolean": "BOOLEAN",
    "valueInteger": "INTEGER",
    "valueRange": f"STRUCT({RANGE})",
    "valueRatio": f"STRUCT(numerator {QUANTITY}, denominator {QUANTITY})",
    "valueDateTime": "VARCHAR",
    "valuePeriod": PERIOD,
    "dataAbsentReason": CONCEPT,
    "interpretation": f"{CONCEPT}[]",
    "referenceRange": f'STRUCT({RANGE}, type {CONCEPT}, "text" VARCHAR)[]',
}
COMPONENT = ", ".join(f'"{name}" {form}' for name, form in {"code": CONCEPT, **VALUE}.items())
STATES = {"clinicalStatus": CONCEPT, "verificationStatus": CONCEPT}


def at(stem: str) -> dict[str, str]:
    return {f"{stem}DateTime": "VARCHAR", f"{stem}Period": PERIOD}


COLUMNS = {
    "Patient": {
        **EACH,
        "identifier": "STRUCT(system VARCHAR, value VARCHAR)[]",
        "gender": "VARCHAR",
        "birthDate": "VARCHAR",
        "deceasedBoolean": "BOOLEAN",
        "deceasedDateTime": "VARCHAR",
        "link": f"STRUCT(other {REFERENCE}, type VARCHAR)[]",
    },
    "Condition": {
        **EACH,
        **STATES,
        "code": CONCEPT,
        "subject": REFERENCE,
        **at("onset"),
        **at("abatement"),
        "recordedDate": "VARCHAR",
        "bodySite": f"{CONCEPT}[]",
        "stage": f"STRUCT(summary {CONCEPT}, type {CONCEPT})[]",
    },
    "Observation": {
        **EACH,
        **VALUE,
        "status": "VARCHAR",
        "code": CONCEPT,
        "subject": REFERENCE,
        "focus": f"{REFERENCE}[]",
        **at("effective"),
        "effectiveInstant": "VARCHAR",
        "issued": "VARCHAR",
        "bodySite": CONCEPT,
        "specimen": REFERENCE,
        "hasMember": f"{REFERENCE}[]",
        "component": f"STRUCT({COMPONENT})[]",
    },
    "MedicationRequest": {
        **EACH,
        "status": "VARCHAR",
        "intent": "VARCHAR",
        "doNotPerform": "BOOLEAN",
        "subject": REFERENCE,
        "authoredOn": "VARCHAR",
        "medicationCodeableConcept": CONCEPT,
        "medicationReference": REFERENCE,
        "dosageInstruction": "JSON[]",
    },
    "Procedure": {
        **EACH,
        "status": "VARCHAR",
        "code": CONCEPT,
        "subject": REFERENCE,
        **at("performed"),
        "bodySite": f"{CONCEPT}[]",
    },
    "AllergyIntolerance": {
        **EACH,
        **STATES,
        "code": CONCEPT,
        "patient": REFERENCE,
        **at("onset"),
        "recordedDate": "VARCHAR",
        "reaction": f"STRUCT(substance {CONCEPT})[]",
    },
    "Encounter": {"subject": REFERENCE},
    "Medication": {**EACH, "code": CONCEPT, "ingredient": "JSON[]"},
}
"""What the reader looks at of every type that is drawn; of one that says nothing, whose it is."""
FEW = {
    "Patient": ("id", "gender", "birthDate"),
    "Condition": ("id", "code", *STATES, "subject", "onsetDateTime", "recordedDate", "bodySite"),
    "Observation": ("id", "status", "code", "subject", "effectiveDateTime", "issued",
                    "valueQuantity"),
    "MedicationRequest": ("id", "status", "intent", "subject", "authoredOn",
                          "medicationCodeableConcept"),
}  # fmt: skip
"""The columns that most lines fill."""


def scan(folder: Path, asked: Mapping[str, Iterable[str]] = COLUMNS) -> None:
    """Read typed columns of files, and nothing more."""
    with duck(JOBS, "2GB") as db:
        for kind, names in asked.items():
            listed = ", ".join(f"\"{name}\": '{COLUMNS[kind][name]}'" for name in names)
            count = ", ".join(f'count("{name}")' for name in names)
            path = folder / f"{kind}.ndjson"
            db.execute(
                f"SELECT {count} FROM read_json('{path}', format = 'newline_delimited', "
                f"columns = {{{listed}}}, ignore_errors = true)"
            ).fetchall()


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def spread(of: list[float]) -> str:
    return f"{statistics.median(of):.3g} ({min(of):.3g} to {max(of):.3g})"


def main() -> None:
    knowledge = bonemets.load_pack()
    folder = Path(tempfile.mkdtemp())
    try:
        size = bulk.write(folder / "bulk", PATIENTS)
        scans: list[float] = []
        narrow: list[float] = []
        cohorts: list[float] = []
        spent: dict[str, float] = {}
        for n in range(RUNS):  # in turn: what slows the machine slows both
            scans.append(seconds(lambda: scan(folder / "bulk")))
            narrow.append(seconds(lambda: scan(folder / "bulk", FEW)))
            out = folder / f"out{n}"
            start = time.perf_counter()
            done = bonemets.assess_cohort(folder / "bulk", out, jobs=JOBS)
            cohorts.append(time.perf_counter() - start)
            spent = done.manifest.seconds
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        rates, evaluated, each = events(folder, knowledge)
        ratios = [c / s for c, s in zip(cohorts, scans, strict=True)]
        total = sum(spent.values())
        shares = ", ".join(f"{k} {v / total:.0%}" for k, v in spent.items())
        report(
            "A cohort",
            (
                f"{size['patients']:,} patients, {size['resources']:,} resources, "
                f"{size['bytes'] / 1e6:.0f} MB; {JOBS} processes (DuckDB: threads); wall time, "
                f"{RUNS} runs in turn",
                f"processor time by stage: {shares}",
            ),
            [
                ("DuckDB read_json, the columns that are read", spread(scans) + " s", ""),
                ("  those alone that most lines fill", spread(narrow) + " s", ""),
                ("Bulk NDJSON -> findings", spread(cohorts) + " s", ""),
                ("  the same, patients a second",
                 spread([PATIENTS / c for c in cohorts]), ""),
                ("  ratio", spread(ratios), "<= 2"),
                ("  ratio to those that most lines fill",
                 spread([c / s for c, s in zip(cohorts, narrow, strict=True)]), ""),
                ("  peak memory of a worker", f"{peak:,.0f} MB", "< 4,096 MB"),
                (f"events in columns -> findings, {evaluated:,} patients, one core, a second "
                 "of processor time", spread(rates), ">= 50,000"),
                ("  where that time goes", each, ""),
            ],
        )  # fmt: skip
    finally:
        shutil.rmtree(folder)


def events(folder: Path, knowledge: bonemets.Knowledge) -> tuple[list[float], int, str]:
    """How many patients a second go from events in Parquet to findings, on one core."""
    records = []
    for n, resources in enumerate(bulk.patients(DRAWN, mishaps=0.01)):
        tree = {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
        try:
            records.append((f"p{n}", read_tree(tree, "drawn")))
        except RecordRefused:  # it names somebody else
            continue
    many = [(f"{c}-{name}", record) for c in range(COPIES) for name, record in records]
    pq.write_table(table_of(many), folder / "events.parquet", compression="zstd")
    rates: list[float] = []
    evaluator = Evaluator(knowledge, Settings(20_783))
    evaluator.events(table_of(records))  # as in a bucket that is not the first
    for _ in range(RUNS):
        start = time.process_time()
        for part in batches(read_events(folder / "events.parquet")):
            evaluator.events(part)
        rates.append(len(many) / (time.process_time() - start))
    spent = evaluator.tally.seconds
    total = sum(spent.values())
    return rates, len(many), ", ".join(f"{k} {v / total:.0%}" for k, v in spent.items())


if __name__ == "__main__":
    main()
