"""Medicines: status, times, strength per dose, and the ways to name the drug."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bonemets.model import Absent, Code, Quantity

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
DENOSUMAB = {"coding": [{"system": RXNORM, "code": "993449"}]}
ATC = {"coding": [{"system": "http://www.whocc.no/atc", "code": "M05BX04"}]}


def at(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def day(*parts):
    return at(*parts), at(*parts) + 86_399


def medicine(kind, status=None, **more):
    of = {"resourceType": kind, "id": "m", "medicationCodeableConcept": DENOSUMAB, **more}
    return of if status is None else {**of, "status": status}


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("MedicationRequest", "active", "stated"),
        ("MedicationRequest", "completed", "past"),
        ("MedicationRequest", "stopped", "past"),
        ("MedicationRequest", "cancelled", "not_done"),
        ("MedicationRequest", "on-hold", "planned"),
        ("MedicationRequest", "draft", "planned"),
        ("MedicationStatement", "active", "stated"),
        ("MedicationStatement", "completed", "past"),
        ("MedicationStatement", "stopped", "past"),
        ("MedicationStatement", "intended", "planned"),
        ("MedicationStatement", "on-hold", "planned"),
        ("MedicationStatement", "not-taken", "denied"),
        ("MedicationAdministration", "completed", "stated"),
        ("MedicationAdministration", "in-progress", "stated"),
        ("MedicationAdministration", "stopped", "stated"),
        ("MedicationAdministration", "on-hold", "planned"),
        ("MedicationAdministration", "not-done", "not_done"),
        ("MedicationDispense", "completed", "stated"),
        ("MedicationDispense", "preparation", "planned"),
        ("MedicationDispense", "cancelled", "not_done"),
        ("MedicationDispense", "declined", "not_done"),
        ("MedicationDispense", "stopped", "past"),
    ],
)
def test_status(read_bundle, one, kind, status, expected):
    event = one(read_bundle(medicine(kind, status)))
    assert (event.role, event.status, event.value) == ("drug", expected, None)


@pytest.mark.parametrize("status", ["unknown", "CANARY", None])
def test_an_unknown_status_may_say_anything(read_bundle, one, status):
    event = one(read_bundle(medicine("MedicationStatement", status)))
    assert event.status == "stated"
    assert isinstance(event.value, Absent)


@pytest.mark.parametrize(
    ("intent", "expected"),
    [("order", "stated"), ("instance-order", "stated"), ("plan", "planned"), ("option", "planned")],
)
def test_only_an_order_orders(read_bundle, one, intent, expected):
    assert one(read_bundle(medicine("MedicationRequest", "active", intent=intent))).status == (
        expected
    )


def test_do_not_perform_says_nothing_was_done(read_bundle, one):
    forbidden = medicine("MedicationRequest", "active", doNotPerform=True)
    assert one(read_bundle(forbidden)).status == "not_done"


def test_an_order_runs_from_its_bounds_and_was_mentioned_when_written(read_bundle, one):
    bounds = {"start": "2026-03-05", "end": "2026-06-05"}
    event = one(
        read_bundle(
            medicine(
                "MedicationRequest",
                "active",
                authoredOn="2026-03-01",
                dosageInstruction=[{"timing": {"repeat": {"boundsPeriod": bounds}}}],
            )
        )
    )
    assert (event.time, event.end) == (day(2026, 3, 5), day(2026, 6, 5))
    assert event.mentioned == day(2026, 3, 1)


def test_an_order_without_bounds_starts_when_written_and_is_open(read_bundle, one):
    event = one(read_bundle(medicine("MedicationRequest", "active", authoredOn="2026-03-01")))
    assert (event.time, event.end, event.mentioned) == (day(2026, 3, 1), None, day(2026, 3, 1))


def test_statements(read_bundle, one):
    period = {"start": "2025-01", "end": "2025-12-31"}
    event = one(
        read_bundle(
            medicine(
                "MedicationStatement",
                "completed",
                effectivePeriod=period,
                dateAsserted="2026-03-01",
            )
        )
    )
    assert event.time == (at(2025, 1, 1), at(2025, 2, 1) - 1)
    assert (event.end, event.mentioned) == (day(2025, 12, 31), day(2026, 3, 1))
    point = medicine("MedicationStatement", "active", effectiveDateTime="2026-03-01")
    assert one(read_bundle(point)).mentioned == day(2026, 3, 1)
    asserted = medicine("MedicationStatement", "active", dateAsserted="2026-03-01")
    assert one(read_bundle(asserted)).time == day(2026, 3, 1)


def test_administrations_and_packs_are_points_in_time(read_bundle, one):
    infusion = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T08:15:00Z"}
    given = medicine("MedicationAdministration", "completed", effectivePeriod=infusion)
    event = one(read_bundle(given))
    assert event.time == (at(2026, 3, 1, 8), at(2026, 3, 1, 8))
    assert event.end == event.mentioned == (at(2026, 3, 1, 8, 15), at(2026, 3, 1, 8, 15))
    pack = medicine("MedicationDispense", "completed", whenHandedOver="2026-03-01")
    assert one(read_bundle(pack)).time == day(2026, 3, 1)


def dose(value, unit="mg", **more):
    return {"value": value, "unit": unit, **more}


@pytest.mark.parametrize(
    ("doses", "value"),
    [
        ([dose(120)], Quantity(120, 120, "mg")),
        ([dose(120), dose(120)], Quantity(120, 120, "mg")),
        ([dose(60), dose(120)], None),
        ([dose(1, "tablet")], None),
        ([dose(120, comparator="<")], None),
        ([dose(120), None], None),
        ([{"value": 120}], None),
        ([], None),
    ],
)
def test_one_strength_per_dose_in_mass_is_the_value(read_bundle, one, doses, value):
    rates = [{"doseQuantity": d} if d else {"doseRange": {}} for d in doses]
    told = medicine("MedicationRequest", "active", dosageInstruction=[{"doseAndRate": rates}])
    assert one(read_bundle(told)).value == value


def test_the_dose_of_an_administration(read_bundle, one):
    given = medicine("MedicationAdministration", "completed", dosage={"dose": dose(120)})
    assert one(read_bundle(given)).value == Quantity(120, 120, "mg")


def by_reference(reference, **more):
    of = medicine("MedicationRequest", "active", medicationReference={"reference": reference})
    del of["medicationCodeableConcept"]
    return {**of, **more}


def test_a_contained_or_sent_medication_names_the_drug(read_bundle, one):
    product = {"resourceType": "Medication", "id": "med", "code": DENOSUMAB}
    codes = (Code("rxnorm", "993449"),)
    assert one(read_bundle(by_reference("#med", contained=[product]))).codes == codes
    assert one(read_bundle(by_reference("Medication/med"), product)).codes == codes


def test_the_one_ingredient_is_the_same_thing_and_several_are_each_taken(read_bundle, one):
    product = {"resourceType": "Medication", "id": "med", "code": DENOSUMAB}
    single = {**product, "ingredient": [{"itemCodeableConcept": ATC}]}
    assert one(read_bundle(by_reference("Medication/med"), single)).codes == (
        Code("rxnorm", "993449"),
        Code("atc", "M05BX04"),
    )
    calcium = {"coding": [{"system": "http://www.whocc.no/atc", "code": "A12AA04"}]}
    both = [{"itemCodeableConcept": ATC}, {"itemCodeableConcept": calcium}]
    mixed = {**product, "ingredient": both}
    drugs = [
        e.codes[0].code
        for e in read_bundle(by_reference("Medication/med"), mixed).events
        if e.role == "drug"
    ]
    assert drugs == ["993449", "M05BX04", "A12AA04"]


def test_a_medicine_that_nobody_can_name_is_set_aside(read_bundle):
    record = read_bundle(by_reference("Medication/lost"))
    assert [s.what for s in record.set_aside] == ["medicationReference", "medication"]
    assert all(e.role == "variable" for e in record.events)
