"""Observations: values of every kind, what stands in for them, samples, places and status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bonemets.model import Absent, Code, Limits, Quantity, Words

LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
FINAL = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "17861-6", "display": "Calcium"}]},
}


def at(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def concept(system, code, **more):
    return {"coding": [{"system": system, "code": code}], **more}


def mmol(value, **more):
    return {"value": value, "unit": "mmol/l", "system": UCUM, "code": "mmol/L", **more}


def test_a_value_with_all_that_belongs_to_it(read_bundle, one):
    event = one(
        read_bundle(
            {
                **FINAL,
                "effectiveDateTime": "2026-03-01T08:00:00+01:00",
                "issued": "2026-03-01T10:00:00+01:00",
                "valueQuantity": mmol(3.05),
                "referenceRange": [{"low": mmol(2.1), "high": {"value": 10.5, "unit": "mg/dL"}}],
            }
        )
    )
    assert event.role == "finding"
    assert event.codes == (Code("loinc", "17861-6", "Calcium"),)
    assert event.status == "stated"
    assert event.time == (at(2026, 3, 1, 8), at(2026, 3, 1, 8))
    assert event.mentioned == (at(2026, 3, 1, 10), at(2026, 3, 1, 10))
    assert event.value == Quantity(3.05, 3.05, "mmol/L")
    assert event.limits == Limits(Quantity(2.1, 2.1, "mmol/L"), Quantity(10.5, 10.5, "mg/dL"))
    assert (event.place.where, event.place.detail) == ("Observation/o", "valueQuantity")
    assert event.sample == f"at {at(2026, 3, 1, 8)}"


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("valueQuantity", mmol(3), Quantity(3.0, 3.0, "mmol/L")),
        ("valueQuantity", mmol(60, comparator=">"), Quantity(60, 60, "mmol/L", ">")),
        ("valueQuantity", mmol(60, comparator="ad"), Absent("its comparator is not known")),
        ("valueQuantity", {"value": 3, "unit": "mg/dl"}, Quantity(3, 3, "mg/dl")),
        ("valueQuantity", {"value": 3, "code": "mg/dl"}, Quantity(3, 3, "mg/dl")),
        ("valueQuantity", {"value": 3}, Quantity(3, 3, None)),
        ("valueQuantity", {"value": "3.05", "unit": "mg/dL"}, Absent("not a number")),
        ("valueQuantity", {"value": True}, Absent("not a number")),
        ("valueQuantity", {"value": 10**400}, Absent("not a number")),
        ("valueQuantity", "3.05", Absent("not a number")),
        ("valueInteger", 2, Quantity(2, 2, None)),
        ("valueRange", {"low": mmol(2), "high": mmol(3)}, Quantity(2, 3, "mmol/L")),
        ("valueRange", {"low": mmol(2)}, Quantity(2, 2, "mmol/L", ">=")),
        ("valueRange", {"high": mmol(2)}, Quantity(2, 2, "mmol/L", "<=")),
        (
            "valueRange",
            {"low": mmol(2), "high": {"value": 3, "unit": "mg/dL"}},
            Absent("the ends of the range do not fit together"),
        ),
        (
            "valueRatio",
            {
                "numerator": {"value": 3, "unit": "mg", "comparator": "<"},
                "denominator": {"value": 1, "unit": "mmol"},
            },
            Quantity(3, 3, "mg/mmol", "<"),
        ),
        (
            "valueRatio",
            {"numerator": {"value": 1}, "denominator": {"value": 128}},
            Absent("the ratio is not an amount per one unit"),
        ),
        ("valueBoolean", True, True),
        ("valueBoolean", "yes", Absent("not a truth value")),
        ("valueString", "see note", Absent("told in words, without a code")),
        ("valueDateTime", "2026-03-01", (at(2026, 3, 1), at(2026, 3, 2) - 1)),
        ("valueDateTime", "soon", Absent("not a date that can be")),
        (
            "valuePeriod",
            {"start": "2026-03-01", "end": "2026-03-02"},
            (at(2026, 3, 1), at(2026, 3, 3) - 1),
        ),
        ("valueTime", "08:00:00", Absent("valueTime is not read")),
        ("valueSampledData", {"data": "1 2"}, Absent("valueSampledData is not read")),
        ("valueCodeableConcept", concept(LOINC, "LA33-6"), (Code("loinc", "LA33-6"),)),
        (
            "valueCodeableConcept",
            {"text": "positive"},
            Absent("told in words, without a code"),
        ),
        (
            "valueCodeableConcept",
            concept(HL7 + "v3-ObservationInterpretation", "N"),
            Words("normal"),
        ),
        (
            "valueCodeableConcept",
            concept(HL7 + "v3-ObservationInterpretation", "POS"),
            (Code("hl7", "POS"),),
        ),
        ("valueCodeableConcept", concept(HL7 + "v2-0136", "N"), (Code("hl7", "N"),)),
        ("valueCodeableConcept", concept(HL7 + "v3-NullFlavor", "ASKU"), Absent("ASKU")),
        (
            "dataAbsentReason",
            concept(HL7 + "data-absent-reason", "not-performed"),
            Absent("not-performed"),
        ),
        (
            "_valueQuantity",
            {"extension": [{"url": "http://x/data-absent-reason", "valueCode": "masked"}]},
            Absent("masked"),
        ),
    ],
)
def test_values(read_bundle, one, field, raw, value):
    assert one(read_bundle({**FINAL, field: raw})).value == value


def test_text_is_kept_beside_a_value_that_it_cannot_be(read_bundle, one):
    event = one(read_bundle({**FINAL, "valueString": "x" * 20_000}))
    assert len(event.text) == 10_000


def test_false_denies_the_code(read_bundle, one):
    event = one(read_bundle({**FINAL, "valueBoolean": False}))
    assert (event.status, event.value) == ("denied", None)


@pytest.mark.parametrize(
    ("code", "said"),
    [("L", "low"), ("LL", "low"), ("N", "normal"), ("H", "high"), ("HH", "high"), (">", "high")],
)
def test_an_interpretation_without_a_value_is_a_result_in_words(read_bundle, one, code, said):
    words = [concept(HL7 + "v3-ObservationInterpretation", code)]
    limits = [{"high": mmol(2.6)}]
    event = one(read_bundle({**FINAL, "interpretation": words, "referenceRange": limits}))
    assert event.value == Words(said)
    assert event.limits == Limits(None, Quantity(2.6, 2.6, "mmol/L"))
    with_value = {**FINAL, "interpretation": words, "valueQuantity": mmol(3)}
    assert isinstance(one(read_bundle(with_value)).value, Quantity)


def test_interpretations_that_contradict_each_other_say_nothing(read_bundle, one):
    both = [concept(HL7 + "v3-ObservationInterpretation", c) for c in "LH"]
    assert isinstance(one(read_bundle({**FINAL, "interpretation": both})).value, Absent)


def test_several_reference_ranges_are_ambiguous_unless_one_is_the_normal_one(read_bundle, one):
    normal = {"low": mmol(2.1), "type": concept("s", "normal")}
    other = {"low": mmol(1.0), "type": concept("s", "therapeutic")}
    event = one(read_bundle({**FINAL, "valueQuantity": mmol(3), "referenceRange": [other, normal]}))
    assert event.limits.low.low == 2.1
    plain = [{"low": mmol(1)}, {"low": mmol(2)}]
    event = one(read_bundle({**FINAL, "valueQuantity": mmol(3), "referenceRange": plain}))
    assert event.limits is None


@pytest.mark.parametrize(
    ("status", "with_value", "without"),
    [
        ("final", "stated", "stated"),
        ("amended", "stated", "stated"),
        ("preliminary", "stated", "planned"),
        ("registered", "planned", "planned"),
        ("cancelled", "not_done", "not_done"),
        ("unknown", "stated", "stated"),
    ],
)
def test_status(read_bundle, one, status, with_value, without):
    full = one(read_bundle({**FINAL, "status": status, "valueQuantity": mmol(3)}))
    assert (full.status, full.value is not None) == (with_value, with_value == "stated")
    bare = one(read_bundle({**FINAL, "status": status}))
    assert bare.status == without
    assert isinstance(bare.value, Absent) == (without == "stated")


def test_a_status_that_nobody_knows_may_say_anything(read_bundle, one):
    record = read_bundle({**FINAL, "status": "CANARY", "valueQuantity": mmol(3)})
    assert one(record).value == Absent("its status is unknown")
    assert [s.what for s in record.set_aside] == ["status"]


def test_a_modifier_extension_may_turn_the_meaning(read_bundle, one):
    turned = {**FINAL, "valueQuantity": mmol(3), "modifierExtension": [{"url": "http://x"}]}
    record = read_bundle(turned)
    assert isinstance(one(record).value, Absent)
    assert [s.what for s in record.set_aside] == ["modifierExtension"]


def test_without_a_code_nothing_is_said(read_bundle):
    record = read_bundle({**FINAL, "code": {"text": "calcium"}, "valueQuantity": mmol(3)})
    assert all(e.role == "variable" for e in record.events)
    assert [(s.where, s.what) for s in record.set_aside] == [("Observation/o", "code")]


# --- components, samples, places ----------------------------------------------------------------

PRESSURE = {
    **FINAL,
    "code": concept(LOINC, "85354-9"),
    "effectiveDateTime": "2026-03-01",
    "component": [
        {
            "code": concept(LOINC, "8480-6"),
            "valueQuantity": {"value": 107, "system": UCUM, "code": "mm[Hg]"},
        },
        {
            "code": concept(LOINC, "8462-4"),
            "dataAbsentReason": concept(HL7 + "data-absent-reason", "not-performed"),
        },
    ],
}


def findings(record):
    return [e for e in record.events if e.role == "finding"]


def test_components_are_events_and_the_panel_is_none(read_bundle):
    upper, lower = findings(read_bundle(PRESSURE))
    assert upper.value == Quantity(107, 107, "mm[Hg]")
    assert upper.place.detail == "component[0].valueQuantity"
    assert lower.value == Absent("not-performed")
    assert upper.time == (at(2026, 3, 1), at(2026, 3, 2) - 1)
    assert upper.sample == lower.sample == "Observation/o"


def test_a_cancelled_panel_cancels_its_components(read_bundle):
    events = findings(read_bundle({**PRESSURE, "status": "cancelled"}))
    assert [(e.status, e.value) for e in events] == [("not_done", None)] * 3


def lab(ident, **more):
    return {**FINAL, "id": ident, "valueQuantity": mmol(3), **more}


def report(ident, *results, **more):
    references = [{"reference": f"Observation/{r}"} for r in results]
    return {
        "resourceType": "DiagnosticReport",
        "id": ident,
        "status": "final",
        "result": references,
        **more,
    }


def samples(record):
    return {e.place.where.split("/")[1]: e.sample for e in findings(record)}


def test_the_specimen_names_the_sample(read_bundle):
    tube = {"specimen": {"reference": "Specimen/s"}}
    held = report("r", "a", "b")
    read = samples(read_bundle(lab("a", **tube), lab("b", **tube), held))
    assert read == {"a": "Specimen/s", "b": "Specimen/s"}


def test_a_report_on_one_specimen_lends_it(read_bundle):
    held = report("r", "a", "b", specimen=[{"reference": "Specimen/s"}])
    alone = lab("c", specimen={"reference": "Specimen/s"})
    assert set(samples(read_bundle(lab("a"), lab("b"), alone, held)).values()) == {"Specimen/s"}


def test_a_report_names_the_sample_for_results_of_one_time(read_bundle):
    first = {"effectiveDateTime": "2026-03-01"}
    later = {"effectiveDateTime": "2026-03-02"}
    held = report("r", "a", "b", "c")
    read = samples(read_bundle(lab("a", **first), lab("b", **first), lab("c", **later), held))
    assert read["a"] == read["b"] != read["c"]


def test_a_result_without_a_time_takes_that_of_its_report(read_bundle):
    (event,) = findings(read_bundle(lab("a"), report("r", "a", effectiveDateTime="2026-03-01")))
    assert event.time == (at(2026, 3, 1), at(2026, 3, 2) - 1)


def test_a_panel_names_the_sample_of_its_members(read_bundle):
    members = [{"reference": "Observation/a"}, {"reference": "Observation/b"}]
    panel = {**FINAL, "id": "p", "hasMember": members}
    read = samples(read_bundle(lab("a"), lab("b"), panel))
    assert read == {"a": "Observation/p", "b": "Observation/p"}


def test_the_same_instant_is_one_sample_but_a_day_or_midnight_is_none(read_bundle):
    clocked = {"effectiveDateTime": "2026-03-01T08:00:00Z"}
    read = samples(
        read_bundle(
            lab("a", **clocked),
            lab("b", **clocked),
            lab("day", effectiveDateTime="2026-03-01"),
            lab("midnight", effectiveDateTime="2026-03-01T00:00:00Z"),
        )
    )
    assert read["a"] == read["b"] is not None
    assert read["day"] is read["midnight"] is None


T8 = concept(SNOMED, "11068009")
LESION = {"resourceType": "Condition", "id": "t8", "code": concept(SNOMED, "94222008")}


def test_a_focus_on_a_condition_gives_its_key(read_bundle):
    focused = lab("a", focus=[{"reference": "Condition/t8"}], bodySite=T8)
    event = findings(read_bundle(LESION, focused))[1]
    assert event.about.key == "t8"
    assert event.about.sites == (Code("snomed", "11068009"),)


def test_a_focus_on_an_absent_condition_still_names_it(read_bundle):
    record = read_bundle(lab("a", focus=[{"reference": "Condition/t8"}]))
    assert findings(record)[0].about.key == "t8"
    assert [s.what for s in record.set_aside] == ["focus"]


def test_a_focus_on_two_lesions_names_none(read_bundle):
    other = {**LESION, "id": "l2"}
    both = [{"reference": "Condition/t8"}, {"reference": "Condition/l2"}]
    assert findings(read_bundle(LESION, other, lab("a", focus=both)))[2].about.key is None


def test_a_site_alone_names_a_place_without_a_key(read_bundle):
    event = findings(read_bundle(lab("a", bodySite=T8)))[0]
    assert (event.about.key, event.about.sites) == (None, (Code("snomed", "11068009"),))
    assert findings(read_bundle(lab("a")))[0].about is None


def test_contained_results_are_read(read_bundle):
    inner = {k: v for k, v in lab("x").items() if k != "subject"}
    held = report("r", contained=[inner], effectiveDateTime="2026-03-01")
    held["result"] = [{"reference": "#x"}]
    (event,) = findings(read_bundle(held))
    assert event.place.where == "DiagnosticReport/r#x"
    assert event.time == (at(2026, 3, 1), at(2026, 3, 2) - 1)
