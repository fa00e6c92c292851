"""The pick rules: which of several events a fact comes from."""

from __future__ import annotations

import math

import pytest

from facts.worlds import ANY, BOTH, DERIVED, drug, event, given, known, span, stated

NUMBERS = """
  newest:
    title: newest
    type: number
    unit: mmol/L
    codes: [{loinc: [n-1]}]
  oldest:
    title: oldest
    type: number
    unit: mmol/L
    pick: first
    codes: [{loinc: [n-1]}]
  lowest:
    title: lowest
    type: number
    unit: mmol/L
    window: P7D
    pick: min
    codes: [{loinc: [n-1]}]
  highest:
    title: highest
    type: number
    unit: mmol/L
    window: P7D
    pick: max
    codes: [{loinc: [n-1]}]
"""


def n(value: str, at: str) -> object:
    return event("loinc n-1", value, at=at)


def numbers(*events):
    return known(NUMBERS, *events)


def test_the_latest_and_the_first_are_those_by_time_whatever_their_order():
    events = n("2 mmol/L", "2026-02-26"), n("3 mmol/L", "2026-02-28"), n("1 mmol/L", "2026-02-25")
    for facts in (numbers(*events), numbers(*reversed(events))):
        assert facts.number("newest") == (3, 3)
        assert facts.number("oldest") == (1, 1)


def test_two_results_of_one_time_give_their_span():
    facts = numbers(n("2 mmol/L", "2026-02-28T10:00:00"), n("3 mmol/L", "2026-02-28T10:00:00"))
    assert facts.number("newest") == facts.number("oldest") == (2, 3)


def test_an_hour_does_not_beat_the_bare_date_of_its_day():
    facts = numbers(n("2 mmol/L", "2026-02-28T10:00:00"), n("3 mmol/L", "2026-02-28"))
    assert facts.number("newest") == facts.number("oldest") == (2, 3)


def test_an_hour_of_the_next_day_beats_a_bare_date():
    facts = numbers(n("2 mmol/L", "2026-02-28T00:00:00"), n("3 mmol/L", "2026-02-27"))
    assert facts.number("newest") == (2, 2)
    assert facts.number("oldest") == (3, 3)


def test_only_those_that_may_be_the_latest_are_in_the_span():
    """A month may hold the latest; what surely lies before another sure one is out."""
    events = n("1 mmol/L", "2026-02-10"), n("2 mmol/L", "2026-02-20"), n("3 mmol/L", "2026-02")
    assert numbers(*events).number("newest") == (2, 3)


def test_levels_of_one_time_are_the_set_of_both():
    variables = """
  walking:
    title: walking
    type: level
    levels: [alone, with_aid, not_at_all]
"""
    facts = known(variables, stated("walking", "alone"), stated("walking", "not_at_all"))
    assert facts.levels("walking") == {"alone", "not_at_all"}


def test_the_lowest_and_the_highest_take_one_end_from_sure_events_and_the_other_from_all():
    sure = n("3 mmol/L", "2026-02-26"), n("5 mmol/L", "2026-02-27")
    facts = numbers(*sure)
    assert facts.number("lowest") == (3, 3)
    assert facts.number("highest") == (5, 5)
    facts = numbers(*sure, n("1 mmol/L", "2026-02"), n("9 mmol/L", "2026"))
    assert facts.number("lowest") == (1, 3)
    assert facts.number("highest") == (5, 9)


def test_an_unusable_value_opens_the_end_that_it_may_take():
    facts = numbers(n("3 mmol/L", "2026-02-26"), n("5 stone", "2026-02-27"))
    assert facts.number("lowest") == (-math.inf, 3)
    assert facts.number("highest") == (3, math.inf)


def test_the_worst_of_ordered_levels():
    variables = """
  worst:
    title: worst
    type: level
    levels: [mild, moderate, severe]
    ordered: true
    window: P7D
    pick: max
  best:
    title: best
    type: level
    levels: [mild, moderate, severe]
    ordered: true
    window: P7D
    pick: min
"""

    def both(value: str, at: str = "2026-02-28") -> list:
        return [stated(x, value, at=at) for x in ("worst", "best")]

    facts = known(variables, *both("mild"), *both("severe", "2026-02-24"))
    assert facts.levels("worst") == {"severe"}
    assert facts.levels("best") == {"mild"}
    facts = known(variables, *both("moderate"), *both("mild|severe", "2026-02-24"))
    assert facts.levels("worst") == {"moderate", "severe"}
    assert facts.levels("best") == {"mild", "moderate"}
    facts = known(variables, *both("moderate"), *both("severe", "2026-02"))
    assert facts.levels("worst") == {"moderate", "severe"}
    assert facts.levels("best") == {"moderate"}


ANYTIME = """
  weakness:
    title: weakness
    type: boolean
    window: P14D
    pick: any
    codes: [{snomed: ["8"]}]
"""


def weak(status: str, at: str) -> object:
    return event("snomed 8", status=status, at=at)


@pytest.mark.parametrize(
    ("events", "left", "state"),
    [
        ([("stated", "2026-02-20")], {"yes"}, "sure"),
        ([("denied", "2026-02-20")], {"no"}, "sure"),
        ([("stated", "2026-02-20"), ("denied", "2026-02-28")], {"yes"}, "sure"),
        ([("suspected", "2026-02-20"), ("denied", "2026-02-28")], BOTH, "sure"),
        ([("stated", "2026-02-15"), ("denied", "2026-02-28")], BOTH, "sure"),
        ([("stated", "2026-02-15")], BOTH, "perhaps"),
        ([("denied", "2026-02-15")], BOTH, "perhaps"),
        ([("stated", "2026-02-01"), ("denied", "2026-02-28")], {"no"}, "sure"),
    ],
)
def test_any_is_yes_by_one_sure_yes_and_no_only_if_every_statement_is(events, left, state):
    """The 15 February lies across the window's edge."""
    facts = known(ANYTIME, *(weak(*e) for e in events))
    assert facts.levels("weakness") == left
    assert facts.state("weakness") == state


COUNTS = """
  falls:
    title: falls
    type: number
    unit: "1"
    minimum: 0
    plausible: [0, 100]
    integer: true
    window: P183D
    pick: count
    codes: [{snomed: ["161898004"]}]
  doses:
    title: doses
    type: number
    unit: "1"
    minimum: 0
    plausible: [0, 300]
    integer: true
    pick: count
    codes: [{as: drug, atc: [M05BA08]}]
  months:
    title: months
    type: number
    unit: mo
    minimum: 0
    pick: sum
    codes: [{loinc: [m-1]}]
"""


def fell(at: str | None, **more) -> object:
    return event("snomed 161898004", at=at, **more)


def counts(*events):
    return known(COUNTS, *events)


def test_a_count_is_at_least_what_surely_occurred_and_has_no_upper_end():
    facts = counts(fell("2026-01-01"), fell("2026-02-01"), fell("2025-08"))
    assert facts.number("falls") == (2, math.inf)


def test_two_copies_of_one_event_count_once():
    facts = counts(fell("2026-01-01"), fell("2026-01-01"), fell("2026-02-01"))
    assert facts.number("falls") == (2, math.inf)


def test_two_that_may_be_copies_of_one_event_count_once():
    """A fall of the 1st at ten o'clock, and one of the 1st, may be the same fall."""
    facts = counts(fell("2026-02-01T10:00:00"), fell("2026-02-01"), fell("2026-02"))
    assert facts.number("falls") == (1, math.inf)
    facts = counts(fell("2026-02-01T10:00:00"), fell("2026-02-02"), fell("2026-01"))
    assert facts.number("falls") == (3, math.inf)


def test_a_denied_event_counts_nothing_and_a_suspected_one_does_not_count_surely():
    assert counts(fell("2026-01-01", status="denied")).state("falls") == "none"
    facts = counts(fell("2026-01-01", status="suspected"), fell("2026-02-01"))
    assert facts.number("falls") == (1, math.inf)


def test_a_stated_number_is_the_count():
    assert counts(fell("2026-02-01", value="3")).number("falls") == (3, 3)
    facts = counts(fell("2026-01-01"), fell("2026-02-01", value="3"))
    assert facts.number("falls") == (3, 3)
    facts = counts(stated("falls", "> 1"), fell("2026-02-01", value="0"))
    assert facts.number("falls") == (2, math.inf)


def test_a_fall_of_the_same_second_belongs_to_the_stated_number():
    second = "2026-02-01T10:00:00"
    assert counts(fell(second), fell(second, value="3")).number("falls") == (3, 3)
    assert counts(fell("2026-02-01"), fell(second, value="3")).number("falls") == (1, math.inf)


def test_a_fall_after_the_stated_number_opens_it_again():
    facts = counts(fell("2026-01-01", value="0"), fell("2026-02-01"))
    assert facts.number("falls") == (1, math.inf)


def test_a_stated_number_that_cannot_be_used_leaves_the_count_open():
    facts = counts(fell("2026-02-01", value="1 kg"))
    assert facts.number("falls") == ANY
    assert facts.why("falls")


def test_a_dose_counts_by_being_given_whatever_its_strength():
    """A strength is no count; an order, or a statement that a medicine is taken, is no dose."""
    facts = counts(
        given("atc M05BA08", "4 mg", at="2026-01-01"), given("atc M05BA08", "4 mg", at="2026-02-01")
    )
    assert facts.number("doses") == (2, math.inf)
    assert facts.why("doses") == set()
    order = drug("atc M05BA08", "4 mg", at="2026-01-20")
    assert counts(order).number("doses") == ANY
    assert counts(order).state("doses") == "perhaps"
    facts = counts(order, given("atc M05BA08", at="2026-02-01"))
    assert facts.number("doses") == (1, math.inf)


def test_a_sum_is_at_least_what_is_known_and_the_stated_total_where_there_is_one():
    m = [event("loinc m-1", "3 mo", at="2025-06-01"), event("loinc m-1", "4 mo", at="2025-12-01")]
    assert counts(*m, m[0]).number("months") == (7, math.inf)
    assert counts(*m, stated("months", "24 mo")).number("months") == (24, 24)
    after = event("loinc m-1", "1 mo", at="2026-02-28")
    total = stated("months", "24 mo", at="2026-01-01")
    assert counts(after, total).number("months") == (1, math.inf)


DATES = """
  first_visit:
    title: first visit
    type: date
    pick: first
    codes: [{snomed: ["3"]}]
  last_dose:
    title: last dose
    type: date
    codes: [{as: drug, atc: [M05BX04]}]
"""


def test_a_date_is_the_time_of_the_event_or_the_one_that_is_stated():
    visits = event("snomed 3", at="2025-05"), event("snomed 3", at="2025-07-01")
    assert known(DATES, *visits).number("first_visit") == span("2025-05")
    told = stated("last_dose", span("2026-01-05"))
    assert known(DATES, told).number("last_dose") == span("2026-01-05")


def test_an_event_without_a_date_dates_nothing_and_is_named():
    facts = known(DATES, event("snomed 3", at=None))
    assert facts.number("first_visit") == ANY
    assert facts.why("first_visit")


def test_a_dose_is_dated_by_being_given_not_by_being_ordered():
    dose = given("atc M05BX04", "120 mg", at="2026-01-10")
    order = drug("atc M05BX04", "120 mg", at="2026-02-10")
    assert known(DATES, dose).number("last_dose") == span("2026-01-10")
    low, high = known(DATES, dose, order).number("last_dose")
    assert (low, high) == (span("2026-01-10")[0], span("2026-02-10")[1])
    assert known(DATES, order).number("last_dose") == ANY


FORMULA = f"""
  raw:
    title: raw
    type: number
    unit: mmol/L
    codes: [{{loinc: [r-1]}}]
  corrected:
    title: corrected
    type: number
    unit: mmol/L
    window: P7D
    codes: [{{loinc: [c-1]}}]
    formula: raw + 1
    {DERIVED}
  severe:
    title: severe
    type: boolean
    window: P7D
    codes: [{{snomed: ["5"]}}]
    formula: raw > 3
    {DERIVED}
  stage:
    title: stage
    type: level
    levels: [early, late]
    window: P7D
    codes: [{{snomed: ["6"], stated: late}}]
    formula: late if raw > 3 else early
    {DERIVED}
"""
RAW = event("loinc r-1", "2 mmol/L")


def test_a_recorded_event_decides_and_only_without_one_does_the_formula():
    recorded = event("loinc c-1", "7 mmol/L"), event("snomed 5"), event("snomed 6")
    facts = known(FORMULA, RAW, *recorded)
    assert facts.output("corrected") == (7, 7)
    assert facts.output("severe") == (True, False)
    assert facts.output("stage") == 2
    facts = known(FORMULA, RAW)
    assert facts.output("corrected") == (3, 3)
    assert facts.output("severe") == (False, True)
    assert facts.output("stage") == 1
    assert facts.state("corrected") == facts.state("severe") == facts.state("stage") == "none"


def test_an_unusable_recorded_event_decides_too():
    facts = known(FORMULA, RAW, event("loinc c-1", "7"))
    assert facts.output("corrected") == ANY
    assert facts.state("corrected") == "sure"
    facts = known(FORMULA, RAW, event("snomed 5", status="suspected"))
    assert facts.output("severe") == (True, True)


def test_an_event_that_perhaps_counts_gives_both_the_recorded_and_the_computed():
    across = "2026-02-22"
    recorded = (
        event("loinc c-1", "7 mmol/L", at=across),
        event("snomed 5", at=across),
        event("snomed 6", at=across),
    )
    facts = known(FORMULA, RAW, *recorded)
    assert facts.output("corrected") == (3, 7)
    assert facts.output("severe") == (True, True)
    assert facts.output("stage") == 3


def test_a_later_unusable_value_is_never_replaced_by_an_older_one():
    facts = numbers(n("2 mmol/L", "2026-02-26"), n("2", "2026-02-28"))
    assert facts.number("newest") == ANY
    assert facts.why("newest") == {"it has no unit. Send one; nothing was guessed"}
