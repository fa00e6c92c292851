"""A cohort finds for each patient exactly what is found for that patient alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bulk
import pytest
from agreement import (
    RUN,
    RUN_DAY,
    alone,
    assess_folder,
    differences,
    rows,
    run_alone,
)

import bonemets
from bonemets.api import Knowledge
from bonemets.cohort import files
from bonemets.cohort.bucket import one_record
from bonemets.cohort.columns import TABLES
from bonemets.cohort.evaluate import Evaluator, Settings
from bonemets.cohort.events import records_of, table_of
from bonemets.cohort.files import Part
from bonemets.cohort.tally import Tally
from bonemets.errors import RecordRefused
from bonemets.model import Record
from bonemets.readers import fhir

GENERATED, ALL = 150, 2_000


def as_lines(folder: Path, resources: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for resource in resources:
        with (folder / f"{resource['resourceType']}.ndjson").open("a") as file:
            file.write(json.dumps(resource) + "\n")


def of_patient(resource: dict[str, Any]) -> str:
    if resource["resourceType"] == "Patient":
        return resource["id"]
    about = resource.get("subject") or resource.get("patient") or {}
    return about.get("reference", "").removeprefix("Patient/")


@pytest.fixture(scope="module")
def count(request: pytest.FixtureRequest) -> int:
    return ALL if request.config.getoption("--all") else GENERATED


@pytest.fixture(scope="module")
def generated(count: int) -> dict[str, list[dict[str, Any]]]:
    """Every patient with all that is about it, and the medicines that it names."""
    found: dict[str, list[dict[str, Any]]] = {}
    for resources in bulk.patients(count, seed=11, mishaps=0.08):
        for resource in resources:
            found.setdefault(of_patient(resource), []).append(resource)
    shared = {f"Medication/{m['id']}": m for m in bulk.medications()}
    for resources in found.values():
        named = {r.get("medicationReference", {}).get("reference") for r in resources} - {None}
        resources += [shared[name] for name in sorted(named & shared.keys())]
    return {who: resources for who, resources in found.items() if is_read(resources)}


def is_read(resources: list[dict[str, Any]]) -> bool:
    try:
        fhir.read(json_of(resources), "one")
    except RecordRefused:  # all that it holds was entered in error
        return False
    return True


@pytest.mark.parametrize("lists", [(), ("medications", "conditions")])
def test_generated_patients_alone_and_in_a_cohort(
    generated: dict[str, list[dict[str, Any]]],
    knowledge: Knowledge,
    tmp_path: Path,
    lists: tuple[str, ...],
    count: int,
) -> None:
    bulk.write(tmp_path / "bulk", count, seed=11, mishaps=0.08)
    found = assess_folder(tmp_path / "bulk", tmp_path / "out", jobs=1, assume_complete=lists)
    assert set(generated) == set(found)
    lesions = 0
    for who, resources in generated.items():
        expected = rows(alone(resources, knowledge, lists))
        lesions += len(expected["lesion_findings"])
        assert [] == differences(expected, found[who]), who
    assert lesions > count / 2  # the inputs were not trivial


def test_generated_patients_through_the_event_table(
    generated: dict[str, list[dict[str, Any]]], knowledge: Knowledge
) -> None:
    records = {who: fhir.read(json_of(r), who) for who, r in generated.items()}
    table = table_of(records.items())
    got: dict[str, dict[str, list[dict[str, Any]]]] = {w: {t: [] for t in TABLES} for w in records}
    for name in TABLES:
        for row in bonemets.evaluate(table, knowledge, table=name, run_date=RUN).to_pylist():
            got[row.pop("subject_id")][name].append(row)
    for who, record in records.items():
        assert [] == differences(rows(run_alone(record, knowledge)), got[who]), who


def json_of(resources: list[dict[str, Any]]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def test_the_event_table_keeps_all_that_a_record_says(
    generated: dict[str, list[dict[str, Any]]],
) -> None:
    for who, resources in generated.items():
        record = fhir.read(json_of(resources), who)
        ((_, back),) = records_of(table_of([(who, record)]))
        assert record.events == back.events


@pytest.mark.needs_shared
def test_every_shared_record_alone_and_in_a_cohort(shared: Path, knowledge: Knowledge) -> None:
    expected: dict[str, Record] = {}
    lines: dict[str, bytes] = {}
    for path in sorted((shared / "data" / "fhir").rglob("*.json")):
        try:
            expected[str(path)] = fhir.read(path.read_bytes(), path.name)
        except RecordRefused:
            continue
        (lines[str(path)],) = files.lines(Part(str(path), 0, -1, "whole", 0), print)
    assert len(expected) > 100
    evaluator = Evaluator(knowledge, Settings(RUN_DAY))
    read = {name: one_record(name, [line], frozenset(), Tally()) for name, line in lines.items()}
    tables = evaluator.batch([(name, record) for name, record in read.items() if record])
    assert [] == [name for name, record in read.items() if record is None]
    found: dict[str, dict[str, list[Any]]] = {name: {t: [] for t in tables} for name in expected}
    for name, table in tables.items():
        for row in table.to_pylist():
            found[row.pop("subject_id")][name].append(row)
    for name, record in expected.items():
        assert [] == differences(rows(run_alone(record, knowledge)), found[name]), name


@pytest.mark.needs_shared
def test_the_shared_bulk_export_is_read(shared: Path, knowledge: Knowledge, tmp_path: Path) -> None:
    """A real server's export: each patient as a Bundle of its lines gives the same."""
    folder = shared / "data" / "fhir" / "smart-bulk-10-patients"
    found = assess_folder(folder, tmp_path / "out", jobs=1)
    by_patient: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            resource = json.loads(line)
            if "resourceType" in resource and of_patient(resource):
                by_patient.setdefault(of_patient(resource), []).append(resource)
    assert set(by_patient) == set(found)
    assert len(found) >= 10
    for who, resources in by_patient.items():
        assert [] == differences(rows(alone(resources, knowledge)), found[who])
