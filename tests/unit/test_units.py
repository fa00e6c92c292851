"""Units convert by their meaning, or not at all: nothing is guessed, no case is folded."""

from __future__ import annotations

import pytest

from bonemets.units import conversion, is_ucum, table
from small_pack import small_pack

CALCIUM = {"molar_mass": 40.08, "valence": 2}
EGFR = "mL/min/{1.73_m2}"


def value(amount: float, unit: str, to: str, **more: float) -> float | None:
    """An amount in another unit, as selection converts it: factor first, then offset."""
    found = conversion(unit, to, **more)  # type: ignore[arg-type]
    return None if found is None else amount * found[0] + found[1]


@pytest.mark.parametrize(
    ("amount", "unit", "to", "expected"),
    [
        # calcium: 1 mmol is 40.08 mg and 2 meq
        (10.0, "mg/dL", "mmol/L", 2.4950099800399),
        (2.5, "mmol/L", "mg/dL", 10.02),
        (5.0, "meq/L", "mmol/L", 2.5),
        (2.5, "mmol/L", "meq/L", 5.0),
        (5.0, "meq/L", "mg/dL", 10.02),
        (10.02, "mg/dL", "meq/L", 5.0),
        (100.2, "mg/L", "mmol/L", 2.5),
        (2500.0, "umol/L", "mmol/L", 2.5),
    ],
)
def test_calcium_converts_between_mass_substance_and_equivalents(
    amount: float, unit: str, to: str, expected: float
) -> None:
    assert value(amount, unit, to, **CALCIUM) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("amount", "unit", "to", "more", "expected"),
    [
        (1.0, "mg/dL", "umol/L", {"molar_mass": 113.12}, 88.4016973125884),  # creatinine
        (4.0, "g/dL", "g/L", {}, 40.0),
        (12.0, "g/dL", "g/L", {}, 120.0),
        (98.6, "[degF]", "Cel", {}, 37.0),
        (32.0, "[degF]", "Cel", {}, 0.0),
        (310.15, "K", "Cel", {}, 37.0),
        (154.0, "[lb_av]", "kg", {}, 69.85322498),
        (70.0, "[in_i]", "cm", {}, 177.8),
        (1.78, "m", "cm", {}, 178.0),
        (150.0, "10*3/uL", "10*9/L", {}, 150.0),
        (0.15, "10*6/uL", "10*9/L", {}, 150.0),
        (4.0, "10*12/L", "10*6/uL", {}, 4.0),
        (4500.0, "/uL", "10*9/L", {}, 4.5),
        (1.5, "h", "min", {}, 90.0),
        (36.0, "mo", "a", {}, 3.0),
        (2.0, "wk", "d", {}, 14.0),
        (1.0, "L/h", "mL/min", {}, 16.6666666666667),
        (0.06, "L/min", "mL/min", {}, 60.0),
        (50.0, "%", "1", {}, 0.5),
        (7.0, "{score}", "1", {}, 7.0),
        (100.0, "kU/L", "U/L", {}, 100_000.0),
        (1.0, "kPa", "mm[Hg]", {}, 7.50061575845656),
        (60.0, "L/h/{1.73_m2}", EGFR, {}, 1000.0),
    ],
)
def test_the_units_of_the_vocabulary_convert(
    amount: float, unit: str, to: str, more: dict[str, float], expected: float
) -> None:
    assert value(amount, unit, to, **more) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("unit", "to", "more"),
    [
        ("mL/min", EGFR, {}),
        (EGFR, "mL/min", {}),
        ("mL/min/{1.73_m2}", "mL/min/{BSA}", {}),
        ("/uL", "{cells}/uL", {}),
        ("mg/dL", "mmol/L", {}),
        ("meq/L", "mmol/L", {}),
        ("meq/L", "mg/dL", {"molar_mass": 40.08}),
        ("meq/L", "mg/dL", {"valence": 2}),
        ("kg", "mmol/L", CALCIUM),
        ("mL", "mmol/L", CALCIUM),
        ("mg", "mmol/L", CALCIUM),
        ("mm[Hg]", "mmol/L", CALCIUM),
        ("U/L", "mmol/L", CALCIUM),
        ("d", "kg", {}),
        ("1", "mmol/L", {}),
        ("mmol/L", "1", {}),
        ("Cel", "kg", {}),
        ("nonsense", "mmol/L", {}),
        ("mmol/L", "nonsense", {}),
        ("", "mmol/L", {}),
    ],
)
def test_what_does_not_measure_the_same_never_converts(
    unit: str, to: str, more: dict[str, float]
) -> None:
    assert conversion(unit, to, **more) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "unit",
    ["mg/dl", "MG/DL", "mmol/l ", "mMol/L", "µmol/L", "x10E9/L", "celsius", "°C", "lbs"],
)
def test_spellings_are_no_units_of_their_own(unit: str) -> None:
    """A unit that UCUM writes otherwise is known by the spellings of the knowledge alone."""
    found = table("mmol/L", (unit,), {}, 40.08, 2)
    assert set(found) <= {"mmol/L", unit}
    if unit in found:  # UCUM itself takes `l` for litre: then it means exactly that
        assert unit.endswith("l")
        assert found[unit] == conversion(unit.replace("/dl", "/dL"), "mmol/L", 40.08, 2)


def test_case_is_meaning() -> None:
    assert conversion("mmol/L", "mmol/L") == (1.0, 0.0)
    assert conversion("Mmol/L", "mmol/L") in (None, (1e9, 0.0))  # mega, never milli
    assert conversion("Pa", "kPa") == (0.001, 0.0)
    assert not is_ucum("MG/DL")


def test_a_unit_is_itself_whatever_the_library_thinks() -> None:
    assert conversion("{my own}", "{my own}") == (1.0, 0.0)


def test_a_table_holds_its_own_unit_what_converts_and_what_is_printed() -> None:
    found = table("mmol/L", ("mg/dL", "kg", "meq/L", "g/L"), {"mg/dL": 0.25}, 40.08, None)
    assert found == {
        "mmol/L": (1.0, 0.0),
        "mg/dL": (0.25, 0.0),
        "g/L": (pytest.approx(24.9500998), 0.0),
    }


def test_a_pure_number_takes_no_unit_but_its_own() -> None:
    assert set(table(None, ("mmol/L", "kg", "{score}"), {}, None, None)) == {"1", "{score}"}


def test_every_factor_keeps_an_order() -> None:
    units = [
        "mmol/L",
        "mg/dL",
        "umol/L",
        "g/L",
        "meq/L",
        "Cel",
        "[degF]",
        "kg",
        "[lb_av]",
        "10*9/L",
        "/uL",
    ]
    for unit in units:
        for to in units:
            found = conversion(unit, to, 40.08, 2)
            back = conversion(to, unit, 40.08, 2)
            assert (found is None) == (back is None)
            if found is not None and back is not None:
                assert found[0] > 0
                assert (7.3 * found[0] + found[1]) * back[0] + back[1] == pytest.approx(
                    7.3, rel=1e-12
                )


def test_a_pack_gives_each_number_its_accepted_units() -> None:
    pack = small_pack()
    assert set(pack.units["calcium"]) == {"mmol/L", "mg/dL"}
    assert set(pack.units["potassium"]) == {"mmol/L"}  # no molar mass: mg/dL would be a guess
    assert set(pack.units["age"]) == {"a"}
    assert "confusion" not in pack.units
