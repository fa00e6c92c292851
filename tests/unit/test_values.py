"""Each operation on sets holds every possible result, and both forms give the same bits."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import math
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bonemets.values import HUGE, INF, TRUTHS, Arrays, Lesions, Scalars, forty_bits

Pair = tuple[float, float]
FULL = (-INF, INF)


def bits(values: Pair) -> list[bytes]:
    """The bits of two ends; the two zeros count as one."""
    return [struct.pack("<d", float(v) + 0.0) for v in values]


def both(name: str, *arguments: float, more: tuple[object, ...] = ()) -> Pair:
    """Run one operation on scalars and on arrays of several lengths, and give the one result."""
    one = getattr(Scalars, name)(*arguments, *more)
    for copies in (1, 7):
        columns = [np.full(copies, a) for a in arguments]
        with np.errstate(all="ignore"):
            many = getattr(Arrays, name)(*columns, *more)
        for k in range(copies):
            found = tuple(float(np.broadcast_to(end, (copies,))[k]) for end in many)
            assert bits(found) == bits(one), (name, arguments, one, found)
    assert one[0] <= one[1] or one == FULL
    assert not any(math.isnan(v) for v in one)
    assert one[0] < INF
    assert one[1] > -INF
    return one


# --- arithmetic ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [
        ((2.0, 3.0), (4.0, 5.0), (8.0, 15.0)),
        ((-2.0, 3.0), (-5.0, 4.0), (-15.0, 12.0)),
        ((-3.0, -2.0), (-5.0, -4.0), (8.0, 15.0)),
        ((0.0, 0.0), FULL, (0.0, 0.0)),
        (FULL, (0.0, 0.0), (0.0, 0.0)),
        ((0.0, 1.0), (2.0, INF), (0.0, INF)),
        ((0.0, 0.0), (5.0, INF), (0.0, 0.0)),
        ((0.0, INF), (0.0, INF), (0.0, INF)),
        ((-INF, 0.0), (0.0, INF), (-INF, 0.0)),
        ((0.0, INF), FULL, FULL),
        (FULL, (-1.0, 2.0), FULL),
        ((2.0, 2.0), (-INF, -1.0), (-INF, -2.0)),
        ((1e200, 1e200), (1e200, 1e200), (HUGE, INF)),
        ((-1e200, -1e200), (1e200, 1e200), (-INF, -HUGE)),
    ],
)
def test_a_product_spans_every_product(a: Pair, b: Pair, product: Pair) -> None:
    assert both("mul", *a, *b) == product
    assert both("mul", *b, *a) == product


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [
        ((6.0, 8.0), (2.0, 4.0), (1.5, 4.0)),
        ((-6.0, 8.0), (-4.0, -2.0), (-4.0, 3.0)),
        ((0.0, 0.0), (1.0, 2.0), (0.0, 0.0)),
        ((1.0, 1.0), (0.0, 0.0), FULL),
        ((0.0, 0.0), (0.0, 0.0), FULL),
        ((1.0, 2.0), (0.0, 4.0), FULL),
        ((1.0, 2.0), (-4.0, 0.0), FULL),
        ((1.0, 2.0), (-1.0, 1.0), FULL),
        ((1.0, 2.0), FULL, FULL),
        ((1.0, 2.0), (4.0, INF), (0.0, 0.5)),
        ((1.0, 2.0), (-INF, -4.0), (-0.5, 0.0)),
        ((1.0, INF), (4.0, INF), (0.0, INF)),
        ((-INF, INF), (4.0, INF), FULL),
        ((INF, INF), (1.0, 2.0), (HUGE, INF)),
        ((1e300, 1e300), (1e-10, 1e-10), (HUGE, INF)),
    ],
)
def test_a_quotient_is_undefined_where_the_divisor_may_be_zero(
    a: Pair, b: Pair, quotient: Pair
) -> None:
    assert both("div", *a, *b) == quotient


@pytest.mark.parametrize(
    ("a", "value"),
    [
        ((0.0, 0.0), (1.0, 1.0)),
        ((-INF, 0.0), FULL),
        ((0.0, INF), FULL),
        (FULL, FULL),
        ((-700.5, 0.0), FULL),
        ((0.0, 700.5), FULL),
    ],
)
def test_an_exponential_is_undefined_outside_its_domain(a: Pair, value: Pair) -> None:
    assert both("exp", *a) == value


def test_an_exponential_inside_its_domain_rises() -> None:
    low, high = both("exp", -1.0, 2.0)
    assert (low, high) == (
        pytest.approx(math.exp(-1), rel=1e-12),
        pytest.approx(math.exp(2), rel=1e-12),
    )
    ends = both("exp", -700.0, 700.0)
    assert 0.0 < ends[0] < 1e-300
    assert 1e300 < ends[1] < INF


@pytest.mark.parametrize(
    ("a", "value"),
    [
        ((1.0, 1.0), (0.0, 0.0)),
        ((0.0, 1.0), FULL),
        ((0.0, 0.0), FULL),
        ((-1.0, 1.0), FULL),
        ((-2.0, -1.0), FULL),
        (FULL, FULL),
        ((1.0, INF), (0.0, INF)),
    ],
)
def test_a_logarithm_is_undefined_where_its_argument_may_be_zero_or_less(
    a: Pair, value: Pair
) -> None:
    assert both("log", *a) == value


@pytest.mark.parametrize(
    ("a", "exponent", "value"),
    [
        ((2.0, 3.0), 2.0, (4.0, 9.0)),
        ((-3.0, -2.0), 2.0, (4.0, 9.0)),
        ((-2.0, 3.0), 2.0, (0.0, 9.0)),
        ((-3.0, 2.0), 3.0, (-27.0, 8.0)),
        (FULL, 2.0, (0.0, INF)),
        (FULL, 3.0, FULL),
        ((2.0, 4.0), -1.0, (0.25, 0.5)),
        ((-4.0, -2.0), -2.0, (0.0625, 0.25)),
        ((-4.0, -2.0), -1.0, (-0.5, -0.25)),
        ((0.0, 4.0), -1.0, FULL),
        ((-1.0, 4.0), -2.0, FULL),
        ((2.0, INF), -2.0, (0.0, 0.25)),
        ((-INF, -2.0), -1.0, (-0.5, 0.0)),
        ((4.0, 9.0), 0.5, (2.0, 3.0)),
        ((0.0, 9.0), 0.5, (0.0, 3.0)),
        ((-1.0, 9.0), 0.5, FULL),
        ((4.0, INF), 0.5, (2.0, INF)),
        ((0.0, 9.0), -0.5, FULL),
        ((-5.0, 9.0), 0.0, (1.0, 1.0)),
        (FULL, 0.0, (1.0, 1.0)),
        ((5.0, 7.0), 1.0, (5.0, 7.0)),
    ],
)
def test_a_power_is_undefined_outside_its_domain(a: Pair, exponent: float, value: Pair) -> None:
    assert both("power", *a, more=(exponent,)) == value


def test_a_power_that_overflows_keeps_an_end_without_bound() -> None:
    for low, high in (
        both("power", 1e200, 1e201, more=(2.0,)),
        both("power", 10.0, 1e200, more=(2.0,)),
    ):
        assert low <= HUGE
        assert high == INF


@pytest.mark.parametrize(
    ("a", "value"),
    [
        ((2.0, 3.0), (2.0, 3.0)),
        ((-3.0, -2.0), (2.0, 3.0)),
        ((-3.0, 2.0), (0.0, 3.0)),
        ((-2.0, 3.0), (0.0, 3.0)),
        ((0.0, 0.0), (0.0, 0.0)),
        (FULL, (0.0, INF)),
        ((-INF, -1.0), (1.0, INF)),
    ],
)
def test_an_absolute_value(a: Pair, value: Pair) -> None:
    assert both("abs", *a) == value


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (2.345, 2, 2.35),
        (2.344999, 2, 2.34),
        (0.5, 0, 1.0),
        (1.5, 0, 2.0),
        (2.5, 0, 3.0),
        (-0.5, 0, 0.0),
        (-1.5, 0, -1.0),
        (-2.5, 0, -2.0),
        (-2.6, 0, -3.0),
        (29.95, 1, 30.0),
        (29.949, 1, 29.9),
        (0.1 + 0.2, 4, 0.3),
        (INF, 2, INF),
        (-INF, 2, -INF),
    ],
)
def test_rounding_is_half_up(value: float, decimals: int, rounded: float) -> None:
    scale = 10.0**decimals
    assert Scalars.round(value, scale) == rounded
    assert Arrays.round(np.array([value]), scale).tolist() == [rounded]


@pytest.mark.parametrize("value", [1e299, 1e300, -1e300, 1e15 + 0.5, 123456789012345.67])
def test_rounding_large_numbers_neither_fails_nor_loses_them(value: float) -> None:
    one = Scalars.round(value, 1e10)
    assert one == pytest.approx(value, rel=1e-14)
    with np.errstate(all="ignore"):
        assert Arrays.round(np.array([value]), 1e10).tolist() == [one]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(0, 8))
def test_rounding_is_monotone(x: float, y: float, decimals: int) -> None:
    low, high = sorted((x, y))
    assert Scalars.round(low, 10.0**decimals) <= Scalars.round(high, 10.0**decimals)


@given(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300))
def test_forty_bits_are_monotone_and_near(x: float, y: float) -> None:
    low, high = sorted((x, y))
    if high * 8193.0 < INF:
        assert forty_bits(low) <= forty_bits(high)
        assert forty_bits(low) == pytest.approx(low, rel=1e-11)
        assert forty_bits(forty_bits(low)) == forty_bits(low)


@pytest.mark.parametrize(("code", "value"), [(3, (1.0, 2.0)), (0, (5.0, 7.0)), (2, (1.0, 7.0))])
def test_either_branch_is_the_hull(code: int, value: Pair) -> None:
    assert Scalars.choose(code, 1.0, 2.0, 5.0, 7.0) == value
    ends = (np.array([x]) for x in (1.0, 2.0, 5.0, 7.0))
    found = Arrays.choose(np.array([code], np.uint8), *ends)
    assert tuple(end[0] for end in found) == value


def test_an_endless_branch_that_cannot_be_taken_does_not_count() -> None:
    for code, value in ((3, (1.0, 2.0)), (0, FULL), (2, FULL)):
        assert Scalars.choose(code, 1.0, 2.0, *FULL) == value
        ends = (np.array([x]) for x in (1.0, 2.0, *FULL))
        found = Arrays.choose(np.array([code], np.uint8), *ends)
        assert tuple(end[0] for end in found) == value


def test_the_smallest_and_the_largest_of_several() -> None:
    assert (Scalars.least(3.0, 1.0, 2.0), Scalars.most(3.0, 1.0, 2.0)) == (1.0, 3.0)
    columns = [np.array([3.0, -INF]), np.array([1.0, 5.0]), np.array([2.0, INF])]
    assert Arrays.least(*columns).tolist() == [1.0, -INF]
    assert Arrays.most(*columns).tolist() == [3.0, INF]


@given(st.integers(1, (1 << 52) - 1))
@example(1)
@example(1 << 51)
def test_the_ends_of_a_mask_of_totals(total: int) -> None:
    low, high = (total & -total).bit_length() - 1, total.bit_length() - 1
    column = np.array([total], np.int64)
    assert (Scalars.lowest(total), Scalars.highest(total)) == (low, high)
    assert (Arrays.lowest(column)[0], Arrays.highest(column)[0]) == (low, high)


@pytest.mark.parametrize("mask", [1, 2, 1 << 40, 3, 5, (1 << 63) - 1, 1 << 62])
def test_a_mask_with_one_level_is_settled(mask: int) -> None:
    settled = bin(mask).count("1") == 1
    assert bool(Scalars.settled(mask)) is settled
    assert Arrays.settled(np.array([mask], np.int64)).tolist() == [settled]


# --- soundness on drawn intervals ----------------------------------------------------------------

ENDS = st.one_of(
    st.sampled_from([-INF, -1e200, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 700.0, 701.0, 1e200, INF]),
    st.floats(-1e3, 1e3),
)
INTERVALS = (
    st.tuples(ENDS, ENDS).map(sorted).map(tuple).filter(lambda p: p[0] < INF and p[1] > -INF)
)


def inside(interval: Pair, share: float) -> float:
    low, high = max(interval[0], -1e250), min(interval[1], 1e250)
    return min(max(low + (high - low) * share, low), high)


def concrete(name: str, *values: float) -> float | None:
    """The one result for known values; None where it is undefined or beyond floats."""
    try:
        match name:
            case "mul":
                found = values[0] * values[1]
            case "div":
                found = values[0] / values[1]
            case "exp":
                found = math.exp(values[0])
            case "log":
                found = math.log(values[0])
            case "abs":
                found = abs(values[0])
            case _:
                found = values[0] ** values[1]
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return found if isinstance(found, float) and math.isfinite(found) else None


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(["mul", "div"]), INTERVALS, INTERVALS, st.floats(0, 1), st.floats(0, 1))
def test_no_result_of_two_known_values_lies_outside(
    name: str, a: Pair, b: Pair, x: float, y: float
) -> None:
    low, high = both(name, *a, *b)
    value = concrete(name, inside(a, x), inside(b, y))
    assert value is None or low <= value <= high


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(["exp", "log", "abs", "power"]),
    INTERVALS,
    st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0]),
    st.floats(0, 1),
)
def test_no_result_of_one_known_value_lies_outside(name: str, a: Pair, e: float, x: float) -> None:
    more = (e,) if name == "power" else ()
    low, high = both(name, *a, more=more)
    value = concrete(name, inside(a, x), *more)
    assert value is None or low - abs(low) * 1e-11 <= value <= high + abs(high) * 1e-11


# --- completed units between dates ---------------------------------------------------------------


def seconds(text: str) -> float:
    moment = dt.datetime.fromisoformat(text)
    return (moment - dt.datetime.fromisoformat("1970-01-01")).total_seconds()


def between(function: str, a: str, b: str) -> float:
    start, end = seconds(a), seconds(b)
    low, high = _between(function, start, start, end, end)
    assert low == high
    return low


def _between(function: str, *ends: float) -> Pair:
    one = Scalars.between(function, *ends)
    many = Arrays.between(function, *(np.array([e, e]) for e in ends))
    assert [[float(v) for v in end] for end in many] == [[one[0]] * 2, [one[1]] * 2], (
        function,
        ends,
    )
    return one


@pytest.mark.parametrize(
    ("function", "a", "b", "units"),
    [
        ("days_between", "2026-03-01", "2026-03-02", 1),
        ("days_between", "2026-03-01T12:00", "2026-03-02T11:59:59", 0),
        ("days_between", "2026-03-01T12:00", "2026-03-02T12:00", 1),
        ("days_between", "2024-02-28", "2024-03-01", 2),
        ("days_between", "2026-02-28", "2026-03-01", 1),
        ("days_between", "2026-03-02", "2026-03-01", -1),
        ("days_between", "2026-03-02", "2026-03-01T12:00", -1),
        ("hours_between", "2026-03-01T00:00", "2026-03-01T23:59:59", 23),
        ("hours_between", "2026-03-01T10:00", "2026-03-01T09:59:59", -1),
        ("months_between", "2026-01-31", "2026-02-28", 0),
        ("months_between", "2026-01-31", "2026-03-01", 1),
        ("months_between", "2024-01-31", "2024-02-29", 0),
        ("months_between", "2026-01-28", "2026-02-28", 1),
        ("months_between", "2026-02-28", "2026-03-31", 1),
        ("months_between", "2025-12-15", "2026-01-14", 0),
        ("months_between", "2025-12-15", "2026-01-15", 1),
        ("months_between", "2025-12-15T08:00", "2026-01-15T07:59:59", 0),
        ("months_between", "2026-01-15", "2025-12-15", -1),
        ("months_between", "2026-01-15", "2025-12-16", -1),
        ("months_between", "2026-01-15", "2026-01-15", 0),
        ("years_between", "2008-02-29", "2026-02-28", 17),
        ("years_between", "2008-02-29", "2026-03-01", 18),
        ("years_between", "2008-02-29", "2028-02-29", 20),
        ("years_between", "2007-03-02", "2025-03-01", 17),
        ("years_between", "2007-03-02", "2025-03-02", 18),
        ("years_between", "1969-12-31", "1970-01-01", 0),
        ("years_between", "1900-01-01", "2000-01-01", 100),
        ("years_between", "2026-01-01", "2025-12-31", -1),
    ],
)
def test_units_between_dates_are_completed_ones(
    function: str, a: str, b: str, units: float
) -> None:
    assert between(function, a, b) == units


def test_a_partial_date_gives_the_span_of_its_ends() -> None:
    born = (seconds("1961-01-01"), seconds("1961-12-31T23:59:59"))
    index = (seconds("2026-03-02T23:59:59"),) * 2
    assert _between("years_between", *born, *index) == (64.0, 65.0)
    assert _between("days_between", *index, *index) == (0.0, 0.0)


@pytest.mark.parametrize(
    "function", ["days_between", "hours_between", "months_between", "years_between"]
)
def test_an_unbounded_date_gives_an_unbounded_end(function: str) -> None:
    day = seconds("2026-03-01")
    assert _between(function, -INF, INF, day, day) == FULL
    assert _between(function, day, day, -INF, INF) == FULL
    assert _between(function, -INF, day, day, day) == (0.0, INF)
    assert _between(function, day, day, day, INF) == (0.0, INF)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
)
def test_months_and_years_agree_with_counting_by_hand(a: dt.date, b: dt.date) -> None:
    first, last = min(a, b), max(a, b)
    months = 0
    while True:
        year, month = divmod(first.year * 12 + first.month - 1 + months + 1, 12)
        day = first.day
        if (
            day > calendar.monthrange(year, month + 1)[1]
        ):  # the day does not exist: complete a day later
            reached = dt.date(
                year, month + 1, calendar.monthrange(year, month + 1)[1]
            ) + dt.timedelta(1)
        else:
            reached = dt.date(year, month + 1, day)
        if reached > last:
            break
        months += 1
        if months > 12 * 201:
            break
    assert between("months_between", first.isoformat(), last.isoformat()) == months
    assert between("years_between", first.isoformat(), last.isoformat()) == months // 12


# --- over lesions --------------------------------------------------------------------------------


def lists(
    t: list[bool],
    f: list[bool],
    in_t: list[bool] | None = None,
    in_f: list[bool] | None = None,
    *,
    open_list: bool = False,
    group: tuple[int, ...] | None = None,
    several: tuple[bool, ...] | None = None,
    doubtful: tuple[bool, ...] | None = None,
) -> dict[str, tuple[object, object]]:
    """`any`, `all` and `count` of a condition on one patient's lesions, alike in both forms."""
    n = len(t)
    one = Scalars(n, open_list=open_list, group=group, several=several, doubtful=doubtful)
    many = arrays(n, open_list, group, several, doubtful)
    found: dict[str, tuple[object, object]] = {}
    for name in ("any", "all", "count"):
        codes, only = codes_of(t, f), None if in_t is None else codes_of(in_t, in_f)
        first = getattr(one, name)(codes, only)
        columns = [None if x is None else [np.array(x, np.uint8)] for x in (codes, only)]
        second = getattr(many, name)(*columns)
        assert np.ravel(second).tolist() == list(np.ravel(first)), name
        found[name] = first if name == "count" else TRUTHS[first]
    return found


def codes_of(may: list[bool], fails: list[bool] | None) -> list[int]:
    """What may hold and what may fail, as codes."""
    assert fails is not None
    return [Scalars.truth(t, not f) for t, f in zip(may, fails, strict=True)]


def arrays(n: int, open_list: bool, group: object, several: object, doubtful: object) -> Arrays:
    flags = [np.array(x if x is not None else [False] * n, bool) for x in (several, doubtful)]
    leaders = np.array(group if group is not None else range(n), np.int64)
    return Arrays(Lesions(1, (1,) * n, np.array([open_list]), leaders, *flags))


YES, NO, PERHAPS = ([True], [False]), ([False], [True]), ([True], [True])


def test_over_an_empty_closed_list_there_is_none() -> None:
    assert lists([], []) == {"any": (False, True), "all": (False, True), "count": (0.0, 0.0)}


def test_over_an_empty_open_list_nothing_is_settled() -> None:
    found = lists([], [], open_list=True)
    assert found == {"any": (True, True), "all": (True, True), "count": (0.0, INF)}


@pytest.mark.parametrize(
    ("values", "any_", "all_", "count"),
    [
        ("y", "y", "y", (1, 1)),
        ("n", "n", "n", (0, 0)),
        ("p", "p", "p", (0, 1)),
        ("yn", "y", "n", (1, 1)),
        ("yp", "y", "p", (1, 2)),
        ("np", "p", "n", (0, 1)),
        ("yy", "y", "y", (2, 2)),
        ("yyp", "y", "p", (2, 3)),
    ],
)
def test_a_closed_list_is_what_its_lesions_are(
    values: str, any_: str, all_: str, count: tuple[float, float]
) -> None:
    masks = {"y": (True, False), "n": (False, True), "p": (True, True)}
    found = lists([masks[v][0] for v in values], [masks[v][1] for v in values])
    assert found == {"any": masks[any_], "all": masks[all_], "count": count}
    opened = lists([masks[v][0] for v in values], [masks[v][1] for v in values], open_list=True)
    assert opened["any"] == (True, masks[any_][1])  # never no
    assert opened["all"][1] is True  # never yes
    assert opened["count"] == (count[0], INF)


def test_an_unknown_filter_makes_a_lesion_perhaps_in() -> None:
    assert lists(*YES, [True], [True]) == {
        "any": (True, True),
        "all": (True, True),
        "count": (0.0, 1.0),
    }
    assert lists(*NO, [True], [True]) == {
        "any": (False, True),
        "all": (False, True),
        "count": (0.0, 0.0),
    }
    assert lists(*YES, [False], [True]) == {
        "any": (False, True),
        "all": (False, True),
        "count": (0.0, 0.0),
    }
    assert lists(*YES, [True], [False]) == lists(*YES)


def test_a_doubtful_lesion_is_perhaps_none() -> None:
    found = lists(*YES, doubtful=(True,))
    assert found == {"any": (True, True), "all": (True, True), "count": (0.0, 1.0)}
    with_sure = lists([True, True], [False, False], doubtful=(True, False))
    assert with_sure == {"any": (True, False), "all": (True, False), "count": (1.0, 2.0)}


def test_lesions_that_may_be_the_same_count_once_at_the_low_end() -> None:
    yes = ([True] * 3, [False] * 3)
    assert lists(*yes, group=(0, 0, 2))["count"] == (2.0, 3.0)
    assert lists(*yes, group=(0, 0, 0))["count"] == (1.0, 3.0)
    assert lists(*yes)["count"] == (3.0, 3.0)
    mixed = lists([True, True, True], [True, False, False], group=(0, 0, 0))
    assert mixed["count"] == (1.0, 3.0)


def test_a_place_may_be_several_lesions() -> None:
    assert lists(*YES, several=(True,))["count"] == (1.0, INF)
    assert lists(*NO, several=(True,))["count"] == (0.0, 0.0)
    assert lists(*PERHAPS, several=(True,))["count"] == (0.0, INF)


def ends(
    low: list[float],
    high: list[float],
    in_t: list[bool] | None = None,
    in_f: list[bool] | None = None,
    *,
    open_list: bool = False,
    group: tuple[int, ...] | None = None,
    several: tuple[bool, ...] | None = None,
    doubtful: tuple[bool, ...] | None = None,
) -> dict[str, Pair]:
    """`max`, `min` and `sum` of a number over one patient's lesions, alike in both forms."""
    n = len(low)
    one = Scalars(n, open_list=open_list, group=group, several=several, doubtful=doubtful)
    many = arrays(n, open_list, group, several, doubtful)
    found: dict[str, Pair] = {}
    for name in ("max", "min", "sum"):
        only = None if in_t is None else codes_of(in_t, in_f)
        first = getattr(one, name)(low, high, only)
        numbers = [[np.array(x, float)] for x in (low, high)]
        masks = None if only is None else [np.array(only, np.uint8)]
        with np.errstate(all="ignore"):
            second = getattr(many, name)(*numbers, masks)
        assert tuple(float(x[0]) for x in second) == first, name
        found[name] = first
    return found


def test_the_largest_of_no_lesion_is_undefined() -> None:
    for open_list in (False, True):
        found = ends([], [], open_list=open_list)
        assert (found["max"], found["min"]) == (FULL, FULL)
    assert ends([], [])["sum"] == (0.0, 0.0)
    assert ends([], [], open_list=True)["sum"] == FULL


def test_numbers_over_a_closed_list() -> None:
    assert ends([1.0, 3.0], [2.0, 5.0]) == {"max": (3.0, 5.0), "min": (1.0, 2.0), "sum": (4.0, 7.0)}
    assert ends([1.0, -INF], [2.0, INF]) == {"max": (1.0, INF), "min": (-INF, 2.0), "sum": FULL}


def test_numbers_over_an_open_list_have_one_end() -> None:
    assert ends([1.0, 3.0], [2.0, 5.0], open_list=True) == {
        "max": (3.0, INF),
        "min": (-INF, 2.0),
        "sum": FULL,
    }


def test_a_lesion_perhaps_in_widens_and_never_decides() -> None:
    inside = ends([1.0, 3.0], [2.0, 5.0], [True, True], [False, True])
    assert inside == {"max": (1.0, 5.0), "min": (1.0, 2.0), "sum": (1.0, 7.0)}
    alone = ends([3.0], [5.0], [True], [True])
    assert (alone["max"], alone["min"], alone["sum"]) == (FULL, FULL, (0.0, 5.0))
    negative = ends([-3.0], [-2.0], [True], [True])
    assert negative["sum"] == (-3.0, 0.0)
    outside = ends([1.0, 3.0], [2.0, 5.0], [True, False], [False, True])
    assert outside == {"max": (1.0, 2.0), "min": (1.0, 2.0), "sum": (1.0, 2.0)}


def test_a_sum_is_unbounded_where_lesions_may_be_the_same_or_several() -> None:
    assert ends([1.0, 3.0], [2.0, 5.0], group=(0, 0))["sum"] == FULL
    assert ends([1.0], [2.0], several=(True,))["sum"] == FULL
    assert ends([1.0, 3.0], [2.0, 5.0], group=(0, 0))["max"] == (3.0, 5.0)


def test_a_batch_keeps_patients_apart() -> None:
    """Three patients with 3, 1 and 0 lesions in slots: each result is its own."""
    layout = Lesions(
        3,
        (2, 1, 1),
        np.array([False, True, False]),
        np.arange(4),
        np.zeros(4, bool),
        np.zeros(4, bool),
    )
    o = Arrays(layout)
    # slot 0: first lesions of patients 0 and 1; slots 1 and 2: the others of patient 0
    codes = [np.array([0, 3, 2, 3], np.uint8)]
    low, high = o.count(codes, None)
    assert (low.tolist(), high.tolist()) == ([1.0, 1.0, 0.0], [2.0, INF, 0.0])
    assert o.any(codes, None).tolist() == [3, 3, 0]
    assert o.spread(np.array([10.0, 20.0, 30.0])).tolist() == [10.0, 20.0, 10.0, 10.0]
    a, b = o.max([np.array([1.0, 5.0, 7.0, 2.0])], [np.array([1.0, 5.0, 8.0, 2.0])], None)
    assert (a.tolist(), b.tolist()) == ([7.0, 5.0, -INF], [8.0, INF, INF])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data(), st.integers(0, 4), st.booleans())
def test_every_completion_of_a_list_lies_in_its_result(
    data: st.DataObject, n: int, open_list: bool
) -> None:
    """Decide every doubt, add what an open list may hide, and count by hand."""
    masks = st.sampled_from([(True, False), (False, True), (True, True)])
    values = data.draw(st.lists(masks, min_size=n, max_size=n))
    within = data.draw(st.lists(masks, min_size=n, max_size=n))
    doubtful = tuple(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    found = lists(
        [v[0] for v in values],
        [v[1] for v in values],
        [w[0] for w in within],
        [w[1] for w in within],
        open_list=open_list,
        doubtful=doubtful,
    )
    choices = []
    for value, member, doubt in zip(values, within, doubtful, strict=True):
        each = [None] if member[1] or doubt else []
        each += [truth for truth, may in ((True, value[0]), (False, value[1])) if may and member[0]]
        choices.append(each)
    hidden = [(), (True,), (False,), (True, True)] if open_list else [()]
    for one in itertools.product(*choices):
        for more in hidden:
            real = [v for v in (*one, *more) if v is not None]
            assert found["any"][0 if any(real) else 1]
            assert found["all"][0 if real and all(real) else 1]
            assert found["count"][0] <= sum(real) <= found["count"][1]
