"""What each status of an event says (design.md, "From events to facts": the first rule)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bonemets.model import Levels
from facts.worlds import BOTH, event, known, stated

DIABETES = """
  diabetes:
    title: diabetes
    type: boolean
    codes: [{icd10: [E11]}]
"""
CANCER = """
  cancer:
    title: cancer
    type: level
    levels: [current, past, suspected, not_known_of]
    codes:
      - {icd10: [C50], stated: current, past: past, suspected: suspected, denied: not_known_of}
  grade:
    title: grade
    type: level
    levels: [low, middle, high]
    codes: [{snomed: ["1"], stated: high}]
"""


@pytest.mark.parametrize(
    ("status", "left"),
    [("stated", {"yes"}), ("denied", {"no"}), ("past", BOTH), ("suspected", BOTH)],
)
def test_a_boolean_is_yes_when_stated_no_when_denied_and_open_when_past_or_suspected(status, left):
    facts = known(DIABETES, event("icd10 E11.9", status=status))
    assert facts.levels("diabetes") == left
    assert facts.state("diabetes") == "sure"


@pytest.mark.parametrize(
    ("status", "left"),
    [
        ("stated", {"current"}),
        ("past", {"past"}),
        ("suspected", {"suspected"}),
        ("denied", {"not_known_of"}),
    ],
)
def test_a_level_is_the_one_that_the_coding_names_for_the_status(status, left):
    assert known(CANCER, event("icd10 C50.9", status=status)).levels("cancer") == left


@pytest.mark.parametrize("status", ["past", "suspected", "denied"])
def test_a_status_without_a_level_leaves_everything_open(status):
    facts = known(CANCER, event("snomed 1", status=status))
    assert facts.levels("grade") == {"low", "middle", "high"}
    assert facts.state("grade") == "sure"


@pytest.mark.parametrize("past", ["yes", "no"])
def test_past_is_what_the_variable_names_for_it(past):
    variables = DIABETES + f'    past: "{past}"\n'
    assert known(variables, event("icd10 E11", status="past")).levels("diabetes") == {past}


def test_a_codings_own_level_for_past_goes_before_the_variables():
    variables = """
  broken:
    title: broken
    type: boolean
    past: "no"
    codes: [{snomed: ["5"], past: "yes"}]
"""
    assert known(variables, event("snomed 5", status="past")).levels("broken") == {"yes"}


def test_a_code_that_says_no_is_not_turned_into_no_by_its_denial():
    variables = """
  pregnant:
    title: pregnant
    type: boolean
    codes: [{snomed: ["77386006"]}, {snomed: ["60001007"], stated: "no"}]
"""
    assert known(variables, event("snomed 60001007")).levels("pregnant") == {"no"}
    assert known(variables, event("snomed 60001007", status="denied")).levels("pregnant") == BOTH
    assert known(variables, event("snomed 60001007", False)).levels("pregnant") == BOTH


def test_a_coding_may_say_that_it_leaves_everything_open():
    variables = """
  high_dose:
    title: high dose
    type: boolean
    codes: [{snomed: ["5"], stated: unknown}]
"""
    facts = known(variables, event("snomed 5"))
    assert facts.levels("high_dose") == BOTH
    assert facts.state("high_dose") == "sure"


@pytest.mark.parametrize("status", ["planned", "not_done"])
def test_what_is_planned_or_was_not_done_says_nothing(status):
    facts = known(DIABETES, event("icd10 E11", status=status))
    assert facts.state("diabetes") == "none"
    assert facts.levels("diabetes") == BOTH


@pytest.mark.parametrize("status", ["planned", "not_done"])
def test_what_is_planned_or_was_not_done_does_not_undo_what_was_done(status):
    """That radiotherapy is not to be done again does not say that it was never done."""
    done = event("icd10 E11", at="2026-02-01")
    facts = known(DIABETES, done, event("icd10 E11", at="2026-02-20", status=status))
    assert facts.levels("diabetes") == {"yes"}


@pytest.mark.parametrize("status", ["planned", "not_done"])
def test_on_a_complete_list_what_is_planned_or_was_not_done_is_no(status):
    variables = DIABETES + "    complete_with: conditions\n"
    facts = known(variables, event("icd10 E11", status=status), complete=("conditions",))
    assert facts.levels("diabetes") == {"no"}


def test_a_value_counts_only_where_its_event_is_stated():
    """A denied or suspected condition with an answer says what its status says."""
    answer = Levels(("low",))
    assert known(CANCER, stated("grade", answer)).levels("grade") == {"low"}
    every = {"low", "middle", "high"}
    for status in ("denied", "suspected", "past"):
        assert known(CANCER, stated("grade", answer, status=status)).levels("grade") == every


def test_a_number_or_a_date_of_a_denied_or_suspected_event_is_no_value():
    variables = """
  sodium:
    title: sodium
    type: number
    unit: mmol/L
    codes: [{loinc: [na-1]}]
  first_fall:
    title: first fall
    type: date
    pick: first
    codes: [{snomed: ["9"]}]
"""
    for status in ("denied", "suspected", "past"):
        facts = known(variables, event("loinc na-1", "140 mmol/L", status=status))
        assert facts.number("sodium") == (float("-inf"), float("inf"))
        assert "leaves the value open" in next(iter(facts.why("sodium")))
    fell, not_fell = event("snomed 9", at="2026-02-10"), event("snomed 9", at="2026-01-05")
    day = known(variables, fell).number("first_fall")
    denied = known(variables, fell, replace(not_fell, status="denied"))
    assert denied.number("first_fall") == day
    suspected = known(variables, fell, replace(not_fell, status="suspected"))
    assert suspected.number("first_fall")[0] < day[0]
    assert suspected.number("first_fall")[1] == day[1]
