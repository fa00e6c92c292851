"""Real and published records: all of them read, or are refused for a reason."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from bonemets.errors import RecordRefused
from bonemets.readers.fhir import READERS, read

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(os.environ.get("BONEMETS_SHARED_DATA") or ROOT.parent / "shared" / "data" / "fhir")
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="no folder of records: set BONEMETS_SHARED_DATA"
)
CODES = {"wrong-resource", "no-patient", "bare-list"}


def resources(tree):
    return [e.get("resource", {}) for e in tree.get("entry", ())]


def test_every_record_reads_or_is_refused_for_a_reason():
    seen = 0
    for path in sorted(FOLDER.rglob("*.json")):
        data = path.read_bytes()
        tree = msgspec.json.decode(data)
        if not isinstance(tree, dict) or "resourceType" not in tree:
            continue
        seen += 1
        patients = sum(r.get("resourceType") == "Patient" for r in resources(tree))
        try:
            record = read(data, path.name)
        except RecordRefused as refusal:
            assert patients != 1, path.name
            assert {f.code for f in refusal.faults} <= CODES, path.name
        else:
            assert record.name == path.name
            assert all(e.codes or e.role == "site" for e in record.events)
    assert seen > 200


def test_every_line_of_the_bulk_export_reads_or_is_refused_for_a_reason():
    read_lines = refused = 0
    for path in sorted(FOLDER.rglob("*.ndjson")):
        for line in path.read_bytes().splitlines():
            try:
                record = read(line, path.name)
            except RecordRefused as refusal:
                refused += 1
                kind = msgspec.json.decode(line).get("resourceType")
                assert kind not in READERS or kind == "Device"
                assert {f.code for f in refusal.faults} <= CODES
            else:
                read_lines += 1
                assert record.name == path.name
    assert read_lines > 4_000
    assert refused > 0


def test_both_example_bundles_of_the_mcode_guide_name_their_dangling_references():
    for path in sorted(FOLDER.glob("mcode-ig-*/Bundle-*.json")):
        record = read(path.read_bytes(), path.name)
        assert len(record.events) > 40
        assert any("does not hold" in s.why for s in record.set_aside)
        assert any(e.codes[0].code == "birth_date" for e in record.events)


def test_nothing_is_lost_in_a_large_record():
    path = next(FOLDER.glob("mcode-synthetic-breast/Melda*.json"))
    record = read(path.read_bytes(), path.name)
    sent = resources(msgspec.json.decode(path.read_bytes()))
    assert len(sent) == 1175
    stated = {f"{r['resourceType']}/{r['id']}" for r in sent if r["resourceType"] in READERS}
    reports = {w for w in stated if w.startswith("DiagnosticReport/")}
    assert stated - reports == {e.place.where for e in record.events if e.role != "variable"}
    others = [r for r in sent if r["resourceType"] not in {*READERS, "Patient"}]
    counted = {k: n for k, n in record.ignored if k != "DiagnosticReport"}
    assert sum(counted.values()) == len(others)
    assert record.set_aside == ()
    assert record.offset_minutes == -240
