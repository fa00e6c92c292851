"""The table of operations: both forms alike, every result a set, sound, and narrowing."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bonemets.values import INF, NO, OPEN, YES, Arrays, Lesions, Scalars
from program.referee import ANY, ARITHMETIC, FUNCTIONS, completed, half_up, power
from program.seeds import SEEDS, announce

CASES = 2000
NASTY = np.array(
    [
        0.0,
        1.0,
        -1.0,
        2.0,
        0.5,
        -0.5,
        3.0,
        7.25,
        1e-300,
        -1e-300,
        5e-324,
        -5e-324,
        1e150,
        -1e150,
        1e300,
        -1e300,
        1e16,
        700.0,
        -700.0,
        math.nextafter(700, 701),
        -700.1,
        0.3,
        -0.3,
        INF,
        -INF,
    ]
)
NOBODY = SimpleNamespace(undefined=lambda: ANY)
FORMS = Arrays(
    Lesions(
        CASES, (), np.zeros(CASES, bool), np.zeros(0, int), np.zeros(0, bool), np.zeros(0, bool)
    )
)
POWERS = (0.0, 1.0, 2.0, 3.0, -1.0, -2.0, -3.0, 0.5, -0.5, 1.5, -1.2, -0.241, 150.0, -150.0)


def intervals(rng: np.random.Generator, nasty: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    a, b = (
        np.where(rng.random(CASES) < nasty, rng.choice(NASTY, CASES), rng.normal(0, 50, CASES))
        for _ in range(2)
    )
    b = np.where(rng.random(CASES) < 0.3, a, b)
    low, high = np.minimum(a, b), np.maximum(a, b)
    low, high = np.where(low == INF, 1.0, low), np.where(high == -INF, 1.0, high)
    return np.minimum(low, high), np.maximum(low, high)


def inner(
    rng: np.random.Generator, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a smaller interval inside each."""
    a, b = (
        np.clip(
            np.where(rng.random(CASES) < 0.5, rng.choice(NASTY, CASES), rng.normal(0, 50, CASES)),
            low,
            high,
        )
        for _ in range(2)
    )
    a, b = np.minimum(a, b), np.maximum(a, b)
    return np.where(np.isinf(a), low, a), np.where(np.isinf(b), high, b)


def both(name: str, *arguments: Any) -> tuple[np.ndarray, ...]:
    """Run an operation in both forms; give its result after comparing them."""
    with np.errstate(all="ignore"):
        found = getattr(FORMS, name)(*arguments)
    arrays = tuple(
        np.broadcast_to(column, (CASES,))
        for column in (found if isinstance(found, tuple) else (found,))
    )
    for case in range(CASES):
        own = [a[case].item() if isinstance(a, np.ndarray) else a for a in arguments]
        with np.errstate(all="ignore"):
            scalar = getattr(Scalars, name)(*own)
        scalar = scalar if isinstance(scalar, tuple) else (scalar,)
        assert scalar == tuple(column[case].item() for column in arrays), (name, own)
    return arrays


def held(name: str, low: np.ndarray, high: np.ndarray, case: int, value: Any) -> None:
    assert value is ANY or low[case] <= value <= high[case], (name, case, value)


def proper(name: str, low: np.ndarray, high: np.ndarray) -> None:
    """Every result is an interval that holds a number."""
    bad = ~(low <= high) | (low == INF) | (high == -INF)
    assert not bad.any(), (name, low[bad][:3], high[bad][:3])


def inside(name: str, new: tuple[np.ndarray, ...], old: tuple[np.ndarray, ...]) -> None:
    bad = (new[0] < old[0]) | (new[1] > old[1])
    assert not bad.any(), (name, [c[bad][:3] for c in (*old, *new)])


@pytest.mark.parametrize("origin", SEEDS)
@pytest.mark.parametrize(("name", "act"), [("mul", "Mult"), ("div", "Div")])
def test_two_numbers(origin, name, act):
    rng = np.random.default_rng(announce(origin))
    concrete = next(f for kind, f in ARITHMETIC.items() if kind.__name__ == act)
    a, b = intervals(rng), intervals(rng)
    low, high = both(name, *a, *b)
    proper(name, low, high)
    x, y = inner(rng, *a), inner(rng, *b)
    inside(name, both(name, *x, *y), (low, high))
    for case in range(CASES):
        for p, q in ((x[0][case], y[1][case]), (x[1][case], y[0][case])):
            if math.isfinite(p) and math.isfinite(q):
                held(name, low, high, case, concrete(NOBODY, float(p), float(q)))


@pytest.mark.parametrize("origin", SEEDS)
@pytest.mark.parametrize("name", ["exp", "log", "abs", *(f"power {e}" for e in POWERS)])
def test_one_number(origin, name):
    rng = np.random.default_rng(announce(origin))
    word, *exponent = name.split()
    more = [float(e) for e in exponent]
    a = intervals(rng)
    low, high = both(word, *a, *more)
    proper(name, low, high)
    x = inner(rng, *a)
    inside(name, both(word, *x, *more), (low, high))
    for case in range(CASES):
        for p in (x[0][case].item(), x[1][case].item()):
            if math.isfinite(p):
                value = power(NOBODY, p, *more) if more else FUNCTIONS[word](NOBODY, p)  # type: ignore[arg-type]
                held(name, low, high, case, value)


@pytest.mark.parametrize("origin", SEEDS)
@pytest.mark.parametrize("decimals", [0, 2, 4, 10])
def test_rounding_is_half_up_and_never_turns_the_order(origin, decimals):
    rng = np.random.default_rng(announce(origin))
    low, high = intervals(rng)
    found = both("round", low, 10.0**decimals), both("round", high, 10.0**decimals)
    proper("round", found[0][0], found[1][0])
    for case in range(CASES):
        if abs(low[case]) < 1e280:
            assert found[0][0][case] == half_up(low[case].item(), decimals)


@pytest.mark.parametrize("origin", SEEDS)
def test_choices(origin):
    rng = np.random.default_rng(announce(origin))
    (a, b), (c, d) = intervals(rng), intervals(rng)
    code = rng.choice(np.array([NO, OPEN, YES], np.uint8), CASES)
    true, false = code != NO, code != YES
    low, high = both("choose", code, a, b, c, d)
    assert np.array_equal(low, np.where(true & false, np.minimum(a, c), np.where(true, a, c)))
    assert np.array_equal(high, np.where(true & false, np.maximum(b, d), np.where(true, b, d)))
    both("least", a, b, c)
    both("most", a, d)


@pytest.mark.parametrize("origin", SEEDS)
@pytest.mark.parametrize(
    "function", ["days_between", "hours_between", "months_between", "years_between"]
)
def test_completed_units(origin, function):
    rng = np.random.default_rng(announce(origin))
    days = (
        0,
        58,
        59,
        60,
        424,
        789,
        790,
        11015,
        11016,
        19782,
        19783,
    )  # around leap days, and two Januaries

    def moments() -> np.ndarray:
        near = rng.choice(days, CASES) * 86400.0 + rng.choice([0, 1, -1, 3599, 3600], CASES)
        return np.where(rng.random(CASES) < 0.6, near, rng.integers(-(10**9), 2 * 10**9, CASES))

    ends = moments(), moments(), moments(), moments()
    a, b = np.minimum(*ends[:2]), np.maximum(*ends[:2])
    c, d = np.minimum(*ends[2:]), np.maximum(*ends[2:])
    b, d = np.where(rng.random(CASES) < 0.5, a, b), np.where(rng.random(CASES) < 0.5, c, d)
    low, high = both_with(function, a, b, c, d)
    for case in range(CASES):
        assert low[case] == completed(function, b[case].item(), c[case].item())
        assert high[case] == completed(function, a[case].item(), d[case].item())
    endless = rng.random(CASES) < 0.5
    low, high = both_with(function, np.where(endless, -INF, a), b, c, np.where(endless, d, INF))
    assert (high == INF).all()
    assert np.isfinite(low).all()
    low, high = both_with(function, a, np.where(endless, INF, b), np.where(endless, c, -INF), d)
    assert (low == -INF).all()
    assert np.isfinite(high).all()


def both_with(function: str, *ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = FORMS.between(function, *ends)
    for case in range(CASES):
        own = Scalars.between(function, *(e[case].item() for e in ends))
        assert own == (low[case], high[case]), (function, case)
    return low, high


def test_totals_up_to_sixty_are_read_from_their_mask():
    masks = (
        [1 << k for k in range(61)]
        + [(1 << k) - 1 for k in range(1, 62)]
        + [(1 << 60) - (1 << k) for k in range(60)]
    )
    column = np.array(masks, np.int64)
    assert (
        FORMS.lowest(column).tolist()
        == [float((m & -m).bit_length() - 1) for m in masks]
        == [Scalars.lowest(m) for m in masks]
    )
    assert (
        FORMS.highest(column).tolist()
        == [float(m.bit_length() - 1) for m in masks]
        == [Scalars.highest(m) for m in masks]
    )
