"""THE idea: a fact is the set of values that it may still have, and what is done with such sets.

| kind | set | form |
|---|---|---|
| boolean | may be true, may be false | two truth values (neither: a bug) |
| level | a bit mask, bit k = level k | an integer, at most 63 levels; a boolean fact: 1 no, 2 yes |
| number | interval, both ends included | two floats; unknown is (-inf, inf), which no value is |
| date | interval of seconds | two floats |

A program (`program.py`) is straight-line source over `&`, `|`, `<` and the methods here; `Scalars`
and `Arrays` are the two forms of the one table and agree bit for bit.
Every operation gives a set that holds every possible result; *undefined* (x/0, the maximum of
nothing) is the full set.
Floating point keeps this sound because + - * / and the operations here are monotone after rounding.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import floor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

INF: Final = math.inf
FALSE, TRUE = 1, 2
"""Masks of a boolean fact: no and yes; unknown is both."""

NONE, PERHAPS, SURE = range(3)
"""Recorded states of a fact: no event counts, one perhaps counts, one counts."""

HUGE: Final = 1e300
"""No end of a product lies beyond it: an end that would is the unbounded one."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

where: Final[Callable[..., Any]] = np.where
full: Final[Callable[..., Any]] = np.full
"""NumPy's, without its types, which a checker cannot follow through `Any`."""

SECONDS: Final = {"days_between": 86400.0, "hours_between": 3600.0}
MONTHS: Final = {"months_between": 1, "years_between": 12}


def forty_bits(value: float) -> float:
    """Keep 40 bits of a finite number (Veltkamp's split with 2^13 + 1).

    Libraries and processors differ beyond them in exp, log and power.
    """
    c = value * 8193.0
    return c - (c - value)


@dataclass(frozen=True, slots=True)
class Lesions:
    """The lesions of a batch, in slots.

    Patients stand in falling order of their number of lesions, slot s holds the s-th lesion of the
    first `sizes[s]` patients.

    `group` names for each lesion the first one of those that may be the same; `several` marks a
    place that may be more than one lesion;
    `doubtful` marks a lesion that is perhaps none (no event of it surely counts). `open` says per
    patient that there may be more.
    """

    patients: int
    sizes: tuple[int, ...]
    open: Bools
    group: Ints
    several: Bools
    doubtful: Bools

    @property
    def total(self) -> int:
        """The number of lesions."""
        return sum(self.sizes)


class Scalars:
    """The operations on one patient.

    Python floats, ints and bools; a lesion value is one of the list's elements.
    """

    def __init__(
        self,
        lesions: int = 0,
        *,
        open_list: bool = True,
        group: tuple[int, ...] | None = None,
        several: tuple[bool, ...] | None = None,
        doubtful: tuple[bool, ...] | None = None,
    ) -> None:
        """Take the shape of one patient's lesion list."""
        self.n = lesions
        self.slots = range(lesions)
        self.open = open_list
        self.group = group or tuple(range(lesions))
        self.several = several or (False,) * lesions
        self.doubtful = doubtful or (False,) * lesions

    @staticmethod
    def spread(value: Any) -> Any:
        """Give a patient's value to every lesion."""
        return value

    @staticmethod
    def truths(mask: int) -> tuple[bool, bool]:
        """Whether a boolean fact may be true, and whether it may be false."""
        return _TRUTHS[mask]

    @staticmethod
    def levels(mask: int, width: int) -> int:
        """Give the mask of a level fact, which has at most `width` bits."""
        return mask

    @staticmethod
    def constants(width: int, *masks: int) -> tuple[int, ...]:
        """Constant masks of at most `width` bits."""
        return masks

    # numbers

    @staticmethod
    def mul(a: float, b: float, c: float, d: float) -> tuple[float, float]:
        """Multiply [a, b] by [c, d]; 0 × ∞ is 0."""
        if a == b and c == d:
            product = a * c if a and c else 0.0
            return min(product, HUGE), max(product, -HUGE)
        if (a == -INF and b == INF and (c or d)) or (c == -INF and d == INF and (a or b)):
            return -INF, INF
        ends = [x * y if x and y else 0.0 for x in (a, b) for y in (c, d)]
        return min(min(ends), HUGE), max(max(ends), -HUGE)

    @staticmethod
    def div(a: float, b: float, c: float, d: float) -> tuple[float, float]:
        """Divide [a, b] by [c, d]; undefined where the divisor may be 0."""
        if c <= 0.0 <= d:
            return -INF, INF
        ends = [0.0 if math.isinf(y) else x / y for x in (a, b) for y in (c, d)]
        return min(min(ends), HUGE), max(max(ends), -HUGE)

    @staticmethod
    def exp(a: float, b: float) -> tuple[float, float]:
        """Exponential; undefined outside [-700, 700]."""
        if a < -700.0 or b > 700.0:
            return -INF, INF
        return forty_bits(float(np.exp(a))), forty_bits(float(np.exp(b)))

    @staticmethod
    def log(a: float, b: float) -> tuple[float, float]:
        """Natural logarithm; undefined where the argument may be 0 or less."""
        if a <= 0.0:
            return -INF, INF
        return forty_bits(float(np.log(a))), (INF if b == INF else forty_bits(float(np.log(b))))

    @staticmethod
    def power(a: float, b: float, e: float) -> tuple[float, float]:
        """[a, b] to a constant power; undefined outside its domain."""
        whole = e.is_integer()
        if (e < 0 and a <= 0.0 <= b) or (not whole and a < 0.0) or e == 0.0:
            return (1.0, 1.0) if e == 0.0 else (-INF, INF)
        low = high = _one_power(a, e)
        if a != b:
            other = _one_power(b, e)
            low, high = (other, low) if other < low else (low, other)
        if whole and e % 2 == 0 and a < 0.0 < b:
            low = 0.0
        return min(low, HUGE), max(high, -HUGE)

    @staticmethod
    def abs(a: float, b: float) -> tuple[float, float]:
        """Absolute value."""
        if a >= 0.0:
            return a, b
        return (-b, -a) if b <= 0.0 else (0.0, max(-a, b))

    @staticmethod
    def least(a: float, b: float, *more: float) -> float:
        """The smallest."""
        low = b if b < a else a
        return min(low, *more) if more else low

    @staticmethod
    def most(a: float, b: float, *more: float) -> float:
        """The largest."""
        high = b if b > a else a
        return max(high, *more) if more else high

    @staticmethod
    def round(value: float, scale: float) -> float:
        """Half up to the decimals of `scale` (a power of ten): floor(x·10^d + 0.5)/10^d."""
        scaled = value * scale + 0.5
        return floor(scaled) / scale if -INF < scaled < INF else value

    @staticmethod
    def choose(
        true: bool, false: bool, a: float, b: float, c: float, d: float
    ) -> tuple[float, float]:
        """[a, b] where `true` may hold, [c, d] where `false` may, and both where both may."""
        if not false:
            return a, b
        return (a if a < c else c, b if b > d else d) if true else (c, d)

    @staticmethod
    def lowest(total: int) -> float:
        """The lowest bit of a mask of totals, as a number."""
        return float((total & -total).bit_length() - 1)

    @staticmethod
    def highest(total: int) -> float:
        """The highest bit of a mask of totals, as a number."""
        return float(total.bit_length() - 1)

    @staticmethod
    def settled(mask: int) -> bool:
        """Whether one level is left."""
        return mask & (mask - 1) == 0

    @staticmethod
    def between(function: str, a: float, b: float, c: float, d: float) -> tuple[float, float]:
        """Completed units from a moment in [a, b] to one in [c, d]."""
        low = _units(function, b, c) if b < INF and c > -INF else -INF
        if a == b and c == d:
            return low, (INF if low == -INF else low)
        return low, (_units(function, a, d) if a > -INF and d < INF else INF)

    # over lesions: each argument is a list with one element a lesion

    def any(
        self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[bool, bool]:
        """Whether the condition holds for any lesion; over an open list never no."""
        true, false = self.open, True
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            true = true or bool(inside and t[j])
            false = false and bool(outside or f[j])
        return true, false

    def all(
        self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[bool, bool]:
        """Whether there is a lesion and the condition holds for every one.

        Over an open list never yes.
        """
        some, every, empty, fails = self.open, True, True, self.open
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            some = some or bool(inside and t[j])
            every = every and bool(outside or t[j])
            empty = empty and outside
            fails = fails or bool(inside and f[j])
        return some and every, fails or empty

    def count(
        self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[float, float]:
        """For how many lesions it holds.

        Those that may be the same count once at the low end; over an open list without upper end.
        """
        sure: set[int] = set()
        high = INF if self.open else 0.0
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if not outside and not f[j]:
                sure.add(self.group[j])
            if inside and t[j]:
                high += INF if self.several[j] else 1.0
        return float(len(sure)), high

    def max(
        self, low: list[float], high: list[float], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[float, float]:
        """The largest over lesions; undefined where there may be none."""
        a, b, sure = -INF, INF if self.open else -INF, False
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if not outside:
                sure, a = True, max(a, low[j])
            if inside:
                b = max(b, high[j])
        return (a, b) if sure else (-INF, INF)

    def min(
        self, low: list[float], high: list[float], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[float, float]:
        """The smallest over lesions; undefined where there may be none."""
        a, b, sure = -INF if self.open else INF, INF, False
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if inside:
                a = min(a, low[j])
            if not outside:
                sure, b = True, min(b, high[j])
        return (a, b) if sure else (-INF, INF)

    def sum(
        self, low: list[float], high: list[float], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[float, float]:
        """The sum over lesions, for showing.

        Unbounded over an open list or where lesions may be the same or several.
        """
        if self.open or any(self.several) or len(set(self.group)) < self.n:
            return -INF, INF
        a = b = 0.0
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if inside:
                a += min(low[j], 0.0) if outside else low[j]
                b += max(high[j], 0.0) if outside else high[j]
        return a, b

    def _membership(
        self, j: int, in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[bool, bool]:
        inside = True if in_t is None else bool(in_t[j])
        outside = bool(self.doubtful[j] or (in_f is not None and in_f[j]))
        return inside, outside


class Arrays:
    """The same operations on a batch.

    NumPy arrays over patients; a lesion value is one flat array over all lesions, in slots.
    """

    def __init__(self, lesions: Lesions) -> None:
        """Take the layout of the batch's lesions."""
        self.lesions = lesions
        self.slots = range(1)
        starts = np.concatenate([[0], np.cumsum(lesions.sizes)]).astype(int).tolist()
        self.parts = [
            (n, slice(start, start + n)) for n, start in zip(lesions.sizes, starts, strict=False)
        ]
        self.everywhere = np.ones(lesions.total, bool)
        self.grouped = (
            bool((lesions.group != np.arange(lesions.total)).any()) if lesions.total else False
        )

    def spread(self, value: Any) -> Any:
        """Give each patient's value to all its lesions."""
        if not np.ndim(value):
            return value
        sizes = self.lesions.sizes
        return np.concatenate([value[:n] for n in sizes]) if sizes else value[:0]

    @staticmethod
    def truths(mask: Any) -> tuple[Any, Any]:
        """As `Scalars.truths`."""
        narrow = mask.astype(np.uint8, copy=False)
        return narrow != FALSE, narrow != TRUE

    @staticmethod
    def levels(mask: Any, width: int) -> Any:
        """As `Scalars.levels`, in the narrowest type: fewer bits, less memory."""
        return mask.astype(_INTEGERS[width], copy=False)

    @staticmethod
    def constants(width: int, *masks: int) -> tuple[Any, ...]:
        """As `Scalars.constants`, in the same types."""
        return tuple(_INTEGERS[width](mask) for mask in masks)

    # numbers

    @staticmethod
    def mul(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.mul`."""
        return _hull([x * y for x in (a, b) for y in (c, d)])

    @staticmethod
    def div(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.div`."""
        return _where(_quotients, (c > 0.0) | (d < 0.0), a, b, c, d)

    @staticmethod
    def exp(a: Any, b: Any) -> tuple[Any, Any]:
        """As `Scalars.exp`."""
        return _where(partial(_both, _array_exp), (a >= -700.0) & (b <= 700.0), a, b)

    @staticmethod
    def log(a: Any, b: Any) -> tuple[Any, Any]:
        """As `Scalars.log`."""
        return _where(partial(_both, _array_log), a > 0.0, a, b)

    @staticmethod
    def power(a: Any, b: Any, e: float) -> tuple[Any, Any]:
        """As `Scalars.power`."""
        if e == 0.0:
            one = np.ones_like(a)
            return one, one
        good = (a > 0.0) | (b < 0.0) if e < 0 else (a <= b)
        if not e.is_integer():
            good = good & (a >= 0.0)
        return _where(partial(_powers, e), good, a, b)

    @staticmethod
    def abs(a: Any, b: Any) -> tuple[Any, Any]:
        """As `Scalars.abs`."""
        low: Any = where(a >= 0.0, a, where(b <= 0.0, -b, 0.0))
        high: Any = where(a >= 0.0, b, where(b <= 0.0, -a, np.maximum(-a, b)))
        return low, high

    @staticmethod
    def least(*values: Any) -> Any:
        """As `Scalars.least`."""
        result = values[0]
        for value in values[1:]:
            result = np.minimum(result, value)
        return result

    @staticmethod
    def most(*values: Any) -> Any:
        """As `Scalars.most`."""
        result = values[0]
        for value in values[1:]:
            result = np.maximum(result, value)
        return result

    @staticmethod
    def round(value: Any, scale: float) -> Any:
        """As `Scalars.round`."""
        rounded = np.asarray(value * scale)
        rounded += 0.5
        np.floor(rounded, out=rounded)
        rounded /= scale
        beyond = np.isinf(rounded)
        if np.count_nonzero(beyond) == np.count_nonzero(np.isinf(value)):
            return rounded
        return where(beyond, value, rounded)

    @staticmethod
    def choose(true: Any, false: Any, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.choose`, without a branch, which random bits would make slow."""
        first, second = _barrier(true), _barrier(false)
        return np.fmin(a + first, c + second), np.fmax(b + first, d + second)

    @staticmethod
    def lowest(total: Any) -> Any:
        """As `Scalars.lowest`."""
        return _exponent(total & -total)

    @staticmethod
    def highest(total: Any) -> Any:
        """As `Scalars.highest`; no two neighbouring bits are kept.

        So that no float rounds up to the next power of two.
        """
        return _exponent(total & ~(total >> 1))

    @staticmethod
    def settled(mask: Any) -> Any:
        """As `Scalars.settled`."""
        return (mask & (mask - 1)) == 0

    @staticmethod
    def between(function: str, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.between`."""
        if function in SECONDS:  # the difference of what is unbounded is unbounded
            unit = SECONDS[function]
            return np.floor((c - b) / unit), np.floor((d - a) / unit)
        a, b, c, d = np.broadcast_arrays(a, b, c, d)
        low: Floats = full(a.size, -INF)
        high: Floats = full(a.size, INF)
        points = (a == b) & (c == d)
        at = np.flatnonzero(points)
        low[at] = high[at] = _array_units(function, a.take(at), c.take(at))
        for end, x, y in ((low, b, c), (high, a, d)):
            at = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & ~points)
            if len(at):
                end[at] = _array_units(function, x.take(at), y.take(at))
        return low.reshape(a.shape), high.reshape(a.shape)

    # over lesions: each argument is a list with one flat array

    def any(
        self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.any`."""
        inside, outside = self._membership(in_t, in_f)
        true, false = self.lesions.open.copy(), np.ones(self.lesions.patients, bool)
        yes, no = self._full(t[0]) & inside, self._full(f[0]) | outside
        for n, x in self.parts:
            true[:n] |= yes[x]
            false[:n] &= no[x]
        return true, false

    def all(
        self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.all`."""
        inside, outside = self._membership(in_t, in_f)
        some, fails = self.lesions.open.copy(), self.lesions.open.copy()
        every, empty = np.ones(self.lesions.patients, bool), np.ones(self.lesions.patients, bool)
        yes, no = self._full(t[0]), self._full(f[0])
        for n, x in self.parts:
            some[:n] |= inside[x] & yes[x]
            every[:n] &= outside[x] | yes[x]
            empty[:n] &= outside[x]
            fails[:n] |= inside[x] & no[x]
        return some & every, fails | empty

    def count(
        self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.count`."""
        inside, outside = self._membership(in_t, in_f)
        sure = ~outside & ~self._full(f[0])
        perhaps = inside & self._full(t[0])
        if self.grouped:
            leaders = np.zeros(self.lesions.total, bool)
            leaders[self.lesions.group[sure]] = True
            sure = leaders
        weight = where(self.lesions.several, INF, 1.0)
        low = np.zeros(self.lesions.patients)
        high = where(self.lesions.open, INF, 0.0)
        for n, x in self.parts:
            low[:n] += sure[x]
            high[:n] += where(perhaps[x], weight[x], 0.0)
        return low, high

    def max(
        self, low: list[Any], high: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.max`."""
        inside, outside = self._membership(in_t, in_f)
        a = full(self.lesions.patients, -INF)
        b = where(self.lesions.open, INF, -INF)
        sure = np.zeros(self.lesions.patients, bool)
        lows = where(outside, -INF, low[0])
        highs = where(inside, high[0], -INF)
        for n, x in self.parts:
            sure[:n] |= ~outside[x]
            a[:n] = np.maximum(a[:n], lows[x])
            b[:n] = np.maximum(b[:n], highs[x])
        return where(sure, a, -INF), where(sure, b, INF)

    def min(
        self, low: list[Any], high: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.min`."""
        inside, outside = self._membership(in_t, in_f)
        a = where(self.lesions.open, -INF, INF)
        b = full(self.lesions.patients, INF)
        sure = np.zeros(self.lesions.patients, bool)
        lows = where(inside, low[0], INF)
        highs = where(outside, INF, high[0])
        for n, x in self.parts:
            sure[:n] |= ~outside[x]
            a[:n] = np.minimum(a[:n], lows[x])
            b[:n] = np.minimum(b[:n], highs[x])
        return where(sure, a, -INF), where(sure, b, INF)

    def sum(
        self, low: list[Any], high: list[Any], in_t: list[Any] | None, in_f: list[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.sum`."""
        inside, outside = self._membership(in_t, in_f)
        a, b = np.zeros(self.lesions.patients), np.zeros(self.lesions.patients)
        endless = self.lesions.open.copy()
        own = np.arange(self.lesions.total)
        odd = self.lesions.several | (self.lesions.group != own)
        lows: Any = where(outside, np.minimum(low[0], 0.0), low[0])
        highs: Any = where(outside, np.maximum(high[0], 0.0), high[0])
        for n, x in self.parts:
            a[:n] = where(inside[x], a[:n] + lows[x], a[:n])
            b[:n] = where(inside[x], b[:n] + highs[x], b[:n])
            endless[:n] |= odd[x]
        return where(endless, -INF, a), where(endless, INF, b)

    def _full(self, value: Any) -> Bools:
        return (
            value
            if np.shape(value)
            else np.broadcast_to(np.asarray(value, bool), (self.lesions.total,))
        )

    def _membership(self, in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Bools, Bools]:
        inside = self.everywhere if in_t is None else self._full(in_t[0])
        outside = (
            self.lesions.doubtful if in_f is None else self._full(in_f[0]) | self.lesions.doubtful
        )
        return inside, outside


_TRUTHS: Final = ((False, False), (False, True), (True, False), (True, True))
_INTEGERS: Final = {8: np.uint8, 16: np.uint16, 32: np.uint32, 64: np.int64}


def _one_power(x: float, e: float) -> float:
    if x == 1.0:
        return 1.0
    if math.isinf(x):
        return 0.0 if e < 0 else (x if e % 2 == 1 or x > 0 else -x)
    if x and abs(e * math.log(abs(x))) > 600.0:  # may overflow: not a warning, but undefined
        with np.errstate(all="ignore"):
            value = float(np.power(x, e))
    else:
        value = float(np.power(x, e))
    return value if math.isinf(value) or abs(value) > HUGE else forty_bits(value)


def _powers(e: float, x: Any, y: Any) -> tuple[Any, Any]:
    at_x, at_y = _both(partial(_array_power, e), x, y)
    low, high = (at_x, at_y) if at_x is at_y else (np.minimum(at_x, at_y), np.maximum(at_x, at_y))
    if e % 2 == 0:
        low = where((x < 0.0) & (y > 0.0), 0.0, low)
    return np.minimum(low, HUGE), np.maximum(high, -HUGE)


def _array_power(e: float, x: Any) -> Any:
    # What 1 and an unbounded end give: half of what a formula like CKD-EPI raises.
    value = 1.0 / x if e < 0 else np.abs(x) if e % 2 == 0 else x.copy()
    at = np.flatnonzero((x != 1.0) & np.isfinite(x))
    exact: Any = np.power(x.take(at), e)
    kept: Any = forty_bits(exact)
    beyond = np.flatnonzero(~(np.abs(exact) <= HUGE))
    kept[beyond] = exact[beyond]
    value[at] = kept
    return value


def _quotients(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
    return _hull([x / y for x in (a, b) for y in (c, d)])


def _array_exp(x: Any) -> Any:
    return forty_bits(np.exp(x))


def _array_log(x: Any) -> Any:
    return where(x == INF, INF, forty_bits(np.log(x)))


def _where(function: Callable[..., tuple[Any, Any]], good: Any, *ends: Any) -> tuple[Any, Any]:
    """Apply a costly function of some ends only where they are good; elsewhere: unbounded."""
    good, *columns = np.broadcast_arrays(good, *ends)
    at = np.flatnonzero(good)
    if good.ndim and len(at) == good.size:
        return function(*columns)
    low: Floats = full(good.size, -INF)
    high: Floats = full(good.size, INF)
    low[at], high[at] = function(*(column.take(at) for column in columns))
    return low.reshape(good.shape), high.reshape(good.shape)


def _both(function: Callable[[Any], Any], x: Any, y: Any) -> tuple[Any, Any]:
    """Apply a costly function to both ends, once where they are equal.

    Where all are, the very same result is given twice.
    """
    at_x = function(x)
    apart = np.flatnonzero(x != y)
    if not len(apart):
        return at_x, at_x
    at_y = at_x.copy()
    at_y[apart] = function(y.take(apart))
    return at_x, at_y


def _array_units(function: str, x: Floats, y: Floats) -> Floats:
    if len(y) and (y == y[0]).all():
        y = y[:1]  # the index moment, most often one for all
    (months_x, into_x), (months_y, into_y) = _calendar(x), _calendar(y)
    return np.floor((months_y - months_x - (into_y < into_x)) / MONTHS[function])


def _exponent(mask: Any) -> Any:
    """Give the place of the highest bit: the exponent of the number, as it stands in its bits."""
    return (mask.astype(np.float64).view(np.int64) >> 52) - 1023.0


def _barrier(condition: Any) -> Any:
    """Give 0 where a condition holds and NaN, which `fmin` and `fmax` pass over, where it fails.

    As whole numbers: 0 and -1, whose bits are all set.
    """
    return np.subtract(condition, 1, dtype=np.int8).astype(np.int64).view(np.float64)


def _hull(ends: list[Any]) -> tuple[Any, Any]:
    """Span four ends, of which 0 × ∞ and ∞ / ∞ (NaN) count as 0.

    `fmin` passes NaN over, which is right where the other ends reach 0 or lie on both sides of it.
    That fails only where all four are NaN, or an end is unbounded on its wrong side (after an
    overflow); these few are done again.
    """
    one, two, three, four = ends
    low: Any = np.fmin(np.fmin(one, two), np.fmin(three, four))
    high: Any = np.fmax(np.fmax(one, two), np.fmax(three, four))
    if not (np.max(low, initial=-INF) <= HUGE and np.min(high, initial=INF) >= -HUGE):
        at = np.flatnonzero(~((low <= HUGE) & (high >= -HUGE)))
        few = [
            np.nan_to_num(np.broadcast_to(e, low.shape).take(at), nan=0.0, posinf=INF, neginf=-INF)
            for e in ends
        ]
        low[at] = np.minimum(np.minimum.reduce(few), HUGE)
        high[at] = np.maximum(np.maximum.reduce(few), -HUGE)
    return low, high


def _calendar(seconds: Floats) -> tuple[Floats, Floats]:
    """Split moments into months (counted from a March) and seconds into the month.

    Years start in March here, so that a leap day ends its year: a century has 146,097 quarters of
    days, a year 1,461, five months 153 days.
    All numbers are whole and small enough to be exact.
    """
    days = np.floor(seconds / 86_400.0)
    quarters = 4.0 * days + (4.0 * 719_468.0 + 3.0)  # of days, since 0000-03-01
    century = np.floor(quarters / 146_097.0)
    quarters = 4.0 * np.floor((quarters - 146_097.0 * century) / 4.0) + 3.0
    year = np.floor(quarters / 1_461.0)
    fifths = 5.0 * np.floor((quarters - 1_461.0 * year) / 4.0) + 2.0  # of days, into the year
    month = np.floor(fifths / 153.0)
    of_month = np.floor((fifths - 153.0 * month) / 5.0)
    months = 1_200.0 * century + 12.0 * year + month
    return months, seconds - (days - of_month) * 86_400.0


def _units(function: str, a: float, b: float) -> float:
    if function in SECONDS:
        return float(floor((b - a) / SECONDS[function]))
    (months_a, into_a), (months_b, into_b) = _day_of_month(a), _day_of_month(b)
    return float((months_b - months_a - (into_b < into_a)) // MONTHS[function])


def _day_of_month(seconds: float) -> tuple[int, float]:
    """Split a moment into months and seconds into the month."""
    days, into = divmod(seconds, 86_400.0)
    day = dt.date.fromordinal(_EPOCH + int(days))
    return day.year * 12 + day.month, (day.day - 1) * 86_400.0 + into


_EPOCH: Final = dt.date(1970, 1, 1).toordinal()
