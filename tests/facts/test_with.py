"""Windows that hang on another variable: `with` (its report), `before` and `since` (its date)."""

from __future__ import annotations

import math

import pytest

from facts.worlds import ANY, DERIVED, event, known, limits, moment, span, stated

WITH = f"""
  calcium:
    title: calcium
    type: number
    unit: mmol/L
    plausible: [0.5, 6.0]
    molar_mass: 40.08
    window: P7D
    codes: [{{loinc: [ca-1]}}]
  other_calcium:
    title: other calcium
    type: number
    unit: mmol/L
    plausible: [0.5, 6.0]
    molar_mass: 40.08
    window: P7D
    codes: [{{loinc: [ca-2]}}]
  upper:
    title: upper limit
    type: number
    unit: mmol/L
    plausible: [2.4, 2.8]
    with: {{of: [calcium, other_calcium], take: upper_limit}}
    formula: "2.6"
    {DERIVED}
  lower:
    title: lower limit
    type: number
    unit: mmol/L
    plausible: [1.9, 2.3]
    with: {{of: [calcium, other_calcium], take: lower_limit}}
  reported_in:
    title: unit
    type: level
    levels: [in_mmol, in_mg]
    names: {{in_mmol: mmol/L, in_mg: mg/dL}}
    with: {{of: [calcium, other_calcium], take: unit}}
  albumin:
    title: albumin
    type: number
    unit: g/L
    plausible: [5, 70]
    with: {{of: [calcium], take: sample}}
    codes: [{{loinc: [alb-1]}}]
"""
PRINTED = limits("2.1 mmol/L", "2.55 mmol/L")


def ca(value: str = "2.5 mmol/L", at: str = "2026-02-28", which: str = "ca-1", **more):
    return event(f"loinc {which}", value, at=at, **more)


def facts(*events):
    return known(WITH, *events)


def test_limits_are_those_printed_beside_the_picked_value():
    found = facts(
        ca(range_=PRINTED), ca(at="2026-02-25", range_=limits("2.0 mmol/L", "2.7 mmol/L"))
    )
    assert found.number("upper") == (2.55, 2.55)
    assert found.number("lower") == (2.1, 2.1)
    assert found.state("upper") == "sure"


def test_limits_are_converted_by_their_own_unit():
    found = facts(ca("10.1 mg/dL", range_=limits("8.4 mg/dL", "10.2 mg/dL")))
    assert found.number("upper")[0] == pytest.approx(10.2 / 4.008)
    assert found.number("lower")[0] == pytest.approx(8.4 / 4.008)


def test_two_values_that_may_be_the_picked_one_give_the_span_of_their_limits():
    found = facts(ca(range_=PRINTED), ca("2.4 mmol/L", range_=limits("2.2 mmol/L", "2.7 mmol/L")))
    assert found.number("upper") == (2.55, 2.7)
    assert found.number("lower") == (2.1, 2.2)


def test_where_one_of_two_has_limits_the_formula_joins():
    found = facts(ca(range_=limits("2.1 mmol/L", "2.5 mmol/L")), ca("2.4 mmol/L"))
    assert found.state("upper") == "perhaps"
    assert found.output("upper") == (2.5, 2.6)
    assert found.number("lower") == ANY


def test_without_limits_the_formula_decides_and_without_a_formula_nothing_is_known():
    found = facts(ca())
    assert found.state("upper") == "none"
    assert found.output("upper") == (2.6, 2.6)
    assert found.number("lower") == ANY


def test_without_any_event_nothing_is_recorded():
    found = facts()
    assert found.state("upper") == found.state("albumin") == found.state("reported_in") == "none"


@pytest.mark.parametrize(
    "bad", [limits("2.1", "2.55"), limits("21 mmol/L", "25 mmol/L"), limits("2.1 kg", "2.55 kg")]
)
def test_limits_that_cannot_be_used_are_anything_and_not_the_formula(bad):
    found = facts(ca(range_=bad))
    assert found.state("upper") == "sure"
    assert found.output("upper") == ANY


def test_the_first_variable_that_has_a_picked_event_is_asked():
    other = ca(which="ca-2", range_=limits("2.2 mmol/L", "2.7 mmol/L"))
    assert facts(ca(range_=PRINTED), other).number("upper") == (2.55, 2.55)
    assert facts(other).number("upper") == (2.7, 2.7)
    assert facts(ca(), other).output("upper") == (2.6, 2.6)


def test_where_the_first_only_perhaps_has_one_the_second_is_asked_too():
    first = ca(at="2026-02", range_=PRINTED)
    other = ca(which="ca-2", range_=limits("2.2 mmol/L", "2.7 mmol/L"))
    found = facts(first, other)
    assert found.number("upper") == (2.55, 2.7)
    assert found.state("upper") == "sure"
    assert facts(first).state("upper") == "perhaps"
    assert facts(first).output("upper") == (2.55, 2.6)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("2.5 mmol/L", {"in_mmol"}),
        ("2.5 mmol/l", {"in_mmol"}),
        ("10 mg/dl", {"in_mg"}),
        ("2.5 kg", {"in_mmol", "in_mg"}),
        ("2.5", {"in_mmol", "in_mg"}),
    ],
)
def test_the_unit_is_the_one_that_the_picked_value_was_reported_in(value, left):
    assert facts(ca(value)).levels("reported_in") == left


def test_two_values_in_two_units_leave_the_unit_open():
    found = facts(ca("2.5 mmol/L"), ca("10 mg/dL"))
    assert found.levels("reported_in") == {"in_mmol", "in_mg"}
    assert found.state("reported_in") == "sure"


def alb(value: str, sample: str | None, at: str = "2026-02-28", **more):
    return event("loinc alb-1", value, at=at, sample=sample, **more)


def test_a_value_of_the_same_sample_is_taken_whatever_is_newer():
    found = facts(ca(sample="s1"), alb("40 g/L", "s1"), alb("30 g/L", "s2", at="2026-03-01"))
    assert found.number("albumin") == (40, 40)
    assert found.state("albumin") == "sure"


def test_two_values_of_the_sample_give_their_span():
    found = facts(ca(sample="s1"), alb("40 g/L", "s1"), alb("38 g/L", "s1"))
    assert found.number("albumin") == (38, 40)


def test_two_candidates_with_their_own_samples_give_the_span_and_one_without_leaves_it_open():
    two = ca(sample="s1"), ca("2.4 mmol/L", sample="s2")
    found = facts(*two, alb("40 g/L", "s1"), alb("30 g/L", "s2"))
    assert found.number("albumin") == (30, 40)
    assert found.state("albumin") == "sure"
    found = facts(*two, alb("40 g/L", "s1"))
    assert found.number("albumin") == ANY
    assert found.state("albumin") == "perhaps"


def test_no_sample_is_no_common_sample():
    assert facts(ca(), alb("40 g/L", None)).state("albumin") == "none"
    assert facts(ca(sample="s1"), alb("40 g/L", "s2")).state("albumin") == "none"


def test_an_unusable_value_of_the_sample_is_anything():
    found = facts(ca(sample="s1"), alb("40", "s1"))
    assert found.number("albumin") == ANY
    assert found.state("albumin") == "sure"
    assert found.why("albumin")


def test_a_case_file_states_it_beside_the_other_or_alone():
    beside = (
        stated("calcium", "2.5 mmol/L", sample="day 1"),
        stated("albumin", "35 g/L", sample="day 1"),
    )
    assert facts(*beside).number("albumin") == (35, 35)
    alone = (
        stated("calcium", "2.5 mmol/L", sample="day 1"),
        stated("albumin", "35 g/L", sample="day 2"),
    )
    assert facts(*alone).number("albumin") == (35, 35)
    limit = stated("upper", "2.5 mmol/L", sample="day 2")
    assert facts(limit).output("upper") == (2.5, 2.5)
    assert facts(ca(range_=PRINTED, sample="s1"), limit).output("upper") == (2.55, 2.55)


BEFORE = """
  first_dose:
    title: first dose
    type: date
    pick: first
  suspicion:
    title: suspicion
    type: date
    window: P30D
    pick: first
  baseline:
    title: baseline
    type: number
    unit: umol/L
    before: first_dose
    codes: [{loinc: [cr-1]}]
  imaged:
    title: imaged
    type: date
    since: suspicion
    pick: first
    codes: [{snomed: ["77"]}]
  checked:
    title: checked
    type: date
    since: imaged
    pick: first
    codes: [{snomed: ["78"]}]
"""


def cr(value: int, at: str):
    return event("loinc cr-1", f"{value} umol/L", at=at)


def dose(at: str):
    return stated("first_dose", span(at))


def before(*events):
    return known(BEFORE, *events)


def test_before_takes_the_latest_event_before_the_date():
    events = cr(70, "2025-12-01"), cr(80, "2025-12-20"), cr(150, "2026-01-20")
    assert before(*events, dose("2026-01-10")).number("baseline") == (80, 80)


def test_before_a_date_known_in_part_an_event_inside_it_perhaps_counts():
    events = cr(80, "2025-12-20"), cr(150, "2026-01-20")
    found = before(*events, dose("2026-01"))
    assert found.number("baseline") == (80, 150)
    assert found.state("baseline") == "sure"


def test_before_an_unknown_date_every_event_perhaps_counts():
    found = before(cr(80, "2025-12-20"))
    assert found.number("baseline") == ANY
    assert found.state("baseline") == "perhaps"


def test_a_case_file_that_states_the_baseline_says_itself_that_it_lies_before():
    assert before(stated("baseline", "80 umol/L")).number("baseline") == (80, 80)


def when(at: str) -> tuple[float, float]:
    return float(moment(at)), float(moment(at))


def test_since_takes_the_first_event_at_or_after_the_date():
    suspicion = stated("suspicion", span("2026-02-20T08:00:00"))
    images = [event("snomed 77", at=f"2026-02-20T{h}:00:00") for h in ("07", "08", "12")]
    found = before(suspicion, *images)
    assert found.number("imaged") == when("2026-02-20T08:00:00")
    found = before(suspicion, images[0])
    assert found.state("imaged") == "none"


def test_since_compares_the_date_that_is_stated_not_the_day_it_was_stated():
    suspicion = stated("suspicion", span("2026-02-20T08:00:00"))
    early = stated("imaged", span("2026-02-19T08:00:00"))
    assert before(suspicion, early).state("imaged") == "none"
    late = stated("imaged", span("2026-02-21T08:00:00"))
    assert before(suspicion, late).number("imaged") == when("2026-02-21T08:00:00")


def test_a_chain_of_dates_is_picked_in_its_order():
    events = (
        stated("suspicion", span("2026-02-20T08:00:00")),
        event("snomed 77", at="2026-02-20T12:00:00"),
        event("snomed 78", at="2026-02-20T10:00:00"),
        event("snomed 78", at="2026-02-20T14:00:00"),
    )
    assert before(*events).number("checked") == when("2026-02-20T14:00:00")


def test_since_an_unknown_date_leaves_it_open():
    found = before(event("snomed 77", at="2026-02-20T12:00:00"))
    assert found.number("imaged") == (-math.inf, math.inf)
    assert found.state("imaged") == "perhaps"


def test_since_a_date_that_may_be_computed_leaves_it_open():
    variables = f"""
  admitted:
    title: admitted
    type: date
  suspicion:
    title: suspicion
    type: date
    pick: first
    codes: [{{snomed: ["76"]}}]
    formula: admitted
    {DERIVED}
  imaged:
    title: imaged
    type: date
    since: suspicion
    pick: first
    codes: [{{snomed: ["77"]}}]
"""
    image = event("snomed 77", at="2026-02-20T12:00:00")
    perhaps = event("snomed 76", at="2026-03")
    found = known(variables, stated("admitted", span("2026-02-01")), perhaps, image)
    assert found.state("suspicion") == "perhaps"
    assert found.state("imaged") == "perhaps"
    sure = event("snomed 76", at="2026-03-01")
    assert known(variables, sure, image).state("imaged") == "none"
