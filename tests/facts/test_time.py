"""Which events count: the index moment, windows, dates known in part, and no date at all."""

from __future__ import annotations

import json

import pytest

from bonemets.readers.fhir import read
from facts.worlds import ANY, BOTH, Known, engine, event, known, later, moment, record, stated

SODIUM = """
  sodium:
    title: sodium
    type: number
    unit: mmol/L
    window: P7D
    codes: [{loinc: [na-1]}]
  sodium_ever:
    title: sodium at any time
    type: number
    unit: mmol/L
    codes: [{loinc: [na-1]}]
"""
OPENS = "2026-02-22T23:59:59"
"""Seven days before the index moment: the window's edge, itself inside."""


def sodium(value: float, at: str | None) -> object:
    return event("loinc na-1", f"{value} mmol/L", at=at)


def test_an_event_wholly_before_the_index_moment_and_inside_the_window_counts():
    facts = known(SODIUM, sodium(140, "2026-02-25"))
    assert facts.number("sodium") == (140, 140)
    assert facts.state("sodium") == "sure"


@pytest.mark.parametrize("at", ["2026-03-01T23:59:59", OPENS, "2026-03-01"])
def test_both_edges_belong_to_the_window(at):
    assert known(SODIUM, sodium(140, at)).state("sodium") == "sure"


@pytest.mark.parametrize(("edge", "seconds"), [("2026-03-01T23:59:59", 1), (OPENS, -1)])
def test_one_second_beyond_an_edge_an_event_does_not_count(edge, seconds):
    facts = known(SODIUM, later(sodium(140, edge), seconds))
    assert facts.state("sodium") == "none"
    assert facts.number("sodium") == ANY


def test_a_later_event_is_invisible_whatever_the_window():
    facts = known(SODIUM, sodium(130, "2026-02-25"), sodium(150, "2026-03-02"))
    assert facts.number("sodium") == facts.number("sodium_ever") == (130, 130)


@pytest.mark.parametrize("at", ["2026-03", "2026", "2026-02-22"])
def test_an_event_partly_beyond_an_edge_perhaps_counts(at):
    """The only one: then it, or silence, which is anything."""
    facts = known(SODIUM, sodium(140, at))
    assert facts.state("sodium") == "perhaps"
    assert facts.number("sodium") == ANY


def test_a_perhaps_event_joins_a_sure_one_and_does_not_push_it_out():
    facts = known(SODIUM, sodium(130, "2026-02-25"), sodium(150, "2026-03"))
    assert facts.number("sodium") == (130, 150)
    assert facts.state("sodium") == "sure"


def test_a_perhaps_event_that_cannot_be_the_latest_is_out():
    facts = known(SODIUM, sodium(130, "2026-02-25"), sodium(150, "2026-02-22"))
    assert facts.number("sodium") == (130, 130)


def test_an_event_without_a_date_serves_only_variables_without_a_window():
    facts = known(SODIUM, sodium(140, None))
    assert facts.state("sodium") == "none"
    assert facts.number("sodium_ever") == (140, 140)
    assert facts.state("sodium_ever") == "sure"


def test_an_event_without_a_date_may_be_the_latest_and_may_not():
    facts = known(SODIUM, sodium(130, "2020-01-01"), sodium(140, None))
    assert facts.number("sodium_ever") == (130, 140)


def test_an_event_without_a_date_serves_no_window_that_hangs_on_a_date():
    variables = """
  first_dose:
    title: first dose
    type: date
    pick: first
  baseline:
    title: baseline
    type: number
    unit: umol/L
    before: first_dose
    codes: [{loinc: [cr-1]}]
"""
    dose = stated("first_dose", (moment("2026-01-01"), moment("2026-01-01")))
    measured = event("loinc cr-1", "80 umol/L", at="2025-12-01")
    assert known(variables, dose, measured).number("baseline") == (80, 80)
    undated = event("loinc cr-1", "80 umol/L", at=None)
    assert known(variables, dose, undated).state("baseline") == "none"


def test_a_date_known_only_in_part_ends_when_it_was_recorded():
    """A condition of `2026-02`, recorded on the 10th, was so by the 10th."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "p"}},
            {
                "resource": {
                    "resourceType": "Condition",
                    "id": "c",
                    "subject": {"reference": "Patient/p"},
                    "code": {
                        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "E11"}]
                    },
                    "onsetDateTime": "2026-02",
                    "recordedDate": "2026-02-10",
                }
            },
        ],
    }
    read_record = read(json.dumps(bundle).encode(), "bundle")
    variables = """
  diabetes:
    title: diabetes
    type: boolean
    codes: [{icd10: [E11]}]
"""
    facts = Known(engine(variables).run_one(read_record, moment("2026-02-10")))
    assert facts.levels("diabetes") == {"yes"}
    assert facts.state("diabetes") == "sure"
    facts = Known(engine(variables).run_one(read_record, moment("2026-02-09")))
    assert facts.levels("diabetes") == BOTH
    assert facts.state("diabetes") == "perhaps"


CONFUSED = """
  confusion:
    title: confusion
    type: boolean
    window: P14D
    no_for: P1D
    codes: [{snomed: ["7"]}]
  ever_confused:
    title: confusion in two weeks
    type: boolean
    window: P14D
    pick: any
    no_for: P1D
    codes: [{snomed: ["7"]}]
"""


def confused(answer: bool, at: str) -> object:
    return event("snomed 7", status="stated" if answer else "denied", at=at)


@pytest.mark.parametrize("name", ["confusion", "ever_confused"])
def test_a_no_of_today_holds(name):
    facts = known(CONFUSED, confused(False, "2026-03-01"))
    assert facts.levels(name) == {"no"}
    assert facts.state(name) == "sure"
    assert not facts.stale(name)


@pytest.mark.parametrize("name", ["confusion", "ever_confused"])
def test_a_no_holds_to_the_second_and_no_longer(name):
    """It holds for a day: from the same second of the day before."""
    edge = confused(False, "2026-02-28T23:59:59")
    assert known(CONFUSED, edge).levels(name) == {"no"}
    assert known(CONFUSED, later(edge, -1)).levels(name) == BOTH


@pytest.mark.parametrize("name", ["confusion", "ever_confused"])
def test_an_older_no_is_unknown_and_can_be_shown_as_a_no_that_no_longer_holds(name):
    facts = known(CONFUSED, confused(False, "2026-02-22"))
    assert facts.levels(name) == BOTH
    assert facts.state(name) == "sure"
    assert facts.stale(name)


@pytest.mark.parametrize("name", ["confusion", "ever_confused"])
def test_a_yes_does_not_age_so_fast(name):
    facts = known(CONFUSED, confused(True, "2026-02-22"))
    assert facts.levels(name) == {"yes"}
    assert not facts.stale(name)


def test_a_sign_that_came_and_went_still_counts():
    events = confused(True, "2026-02-22"), confused(False, "2026-03-01")
    facts = known(CONFUSED, *events)
    assert facts.levels("ever_confused") == {"yes"}
    assert facts.levels("confusion") == {"no"}


def test_a_no_that_no_longer_holds_stands_beside_a_fresh_one():
    events = confused(False, "2026-02-22"), confused(False, "2026-03-01")
    facts = known(CONFUSED, *events)
    assert facts.levels("ever_confused") == facts.levels("confusion") == {"no"}
    assert not facts.stale("ever_confused")
    assert not facts.stale("confusion")


def test_the_index_moment_is_each_patients_own():
    eng = engine(SODIUM)
    records = [record([sodium(140, "2026-02-25")]) for _ in range(2)]
    batch = eng.evaluate(records, [moment("2026-03-01"), moment("2026-02-24")])
    base = batch.selection.base["sodium"]
    states = [int(batch.selection.picked.state[base + batch.rank_of[i]]) for i in range(2)]
    assert states == [2, 0]
