"""Codes: exact and by prefix, ranges, roles, coded answers, and "the finding is"."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bonemets.model import Absent, Levels
from facts.worlds import BOTH, code, drug, event, known, medicine, stated

PREFIXES = """
  cancer:
    title: cancer
    type: level
    levels: [current, past, benign]
    codes:
      - {icd10: [C00-C97], stated: current}
      - {icd10: [C44], stated: benign}
      - {icd10: [Z85], stated: past}
  breast:
    title: breast
    type: boolean
    codes: [{icd10: [C50]}]
  statin:
    title: statin
    type: boolean
    codes: [{as: drug, atc: [C10AA]}]
  exact:
    title: exact
    type: boolean
    codes: [{snomed: ["254837009"], loinc: ["1-8"]}]
"""


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("icd10 C00", {"current"}),
        ("icd10 C97.9", {"current"}),
        ("icd10 c50.911", {"current"}),
        ("icd10 C50911", {"current"}),
        ("icd10 C44.3", {"benign"}),
        ("icd10 Z85.3", {"past"}),
        ("icd10 C98", {"current", "past", "benign"}),
        ("icd10 D05", {"current", "past", "benign"}),
    ],
)
def test_the_longest_entry_of_a_hierarchy_wins_and_a_range_holds_its_categories(said, left):
    facts = known(PREFIXES, event(said))
    assert facts.levels("cancer") == left
    assert facts.state("cancer") == ("none" if len(left) == 3 else "sure")


def test_one_code_may_speak_for_several_variables():
    facts = known(PREFIXES, event("icd10 C50.9"))
    assert facts.levels("breast") == {"yes"}
    assert facts.levels("cancer") == {"current"}


def test_a_shorter_code_than_the_entry_does_not_speak():
    assert known(PREFIXES, event("icd10 C5")).state("breast") == "none"
    assert known(PREFIXES, event("atc C10A", role="drug")).state("statin") == "none"


CLASSES = (
    medicine("any_of_them", "atc: [L01]")
    + medicine("platinum", "atc: [L01XA]")
    + medicine("statin", "atc: [C10AA]")
)
SINGLE = CLASSES + medicine("cis", "atc: [L01XA01]")


@pytest.mark.parametrize("code", ["L01", "L01X"])
def test_a_class_that_speaks_for_one_medicine_leaves_those_that_it_holds_open(code):
    said = replace(drug(f"atc {code}"), listed="medications")
    for complete in ((), ("medications",)):
        facts = known(CLASSES, said, complete=complete)
        assert facts.levels("any_of_them") == {"yes"}
        assert facts.levels("platinum") == {"yes", "no"}
    assert known(CLASSES, said, complete=("medications",)).levels("statin") == {"no"}


def test_a_class_hides_no_medicine_that_is_told_and_a_sister_class_says_no():
    complete = ("medications",)
    both = known(CLASSES, drug("atc L01"), drug("atc L01XA01"), complete=complete)
    assert both.levels("platinum") == {"yes"}
    assert known(CLASSES, drug("atc L01B"), complete=complete).levels("platinum") == {"no"}
    assert known(CLASSES, drug("atc L01XX"), complete=complete).levels("platinum") == {"no"}


def test_a_class_that_was_stopped_says_nothing_of_the_medicines_that_it_holds():
    complete = ("medications",)
    stopped = drug("atc L01", status="past", end="2026-02-01")
    for lists in ((), complete):
        assert known(CLASSES, stopped, complete=lists).levels("platinum") == {"yes", "no"}
    told = known(CLASSES, stopped, drug("atc L01XA01", at="2026-01-10"), complete=complete)
    assert told.levels("platinum") == {"yes", "no"}


def test_that_one_of_several_was_stopped_says_nothing_of_the_others_unless_the_list_is_whole():
    for atc, name, alone in (("C10AA05", "statin", {"yes", "no"}), ("L01XA01", "cis", {"no"})):
        stopped = drug(f"atc {atc}", status="past", end="2026-02-01")
        assert known(SINGLE, stopped).levels(name) == alone
        assert known(SINGLE, stopped, complete=("medications",)).levels(name) == {"no"}
        denied = drug(f"atc {atc}", status="denied")
        assert known(SINGLE, stopped, denied).levels(name) == {"no"}


KINDS = (
    medicine("kind", 'rxnorm: ["1"]', includes="inner, amount")
    + medicine("inner", 'rxnorm: ["2"]', "atc: [L01XA02], stated: unknown", includes="strong, cis")
    + medicine(
        "strong", 'rxnorm: ["3"], dose: {from: 5, unit: mg}', 'rxnorm: ["4"], stated: unknown'
    )
    + medicine("cis", "atc: [L01XA01]")
    + """
  amount: {title: amount, type: number, unit: mg, codes: [{as: drug, rxnorm: ["5"]}]}
"""
)


@pytest.mark.parametrize(
    ("code", "kind", "inner"),
    [
        ("rxnorm 1", {"yes"}, {"no"}),
        ("rxnorm 2", {"yes"}, {"yes"}),
        ("atc L01XA01", {"yes"}, {"yes"}),
        ("rxnorm 3", {"no"}, {"no"}),  # of no told strength
        ("rxnorm 4", {"no"}, {"no"}),  # which leaves the medicine itself open
        ("atc L01XA02", {"no"}, {"yes", "no"}),  # an entry of the kind's own stands
        ("rxnorm 5", {"no"}, {"no"}),  # an amount is told by the name of its variable
    ],
)
def test_a_kind_is_told_by_what_says_yes_of_the_medicines_that_it_includes(code, kind, inner):
    facts = known(KINDS, drug(code), complete=("medications",))
    assert facts.levels("kind") == kind
    assert facts.levels("inner") == inner


def test_a_kind_is_told_by_a_strength_of_a_medicine():
    for amount, left in ((5, {"yes"}), (4, {"no"})):
        told = drug("rxnorm 3", f"{amount} mg")
        assert known(KINDS, told, complete=("medications",)).levels("kind") == left


def test_a_class_that_is_denied_denies_what_it_holds():
    assert known(CLASSES, drug("atc L01", status="denied")).levels("platinum") == {"no"}


def test_exact_systems_have_no_prefixes():
    assert known(PREFIXES, event("snomed 254837009")).levels("exact") == {"yes"}
    assert known(PREFIXES, event("snomed 2548370090")).state("exact") == "none"
    assert known(PREFIXES, event("loinc 254837009")).state("exact") == "none"


def test_a_code_speaks_only_in_its_role():
    assert known(PREFIXES, event("atc C10AA05", role="drug")).levels("statin") == {"yes"}
    for role in ("finding", "allergy"):
        assert known(PREFIXES, event("atc C10AA05", role=role)).state("statin") == "none"


def test_an_event_coded_in_two_systems_is_one_event():
    facts = known(PREFIXES, event("icd10 C50.9, snomed 254837009"))
    assert facts.levels("breast") == facts.levels("exact") == {"yes"}


ANSWERS = """
  smoking:
    title: smoking
    type: level
    levels: [never, former, current]
    codes: [{loinc: [72166-2]}]
    answers:
      never: {snomed: ["266919005"]}
      former: {snomed: ["8517006"], loinc: [LA15920-4]}
      current: {snomed: ["77176002", "449868002"]}
  neck:
    title: neck
    type: boolean
    codes: [{snomed: ["11"]}, {snomed: ["12"], stated: "no", denied: "yes"}]
  cauda:
    title: cauda
    type: level
    levels: [present, absent]
    codes: [{snomed: ["13"], stated: present, denied: absent}]
  walks:
    title: walks
    type: boolean
    codes: [{loinc: [w-1]}]
    answers:
      "yes": {snomed: ["21"]}
      "no": {snomed: ["22"]}
"""


def answered(question: str, *codes: str):
    return known(ANSWERS, event(question, tuple(code(c) for c in codes)))


def test_a_coded_answer_is_its_level_in_any_of_its_systems():
    assert answered("loinc 72166-2", "snomed 8517006").levels("smoking") == {"former"}
    assert answered("loinc 72166-2", "loinc LA15920-4").levels("smoking") == {"former"}
    assert answered("loinc 72166-2", "x 1", "snomed 449868002").levels("smoking") == {"current"}


def test_an_answer_whose_codings_mean_several_levels_is_one_of_these():
    two = answered("loinc 72166-2", "snomed 266919005", "snomed 8517006")
    assert two.levels("smoking") == {"never", "former"}


def test_an_answer_that_is_no_level_is_anything_and_is_named():
    facts = answered("loinc 72166-2", "snomed 999")
    assert facts.levels("smoking") == {"never", "former", "current"}
    assert "none of the variable's levels" in next(iter(facts.why("smoking")))


@pytest.mark.parametrize(
    ("question", "answer", "left"),
    [
        ("snomed 11", "snomed 373066001", {"yes"}),
        ("snomed 11", "snomed 373067005", {"no"}),
        ("snomed 12", "snomed 373066001", {"no"}),
        ("snomed 12", "snomed 373067005", {"yes"}),
        ("loinc w-1", "snomed 21", {"yes"}),
        ("loinc w-1", "snomed 22", {"no"}),
    ],
)
def test_yes_and_no_answer_what_the_code_states(question, answer, left):
    name = "walks" if question.startswith("loinc") else "neck"
    assert answered(question, answer).levels(name) == left


def test_yes_and_no_answer_a_level_that_the_code_states():
    assert answered("snomed 13", "snomed 373066001").levels("cauda") == {"present"}
    assert answered("snomed 13", "snomed 373067005").levels("cauda") == {"absent"}
    assert known(ANSWERS, event("snomed 13", False)).levels("cauda") == {"absent"}
    assert known(ANSWERS, event("snomed 13", True)).levels("cauda") == {"present"}


def test_yes_to_a_question_with_levels_is_none_of_them():
    facts = answered("loinc 72166-2", "snomed 373066001")
    assert "none of the variable's levels" in next(iter(facts.why("smoking")))
    facts = known(ANSWERS, event("loinc 72166-2", True))
    assert "does not fit" in next(iter(facts.why("smoking")))


def test_a_level_variable_takes_no_number():
    facts = known(ANSWERS, event("loinc 72166-2", "20 d"))
    assert facts.levels("smoking") == {"never", "former", "current"}
    assert "does not fit" in next(iter(facts.why("smoking")))


def test_an_absent_answer_is_anything_and_is_named():
    facts = known(ANSWERS, event("snomed 11", Absent("unknown")))
    assert facts.levels("neck") == BOTH
    assert facts.why("neck") == {"its value is absent or unusable"}


def test_a_case_file_may_name_several_levels():
    facts = known(ANSWERS, stated("smoking", Levels(("never", "current"))))
    assert facts.levels("smoking") == {"never", "current"}


def test_the_answer_to_what_is_the_finding_is_the_finding():
    facts = known(ANSWERS, event("loinc 29308-4", (code("snomed 11"),)))
    assert facts.levels("neck") == {"yes"}
    assert known(ANSWERS, event("loinc 29308-4", Absent("unknown"))).state("neck") == "none"
