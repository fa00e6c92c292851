"""The one door to the solver (Z3): the extra `prove`.

It has no types that a checker could follow: its terms are `Any` here and in `symbols.py`.
A term is a Z3 expression or a Python constant; what is constant is worked out here and now, so that
only what is open reaches the solver.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from bonemets.errors import UsageError

if importlib.util.find_spec("z3") is None:
    raise UsageError("a proof needs the extra `prove`: pip install 'bonemets[prove]'.")

z3: Any = importlib.import_module("z3")

Term = Any
CONTEXT: Final = z3.main_ctx()
"""Where the solver keeps its terms: one that is written twice is one object there, so that two
terms are written alike where their `ast` is the same."""
BIG: Final = 10**18
"""Stands for infinity: no number of medicine comes near, and sums and multiples of it stay far."""


def exact(value: float) -> Term:
    """Give a number as it is written, not as its nearest double: 2.99 is 299/100."""
    if abs(value) >= BIG:
        return z3.RealVal(BIG if value > 0 else -BIG)
    return z3.RealVal(str(Fraction(repr(float(value)))))


def is_constant(term: Term) -> bool:
    """Say whether a term is a Python constant."""
    return isinstance(term, bool | int | float)


def lifted(term: Term) -> Term:
    """Give a truth as the solver takes it."""
    return z3.BoolVal(term) if isinstance(term, bool) else term


def inverse(a: Term) -> Term:
    """Negate a truth."""
    if isinstance(a, bool):
        return not a
    return a.arg(0) if z3.is_not(a) else _truth(z3.Z3_mk_not(CONTEXT.ref(), a.ast))


def every(parts: Iterable[Term]) -> Term:
    """Join truths: all of them."""
    return _joined(parts, z3.Z3_mk_and, neutral=True)


def some(parts: Iterable[Term]) -> Term:
    """Join truths: any of them."""
    return _joined(parts, z3.Z3_mk_or, neutral=False)


def _joined(parts: Iterable[Term], join: Any, *, neutral: bool) -> Term:
    kept: dict[int, Term] = {}
    for part in parts:
        if isinstance(part, bool):
            if part is not neutral:
                return part
        else:
            kept[part.ast.value] = part
    if not kept:
        return neutral
    found = list(kept.values())
    if len(found) == 1:
        return found[0]
    # As `z3.And` and `z3.Or` do, without asking first what each part is: the solver does that.
    handles = (z3.Ast * len(found))(*[part.ast for part in found])
    return _truth(join(CONTEXT.ref(), len(found), handles))


def _truth(made: Any) -> Term:
    return z3.BoolRef(made, CONTEXT)


def same(a: Term, b: Term) -> bool:
    """Say whether two terms are written alike."""
    if is_constant(a) or is_constant(b):
        return is_constant(a) and is_constant(b) and a == b
    return a.ast.value == b.ast.value


def choice(c: Term, a: Term, b: Term) -> Term:
    """Give one truth where a condition holds, and another where it fails."""
    if isinstance(c, bool):
        return a if c else b
    if same(a, b):
        return a
    if isinstance(a, bool):
        return some([c, b]) if a else every([inverse(c), b])
    if isinstance(b, bool):
        return some([inverse(c), a]) if b else every([c, a])
    return _truth(z3.Z3_mk_ite(CONTEXT.ref(), c.ast, a.ast, b.ast))
