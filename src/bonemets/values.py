"""THE idea: a fact is the set of values that it may still have, and what is done with such sets.

| kind | set | form |
|---|---|---|
| boolean | may be true, may be false | a code: 0 no, 2 open, 3 yes (2: may be, 1: surely is) |
| level | a bit mask, bit k = level k | an integer, at most 63 levels; a boolean fact: 1 no, 2 yes |
| number | interval, both ends included | two floats; unknown is (-inf, inf), which no value is |
| date | interval of seconds | two floats |

With these codes `&` and `|` are the three-valued *and* and *or*: one operation, on one byte.

A program (`program.py`) is straight-line source over `&`, `|` and the methods here; `Scalars` and
`Arrays` are the two forms of the one table and agree bit for bit.
Every operation gives a set that holds every possible result; *undefined* (x/0, the maximum of
nothing) is the full set.
Floating point keeps this sound because + - * / and the operations here are monotone after rounding.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import floor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

INF: Final = math.inf
FALSE, TRUE = 1, 2
"""Masks of a boolean fact: no and yes; unknown is both."""

NO, OPEN, YES = 0, 2, 3
"""Codes of a boolean: surely not, perhaps, surely."""

NONE, PERHAPS, SURE = range(3)
"""Recorded states of a fact: no event counts, one perhaps counts, one counts."""

HUGE: Final = 1e300
"""No end of a product lies beyond it: an end that would is the unbounded one."""

BYTE: Final = np.uint8
_less: Final[Callable[..., Any]] = np.less
_at_most: Final[Callable[..., Any]] = np.less_equal
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
        self.there = tuple(OPEN if perhaps else YES for perhaps in self.doubtful)

    @staticmethod
    def spread(value: Any) -> Any:
        """Give a patient's value to every lesion."""
        return value

    @staticmethod
    def narrowed(masks: list[int], widths: Sequence[int]) -> list[int]:
        """Give masks in the narrowest type that holds so many bits."""
        return masks

    @staticmethod
    def narrowed_of_lesions(masks: list[list[int]], widths: Sequence[int]) -> list[list[int]]:
        """Give masks of lesions in the narrowest types."""
        return masks

    @staticmethod
    def columns(rows: list[Any], count: int) -> Any:
        """Turn what each lesion gives into columns with one element a lesion."""
        return tuple(zip(*rows, strict=True)) if rows else ((),) * count

    @staticmethod
    def constants(width: int, *masks: int) -> tuple[int, ...]:
        """Constant masks of at most `width` bits."""
        return masks

    # conditions

    @staticmethod
    def truth(may: bool, sure: bool) -> int:
        """Whether something may hold, and whether it surely does."""
        return YES if sure else OPEN if may else NO

    @staticmethod
    def negated(code: int) -> int:
        """Whether something fails."""
        return _NEGATED[code]

    @staticmethod
    def heard(state: int) -> int:
        """Whether a fact comes from an event, by its recorded state."""
        return _HEARD[state]

    @staticmethod
    def among(mask: int, inside: int, outside: int) -> int:
        """Whether a level is one of those inside; outside are all others."""
        return YES if not mask & outside else OPEN if mask & inside else NO

    @staticmethod
    def below(a: float, b: float, c: float, d: float) -> int:
        """Whether [a, b] is below [c, d]."""
        return YES if b < c else OPEN if a < d else NO

    @staticmethod
    def up_to(a: float, b: float, c: float, d: float) -> int:
        """Whether [a, b] is at most [c, d]."""
        return YES if b <= c else OPEN if a <= d else NO

    @staticmethod
    def equal(a: float, b: float, c: float, d: float) -> int:
        """Whether [a, b] equals [c, d]."""
        if a == d and b == c:
            return YES
        return OPEN if a <= d and c <= b else NO

    @staticmethod
    def unequal(a: float, b: float, c: float, d: float) -> int:
        """Whether [a, b] differs from [c, d]."""
        return _NEGATED[Scalars.equal(a, b, c, d)]

    @staticmethod
    def branch(code: int, a: int, b: int) -> int:
        """Whether a holds where the condition does, and b where it fails."""
        return a if code == YES or a == b else b if code == NO else OPEN

    @staticmethod
    def either(code: int, a: int, b: int) -> int:
        """Mask a where the condition holds, mask b where it fails, both where it is open."""
        return a if code == YES else b if code == NO else a | b

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
    def choose(code: int, a: float, b: float, c: float, d: float) -> tuple[float, float]:
        """[a, b] where the condition holds, [c, d] where it fails, both where it is open."""
        if code == YES:
            return a, b
        return (a if a < c else c, b if b > d else d) if code else (c, d)

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

    # over lesions: each argument is a sequence with one element a lesion; `only` tells of which
    # lesions is spoken (None: all)

    def any(self, codes: Sequence[int], only: Sequence[int] | None) -> int:
        """Whether a condition holds for any lesion; over an open list never no."""
        found = OPEN if self.open else NO
        for member, code in zip(self._members(only), codes, strict=True):
            found |= member & code
        return found

    def all(self, codes: Sequence[int], only: Sequence[int] | None) -> int:
        """Whether there is a lesion and the condition holds for every one.

        Over an open list never yes.
        """
        some, every = (OPEN, OPEN) if self.open else (NO, YES)
        for member, code in zip(self._members(only), codes, strict=True):
            some |= member & code
            every &= _NEGATED[member] | code
        return some & every

    def count(self, codes: Sequence[int], only: Sequence[int] | None) -> tuple[float, float]:
        """For how many lesions it holds.

        Those that may be the same count once at the low end; over an open list without upper end.
        """
        sure: set[int] = set()
        high = INF if self.open else 0.0
        for j, (member, code) in enumerate(zip(self._members(only), codes, strict=True)):
            found = member & code
            if found == YES:
                sure.add(self.group[j])
            if found:
                high += INF if self.several[j] else 1.0
        return float(len(sure)), high

    def max(
        self, low: Sequence[float], high: Sequence[float], only: Sequence[int] | None
    ) -> tuple[float, float]:
        """The largest over lesions; undefined where there may be none."""
        a, b, sure = -INF, INF if self.open else -INF, False
        for member, x, y in zip(self._members(only), low, high, strict=True):
            if member == YES:
                sure, a = True, max(a, x)
            if member:
                b = max(b, y)
        return (a, b) if sure else (-INF, INF)

    def min(
        self, low: Sequence[float], high: Sequence[float], only: Sequence[int] | None
    ) -> tuple[float, float]:
        """The smallest over lesions; undefined where there may be none."""
        a, b, sure = -INF if self.open else INF, INF, False
        for member, x, y in zip(self._members(only), low, high, strict=True):
            if member:
                a = min(a, x)
            if member == YES:
                sure, b = True, min(b, y)
        return (a, b) if sure else (-INF, INF)

    def sum(
        self, low: Sequence[float], high: Sequence[float], only: Sequence[int] | None
    ) -> tuple[float, float]:
        """The sum over lesions, for showing.

        Unbounded over an open list or where lesions may be the same or several.
        """
        if self.open or any(self.several) or len(set(self.group)) < self.n:
            return -INF, INF
        a = b = 0.0
        for member, x, y in zip(self._members(only), low, high, strict=True):
            if member:
                a += x if member == YES else min(x, 0.0)
                b += y if member == YES else max(y, 0.0)
        return a, b

    def _members(self, only: Sequence[int] | None) -> Sequence[int]:
        """Say of each lesion whether it is there and is spoken of."""
        return (
            self.there if only is None else [a & b for a, b in zip(only, self.there, strict=True)]
        )


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
        self.there = where(lesions.doubtful, CODES[OPEN], CODES[YES])
        self.more = where(lesions.open, CODES[OPEN], CODES[NO])
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
    def narrowed(masks: list[Any], widths: Sequence[int]) -> list[Any]:
        """As `Scalars.narrowed`: fewer bits, less memory."""
        return [
            mask.astype(_INTEGERS[width], copy=False)
            for mask, width in zip(masks, widths, strict=False)
        ]

    @staticmethod
    def narrowed_of_lesions(masks: list[list[Any]], widths: Sequence[int]) -> list[list[Any]]:
        """As `Scalars.narrowed_of_lesions`."""
        return [[mask] for mask in Arrays.narrowed([column for (column,) in masks], widths)]

    @staticmethod
    def columns(rows: list[Any], count: int) -> Any:
        """As `Scalars.columns`: one row, of flat arrays."""
        return tuple(zip(*rows, strict=True))

    @staticmethod
    def constants(width: int, *masks: int) -> tuple[Any, ...]:
        """As `Scalars.constants`, in the same types."""
        return tuple(_INTEGERS[width](mask) for mask in masks)

    # conditions

    @staticmethod
    def truth(may: Any, sure: Any) -> Any:
        """As `Scalars.truth`; what is sure may be."""
        code = may.view(BYTE)
        code += code  # no array of its own: what is compared is a fresh one
        code |= sure.view(BYTE)
        return code

    @staticmethod
    def negated(code: Any) -> Any:
        """As `Scalars.negated`: 3 ^ code, and 2 stays."""
        result = code ^ CODES[YES]
        result += (code == OPEN).view(BYTE)
        return result

    @staticmethod
    def heard(state: Any) -> Any:
        """As `Scalars.heard`: the state, and one more where there is an event."""
        code = state.astype(BYTE)
        code += (state != NONE).view(BYTE)
        return code

    @staticmethod
    def among(mask: Any, inside: int, outside: int) -> Any:
        """As `Scalars.among`; a mask is never empty, which often makes one comparison enough."""
        alone = not outside & (outside - 1)
        code = (mask != outside if alone else (mask & inside) != 0).view(BYTE)
        code += code
        single = not inside & (inside - 1)
        code |= (mask == inside if single else (mask & outside) == 0).view(BYTE)
        return code

    @staticmethod
    def below(a: Any, b: Any, c: Any, d: Any) -> Any:
        """As `Scalars.below`."""
        code = _less(a, d).view(BYTE)  # `truth`, without a call
        code += code
        code |= _less(b, c).view(BYTE)
        return code

    @staticmethod
    def up_to(a: Any, b: Any, c: Any, d: Any) -> Any:
        """As `Scalars.up_to`."""
        code = _at_most(a, d).view(BYTE)
        code += code
        code |= _at_most(b, c).view(BYTE)
        return code

    @staticmethod
    def equal(a: Any, b: Any, c: Any, d: Any) -> Any:
        """As `Scalars.equal`."""
        may = np.less_equal(a, d) & np.less_equal(c, b)
        return Arrays.truth(may, np.equal(a, d) & np.equal(b, c))

    @staticmethod
    def unequal(a: Any, b: Any, c: Any, d: Any) -> Any:
        """As `Scalars.unequal`."""
        return Arrays.negated(Arrays.equal(a, b, c, d))

    @staticmethod
    def branch(code: Any, a: Any, b: Any) -> Any:
        """As `Scalars.branch`."""
        return (code & a) | (Arrays.negated(code) & b) | (a & b)

    @staticmethod
    def either(code: Any, a: Any, b: Any) -> Any:
        """As `Scalars.either`."""
        return ((code != NO) * a) | ((code != YES) * b)

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
        equal = a == b
        low = high = at_a = _raised(e, a, True)
        if not equal.all():
            at_b = _raised(e, b, ~equal) + _barrier(equal)
            low, high = np.fmin(at_a, at_b), np.fmax(at_a, at_b)
            if e % 2 == 0:
                low[(a < 0.0) & (b > 0.0)] = 0.0
        low, high = np.minimum(low, HUGE), np.maximum(high, -HUGE)
        if e < 0:
            bad = (a <= 0.0) & (b >= 0.0)
            bad = bad if e.is_integer() else bad | (a < 0.0)
        elif e.is_integer():
            return low, high
        else:
            bad = a < 0.0
        beyond = np.flatnonzero(bad)
        low[beyond], high[beyond] = -INF, INF
        return low, high

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
    def choose(code: Any, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any]:
        """As `Scalars.choose`, without a branch, which random bits would make slow."""
        first, second = _barrier(code == NO), _barrier(code == YES)
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

    # over lesions: each argument is a sequence with one flat array

    def any(self, codes: Sequence[Any], only: Sequence[Any] | None) -> Any:
        """As `Scalars.any`."""
        result = self.more.copy()
        found = self._members(only) & codes[0]
        for n, x in self.parts:
            first = result[:n]
            first |= found[x]
        return result

    def all(self, codes: Sequence[Any], only: Sequence[Any] | None) -> Any:
        """As `Scalars.all`."""
        some = self.more.copy()
        every = where(self.lesions.open, CODES[OPEN], CODES[YES])
        members = self._members(only)
        found, kept = members & codes[0], self.negated(members) | codes[0]
        for n, x in self.parts:
            some[:n] |= found[x]
            every[:n] &= kept[x]
        return some & every

    def count(self, codes: Sequence[Any], only: Sequence[Any] | None) -> tuple[Any, Any]:
        """As `Scalars.count`."""
        found = self._members(only) & codes[0]
        sure, perhaps = found == YES, found != NO
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
        self, low: Sequence[Any], high: Sequence[Any], only: Sequence[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.max`."""
        members = self._members(only)
        a = full(self.lesions.patients, -INF)
        b = where(self.lesions.open, INF, -INF)
        sure = np.zeros(self.lesions.patients, bool)
        there = members == YES
        lows = where(there, low[0], -INF)
        highs = where(members != NO, high[0], -INF)
        for n, x in self.parts:
            sure[:n] |= there[x]
            a[:n] = np.maximum(a[:n], lows[x])
            b[:n] = np.maximum(b[:n], highs[x])
        return where(sure, a, -INF), where(sure, b, INF)

    def min(
        self, low: Sequence[Any], high: Sequence[Any], only: Sequence[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.min`."""
        members = self._members(only)
        a = where(self.lesions.open, -INF, INF)
        b = full(self.lesions.patients, INF)
        sure = np.zeros(self.lesions.patients, bool)
        there = members == YES
        lows = where(members != NO, low[0], INF)
        highs = where(there, high[0], INF)
        for n, x in self.parts:
            sure[:n] |= there[x]
            a[:n] = np.minimum(a[:n], lows[x])
            b[:n] = np.minimum(b[:n], highs[x])
        return where(sure, a, -INF), where(sure, b, INF)

    def sum(
        self, low: Sequence[Any], high: Sequence[Any], only: Sequence[Any] | None
    ) -> tuple[Any, Any]:
        """As `Scalars.sum`."""
        members = self._members(only)
        a, b = np.zeros(self.lesions.patients), np.zeros(self.lesions.patients)
        endless = self.lesions.open.copy()
        own = np.arange(self.lesions.total)
        odd = self.lesions.several | (self.lesions.group != own)
        there, perhaps = members == YES, members != NO
        lows: Any = where(there, low[0], np.minimum(low[0], 0.0))
        highs: Any = where(there, high[0], np.maximum(high[0], 0.0))
        for n, x in self.parts:
            a[:n] = where(perhaps[x], a[:n] + lows[x], a[:n])
            b[:n] = where(perhaps[x], b[:n] + highs[x], b[:n])
            endless[:n] |= odd[x]
        return where(endless, -INF, a), where(endless, INF, b)

    def _members(self, only: Sequence[Any] | None) -> Any:
        return self.there if only is None else only[0] & self.there


CODES: Final = {code: np.uint8(code) for code in (NO, OPEN, YES)}
"""The codes as arrays keep them."""
ANSWERS: Final[tuple[tuple[bool, bool], ...]] = (
    (False, False),
    (False, True),
    (True, False),
    (True, True),
)
"""Whether a boolean fact may be true, and whether it may be false, by its mask."""

TRUTHS: Final[tuple[tuple[bool, bool], ...]] = (
    (False, True),
    (False, True),
    (True, True),
    (True, False),
)
"""Of a code (1 is none): whether it may be true, whether it may be false."""
_NEGATED: Final = (YES, YES, OPEN, NO)
_HEARD: Final = (NO, OPEN, YES)
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


def _raised(e: float, x: Any, asked: Any) -> Any:
    """Raise what is asked for (of the rest, anything comes out)."""
    # What 1 and an unbounded end give: half of what a formula like CKD-EPI raises.
    value = 1.0 / x if e < 0 else np.abs(x) if e % 2 == 0 else x.copy()
    needed = np.isfinite(x)
    needed &= x != 1.0
    needed &= asked
    at = np.flatnonzero(needed)
    if not len(at):
        return value
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
    return (mask.astype(np.float32).view(np.int32) >> 23) - 127.0


def _barrier(closed: Any) -> Any:
    """Give NaN, which `fmin` and `fmax` pass over, where a way is closed, and 0 elsewhere.

    As whole numbers: -1, whose bits are all set, and 0.
    """
    return np.negative(closed.view(np.int8)).astype(np.int64).view(np.float64)


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
