"""No input brings the reader down, and no message of it holds a value of a patient."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonemets.errors import RecordRefused
from bonemets.model import Record
from bonemets.readers.fhir import container, read

CANARY = "Canary Erika"
SYSTEM = "http://snomed.info/sct"


def concept(code="1"):
    return {"coding": [{"system": SYSTEM, "code": code, "display": CANARY}], "text": CANARY}


def reference(to):
    return {"reference": to, "display": CANARY}


ANNA = reference("Patient/p")
NUMBER = {"system": "urn:mrn", "value": CANARY}
PERIOD = {"start": "2026-01-01", "end": "2026-02-01"}
DOSE = {"value": 12.5, "unit": "mg"}
DOSAGE = {
    "text": CANARY,
    "timing": {"repeat": {"boundsPeriod": PERIOD}},
    "doseAndRate": [{"doseQuantity": DOSE}],
}
RESOURCES = [
    {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"text": CANARY}],
        "identifier": [NUMBER],
        "birthDate": "1961-05-20",
        "gender": "female",
        "deceasedBoolean": False,
        "link": [{"other": reference("Patient/q"), "type": "seealso"}],
    },
    {
        "resourceType": "Condition",
        "id": "c",
        "subject": ANNA,
        "code": concept(),
        "verificationStatus": concept("confirmed"),
        "clinicalStatus": concept("active"),
        "onsetPeriod": PERIOD,
        "recordedDate": "2026-03-01T08:00:00+01:00",
        "bodySite": [{**concept(), "extension": [{"url": "x/laterality"}]}],
        "stage": [{"summary": concept()}],
        "extension": [{"url": "x", "valueReference": reference("BodyStructure/b")}],
        "note": [{"text": CANARY}],
    },
    {"resourceType": "BodyStructure", "id": "b", "patient": ANNA, "location": concept()},
    {
        "resourceType": "Observation",
        "id": "o",
        "subject": ANNA,
        "status": "final",
        "code": concept(),
        "focus": [reference("Condition/c")],
        "specimen": reference("Specimen/s"),
        "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "issued": "2026-03-01T09:00:00+01:00",
        "valueQuantity": {"value": 3.05, "unit": "mmol/L"},
        "referenceRange": [{"low": {"value": 2.1, "unit": "mmol/L"}}],
        "interpretation": [concept("H")],
        "component": [{"code": concept(), "valueCodeableConcept": concept()}],
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "subject": ANNA,
        "status": "final",
        "result": [reference("Observation/o"), reference("Observation/lost")],
        "conclusion": CANARY,
        "conclusionCode": [concept()],
    },
    {
        "resourceType": "MedicationRequest",
        "id": "m",
        "subject": ANNA,
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-03-01",
        "medicationReference": reference("#d"),
        "contained": [
            {
                "resourceType": "Medication",
                "id": "d",
                "code": concept(),
                "ingredient": [{"itemCodeableConcept": concept()}],
            }
        ],
        "dosageInstruction": [DOSAGE],
    },
    {
        "resourceType": "MedicationAdministration",
        "id": "a",
        "subject": ANNA,
        "status": "completed",
        "medicationCodeableConcept": concept(),
        "effectivePeriod": PERIOD,
        "dosage": {"dose": DOSE},
    },
    {
        "resourceType": "Procedure",
        "id": "u",
        "subject": ANNA,
        "status": "completed",
        "code": concept(),
        "performedPeriod": PERIOD,
        "extension": [
            {
                "url": "x/mcode-radiotherapy-dose-delivered-to-volume",
                "extension": [
                    {"url": "volume", "valueReference": reference("BodyStructure/b")},
                    {"url": "totalDoseDelivered", "valueQuantity": DOSE},
                ],
            }
        ],
    },
    {"resourceType": "AllergyIntolerance", "id": "g", "patient": ANNA, "code": concept()},
    {"resourceType": "DeviceUseStatement", "id": "v", "subject": ANNA, "device": concept()},
    {"resourceType": "ServiceRequest", "id": "s", "subject": ANNA, "code": concept()},
]


def bundle(resources):
    entries = [{"fullUrl": f"http://x/{n}", "resource": r} for n, r in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def paths(tree, path=()):
    """Every place in a tree."""
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from paths(value, (*path, key))
    elif isinstance(tree, list):
        for n, value in enumerate(tree):
            yield from paths(value, (*path, n))


def replaced(tree, path, value):
    if not path:
        return value
    out = copy.deepcopy(tree)
    at = out
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return out


WHOLE = bundle(RESOURCES)
PATHS = list(paths(WHOLE))
SOMETHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", CANARY, "#", "#d", "Patient/p", "Patient/" + "x" * 99, "9999", "0207"]),
    st.sampled_from(["\x00", "urn:uuid:", "Condition/c", "entered-in-error", "unknown", "NaN"]),
    st.sampled_from([[], {}, [[]], [None], [{}], {"coding": [1]}, {"reference": 1}, RESOURCES[1]]),
    st.sampled_from([{"start": "2026-02-30"}, {"value": "1"}, {"low": {"value": 1}}]),
)


@settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(st.tuples(st.sampled_from(PATHS), SOMETHING), min_size=1, max_size=3))
def test_anything_anywhere_reads_or_is_refused_and_never_tells_a_value(changes):
    tree = WHOLE
    for path, value in changes:
        try:
            tree = replaced(tree, path, value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    try:
        record = read(json.dumps(tree).encode(), "x.json")
    except RecordRefused as error:
        assert CANARY not in str(error)
        assert error.__context__ is None
    else:
        assert isinstance(record, Record)
        assert all("Erika" not in s.what + s.why + s.where for s in record.set_aside)


def test_the_whole_record_is_read_without_complaint():
    record = read(json.dumps(WHOLE).encode(), "x.json")
    assert [s.what for s in record.set_aside] == ["result", "device"]
    roles = {e.role for e in record.events}
    assert roles == {"finding", "drug", "allergy", "site", "variable"}


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text[:-1],
        lambda text: text.replace("3.05", "NaN"),
        lambda text: text.replace("3.05", "3.0.5"),
        lambda text: f"[{text}]",
        lambda text: text.replace("Patient/p", "Patient/z", 1),
        lambda text: text.replace('"Bundle"', '"Erika"'),
    ],
)
def test_no_refusal_tells_a_value(broken):
    text = json.dumps(WHOLE)
    changed = broken(text)
    assert changed != text
    with pytest.raises(RecordRefused) as caught:
        read(changed.encode(), "x.json")
    said = repr(caught.value) + str(caught.value)
    assert all(v not in said for v in ("Erika", "3.0", "1961", "Patient/"))
    assert caught.value.__context__ is None


def test_bytes_that_are_not_utf_8_are_not_carried_along():
    with pytest.raises(RecordRefused) as caught:
        read(b'{"resourceType": "Patient", "name": "Erika \xe9"}', "x.json")
    assert caught.value.__context__ is None


def test_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(container, "MOST_ENTRIES", 10)
    with pytest.raises(RecordRefused, match="too-many"):
        read(json.dumps(bundle(RESOURCES)).encode(), "x")
    monkeypatch.setattr(container, "MOST_BYTES", 10)
    with pytest.raises(RecordRefused, match="too-large"):
        read(json.dumps(bundle(RESOURCES)).encode(), "x")


def test_the_order_of_resources_changes_nothing():
    def events(resources):
        return set(map(repr, read(json.dumps(bundle(resources)).encode(), "x").events))

    assert events(RESOURCES) == events(RESOURCES[::-1])


def test_an_id_that_is_none_does_not_become_a_place():
    wild = {**RESOURCES[1], "id": "<script>"}
    record = read(json.dumps(bundle([RESOURCES[0], wild])).encode(), "x")
    assert {e.place.where for e in record.events} == {"Patient/p", "entry[1]"}


def test_a_long_run_of_the_same_complaint_is_counted():
    mute = [{"resourceType": "Observation", "id": f"o{n}", "subject": ANNA} for n in range(100)]
    record = read(json.dumps(bundle([RESOURCES[0], *mute])).encode(), "x")
    assert len(record.set_aside) == 21
    assert record.set_aside[-1].where == "80 more places"


def many(n):
    """Records that would take hours if anything in the reader grew with the square of them."""
    inner = [{"resourceType": "Medication", "id": f"d{i}"} for i in range(n)]
    yield [
        RESOURCES[0],
        {
            **RESOURCES[3],
            "contained": inner,
            "focus": [reference(f"#d{i}") for i in range(n)],
        },
    ]
    yield [{**RESOURCES[0], "id": f"p{i}", "link": [{"other": ANNA}]} for i in range(n)]
    yield [{**RESOURCES[1], "subject": reference(f"Patient/p{i}")} for i in range(n)]
    yield [RESOURCES[0], *({**RESOURCES[1], "note": i} for i in range(n))]


@pytest.mark.timeout(60)
def test_large_records_take_time_in_proportion():
    for resources in many(2_000):
        data = json.dumps(bundle(resources)).encode()
        try:
            record = read(data, "x")
        except RecordRefused as refusal:
            assert {f.code for f in refusal.faults} == {"two-patients"}
        else:
            assert record.events
