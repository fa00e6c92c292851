"""Conditions and their places, procedures, allergies, reports, devices, orders; code systems."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bonemets.model import About, Absent, Code, Quantity
from bonemets.readers.fhir.codes import code

SNOMED = "http://snomed.info/sct"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"


def concept(system, code, **more):
    return {"coding": [{"system": system, "code": code}], **more}


def s(code):
    return concept(SNOMED, code)


def day(*parts):
    first = int(datetime(*parts, tzinfo=UTC).timestamp())
    return first, first + 86_399


def condition(ident="c", verification=None, clinical=None, **more):
    of = {"resourceType": "Condition", "id": ident, "code": s("94222008"), **more}
    if verification:
        of["verificationStatus"] = concept("v", verification)
    if clinical:
        of["clinicalStatus"] = concept("c", clinical)
    return of


def findings(record):
    return [e for e in record.events if e.role != "variable"]


@pytest.mark.parametrize(
    ("verification", "clinical", "expected"),
    [
        (None, None, "stated"),
        ("confirmed", "active", "stated"),
        ("confirmed", "recurrence", "stated"),
        ("confirmed", "relapse", "stated"),
        ("confirmed", "inactive", "past"),
        ("confirmed", "remission", "past"),
        (None, "resolved", "past"),
        ("provisional", "active", "suspected"),
        ("differential", None, "suspected"),
        ("unconfirmed", None, "suspected"),
        ("refuted", "active", "denied"),
        ("refuted", "resolved", "denied"),
    ],
)
def test_status_of_a_condition(read_bundle, one, verification, clinical, expected):
    assert one(read_bundle(condition(verification=verification, clinical=clinical))).status == (
        expected
    )


def test_a_condition_that_abated_is_past_although_nothing_else_says_so(read_bundle, one):
    event = one(read_bundle(condition(onsetDateTime="2020-01-01", abatementDateTime="2021-01-01")))
    assert (event.status, event.time, event.end) == ("past", day(2020, 1, 1), day(2021, 1, 1))


@pytest.mark.parametrize(
    ("mark", "expected"), [("G", "stated"), ("V", "suspected"), ("A", "denied"), ("Z", "past")]
)
def test_german_certainty_marks(read_bundle, one, mark, expected):
    url = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
    coding = {
        "system": "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "code": "C79.5",
        "extension": [{"url": url, "valueCoding": {"code": mark}}],
    }
    event = one(read_bundle(condition(code={"coding": [coding]})))
    assert (event.status, event.codes) == (expected, (Code("icd10", "C79.5"),))


def test_without_an_onset_a_condition_is_of_the_day_it_was_recorded(read_bundle, one):
    event = one(read_bundle(condition(recordedDate="2026-03-01")))
    assert event.time == event.mentioned == day(2026, 3, 1)


def test_histology_and_stage_are_events_of_their_own(read_bundle):
    histology = {
        "url": MCODE + "mcode-histology-morphology-behavior",
        "valueCodeableConcept": s("35917007"),
    }
    stages = [{"type": s("260998006"), "summary": s("2640006")}, {"summary": s("1222806003")}]
    read = findings(read_bundle(condition(extension=[histology], stage=stages)))
    assert [(e.codes[0].code, e.value) for e in read] == [
        ("94222008", None),
        ("35917007", None),
        ("260998006", (Code("snomed", "2640006"),)),
        ("1222806003", None),
    ]


# --- places ------------------------------------------------------------------------------------

LEFT = {"url": MCODE + "mcode-laterality-qualifier", "valueCodeableConcept": s("7771000")}
ILIUM = {**s("22356005"), "extension": [LEFT]}


def test_a_condition_is_a_place_of_its_own(read_bundle, one):
    assert one(read_bundle(condition("t8"))).about == About("t8")
    assert one(read_bundle(condition("i", bodySite=[ILIUM]))).about == About(
        "i", (Code("snomed", "22356005"),), (Code("snomed", "7771000"),)
    )


def structure(ident="b", **more):
    return {
        "resourceType": "BodyStructure",
        "id": ident,
        "location": s("22356005"),
        "locationQualifier": [s("7771000")],
        **more,
    }


def names(reference):
    return {"extension": [{"url": "http://x/bodySite", "valueReference": {"reference": reference}}]}


def test_a_condition_takes_the_key_and_place_of_the_body_structure_it_names(read_bundle):
    there = structure()
    for record in (
        read_bundle(condition(**names("BodyStructure/b")), there),
        read_bundle(condition(bodySite=[names("BodyStructure/b")]), there),
        read_bundle(condition(bodyStructure={"reference": "BodyStructure/b"}), there),
    ):
        lesion, site = findings(record)
        assert lesion.about == site.about
        assert lesion.about == About(
            "b", (Code("snomed", "22356005"),), (Code("snomed", "7771000"),)
        )
        assert (site.role, site.status) == ("site", "stated")
        assert site.codes == (Code("snomed", "22356005"),)


def test_an_absent_body_structure_still_names_the_lesion(read_bundle, one):
    record = read_bundle(condition(**names("BodyStructure/lost")))
    assert one(record).about == About("lost")
    assert [a.what for a in record.set_aside] == ["bodyStructure"]


def test_an_observation_takes_the_key_through_its_condition(read_bundle):
    size = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": concept("http://loinc.org", "33728-7"),
        "focus": [{"reference": "Condition/c"}],
    }
    read = findings(read_bundle(condition(**names("BodyStructure/b")), structure(), size))
    assert {e.about.key for e in read} == {"b"}


def test_several_sites_are_several_places_without_a_key(read_bundle):
    read = findings(read_bundle(condition(bodySite=[s("11068009"), s("14293000")])))
    assert [e.about.key for e in read] == [None, None]
    assert [e.about.sites[0].code for e in read] == ["11068009", "14293000"]


def test_a_condition_and_a_body_structure_of_one_id_stay_apart(read_bundle):
    read = findings(read_bundle(condition("x"), structure("x")))
    assert [e.about.key for e in read] == ["Condition/x", "BodyStructure/x"]


def test_an_inactive_body_structure_is_past(read_bundle, one):
    assert one(read_bundle(structure(active=False))).status == "past"


# --- the other resources ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", "stated"),
        ("in-progress", "stated"),
        ("preparation", "planned"),
        ("on-hold", "planned"),
        ("stopped", "past"),
        ("not-done", "not_done"),
        ("aborted", "not_done"),
    ],
)
def test_status_of_a_procedure(read_bundle, one, status, expected):
    of = {"resourceType": "Procedure", "id": "p", "status": status, "code": s("33195004")}
    period = {"start": "2026-01-01", "end": "2026-02-01"}
    event = one(read_bundle({**of, "performedPeriod": period}))
    assert (event.status, event.time, event.end) == (expected, day(2026, 1, 1), day(2026, 2, 1))
    assert event.about is None


def test_radiotherapy_says_how_much_it_gave_to_which_volume(read_bundle):
    modality = {
        "url": MCODE + "mcode-radiotherapy-modality-and-technique",
        "extension": [
            {
                "url": MCODE + "mcode-radiotherapy-modality",
                "valueCodeableConcept": s("1156506007"),
            }
        ],
    }
    gray = {"value": 2000, "system": "http://unitsofmeasure.org", "code": "cGy"}
    dose = {
        "url": MCODE + "mcode-radiotherapy-dose-delivered-to-volume",
        "extension": [
            {"url": "volume", "valueReference": {"reference": "BodyStructure/b"}},
            {"url": "totalDoseDelivered", "valueQuantity": gray},
            {"url": "fractionsDelivered", "valueUnsignedInt": 5},
        ],
    }
    course = {
        "resourceType": "Procedure",
        "id": "p",
        "status": "stopped",
        "code": s("1217123003"),
        "extension": [modality, dose],
    }
    read = findings(read_bundle(course, structure()))
    assert [(e.codes[0].code, e.status, e.value) for e in read[:4]] == [
        ("1217123003", "past", None),
        ("1156506007", "past", None),
        ("totalDoseDelivered", "stated", Quantity(2000, 2000, "cGy")),
        ("fractionsDelivered", "stated", Quantity(5, 5, None)),
    ]
    assert [e.about.key if e.about else None for e in read[:4]] == [None, None, "b", "b"]


@pytest.mark.parametrize(
    ("verification", "clinical", "expected"),
    [
        ("confirmed", "active", "stated"),
        ("unconfirmed", "active", "suspected"),
        ("refuted", None, "denied"),
        (None, "resolved", "past"),
    ],
)
def test_allergies(read_bundle, one, verification, clinical, expected):
    of = condition("a", verification, clinical, recordedDate="2026-03-01")
    of = {**of, "resourceType": "AllergyIntolerance"}
    of["patient"] = {"reference": "Patient/anna"}
    event = one(read_bundle(of))
    assert (event.role, event.status, event.time) == ("allergy", expected, day(2026, 3, 1))


@pytest.mark.parametrize(
    ("status", "expected"),
    [("final", "stated"), ("preliminary", "suspected"), ("cancelled", "not_done")],
)
def test_the_conclusions_of_a_report_are_findings(read_bundle, one, status, expected):
    of = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": status,
        "effectiveDateTime": "2026-03-01",
        "conclusionCode": [s("94222008")],
    }
    event = one(read_bundle(of))
    assert (event.role, event.status, event.time) == ("finding", expected, day(2026, 3, 1))


def test_a_report_that_says_nothing_in_codes_is_counted(read_bundle):
    record = read_bundle({"resourceType": "DiagnosticReport", "id": "r", "status": "final"})
    assert record.ignored == (("DiagnosticReport", 1),)


def test_devices(read_bundle, one):
    stent = {
        "resourceType": "Device",
        "id": "d",
        "type": s("360063003"),
        "patient": {"reference": "Patient/anna"},
    }
    assert one(read_bundle(stent)).codes == (Code("snomed", "360063003"),)
    del stent["patient"]
    used = {
        "resourceType": "DeviceUseStatement",
        "id": "u",
        "status": "completed",
        "device": {"reference": "Device/d"},
        "timingDateTime": "2026-03-01",
    }
    record = read_bundle(stent, used)
    event = one(record)
    assert (event.status, event.time) == ("past", day(2026, 3, 1))
    assert event.codes == (Code("snomed", "360063003"),)
    assert record.ignored == (("Device", 1),)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": "active", "intent": "order"}, "planned"),
        ({"status": "completed"}, "planned"),
        ({"status": "revoked"}, "not_done"),
        ({"status": "active", "doNotPerform": True}, "not_done"),
    ],
)
def test_orders_are_plans(read_bundle, one, more, expected):
    of = {"resourceType": "ServiceRequest", "id": "s", "code": s("241646009")}
    event = one(read_bundle({**of, **more, "authoredOn": "2026-03-01"}))
    assert (event.status, event.time) == (expected, day(2026, 3, 1))


def test_a_status_that_nobody_knows_may_say_anything(read_bundle, one):
    record = read_bundle(condition(verification="CANARY"))
    assert isinstance(one(record).value, Absent)
    assert [a.what for a in record.set_aside] == ["verificationStatus"]


# --- code systems ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "written", "expected"),
    [
        ("http://loinc.org", "2160-0", Code("loinc", "2160-0")),
        ("https://loinc.org/", "2160-0", Code("loinc", "2160-0")),
        ("urn:oid:2.16.840.1.113883.6.1", "2160-0", Code("loinc", "2160-0")),
        ("http://snomed.info/sct/900000000000207008", "1", Code("snomed", "1")),
        ("http://snomed.info/xsct", "1", Code("http://snomed.info/xsct", "1")),
        ("urn:oid:2.16.840.1.113883.6.96", "1", Code("snomed", "1")),
        ("http://hl7.org/fhir/sid/icd-10", "C79.5", Code("icd10", "C79.5")),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C7951", Code("icd10", "C79.51")),
        ("http://hl7.org/fhir/sid/icd-10-cm", "C50", Code("icd10", "C50")),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "M49.5*", Code("icd10", "M49.5")),
        ("urn:oid:2.16.840.1.113883.6.90", "c79.51", Code("icd10", "C79.51")),
        ("http://terminology.hl7.org/CodeSystem/icd-o-3", "8140/3", Code("icdo3", "8140/3")),
        ("http://www.whocc.no/atc", "M05BX04", Code("atc", "M05BX04")),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "993449", Code("rxnorm", "993449")),
        ("http://terminology.hl7.org/CodeSystem/v2-0136", "Y", Code("hl7", "Y")),
        ("http://example.org/ours", "X", Code("http://example.org/ours", "X")),
        ("", "X", Code("", "X")),
    ],
)
def test_code_systems(system, written, expected):
    assert code({"system": system, "code": written}) == expected


def test_a_display_is_cut(read_bundle, one):
    long = {"coding": [{"system": SNOMED, "code": "1", "display": "x" * 20_000}]}
    assert len(one(read_bundle(condition(code=long))).codes[0].display) == 10_000
