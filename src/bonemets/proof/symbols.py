"""The third form of the one table of operations (`values.py`): on terms of a solver.

The very source that runs on one patient and on a batch runs here on patients that nobody has met:
its masks are `Bits` (one truth for each bit), its numbers `Real`.
What comes out says of every patient at once what the program would give.

What a program computes by division, powers, logarithms or the calendar is a free number here: it
may be anything. So may, if `loose`, what an operation over lesions gives. A proof holds all the
more; a patient found that way is believed only once the program itself has run on it.
Numbers are exact here and doubles there: a tie in the seventeenth digit is beyond these proofs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from bonemets import expression
from bonemets.proof.solver import (
    BIG,
    Term,
    choice,
    every,
    exact,
    inverse,
    is_constant,
    lifted,
    same,
    some,
    z3,
)
from bonemets.values import Scalars

SECONDS: Final = {"days_between": 86_400, "hours_between": 3_600}
MEAN: Final = {"months_between": 2_629_746, "years_between": 31_556_952}
"""The mean of the Gregorian calendar, in seconds."""
SLACK: Final = 5 * 86_400
"""No number of months or years lies further from so many means."""


class Bits:
    """A whole number from 0 upwards in binary, the lowest bit first; each bit is a truth."""

    __slots__ = ("bits", "single")

    def __init__(self, bits: Sequence[Term], *, single: bool = False) -> None:
        """Take the bits; of a `single` mask exactly one is set."""
        self.bits, self.single = tuple(bits), single

    __hash__ = None  # pyright: ignore[reportAssignmentType] (a term has no truth of its own)

    @staticmethod
    def of(value: Any) -> Bits:
        """Give a Python number as bits."""
        if isinstance(value, Bits):
            return value
        return Bits([bool(int(value) >> k & 1) for k in range(int(value).bit_length())])

    def __bool__(self) -> bool:
        """Refuse: what holds for some patients is neither true nor false."""
        raise TypeError("a mask of the solver has no truth value")

    def at(self, k: int) -> Term:
        """Give one bit."""
        return self.bits[k] if k < len(self.bits) else False

    @property
    def truth(self) -> Term:
        """Give whether it is not 0."""
        return some(self.bits)

    def _with(self, other: Any, join: Callable[[list[Term]], Term]) -> Bits:
        b = Bits.of(other)
        width = max(len(self.bits), len(b.bits))
        return Bits([join([self.at(k), b.at(k)]) for k in range(width)])

    def __and__(self, other: Any) -> Bits:
        """Both."""
        return self._with(other, every)

    def __or__(self, other: Any) -> Bits:
        """Either."""
        return self._with(other, some)

    def __xor__(self, other: Any) -> Bits:
        """One of the two, not both."""
        return self._with(other, lambda ab: choice(ab[0], inverse(ab[1]), ab[1]))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __mul__(self, other: Any) -> Any:
        """Multiply by one bit, or by a constant: a shift for each of its bits."""
        if isinstance(other, float):
            return self.number() * other
        b = Bits.of(other)
        if len(self.bits) == 1:
            return Bits([every([self.bits[0], bit]) for bit in b.bits])
        if len(b.bits) == 1:
            return Bits([every([b.bits[0], bit]) for bit in self.bits])
        set_ = [k for k, bit in enumerate(b.bits) if bit is not False]
        if len(set_) == 1 and b.bits[set_[0]] is True:
            return Bits([False] * set_[0] + list(self.bits))
        if all(isinstance(bit, bool) for bit in self.bits):
            return b * self
        raise TypeError("a product of two open masks")

    __rmul__ = __mul__

    def __eq__(self, other: object) -> Any:
        """Whether the two are the same."""
        b = Bits.of(other)
        width = max(len(self.bits), len(b.bits))
        pairs = ((self.at(k), b.at(k)) for k in range(width))
        return Bits([every(choice(x, y, inverse(y)) for x, y in pairs)])

    def __ne__(self, other: object) -> Any:
        """Whether the two differ."""
        return Bits([inverse((self == other).bits[0])])

    def number(self) -> Real:
        """Give it as a number."""
        parts = [choose(bit, float(1 << k), 0.0) for k, bit in enumerate(self.bits)]
        return sum((Real(p) for p in parts), Real(0.0))

    def __add__(self, other: Any) -> Real:
        """The sum."""
        return self.number() + (other.number() if isinstance(other, Bits) else other)

    __radd__ = __add__


def choose(c: Term, a: Term, b: Term) -> Term:
    """Give one number where a condition holds, and another where it fails."""
    if isinstance(c, bool):
        return a if c else b
    return a if same(a, b) else z3.If(c, numeral(a), numeral(b))


def numeral(term: Term) -> Term:
    """Give a number as the solver takes it."""
    return exact(term) if is_constant(term) else term


class Real:
    """A number: a term or a constant."""

    __slots__ = ("term",)

    def __init__(self, term: Term) -> None:
        """Take a term."""
        self.term = term

    __hash__ = None  # pyright: ignore[reportAssignmentType] (a term has no value of its own)

    @staticmethod
    def of(value: Any) -> Term:
        """Give the term of a number."""
        if isinstance(value, Bits):
            return value.number().term
        return value.term if isinstance(value, Real) else float(value)

    def _with(self, other: Any, join: Callable[[Any, Any], Any], *, turned: bool = False) -> Any:
        a, b = (Real.of(other), self.term) if turned else (self.term, Real.of(other))
        if is_constant(a) and is_constant(b):
            return join(a, b)
        return join(numeral(a), numeral(b))

    def __add__(self, other: Any) -> Real:
        """The sum."""
        return Real(self._with(other, lambda a, b: a + b))

    def __sub__(self, other: Any) -> Real:
        """The difference."""
        return Real(self._with(other, lambda a, b: a - b))

    def __rsub__(self, other: Any) -> Real:
        """The difference, turned round."""
        return Real(self._with(other, lambda a, b: a - b, turned=True))

    def __mul__(self, other: Any) -> Real:
        """The product."""
        return Real(self._with(other, lambda a, b: a * b))

    def __truediv__(self, other: Any) -> Real:
        """The quotient."""
        return Real(self._with(other, lambda a, b: a / b))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Real:
        """The opposite."""
        return Real(-self.term)

    def __lt__(self, other: Any) -> Bits:
        """Whether it is less."""
        return Bits([self._with(other, lambda a, b: a < b)])

    def __le__(self, other: Any) -> Bits:
        """Whether it is at most."""
        return Bits([self._with(other, lambda a, b: a <= b)])

    def __gt__(self, other: Any) -> Bits:
        """Whether it is more."""
        return Bits([self._with(other, lambda a, b: a > b)])

    def __ge__(self, other: Any) -> Bits:
        """Whether it is at least."""
        return Bits([self._with(other, lambda a, b: a >= b)])

    def __eq__(self, other: object) -> Any:
        """Whether the two are the same."""
        return Bits([self._with(other, lambda a, b: a == b)])

    def __ne__(self, other: object) -> Any:
        """Whether the two differ."""
        return Bits([self._with(other, lambda a, b: a != b)])


def code(sure: Term, may: Term) -> Bits:
    """Give a boolean set as its code: the lower bit says that it surely holds, the upper may."""
    return Bits([sure, may])


Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """An operation on settled numbers whose value is free: its arguments, and the value."""

    name: str
    arguments: tuple[Term, ...]
    value: Term

    def equation(self) -> Term:
        """Give what makes the value the operation's own, where the solver knows it."""
        first, *rest = map(numeral, self.arguments)
        match self.name:
            case "mul":
                return self.value == first * rest[0]
            case "div":
                return z3.And(rest[0] != 0, self.value * rest[0] == first)
            case "months_between" | "years_between":
                span, mean = rest[0] - first, MEAN[self.name]
                surely = [
                    span >= self.value * mean + SLACK,
                    span <= (self.value + 1) * mean - SLACK,
                ]
                return z3.And(*surely)
            case _:
                return True

    def alike(self, other: Call) -> Term:
        """Say that the same operation gives the same of the same arguments."""
        if self.name != other.name:
            return True
        pairs = list(zip(self.arguments, other.arguments, strict=True))
        if all(same(a, b) for a, b in pairs):
            return self.value == other.value
        equal = [numeral(a) == numeral(b) for a, b in pairs if not same(a, b)]
        return z3.Implies(z3.And(*equal), self.value == other.value)

    def learnt(self, model: Any) -> list[Term]:
        """Give what the operation's own value at a model's arguments says of other arguments.

        It rises or falls with each of them: what lies beyond on all sides gives no less, and so on.
        """
        values = [value_of(model, argument) for argument in self.arguments]
        found = concrete(self.name, values)
        if found is None:
            return []
        slack = abs(found) * 1e-9
        rises = RISES.get(self.name.split()[0], (True,))
        if self.name.startswith("power -"):
            rises = (False,)
        up: list[Term] = []
        down: list[Term] = []
        for term, value, rising in zip(self.arguments, values, rises, strict=True):
            if is_constant(term):
                continue
            up.append(term >= exact(value) if rising else term <= exact(value))
            down.append(term <= exact(value) if rising else term >= exact(value))
        domain = [] if self.name in MEAN else [numeral(a) > 0 for a in self.arguments]
        return [
            z3.Implies(lifted(every([*domain, *up])), self.value >= exact(found - slack)),
            z3.Implies(lifted(every([*domain, *down])), self.value <= exact(found + slack)),
        ]


RISES: Final = {
    "mul": (True, True),
    "div": (True, False),
    **dict.fromkeys(MEAN, (False, True)),
}
"""Whether an operation rises with each of its arguments, where they are above 0."""


def concrete(name: str, values: list[float]) -> float | None:
    """Work out an operation on numbers; None where it is not computed, or not above 0."""
    if not all(map(math.isfinite, values)):
        return None
    if name in MEAN:
        low, high = Scalars.between(name, values[0], values[0], values[1], values[1])
        return low if low == high and math.isfinite(low) else None
    if any(v <= 0 for v in values):
        return None
    operation, _, exponent = name.partition(" ")
    ends = [v for v in values for _ in range(2)]
    more = [float(exponent)] if exponent else []
    low, high = getattr(Scalars, operation)(*ends, *more)
    return low if math.isfinite(low) and math.isfinite(high) else None


def value_of(model: Any, term: Term) -> float:
    """Give the number that a term has in a model."""
    if is_constant(term):
        return float(term)
    value = model.eval(term, True)
    value = value.approx(20) if z3.is_algebraic_value(value) else value
    found = value.as_fraction()
    return math.inf if found >= BIG / 2 else -math.inf if found <= -BIG / 2 else float(found)


class Symbols:
    """The operations on terms, for a patient with some lesions of which each may be there or not.

    `premises` gathers what holds of the free terms that they make.
    """

    def __init__(
        self,
        there: Sequence[Bits],
        *,
        loose: bool = False,
        label: str = "",
        like: Symbols | None = None,
    ) -> None:
        """Take for each lesion whether it is there; `loose`: lesions give anything.

        `label` keeps what is free of one patient apart from what is free of another (`like`): only
        what is made of the very same is the same for both.
        """
        self.there, self.loose, self.label = tuple(there), loose, label
        self.slots = range(len(self.there))
        self.premises: list[Term] = []
        self.calls: list[Call] = []
        self.rounded: list[tuple[Term, Term]] = []
        """Each number that was rounded, and what it became, in the order of the program."""
        self._made: dict[tuple[Any, ...], Any] = {} if like is None else like._made
        self._count = 0

    # what may be anything

    def _new(self, sort: str) -> Term:
        self._count += 1
        return {"real": z3.Real, "bool": z3.Bool, "int": z3.Int}[sort](
            f"{self.label}free_{self._count}"
        )

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Make something once for the same arguments."""
        named = tuple(
            (part.term if is_constant(part.term) else ("t", part.term.get_id()))
            if isinstance(part, Real)
            else part
            for part in key
        )
        if named not in self._made:
            self._made[named] = (key, make())  # the key keeps its terms, so that ids stay theirs
        return self._made[named][1]

    def _free(self, name: str, *ends: Any) -> Pair:
        """Give a number that may be anything: a point if it is made of points.

        Of constants it is what the program makes of them.
        """
        values = [Real.of(end) for end in ends]
        if all(map(is_constant, values)):
            operation, _, exponent = name.partition(" ")
            found = getattr(Scalars, operation)(*values, *([float(exponent)] if exponent else []))
            return Real(found[0]), Real(found[1])

        def make() -> Pair:
            low = self._new("real")
            points = all(
                same(Real.of(a), Real.of(b)) for a, b in zip(ends[::2], ends[1::2], strict=True)
            )
            high = low if points else self._new("real")
            self.premises += [low >= -BIG, high <= BIG, low <= high]
            if points:
                self.calls.append(Call(name, tuple(Real.of(a) for a in ends[::2]), low))
            return Real(low), Real(high)

        return self._once((name, *ends), make)

    # shapes

    @staticmethod
    def spread(value: Any) -> Any:
        """Give a patient's value to every lesion."""
        return value

    @staticmethod
    def narrowed(masks: list[Any], widths: Sequence[int]) -> list[Any]:
        """Give masks as they are."""
        return masks

    narrowed_of_lesions = narrowed

    @staticmethod
    def columns(rows: list[Any], count: int) -> Any:
        """Turn what each lesion gives into columns with one element a lesion."""
        return tuple(zip(*rows, strict=True)) if rows else ((),) * count

    @staticmethod
    def constants(width: int, *masks: int) -> tuple[Bits, ...]:
        """Give constant masks."""
        return tuple(Bits.of(mask) for mask in masks)

    # conditions

    @staticmethod
    def truth(may: Any, sure: Any) -> Bits:
        """Whether something may hold, and whether it surely does."""
        s, m = Bits.of(sure).truth, Bits.of(may).truth
        return code(s, some([s, m]))

    @staticmethod
    def negated(x: Any) -> Bits:
        """Whether something fails."""
        x = Bits.of(x)
        return code(inverse(x.at(1)), inverse(x.at(0)))

    @staticmethod
    def heard(state: Any) -> Bits:
        """Whether a fact comes from an event, by its recorded state."""
        state = Bits.of(state)
        return code(state.at(1), some([state.at(0), state.at(1)]))

    @staticmethod
    def among(mask: Any, inside: int, outside: int) -> Bits:
        """Whether a level is one of those inside; outside are all others."""
        mask = Bits.of(mask)
        may = (mask & inside).truth
        return code(may if mask.single else inverse((mask & outside).truth), may)

    @staticmethod
    def below(a: Any, b: Any, c: Any, d: Any) -> Bits:
        """Whether [a, b] is below [c, d]."""
        return code((Real(Real.of(b)) < c).truth, (Real(Real.of(a)) < d).truth)

    @staticmethod
    def up_to(a: Any, b: Any, c: Any, d: Any) -> Bits:
        """Whether [a, b] is at most [c, d]."""
        return code((Real(Real.of(b)) <= c).truth, (Real(Real.of(a)) <= d).truth)

    @staticmethod
    def equal(a: Any, b: Any, c: Any, d: Any) -> Bits:
        """Whether [a, b] equals [c, d]."""
        a, b, c, d = (Real(Real.of(x)) for x in (a, b, c, d))
        if same(a.term, b.term) and same(c.term, d.term):
            return code((a == c).truth, (a == c).truth)
        return code(every([(a == d).truth, (b == c).truth]), ((a <= d) & (c <= b)).truth)

    @staticmethod
    def unequal(a: Any, b: Any, c: Any, d: Any) -> Bits:
        """Whether [a, b] differs from [c, d]."""
        return Symbols.negated(Symbols.equal(a, b, c, d))

    @staticmethod
    def branch(c: Any, a: Any, b: Any) -> Bits:
        """Whether a holds where the condition does, and b where it fails."""
        c, a, b = Bits.of(c), Bits.of(a), Bits.of(b)
        if same(c.at(0), c.at(1)):
            return code(choice(c.at(0), a.at(0), b.at(0)), choice(c.at(0), a.at(1), b.at(1)))
        alike = (a == b).truth

        def end(k: int, otherwise: bool) -> Term:
            none = choice(inverse(c.at(1)), b.at(k), otherwise)
            return choice(some([c.at(0), alike]), a.at(k), none)

        return code(end(0, False), end(1, True))

    @staticmethod
    def either(c: Any, a: Any, b: Any) -> Bits:
        """Mask a where the condition holds, mask b where it fails, both where it is open."""
        c, a, b = Bits.of(c), Bits.of(a), Bits.of(b)
        width = max(len(a.bits), len(b.bits))
        bits = [
            some([every([c.at(1), a.at(k)]), every([inverse(c.at(0)), b.at(k)])])
            for k in range(width)
        ]
        return Bits(bits, single=same(c.at(0), c.at(1)) and a.single and b.single)

    # numbers

    def mul(self, a: Any, b: Any, c: Any, d: Any) -> Pair:
        """Multiply: exactly by constants from 0 upwards, else free."""
        if is_constant(Real.of(a)) and is_constant(Real.of(b)):
            a, b, c, d = c, d, a, b
        by_constants = is_constant(Real.of(c)) and is_constant(Real.of(d))
        if is_constant(Real.of(a)) or not by_constants or Real.of(c) < 0:
            return self._free("mul", a, b, c, d)
        low, high = Real(Real.of(a)), Real(Real.of(b))
        return self.least(low * c, low * d), self.most(high * c, high * d)

    def div(self, a: Any, b: Any, c: Any, d: Any) -> Pair:
        """Divide: free."""
        return self._free("div", a, b, c, d)

    def exp(self, a: Any, b: Any) -> Pair:
        """Exponential: free."""
        return self._free("exp", a, b)

    def log(self, a: Any, b: Any) -> Pair:
        """Natural logarithm: free."""
        return self._free("log", a, b)

    def power(self, a: Any, b: Any, e: float) -> Pair:
        """A power: free."""
        return self._free(f"power {e!r}", a, b)

    @staticmethod
    def abs(a: Any, b: Any) -> Pair:
        """Absolute value."""
        low, high = Real(Real.of(a)), Real(Real.of(b))
        up, down = (low >= 0.0).truth, (high <= 0.0).truth
        largest = Symbols.most(-low, high)
        return (
            Real(choose(up, low.term, choose(down, (-high).term, 0.0))),
            Real(choose(up, high.term, choose(down, (-low).term, largest.term))),
        )

    @staticmethod
    def least(*values: Any) -> Real:
        """The smallest."""
        found = Real(Real.of(values[0]))
        for value in values[1:]:
            found = Real(choose((found < value).truth, found.term, Real.of(value)))
        return found

    @staticmethod
    def most(*values: Any) -> Real:
        """The largest."""
        found = Real(Real.of(values[0]))
        for value in values[1:]:
            found = Real(choose((found > value).truth, found.term, Real.of(value)))
        return found

    def round(self, value: Any, scale: float) -> Real:
        """Half up to the decimals of `scale`."""
        term = Real.of(value)
        if is_constant(term):
            scaled = term * scale + 0.5
            return Real(math.floor(scaled) / scale if math.isfinite(scaled) else term)
        found = z3.ToReal(z3.ToInt(term * exact(scale) + exact(0.5))) / exact(scale)
        self.rounded.append((term, found))
        return Real(found)

    @staticmethod
    def choose(c: Any, a: Any, b: Any, x: Any, y: Any) -> Pair:
        """[a, b] where the condition holds, [x, y] where it fails, both where it is open."""
        c = Bits.of(c)
        lower, upper = Symbols.least(a, x), Symbols.most(b, y)
        if same(c.at(0), c.at(1)):
            return (
                Real(choose(c.at(0), Real.of(a), Real.of(x))),
                Real(choose(c.at(0), Real.of(b), Real.of(y))),
            )
        sure, never = c.at(0), inverse(c.at(1))
        return (
            Real(choose(sure, Real.of(a), choose(never, Real.of(x), lower.term))),
            Real(choose(sure, Real.of(b), choose(never, Real.of(y), upper.term))),
        )

    @staticmethod
    def lowest(total: Any) -> Real:
        """The lowest bit of a mask of totals, as a number."""
        bits = Bits.of(total).bits
        found: Term = -1.0
        for k in reversed(range(len(bits))):
            found = choose(bits[k], float(k), found)
        return Real(found)

    @staticmethod
    def highest(total: Any) -> Real:
        """The highest bit of a mask of totals, as a number."""
        found: Term = -1.0
        for k, bit in enumerate(Bits.of(total).bits):
            found = choose(bit, float(k), found)
        return Real(found)

    @staticmethod
    def settled(mask: Any) -> Bits:
        """Whether at most one level is left."""
        pairs = combinations(Bits.of(mask).bits, 2)
        return Bits([inverse(some(every(pair) for pair in pairs))])

    def between(self, function: str, a: Any, b: Any, c: Any, d: Any) -> Pair:
        """Completed units from a moment in [a, b] to one in [c, d]."""
        values = [Real.of(x) for x in (a, b, c, d)]
        if all(map(is_constant, values)):
            least, most = Scalars.between(function, *values)
            return Real(least), Real(most)
        a, b, c, d = map(Real, values)
        # an end without bound has no completed units
        low = self._units(function, b, c)
        low_open = ((b >= BIG) | (c <= -BIG)).truth
        low = Real(choose(low_open, float(-BIG), low.term))
        if same(a.term, b.term) and same(c.term, d.term):
            return low, Real(choose(low_open, float(BIG), low.term))
        high_open = ((a <= -BIG) | (d >= BIG)).truth
        return low, Real(choose(high_open, float(BIG), self._units(function, a, d).term))

    def _units(self, function: str, start: Real, end: Real) -> Real:
        span = numeral((end - start).term)
        if function in SECONDS:
            return Real(z3.ToReal(z3.ToInt(span / SECONDS[function])))

        def make() -> Real:
            whole, mean = self._new("int"), MEAN[function]
            self.premises += [whole * mean - SLACK <= span, span <= (whole + 1) * mean + SLACK]
            found = Real(z3.ToReal(whole))
            self.calls.append(Call(function, (start.term, end.term), found.term))
            return found

        return self._once((function, start, end), make)

    # over lesions

    def _members(self, only: Sequence[Any] | None) -> Sequence[Bits]:
        if only is None:
            return self.there
        return [Bits.of(a) & b for a, b in zip(only, self.there, strict=True)]

    def _any_truth(self, operation: str, codes: Sequence[Any], only: Sequence[Any] | None) -> Bits:
        """Give a truth that may be anything: settled, if all that it is made of is.

        Of the same condition it is the same: at least one lesion stands for all of them.
        """
        parts = [Bits.of(part) for part in (*codes, *(only or ()))]
        settled = all(same(part.at(0), part.at(1)) for part in parts)

        def make() -> Bits:
            may = self._new("bool")
            sure = may if settled else self._new("bool")
            if not settled:
                self.premises.append(z3.Implies(sure, may))
            return code(sure, may)

        if not parts:
            return make()
        bits = [bit for part in parts for bit in (part.at(0), part.at(1))]
        named = [bit if isinstance(bit, bool) else bit.get_id() for bit in bits]
        key = (operation, len(codes), *zip(map(type, bits), named, strict=True))
        if key not in self._made:
            self._made[key] = (bits, make())  # the bits are kept, so that ids stay theirs
        return self._made[key][1]

    def any(self, codes: Sequence[Any], only: Sequence[Any] | None) -> Bits:
        """Whether a condition holds for any lesion."""
        if self.loose:
            return self._any_truth("any", codes, only)
        found = [m & x for m, x in zip(self._members(only), codes, strict=True)]
        return code(some(x.at(0) for x in found), some(x.at(1) for x in found))

    def all(self, codes: Sequence[Any], only: Sequence[Any] | None) -> Bits:
        """Whether there is a lesion and the condition holds for every one."""
        if self.loose:
            return self._any_truth("all", codes, only)
        members = self._members(only)
        some_ = [m & x for m, x in zip(members, codes, strict=True)]
        every_ = [self.negated(m) | x for m, x in zip(members, codes, strict=True)]
        return code(
            every([some(x.at(0) for x in some_), *(Bits.of(x).at(0) for x in every_)]),
            every([some(x.at(1) for x in some_), *(Bits.of(x).at(1) for x in every_)]),
        )

    def count(self, codes: Sequence[Any], only: Sequence[Any] | None) -> Pair:
        """For how many lesions it holds."""
        found = [m & x for m, x in zip(self._members(only), codes, strict=True)]
        if self.loose:
            points = all(same(x.at(0), x.at(1)) for x in found)
            low = self._new("int")
            high = low if points else self._new("int")
            self.premises += [low >= 0, low <= high, high <= 1000]
            return Real(z3.ToReal(low)), Real(z3.ToReal(high))
        return (
            Bits.number(Bits([])) + sum((Bits([x.at(0)]).number() for x in found), Real(0.0)),
            Bits.number(Bits([])) + sum((Bits([x.at(1)]).number() for x in found), Real(0.0)),
        )

    def max(self, low: Sequence[Any], high: Sequence[Any], only: Sequence[Any] | None) -> Pair:
        """The largest over lesions: free."""
        return self._unbounded()

    def min(self, low: Sequence[Any], high: Sequence[Any], only: Sequence[Any] | None) -> Pair:
        """The smallest over lesions: free."""
        return self._unbounded()

    def sum(self, low: Sequence[Any], high: Sequence[Any], only: Sequence[Any] | None) -> Pair:
        """The sum over lesions: free."""
        return self._unbounded()

    def _unbounded(self) -> Pair:
        low, high = self._new("real"), self._new("real")
        self.premises += [low >= -BIG, low <= high, high <= BIG]
        return Real(low), Real(high)


def is_free(node: expression.Node) -> bool:
    """Say whether the solver takes what a node gives for a free number."""
    match node:
        case expression.Power() | expression.Between():
            return not isinstance(node, expression.Between) or node.function in MEAN
        case expression.Call():
            return node.function in ("exp", "log")
        case expression.Arithmetic():
            by_number = isinstance(node.b, expression.Number)
            product = node.op == "*" and not by_number and not isinstance(node.a, expression.Number)
            return product or (node.op == "/" and not by_number)
        case expression.OverLesions():
            return node.function in ("max_lesion", "min_lesion", "sum_lesions")
        case _:
            return False
