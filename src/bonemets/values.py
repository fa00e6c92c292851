"""THE idea: a fact is the set of values that it may still have; and the closed table of operations on such sets.

| kind | set | form |
|---|---|---|
| boolean | may be true, may be false | two truth values (neither: a bug) |
| level | a bit mask, bit k = level k | int64, at most 63 levels; a boolean stored as a fact is one too: 1 = may be false, 2 = may be true |
| number | interval, both ends included | two floats; unknown is (-inf, inf), which no value is |
| date | interval of seconds | two floats |

A program (`program.py`) is straight-line source over `&`, `|`, `<` and the methods here; `Scalars` and `Arrays` are the two forms of the one table and agree bit for bit.
Every operation gives a set that holds every possible result; *undefined* (x/0, the maximum of nothing) is the full set.
Floating point keeps this sound because + - * / and the operations here are monotone after rounding.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

INF: Final = math.inf
FALSE, TRUE, EITHER = 1, 2, 3
"""Masks of a boolean fact: no, yes, unknown."""

HUGE: Final = 1e300
"""No end of a product lies beyond it: an end that would is the unbounded one."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SECONDS: Final = {"days_between": 86400.0, "hours_between": 3600.0}
MONTHS: Final = {"months_between": 1, "years_between": 12}


def forty_bits(value: float) -> float:
    """Keep 40 bits of a finite number (Veltkamp's split with 2^13 + 1): libraries and processors differ beyond them in exp, log and power."""
    c = value * 8193.0
    return c - (c - value)


@dataclass(frozen=True, slots=True)
class Lesions:
    """The lesions of a batch, in slots: patients stand in falling order of their number of lesions, slot s holds the s-th lesion of the first `sizes[s]` patients.

    `group` names for each lesion the first one of those that may be the same; `several` marks a place that may be more than one lesion;
    `doubtful` marks a lesion that is perhaps none (no event of it surely counts). `open` says per patient that there may be more.
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
    """The operations on one patient: Python floats, ints and bools; a lesion value is one of the list's elements."""

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

    # numbers

    @staticmethod
    def mul(a: float, b: float, c: float, d: float) -> tuple[float, float]:
        """Multiply [a, b] by [c, d]; 0 × ∞ is 0."""
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
        """[a, b] to a constant power; undefined outside its domain or beyond HUGE."""
        whole = e.is_integer()
        if (e < 0 and a <= 0.0 <= b) or (not whole and a < 0.0) or e == 0.0:
            return (1.0, 1.0) if e == 0.0 else (-INF, INF)
        ends = [_one_power(a, e), _one_power(b, e)]
        low, high = min(ends), max(ends)
        if whole and e % 2 == 0 and a < 0.0 < b:
            low = 0.0
        if low > HUGE or (low < -HUGE and low != -INF) or (high > HUGE and high != INF):
            return -INF, INF
        return low, high

    @staticmethod
    def abs(a: float, b: float) -> tuple[float, float]:
        """Absolute value."""
        if a >= 0.0:
            return a, b
        return (-b, -a) if b <= 0.0 else (0.0, max(-a, b))

    @staticmethod
    def least(*values: float) -> float:
        """The smallest."""
        return min(values)

    @staticmethod
    def most(*values: float) -> float:
        """The largest."""
        return max(values)

    @staticmethod
    def round(value: float, scale: float) -> float:
        """Half up to the decimals of `scale` (a power of ten): floor(x·10^d + 0.5)/10^d."""
        return value if math.isinf(value) else math.floor(value * scale + 0.5) / scale

    @staticmethod
    def choose_low(true: bool, false: bool, a: float, b: float) -> float:
        """The low end of `a if c else b`."""
        return min(a, b) if true and false else a if true else b

    @staticmethod
    def choose_high(true: bool, false: bool, a: float, b: float) -> float:
        """The high end of `a if c else b`."""
        return max(a, b) if true and false else a if true else b

    @staticmethod
    def decide_low(recorded: int, a: float, b: float) -> float:
        """The low end of: recorded (2) a, not recorded (0) b, perhaps (1) either."""
        return a if recorded == 2 else b if recorded == 0 else min(a, b)

    @staticmethod
    def decide_high(recorded: int, a: float, b: float) -> float:
        """The high end of the same."""
        return a if recorded == 2 else b if recorded == 0 else max(a, b)

    @staticmethod
    def decide_mask(recorded: int, a: int, b: int) -> int:
        """The mask of the same."""
        return a if recorded == 2 else b if recorded == 0 else a | b

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
    def between(function: str, a: float, b: float, *, high: bool) -> float:
        """Completed units from the moment a to the moment b; unbounded if one is."""
        if math.isinf(a) or math.isinf(b):
            return INF if high else -INF
        if function in SECONDS:
            return float(math.floor((b - a) / SECONDS[function]))
        return float((_months(b) - _months(a) - (_into_month(b) < _into_month(a))) // MONTHS[function])

    # over lesions: each argument is a list with one element a lesion

    def any(self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[bool, bool]:
        """Whether the condition holds for any lesion; over an open list never no."""
        true, false = self.open, True
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            true = true or bool(inside and t[j])
            false = false and bool(outside or f[j])
        return true, false

    def all(self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[bool, bool]:
        """Whether there is a lesion and the condition holds for every one; over an open list never yes."""
        some, every, empty, fails = self.open, True, True, self.open
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            some = some or bool(inside and t[j])
            every = every and bool(outside or t[j])
            empty = empty and outside
            fails = fails or bool(inside and f[j])
        return some and every, fails or empty

    def count(self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[float, float]:
        """For how many lesions it holds: those that may be the same count once at the low end; over an open list without upper end."""
        sure: set[int] = set()
        high = INF if self.open else 0.0
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if not outside and not f[j]:
                sure.add(self.group[j])
            if inside and t[j]:
                high += INF if self.several[j] else 1.0
        return float(len(sure)), high

    def max(self, low: list[float], high: list[float], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[float, float]:
        """The largest over lesions; undefined where there may be none."""
        a, b, sure = -INF, INF if self.open else -INF, False
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if not outside:
                sure, a = True, max(a, low[j])
            if inside:
                b = max(b, high[j])
        return (a, b) if sure else (-INF, INF)

    def min(self, low: list[float], high: list[float], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[float, float]:
        """The smallest over lesions; undefined where there may be none."""
        a, b, sure = -INF if self.open else INF, INF, False
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if inside:
                a = min(a, low[j])
            if not outside:
                sure, b = True, min(b, high[j])
        return (a, b) if sure else (-INF, INF)

    def sum(self, low: list[float], high: list[float], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[float, float]:
        """The sum over lesions, for showing; unbounded over an open list or where lesions may be the same or several."""
        if self.open or any(self.several) or len(set(self.group)) < self.n:
            return -INF, INF
        a = b = 0.0
        for j in self.slots:
            inside, outside = self._membership(j, in_t, in_f)
            if inside:
                a += min(low[j], 0.0) if outside else low[j]
                b += max(high[j], 0.0) if outside else high[j]
        return a, b

    def _membership(self, j: int, in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[bool, bool]:
        inside = True if in_t is None else bool(in_t[j])
        outside = bool(self.doubtful[j] or (in_f is not None and in_f[j]))
        return inside, outside


class Arrays:
    """The same operations on a batch: NumPy arrays over patients; a lesion value is one flat array over all lesions, in slots."""

    def __init__(self, lesions: Lesions) -> None:
        """Take the layout of the batch's lesions."""
        self.lesions = lesions
        self.slots = range(1)
        self.zero = np.zeros(lesions.patients)
        self.starts = np.concatenate([[0], np.cumsum(lesions.sizes)]).astype(int).tolist()
        self.grouped = bool((lesions.group != np.arange(lesions.total)).any()) if lesions.total else False

    def spread(self, value: Any) -> Any:
        """Give each patient's value to all its lesions."""
        if not isinstance(value, np.ndarray):
            return value
        return np.concatenate([value[:n] for n in self.lesions.sizes]) if self.lesions.sizes else value[:0]

    # numbers

    @staticmethod
    def mul(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.mul`."""
        ends = [x * y for x in (a, b) for y in (c, d)]
        ends = [np.where(np.isnan(e), 0.0, e) for e in ends]
        low = np.minimum(np.minimum(ends[0], ends[1]), np.minimum(ends[2], ends[3]))
        high = np.maximum(np.maximum(ends[0], ends[1]), np.maximum(ends[2], ends[3]))
        return np.minimum(low, HUGE), np.maximum(high, -HUGE)

    @staticmethod
    def div(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.div`."""
        bad = (c <= 0.0) & (d >= 0.0)
        ends = [np.where(np.isinf(y), 0.0, x / y) for x in (a, b) for y in (c, d)]
        low = np.minimum(np.minimum(ends[0], ends[1]), np.minimum(ends[2], ends[3]))
        high = np.maximum(np.maximum(ends[0], ends[1]), np.maximum(ends[2], ends[3]))
        return np.where(bad, -INF, np.minimum(low, HUGE)), np.where(bad, INF, np.maximum(high, -HUGE))

    @staticmethod
    def exp(a: Any, b: Any) -> tuple[Any, Any]:
        """As `Scalars.exp`."""
        bad = (a < -700.0) | (b > 700.0)
        return (
            np.where(bad, -INF, forty_bits(np.exp(np.clip(a, -700.0, 700.0)))),  # pyright: ignore[reportArgumentType]
            np.where(bad, INF, forty_bits(np.exp(np.clip(b, -700.0, 700.0)))),  # pyright: ignore[reportArgumentType]
        )

    @staticmethod
    def log(a: Any, b: Any) -> tuple[Any, Any]:
        """As `Scalars.log`."""
        bad = a <= 0.0
        low = forty_bits(np.log(np.where(bad, 1.0, a)))  # pyright: ignore[reportArgumentType]
        endless = bad | (b == INF)
        high = forty_bits(np.log(np.where(endless, 1.0, b)))  # pyright: ignore[reportArgumentType]
        return np.where(bad, -INF, low), np.where(endless, INF, high)

    @staticmethod
    def power(a: Any, b: Any, e: float) -> tuple[Any, Any]:
        """As `Scalars.power`."""
        if e == 0.0:
            one = np.ones_like(a)
            return one, one
        whole = e.is_integer()
        bad = np.zeros_like(a, bool)
        if e < 0:
            bad = bad | ((a <= 0.0) & (b >= 0.0))
        if not whole:
            bad = bad | (a < 0.0)
        x, y = _array_power(np.where(bad, 1.0, a), e), _array_power(np.where(bad, 1.0, b), e)
        low, high = np.minimum(x, y), np.maximum(x, y)
        if whole and e % 2 == 0:
            low = np.where((a < 0.0) & (b > 0.0), 0.0, low)
        bad = bad | (low > HUGE) | ((low < -HUGE) & (low != -INF)) | ((high > HUGE) & (high != INF))
        return np.where(bad, -INF, low), np.where(bad, INF, high)

    @staticmethod
    def abs(a: Any, b: Any) -> tuple[Any, Any]:
        """As `Scalars.abs`."""
        low = np.where(a >= 0.0, a, np.where(b <= 0.0, -b, 0.0))
        high = np.where(a >= 0.0, b, np.where(b <= 0.0, -a, np.maximum(-a, b)))
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
        return np.floor(value * scale + 0.5) / scale

    @staticmethod
    def choose_low(true: Any, false: Any, a: Any, b: Any) -> Any:
        """As `Scalars.choose_low`."""
        return np.where(true, np.where(false, np.minimum(a, b), a), b)

    @staticmethod
    def choose_high(true: Any, false: Any, a: Any, b: Any) -> Any:
        """As `Scalars.choose_high`."""
        return np.where(true, np.where(false, np.maximum(a, b), a), b)

    @staticmethod
    def decide_low(recorded: Any, a: Any, b: Any) -> Any:
        """As `Scalars.decide_low`."""
        return np.where(recorded == 2, a, np.where(recorded == 0, b, np.minimum(a, b)))

    @staticmethod
    def decide_high(recorded: Any, a: Any, b: Any) -> Any:
        """As `Scalars.decide_high`."""
        return np.where(recorded == 2, a, np.where(recorded == 0, b, np.maximum(a, b)))

    @staticmethod
    def decide_mask(recorded: Any, a: Any, b: Any) -> Any:
        """As `Scalars.decide_mask`."""
        return np.where(recorded == 2, a, np.where(recorded == 0, b, a | b))

    @staticmethod
    def lowest(total: Any) -> Any:
        """As `Scalars.lowest`."""
        return np.frexp((total & -total).astype(np.float64))[1] - 1.0

    @staticmethod
    def highest(total: Any) -> Any:
        """As `Scalars.highest`; exact for totals below 2^52."""
        return np.frexp(total.astype(np.float64))[1] - 1.0

    @staticmethod
    def settled(mask: Any) -> Any:
        """As `Scalars.settled`."""
        return (mask & (mask - 1)) == 0

    @staticmethod
    def between(function: str, a: Any, b: Any, *, high: bool) -> Any:
        """As `Scalars.between`."""
        a, b = np.broadcast_arrays(a, b)
        bad = np.isinf(a) | np.isinf(b)
        x, y = np.where(bad, 0.0, a), np.where(bad, 0.0, b)
        if function in SECONDS:
            result = np.floor((y - x) / SECONDS[function])
        else:
            xs, ys = x.astype("int64").astype("datetime64[s]"), y.astype("int64").astype("datetime64[s]")
            xm, ym = xs.astype("datetime64[M]"), ys.astype("datetime64[M]")
            months = ym.astype("int64") - xm.astype("int64")
            earlier = (ys - ym.astype("datetime64[s]")) < (xs - xm.astype("datetime64[s]"))
            result = ((months - earlier) // MONTHS[function]).astype(np.float64)
        return np.where(bad, INF if high else -INF, result)

    # over lesions: each argument is a list with one flat array

    def any(self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.any`."""
        inside, outside = self._membership(in_t, in_f)
        true, false = self.lesions.open.copy(), np.ones(self.lesions.patients, bool)
        yes, no = self._full(t[0]) & inside, self._full(f[0]) | outside
        for n, x in self._slots():
            true[:n] |= yes[x]
            false[:n] &= no[x]
        return true, false

    def all(self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.all`."""
        inside, outside = self._membership(in_t, in_f)
        some, fails = self.lesions.open.copy(), self.lesions.open.copy()
        every, empty = np.ones(self.lesions.patients, bool), np.ones(self.lesions.patients, bool)
        yes, no = self._full(t[0]), self._full(f[0])
        for n, x in self._slots():
            some[:n] |= inside[x] & yes[x]
            every[:n] &= outside[x] | yes[x]
            empty[:n] &= outside[x]
            fails[:n] |= inside[x] & no[x]
        return some & every, fails | empty

    def count(self, t: list[Any], f: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.count`."""
        inside, outside = self._membership(in_t, in_f)
        sure = ~outside & ~self._full(f[0])
        perhaps = inside & self._full(t[0])
        if self.grouped:
            leaders = np.zeros(self.lesions.total, bool)
            leaders[self.lesions.group[sure]] = True
            sure = leaders
        weight = np.where(self.lesions.several, INF, 1.0)
        low = np.zeros(self.lesions.patients)
        high = np.where(self.lesions.open, INF, 0.0)
        for n, x in self._slots():
            low[:n] += sure[x]
            high[:n] += np.where(perhaps[x], weight[x], 0.0)
        return low, high

    def max(self, low: list[Any], high: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.max`."""
        inside, outside = self._membership(in_t, in_f)
        a = np.full(self.lesions.patients, -INF)
        b = np.where(self.lesions.open, INF, -INF)
        sure = np.zeros(self.lesions.patients, bool)
        lows = np.where(outside, -INF, low[0])
        highs = np.where(inside, high[0], -INF)
        for n, x in self._slots():
            sure[:n] |= ~outside[x]
            a[:n] = np.maximum(a[:n], lows[x])
            b[:n] = np.maximum(b[:n], highs[x])
        return np.where(sure, a, -INF), np.where(sure, b, INF)

    def min(self, low: list[Any], high: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.min`."""
        inside, outside = self._membership(in_t, in_f)
        a = np.where(self.lesions.open, -INF, INF)
        b = np.full(self.lesions.patients, INF)
        sure = np.zeros(self.lesions.patients, bool)
        lows = np.where(inside, low[0], INF)
        highs = np.where(outside, INF, high[0])
        for n, x in self._slots():
            sure[:n] |= ~outside[x]
            a[:n] = np.minimum(a[:n], lows[x])
            b[:n] = np.minimum(b[:n], highs[x])
        return np.where(sure, a, -INF), np.where(sure, b, INF)

    def sum(self, low: list[Any], high: list[Any], in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.sum`."""
        inside, outside = self._membership(in_t, in_f)
        a, b = np.zeros(self.lesions.patients), np.zeros(self.lesions.patients)
        endless = self.lesions.open.copy()
        own = np.arange(self.lesions.total)
        odd = self.lesions.several | (self.lesions.group != own)
        lows = np.where(outside, np.minimum(low[0], 0.0), low[0])
        highs = np.where(outside, np.maximum(high[0], 0.0), high[0])
        for n, x in self._slots():
            a[:n] = np.where(inside[x], a[:n] + lows[x], a[:n])
            b[:n] = np.where(inside[x], b[:n] + highs[x], b[:n])
            endless[:n] |= odd[x]
        return np.where(endless, -INF, a), np.where(endless, INF, b)

    def _slots(self) -> list[tuple[int, slice]]:
        return [(n, slice(start, start + n)) for n, start in zip(self.lesions.sizes, self.starts, strict=False)]

    def _full(self, value: Any) -> Bools:
        return np.broadcast_to(np.asarray(value, bool), (self.lesions.total,))

    def _membership(self, in_t: list[Any] | None, in_f: list[Any] | None) -> tuple[Bools, Bools]:
        inside = np.ones(self.lesions.total, bool) if in_t is None else self._full(in_t[0])
        outside = self.lesions.doubtful if in_f is None else self._full(in_f[0]) | self.lesions.doubtful
        return inside, outside


def _one_power(x: float, e: float) -> float:
    if math.isinf(x):
        return 0.0 if e < 0 else (x if e % 2 == 1 or x > 0 else -x)
    with np.errstate(all="ignore"):
        value = float(np.power(x, e))
    return value if math.isinf(value) or abs(value) > HUGE else forty_bits(value)


def _array_power(x: Any, e: float) -> Any:
    endless = np.isinf(x)
    value = np.power(np.where(endless, 1.0, x), e)
    safe = np.abs(value) <= HUGE
    value = np.where(safe, forty_bits(np.where(safe, value, 1.0)), value)  # pyright: ignore[reportArgumentType]
    at_ends = np.zeros_like(x) if e < 0 else np.where((x > 0) | (e % 2 == 1), x, -x)
    return np.where(endless, at_ends, value)


def _months(seconds: float) -> int:
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return (moment.year - 1970) * 12 + moment.month - 1


def _into_month(seconds: float) -> int:
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return (moment.day - 1) * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second


_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (seconds on the record's own clock)
