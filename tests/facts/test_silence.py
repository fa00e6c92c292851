"""Silence is unknown, and no only where the list is declared complete where it would stand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bonemets.model import Absent
from facts.worlds import ANY, BOTH, drug, engine, event, known, moment, record, stated

LISTED = """
  diabetes:
    title: diabetes
    type: boolean
    complete_with: conditions
    codes: [{icd10: [E11]}]
  flare:
    title: flare
    type: boolean
    window: P30D
    complete_with: conditions
    codes: [{icd10: [L40]}]
  statin:
    title: statin
    type: boolean
    window: P90D
    pick: active
    past: "no"
    complete_with: medications
    codes: [{as: drug, atc: [C10AA]}]
  operations:
    title: operations
    type: number
    unit: "1"
    minimum: 0
    integer: true
    pick: count
    complete_with: procedures
    codes: [{snomed: ["387713003"]}]
  sodium:
    title: sodium
    type: number
    unit: mmol/L
    codes: [{loinc: [na-1]}]
  headache:
    title: headache
    type: boolean
    codes: [{snomed: ["25064002"]}]
"""
ALL = ("medications", "conditions", "procedures")


def test_silence_is_unknown():
    facts = known(LISTED)
    for name in ("diabetes", "statin", "headache"):
        assert facts.levels(name) == BOTH
        assert facts.state(name) == "none"
    assert facts.number("operations") == facts.number("sodium") == ANY


def test_on_a_complete_list_absence_is_no_and_counts_nothing():
    facts = known(LISTED, complete=ALL)
    assert facts.levels("diabetes") == facts.levels("statin") == {"no"}
    assert facts.number("operations") == (0, 0)
    assert facts.state("diabetes") == "sure"


def test_only_the_lists_that_are_declared_are_complete():
    facts = known(LISTED, complete=("medications",))
    assert facts.levels("statin") == {"no"}
    assert facts.levels("diabetes") == BOTH
    assert facts.number("operations") == ANY


def test_what_stands_in_no_list_stays_unknown():
    facts = known(LISTED, complete=ALL)
    assert facts.levels("headache") == BOTH
    assert facts.number("sodium") == ANY


def test_what_is_on_a_complete_list_decides():
    facts = known(LISTED, event("icd10 E11"), drug("atc C10AA05"), complete=ALL)
    assert facts.levels("diabetes") == facts.levels("statin") == {"yes"}


@pytest.mark.parametrize("one", [event("icd10 E11", at="2026"), event("icd10 E11", at="2026-03")])
def test_what_perhaps_counts_stays_open_on_a_complete_list(one):
    facts = known(LISTED, one, complete=ALL)
    assert facts.levels("diabetes") == BOTH


def test_what_stands_on_the_list_without_a_date_is_not_absent():
    """It serves no window, and it is on the list."""
    undated = event("icd10 L40", at=None)
    assert known(LISTED, undated).state("flare") == "none"
    assert known(LISTED, undated, complete=ALL).levels("flare") == BOTH
    assert known(LISTED, complete=ALL).levels("flare") == {"no"}


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        (event("icd10 I10"), True),  # another condition: the knowledge reads this system
        (event("local 4711"), False),
        (drug("ndc 0078-0387"), False),
        (event("local 4711", status="not_done"), True),
    ],
)
def test_an_entry_that_nobody_can_read_may_be_what_is_asked_for(entry, read):
    listed = replace(entry, listed="medications" if entry.role == "drug" else "conditions")
    facts = known(LISTED, listed, complete=ALL)
    name = "statin" if entry.role == "drug" else "diabetes"
    assert facts.levels(name) == ({"no"} if read else BOTH)
    assert facts.number("operations") == (0, 0)  # the other lists hold


def test_an_entry_without_a_code_keeps_its_list_open():
    made = replace(record([], complete=ALL), unread=("medications",))
    run = engine(LISTED).run_one(made, moment())
    assert run.complete == ("conditions", "procedures")


def test_a_complete_list_does_not_close_a_count_of_what_stands_on_it():
    facts = known(LISTED, event("snomed 387713003"), complete=ALL)
    assert facts.number("operations") == (1, float("inf"))


def test_a_complete_list_is_each_patients_own():
    batch = engine(LISTED).evaluate([record([], complete=ALL), record([])], [moment(), moment()])
    start = batch.selection.base["diabetes"]
    masks = [int(batch.selection.picked.mask[start + batch.rank_of[i]]) for i in range(2)]
    assert masks == [1, 3]


def test_an_unknown_that_is_stated_is_not_silence():
    facts = known(LISTED, stated("statin", Absent("recorded as unknown")), complete=ALL)
    assert facts.levels("statin") == BOTH


def test_the_class_of_what_is_asked_for_keeps_the_list_open():
    """M05B may be the M05BX04 that is asked for; C10 may be the statin."""
    above = replace(drug("atc C10"), listed="medications")
    beside = replace(drug("atc C10BA"), listed="medications")
    assert known(LISTED, above, complete=ALL).levels("statin") == BOTH
    assert known(LISTED, beside, complete=ALL).levels("statin") == {"no"}
