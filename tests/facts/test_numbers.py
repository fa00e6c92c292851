"""Numbers: units, comparators, words, limits, whole numbers, and what cannot be used."""

from __future__ import annotations

import math
from math import inf, nextafter

import pytest

from bonemets.model import Absent, Levels, Quantity, Words
from facts.worlds import ANY, DERIVED, engine, event, known, limits, stated

CALCIUM = """
  calcium:
    title: calcium
    type: number
    unit: mmol/L
    minimum: 0
    plausible: [0.5, 6.0]
    molar_mass: 40.08
    valence: 2
    codes: [{loinc: [ca-1]}]
  egfr:
    title: eGFR
    type: number
    unit: mL/min
    minimum: 0
    plausible: [1, 250]
    codes: [{loinc: [gfr-1]}]
  temperature:
    title: temperature
    type: number
    unit: Cel
    plausible: [30, 43]
    codes: [{loinc: [t-1]}]
  creatinine:
    title: creatinine
    type: number
    unit: umol/L
    units: {mg/dL: 88.42}
    codes: [{loinc: [cr-1]}]
  ecog:
    title: ECOG
    type: number
    unit: "1"
    minimum: 0
    plausible: [0, 4]
    integer: true
    codes: [{loinc: [e-1]}]
    answers:
      "0": {loinc: [LA9622-7]}
      "1": {loinc: [LA9623-5]}
      "2": {loinc: [LA9624-3]}
"""


def calcium(value, **more):
    return known(CALCIUM, event("loinc ca-1", value, **more))


@pytest.mark.parametrize(
    "value", ["2.5 mmol/L", "2.5 mmol/l", "10.02 mg/dL", "10.02 mg/dl", "5 meq/L", "5 mEq/L"]
)
def test_units_of_mass_of_substance_and_of_charge_are_one_value(value):
    low, high = calcium(value).number("calcium")
    assert low == high == pytest.approx(2.5, rel=1e-12)


def test_a_factor_that_a_source_prints_wins():
    facts = known(CALCIUM, event("loinc cr-1", "2 mg/dL"))
    assert facts.number("creatinine") == (176.84, 176.84)


def test_degrees_have_an_offset():
    low, high = known(CALCIUM, event("loinc t-1", "101.3 [degF]")).number("temperature")
    assert low == high == pytest.approx(38.5)
    assert known(CALCIUM, event("loinc t-1", "38.5 °C")).number("temperature") == (38.5, 38.5)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("2.5", "it has no unit"),
        ("2.5 MMOL/L", "its unit is not one"),
        ("2.5 g", "its unit is not one"),
        ("25 mmol/L", "implausible"),
        ("0.1 mmol/L", "implausible"),
        ("1e300 mmol/L", "implausible"),
        (Absent("haemolysed"), "absent or unusable"),
        (None, "absent or unusable"),
        (True, "does not fit"),
        ((0, 10), "does not fit"),
    ],
)
def test_a_value_that_cannot_be_used_is_anything_and_is_named(value, why):
    facts = calcium(value)
    assert facts.number("calcium") == ANY
    assert facts.state("calcium") == "sure"
    assert len(facts.why("calcium")) == 1
    assert why in next(iter(facts.why("calcium")))


def test_a_pure_number_needs_no_unit():
    assert known(CALCIUM, event("loinc e-1", "2")).number("ecog") == (2, 2)


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("> 60 mL/min", nextafter(60, inf), inf),
        (">= 60 mL/min", 60, inf),
        ("< 20 mL/min", 0, nextafter(20, -inf)),
        ("<= 20 mL/min", 0, 20),
    ],
)
def test_a_comparator_is_open_above_and_ends_at_the_physical_minimum_below(value, low, high):
    assert known(CALCIUM, event("loinc gfr-1", value)).number("egfr") == (low, high)


def test_a_comparator_is_stepped_before_it_is_converted():
    low, high = calcium("> 12 mg/dL").number("calcium")
    assert low == nextafter(12, inf) * known_factor("mg/dL")
    assert high == inf


def known_factor(unit: str) -> float:
    return engine(CALCIUM).pack.units["calcium"][unit][0]


def test_without_a_minimum_a_value_below_is_open():
    assert known(CALCIUM, event("loinc cr-1", "< 20 umol/L")).number("creatinine")[0] == -inf


def test_a_value_is_implausible_only_if_all_of_it_is():
    assert calcium("> 5 mmol/L").number("calcium") == (nextafter(5, inf), inf)
    assert calcium("< 0.6 mmol/L").number("calcium") == (0, nextafter(0.6, -inf))
    assert calcium("> 6 mmol/L").number("calcium") == ANY
    assert calcium("< 0.5 mmol/L").number("calcium") == ANY
    assert calcium("6.0 mmol/L").number("calcium") == (6, 6)


WORDS_TABLE = [
    ("low", 0, nextafter(2.1, -inf)),
    ("normal", 2.1, 2.6),
    ("high", nextafter(2.6, inf), inf),
]


@pytest.mark.parametrize(("word", "low", "high"), WORDS_TABLE)
def test_a_result_in_words_is_the_interval_that_its_limits_give(word, low, high):
    told = calcium(Words(word), range_=limits("2.1 mmol/L", "2.6 mmol/L"))
    assert told.number("calcium") == (low, high)


def test_the_limits_of_a_result_in_words_have_units_too():
    low, high = calcium(Words("normal"), range_=limits("8.4 mg/dL", "10.4 mg/dL")).number("calcium")
    assert low == pytest.approx(8.4 / 4.008)
    assert high == pytest.approx(10.4 / 4.008)


@pytest.mark.parametrize(
    ("word", "range_"),
    [
        ("low", None),
        ("normal", None),
        ("high", limits(low="2.1 mmol/L")),
        ("low", limits(high="2.6 mmol/L")),
        ("high", limits("2.1", "2.6")),
        ("high", limits("2.1 mmol/L", "10.4 mg/dL")),
    ],
)
def test_a_result_in_words_without_its_limits_is_anything(word, range_):
    facts = calcium(Words(word), range_=range_)
    assert facts.number("calcium") == ANY
    assert "without the limits" in next(iter(facts.why("calcium")))


def test_normal_with_one_limit_is_open_on_the_other_side():
    facts = calcium(Words("normal"), range_=limits(high="2.6 mmol/L"))
    assert facts.number("calcium") == (0, 2.6)
    facts = calcium(Words("normal"), range_=limits(low="2.1 mmol/L"))
    assert facts.number("calcium") == (2.1, inf)


def test_whole_numbers_are_whole():
    assert known(CALCIUM, event("loinc e-1", "> 1")).number("ecog") == (2, inf)
    assert known(CALCIUM, event("loinc e-1", "< 2")).number("ecog") == (0, 1)
    assert known(CALCIUM, event("loinc e-1", "1.5")).number("ecog") == ANY


def test_a_coded_answer_may_be_a_whole_number_or_one_of_several():
    def answered(*codes: str):
        value = tuple(event(f"loinc {c}").codes[0] for c in codes)
        return known(CALCIUM, event("loinc e-1", value))

    assert answered("LA9623-5").number("ecog") == (1, 1)
    assert answered("LA9622-7", "LA9624-3").number("ecog") == (0, 2)
    assert answered("LA0000-0").number("ecog") == ANY
    assert "none of the variable's levels" in next(iter(answered("LA0000-0").why("ecog")))
    assert known(CALCIUM, stated("ecog", Levels(("1", "2")))).number("ecog") == (1, 2)


def test_a_printed_range_is_an_interval():
    value = Quantity(2.2, 2.4, "mmol/L")
    assert calcium(value).number("calcium") == (2.2, 2.4)
    assert calcium(Quantity(0.1, 7.0, "mmol/L")).number("calcium") == (0.1, 7.0)
    assert math.isinf(calcium(Quantity(6.1, 7.0, "mmol/L")).number("calcium")[0])


SUMMED = f"""
  part:
    title: part
    type: number
    unit: mmol/L
    codes: [{{loinc: [part]}}]
  whole:
    title: whole
    type: number
    unit: mmol/L
    window: P30D
    codes: [{{loinc: [whole]}}]
    formula: part * 2
    {DERIVED}
"""


@pytest.mark.parametrize(
    ("part_at", "state"),
    [("2026-02-10", "sure"), ("2026-02-20", "sure"), ("2026-02-25", "perhaps")],
)
def test_what_is_stated_gives_way_to_newer_parts_of_it(part_at, state):
    """A clearance of last week beside a creatinine of today: both stay possible."""
    whole = event("loinc whole", "3 mmol/L", at="2026-02-20")
    part = event("loinc part", "5 mmol/L", at=part_at)
    assert known(SUMMED, whole, part).state("whole") == state
    assert known(SUMMED, whole).state("whole") == "sure"
