"""What Patient says: birth, sex at birth, death."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bonemets.model import Absent, Levels

BIRTHSEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
RECORDED = "http://hl7.org/fhir/StructureDefinition/individual-recordedSexOrGender"


def at(*parts):
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def patient(**more):
    return {"resourceType": "Patient", "id": "p", **more}


@pytest.fixture
def said(read_bundle):
    """Give what the Patient says: variable -> (value, field, time)."""

    def of(*resources):
        record = read_bundle(*resources, patient=False)
        found = [e for e in record.events if e.role == "variable"]
        assert all(e.codes[0].system == "bonemets" and e.status == "stated" for e in found)
        return {e.codes[0].code: (e.value, e.place.detail, e.time) for e in found}

    return of


def test_birth_date(said):
    day = (at(1961, 5, 20), at(1961, 5, 21) - 1)
    assert said(patient(birthDate="1961-05-20")) == {"birth_date": (day, "birthDate", None)}
    year = (at(1961, 1, 1), at(1962, 1, 1) - 1)
    assert said(patient(birthDate="1961"))["birth_date"][0] == year


def test_a_birth_date_that_cannot_be_is_named(read_bundle):
    record = read_bundle(patient(birthDate="1961-02-30"), patient=False)
    assert record.events == ()
    (aside,) = record.set_aside
    assert (aside.where, aside.what) == ("Patient/p", "birthDate")
    assert "1961" not in aside.why


def birthsex(code):
    return {"extension": [{"url": BIRTHSEX, "valueCode": code}]}


def test_sex_at_birth_goes_before_gender(said):
    read = said(patient(gender="male", **birthsex("F")))
    assert read == {"sex_at_birth": (Levels(("female",)), "us-core-birthsex", None)}


@pytest.mark.parametrize(("gender", "sex"), [("female", "female"), ("male", "male")])
def test_gender_serves_where_no_birth_sex_is_recorded_and_is_marked(said, gender, sex):
    value, field, _ = said(patient(gender=gender))["sex_at_birth"]
    assert value == Levels((sex,))
    assert "from administrative gender" in field


def test_an_unknown_birth_sex_is_not_filled_from_gender(said):
    read = said(patient(gender="male", **birthsex("UNK")))
    assert isinstance(read["sex_at_birth"][0], Absent)


@pytest.mark.parametrize("gender", ["other", "unknown", "M"])
def test_other_genders_say_nothing_of_the_sex_at_birth(read_bundle, gender):
    record = read_bundle(patient(gender=gender), patient=False)
    assert record.events == ()
    assert [s.what for s in record.set_aside] == ["gender"]


def test_a_recorded_sex_assigned_at_birth_counts(said):
    kind = {"coding": [{"system": "http://loinc.org", "code": "76689-9"}]}
    parts = [
        {"url": "value", "valueCodeableConcept": {"coding": [{"code": "female"}]}},
        {"url": "type", "valueCodeableConcept": kind},
    ]
    read = said(patient(gender="male", extension=[{"url": RECORDED, "extension": parts}]))
    assert read["sex_at_birth"][0] == Levels(("female",))


def test_an_observed_birth_sex_goes_before_gender(said):
    observed = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "76689-9"}]},
        "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA3-6"}]},
    }
    assert said(patient(gender="male"), observed) == {}
    pending = {**observed, "status": "registered"}
    assert "sex_at_birth" in said(patient(gender="male"), pending)


def test_death(said):
    day = (at(2026, 3, 1), at(2026, 3, 2) - 1)
    assert said(patient(deceasedDateTime="2026-03-01")) == {
        "deceased": (True, "deceasedDateTime", day),
        "death_date": (day, "deceasedDateTime", day),
    }
    assert said(patient(deceasedBoolean=True))["deceased"] == (True, "deceasedBoolean", None)
    assert said(patient(deceasedBoolean=False))["deceased"] == (False, "deceasedBoolean", None)
    unread = said(patient(deceasedDateTime="in May"))["deceased"][0]
    assert isinstance(unread, Absent)  # nobody is taken for dead, and no alert falls silent
