"""What is refused, what is read once, and how references are followed."""

from __future__ import annotations

import json

import pytest

from bonemets.readers.fhir import read
from bonemets.readers.fhir.container import MOST_LEVELS

ANNA = {"resourceType": "Patient", "id": "anna"}
CALCIUM = {"coding": [{"system": "http://loinc.org", "code": "17861-6"}]}


def observation(ident="ca-1", **more):
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "code": CALCIUM,
        "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "valueQuantity": {
            "value": 3.05,
            "unit": "mmol/l",
            "system": "http://unitsofmeasure.org",
            "code": "mmol/L",
        },
        **more,
    }


def nested(levels):
    """A Patient whose extension reaches down to this many levels of the JSON."""
    inside = levels - 1
    return b'{"resourceType":"Patient","id":"a","x":' + b"[" * inside + b"]" * inside + b"}"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b'{"resourceType": "Bundle", "entry": [', "json-truncated"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not-json"),
        (b"\x1f\x8b\x08\x00\x00\x00", "not-json"),
        (b"PK\x03\x04\x00", "not-json"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "not-json"),
        (b'{"resourceType": "Patient", "id": "caf\xe9"}', "not-json"),
        (b'{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n', "not-json"),
        (b"\xff\xfe\x00", "not-json"),
        (b"[" * 5_000_000, "too-deep"),
        (b'{"a":' * 1_000_000, "too-deep"),
        (nested(MOST_LEVELS + 1), "too-deep"),
        (b'{"resourceType": "Observation", "value": NaN}', "not-a-number"),
        (b'{"resourceType": "Observation", "value": -Infinity}', "not-a-number"),
        (b'{"resourceType": "Observation", "value": 1e999}', "not-a-number"),
        (b'[{"resourceType": "Patient"}]', "bare-list"),
        (b"null", "wrong-resource"),
        (b'"Patient"', "wrong-resource"),
        (b'{"bonemets": "case/1"}', "wrong-resource"),
        (b'{"resourceType": ["Patient"]}', "wrong-resource"),
        (b'{"resourceType": "Practitioner", "id": "p"}', "wrong-resource"),
        (b'{"resourceType": "Bundle", "type": "searchset"}', "no-patient"),
    ],
)
def test_what_is_not_one_fhir_record_is_refused(refused, data, code):
    assert refused(data).code == code


def test_a_hundred_levels_are_read_and_brackets_in_text_are_no_levels():
    assert read(nested(MOST_LEVELS), "x").events == ()
    text = json.dumps({"resourceType": "Patient", "id": "a", "x": '\\"[{' * 500 + "\\"})
    assert read(text.encode(), "x").events == ()


def test_the_place_of_a_fault_is_told(refused):
    fault = refused(b'{"resourceType": "Patient",\n  "multipleBirthInteger": NaN}')
    assert (fault.line, fault.code) == (2, "not-a-number")
    assert "no numbers in JSON" in fault.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_may_come_with_a_mark(encoding):
    data = json.dumps({"resourceType": "Bundle", "entry": [{"resource": ANNA}]}).encode(encoding)
    assert read(data, "x").events == ()


@pytest.mark.parametrize(
    "kind", ["collection", "searchset", "transaction", "batch", "document", "history"]
)
def test_every_type_of_bundle_is_read(read_bundle, one, kind):
    assert one(read_bundle(observation(), kind=kind)).place.where == "Observation/ca-1"


def test_a_single_resource_is_read_and_its_absent_patient_is_named(one):
    alone = observation(subject={"reference": "Patient/anna"})
    record = read(json.dumps(alone).encode(), "x")
    assert one(record).place.where == "Observation/ca-1"
    (named,) = record.set_aside
    assert named.what == "subject"
    assert "anna" not in named.why


def test_bundles_within_bundles_are_read(read_bundle, one):
    inner = {"resourceType": "Bundle", "entry": [{"resource": observation(ident="")}]}
    assert one(read_bundle(inner)).place.where == "entry[1].entry[0]"


# --- sent twice, older versions, errors ---------------------------------------------------------


def test_a_resource_sent_twice_counts_once(read_bundle, one):
    record = read_bundle(observation(), observation(meta={"lastUpdated": "2026-01-01"}))
    assert one(record)
    assert ("Observation (sent twice)", 1) in record.ignored


def test_of_two_versions_the_newer_is_read(read_bundle, one):
    old = observation(meta={"versionId": "9"}, effectiveDateTime="2026-01-01")
    new = observation(meta={"versionId": "10"}, effectiveDateTime="2026-02-01")
    for pair in ((old, new), (new, old)):
        record = read_bundle(*pair)
        assert one(record).time == read_bundle(new).events[0].time
        assert ("Observation (older version)", 1) in record.ignored


def test_two_contents_of_one_id_without_versions_are_both_read_and_named(read_bundle):
    record = read_bundle(observation(), observation(effectiveDateTime="2026-01-01"))
    assert sum(e.role == "finding" for e in record.events) == 2
    assert [s.what for s in record.set_aside] == ["id"]


def test_history_reads_the_newest_version_and_nothing_deleted(read_bundle):
    record = read_bundle(
        observation("a"),
        observation("a", effectiveDateTime="2020-01-01"),
        {"resource": {}, "request": {"method": "DELETE", "url": "Observation/b"}},
        observation("b"),
        kind="history",
    )
    assert [e.place.where for e in record.events if e.role == "finding"] == ["Observation/a"]
    assert ("Observation (deleted)", 1) in record.ignored


@pytest.mark.parametrize(
    "wrong",
    [
        observation("x", status="entered-in-error"),
        {
            "resourceType": "Condition",
            "id": "x",
            "code": CALCIUM,
            "verificationStatus": {"coding": [{"code": "entered-in-error"}]},
        },
        {"resourceType": "MedicationRequest", "id": "x", "status": "entered-in-error"},
    ],
)
def test_entered_in_error_is_as_if_never_sent(read_bundle, wrong):
    wrong = {**wrong, "subject": {"reference": "Patient/somebody-else"}}
    record = read_bundle(wrong)
    assert all(e.role == "variable" for e in record.events)
    assert record.set_aside == ()


# --- whose record ------------------------------------------------------------------------------


def subject(reference):
    return {"subject": {"reference": reference}}


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        ("urn:uuid:11111111-2222-3333-4444-555555555555", None),
        ("https://a.example/fhir/Patient/anna", None),
        ("https://a.example/fhir/Patient/anna", "Patient/anna"),
        ("https://a.example/fhir/Patient/anna", "http://a.example/fhir/Patient/anna"),
        ("", "https://b.example/fhir/Patient/anna"),
        ("", "Patient/anna/_history/3"),
        ("", "urn:uuid:anna"),
    ],
)
def test_references_to_the_patient_are_resolved(read_bundle, one, url, reference):
    anna = {"resource": ANNA, "fullUrl": url}
    record = read_bundle(anna, observation(**subject(reference or url)), patient=False)
    assert one(record)
    assert record.set_aside == ()


def test_two_patients_are_refused(refused):
    one_of = observation("a", **subject("Patient/anna"))
    another = observation("b", **subject("Patient/berta"))
    berta = {"resourceType": "Patient", "id": "berta"}
    for resources in ((ANNA, one_of, another), (one_of, another), (ANNA, berta), (ANNA, another)):
        fault = refused(*resources)
        assert fault.code == "two-patients"
        assert "anna" not in str(fault)


def test_another_server_is_another_patient(refused):
    anna = {"resource": ANNA, "fullUrl": "https://a.example/fhir/Patient/anna"}
    other = observation(**subject("https://b.example/fhir/Patient/anna"))
    assert refused(anna, other).code == "two-patients"


def test_a_patient_whom_nothing_is_about_does_not_disturb(read_bundle, one):
    berta = {"resourceType": "Patient", "id": "berta", "birthDate": "1990-01-01"}
    record = read_bundle(berta, observation(**subject("Patient/anna")))
    assert one(record)
    assert [e.place.where for e in record.events if e.role == "variable"] == ["Patient/anna"]


def test_linked_patients_are_one_person(read_bundle):
    old = {
        "resourceType": "Patient",
        "id": "old",
        "link": [{"other": {"reference": "Patient/anna"}, "type": "replaced-by"}],
    }
    record = read_bundle(
        old,
        observation("a", **subject("Patient/anna")),
        observation("b", **subject("Patient/old")),
    )
    assert sum(e.role == "finding" for e in record.events) == 2


def test_one_absent_patient_is_identifiable_and_named_once(read_bundle):
    both = [observation(i, **subject("Patient/anna")) for i in "ab"]
    record = read_bundle(*both, patient=False)
    assert len(record.events) == 2
    assert len(record.set_aside) == 1


def test_nobody_is_refused(refused):
    assert refused(observation()).code == "no-patient"


@pytest.mark.parametrize("kind", ["Group", "RelatedPerson", "Device", "Practitioner"])
def test_what_is_about_somebody_else_is_set_aside(read_bundle, kind):
    record = read_bundle(observation(**subject(f"{kind}/x")))
    assert [s.what for s in record.set_aside] == ["subject"]
    assert all(e.role == "variable" for e in record.events)


def test_an_observation_with_another_person_in_focus_is_set_aside(read_bundle):
    record = read_bundle(observation(focus=[{"reference": "RelatedPerson/child"}]))
    assert [s.what for s in record.set_aside] == ["focus"]


def test_a_subject_told_by_number(read_bundle, refused):
    number = {"system": "urn:mrn", "value": "1"}
    anna = {**ANNA, "identifier": [number]}
    mine = observation("a", subject={"identifier": number})
    by_query = observation("b", **subject("Patient?identifier=urn:mrn|1"))
    record = read_bundle(anna, mine, by_query, patient=False)
    assert len(record.events) == 2
    other = observation("c", subject={"identifier": {"system": "urn:mrn", "value": "2"}})
    assert refused(anna, other).code == "two-patients"
    elsewhere = observation("c", subject={"identifier": {"system": "urn:ssn", "value": "2"}})
    assert [s.what for s in read_bundle(anna, elsewhere, patient=False).set_aside] == ["subject"]


def test_what_is_not_read_is_counted(read_bundle):
    claims = [{"resourceType": "Claim", "id": i} for i in "ab"]
    family = {"resourceType": "FamilyMemberHistory", "id": "f", "condition": [{"code": CALCIUM}]}
    record = read_bundle(*claims, family)
    assert record.ignored == (("Claim", 2), ("FamilyMemberHistory", 1))
    assert all(e.role == "variable" for e in record.events)


def test_dangling_references_are_named_once(read_bundle):
    reports = [
        {
            "resourceType": "DiagnosticReport",
            "id": i,
            "status": "final",
            "result": [{"reference": "Observation/lost"}],
        }
        for i in "ab"
    ]
    (aside,) = read_bundle(*reports).set_aside
    assert (aside.where, aside.what) == ("DiagnosticReport/a", "result")
    assert "Observation/lost" in aside.why


def test_a_relative_and_an_absolute_name_may_be_the_same_absent_patient(read_bundle, refused):
    short = observation("a", **subject("Patient/anna"))
    long = observation("b", **subject("https://a.example/fhir/Patient/anna"))
    assert len(read_bundle(short, long, patient=False).events) == 2
    other = observation("b", **subject("https://a.example/fhir/Patient/berta"))
    assert refused(short, other).code == "two-patients"


def test_of_two_servers_a_relative_reference_means_its_own(read_bundle):
    def at(server, resource):
        where = f"https://{server}/{resource['resourceType']}/{resource['id']}"
        return {"fullUrl": where, "resource": resource}

    def condition(code):
        coding = {"system": "http://snomed.info/sct", "code": code}
        return {"resourceType": "Condition", "id": "c", "code": {"coding": [coding]}}

    focused = observation(focus=[{"reference": "Condition/c"}])
    record = read_bundle(at("a", condition("1")), at("b", condition("2")), at("b", focused))
    assert sum(e.role == "finding" for e in record.events) == 3
    assert record.set_aside == ()
    nowhere = read_bundle(at("a", condition("1")), at("b", condition("2")), focused)
    assert [s.what for s in nowhere.set_aside] == ["focus"]


def test_contained_patients_are_told_apart(read_bundle, refused):
    def holding(ident, patient):
        return observation(ident, contained=[{**patient, "id": "p"}], **subject("#p"))

    anna, berta = ({"resourceType": "Patient", "birthDate": b} for b in ("1961", "1990"))
    record = read_bundle(holding("a", anna), holding("b", anna), patient=False)
    assert [e.codes[0].code for e in record.events] == ["17861-6", "17861-6", "birth_date"]
    assert refused(holding("a", anna), holding("b", berta)).code == "two-patients"
