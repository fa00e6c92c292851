"""The set of values that a tree may have for one patient, by functions made once for each node.

This is a second evaluator beside the compiled program, for explaining: it gives the set of any
part of any tree, and is tested against the program on every condition. What the program returned
of conditions (`program.Inner`) is taken from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from bonemets.expression import (
    And,
    Arithmetic,
    AtLeast,
    Between,
    Call,
    Compare,
    CountAlerts,
    IfElse,
    IndexDate,
    Known,
    LevelName,
    Name,
    Negative,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    OverLesions,
    Power,
    scale,
)
from bonemets.values import INF, TRUTHS, Scalars

Truth = tuple[bool, bool]
"""Whether it may be true, and whether it may be false."""

YES: Final[Truth] = (True, False)
NO: Final[Truth] = (False, True)
OPEN: Final[Truth] = (True, True)


class Sets(Protocol):
    """What a patient's sets are worked out from."""

    index: float
    values: dict[tuple[str, int | None], Any]
    operations: Scalars
    alerts: dict[str, list[Truth]]
    truths: dict[int | tuple[int, int | None], Truth]
    """Sets of conditions that are made of others, as found already."""

    def is_open(self, name: str, lesion: int | None) -> bool:
        """Say whether more than one value of a variable is left."""
        ...


Meaning = Callable[[Sets, int | None], Any]
"""Gives a node's set for one patient, at one of the lesions (None: the patient's own)."""


class Meanings:
    """The functions of the nodes of a pack, each made when it is first asked for."""

    def __init__(self) -> None:
        """Start with none."""
        self._kept: dict[int, Meaning] = {}
        self._nodes: list[Node] = []
        """They live as long as this, so that an id is that of one node."""

    def of(self, node: Node) -> Meaning:
        """Give the function of a node."""
        kept = self._kept.get(id(node))
        if kept is None:
            kept = self._make(node)
            if isinstance(node, And | Or | OverLesions) and node.type.kind == "boolean":
                kept = _once(len(self._nodes), node.entity == "lesion", kept)
            self._kept[id(node)] = kept
            self._nodes.append(node)
        return kept

    def _make(self, node: Node) -> Meaning:
        of = self.of
        match node:
            case Name():
                return _name(node)
            case OneOf():
                return _one_of(of(node.a), node)
            case Compare():
                return _compare(node.op, of(node.a), of(node.b))
            case Not():
                return _not(of(node.a))
            case And():
                return _and([of(n) for n in node.items])
            case Or():
                return _or([of(n) for n in node.items])
            case AtLeast():
                return _at_least(node.n, [of(n) for n in node.items])
            case Number():
                return _constant((node.value, node.value))
            case LevelName():
                return _constant(1 << node.type.domain.index(node.name))
            case IndexDate():
                return lambda p, j: (p.index, p.index)
            case Known():
                return _known(node)
            case CountAlerts():
                return _count_alerts(node.urgency)
            case OverLesions():
                only = of(node.only) if node.only is not None else None
                return _over_lesions(node, of(node.a), only)
            case IfElse():
                return _if_else(node.type.kind, of(node.c), of(node.a), of(node.b))
            case Call():
                return _call(node, [of(n) for n in node.items])
            case Between():
                return _between(node.function, of(node.a), of(node.b))
            case _:
                return self._number(node)

    def _number(self, node: Node) -> Meaning:
        match node:
            case Negative():
                return _negative(self.of(node.a))
            case Arithmetic():
                return _arithmetic(node, self.of(node.a), self.of(node.b))
            case Power():
                return _power(self.of(node.a), node.exponent)
            case _:
                raise TypeError(f"no meaning for {type(node).__name__}")


def _once(number: int, of_lesion: bool, meaning: Meaning) -> Meaning:
    """Work out a condition's set once for each patient, at each lesion."""

    def found(p: Sets, j: int | None) -> Truth:
        key = (number, j) if of_lesion else number
        own = p.truths.get(key)
        if own is None:
            own = p.truths[key] = meaning(p, j)
        return own

    return found


def code_of(truth: Truth) -> int:
    """Give a boolean set as the code that a program computes with.

    Raises:
        ValueError: neither true nor false is left: a fault of ours.
    """
    if not any(truth):
        raise ValueError("a condition may be neither true nor false")
    return Scalars.truth(truth[0], not truth[1])


def _name(node: Name) -> Meaning:
    name = node.name
    if node.entity == "lesion":
        return lambda p, j: p.values[name, j]
    key = name, None
    return lambda p, j: p.values[key]


def _constant(value: Any) -> Meaning:
    return lambda p, j: value


# conditions


def _one_of(a: Meaning, node: OneOf) -> Meaning:
    domain = node.a.type.domain
    inside = sum(1 << domain.index(level) for level in node.levels)
    outside = ~inside

    def found(p: Sets, j: int | None) -> Truth:
        mask = a(p, j)
        return (mask & inside) != 0, (mask & outside) != 0

    return found


def _compare(op: str, a: Meaning, b: Meaning) -> Meaning:
    if op in (">", ">="):
        op, a, b = {">": "<", ">=": "<="}[op], b, a

    def below(p: Sets, j: int | None) -> Truth:
        x, y = a(p, j), b(p, j)
        return x[0] < y[1], x[1] >= y[0]

    def at_most(p: Sets, j: int | None) -> Truth:
        x, y = a(p, j), b(p, j)
        return x[0] <= y[1], x[1] > y[0]

    def equal(p: Sets, j: int | None) -> Truth:
        x, y = a(p, j), b(p, j)
        return x[0] <= y[1] and y[0] <= x[1], x[0] != y[1] or x[1] != y[0]

    return {"<": below, "<=": at_most, "==": equal, "!=": _not(equal)}[op]


def _not(a: Meaning) -> Meaning:
    def found(p: Sets, j: int | None) -> Truth:
        may, fails = a(p, j)
        return fails, may

    return found


def _and(parts: list[Meaning]) -> Meaning:
    def found(p: Sets, j: int | None) -> Truth:
        own = YES
        for part in parts:
            may, fails = part(p, j)
            if not may:
                return NO
            if fails:
                own = OPEN
        return own

    return found


def _or(parts: list[Meaning]) -> Meaning:
    def found(p: Sets, j: int | None) -> Truth:
        own = NO
        for part in parts:
            may, fails = part(p, j)
            if not fails:
                return YES
            if may:
                own = OPEN
        return own

    return found


def _at_least(n: int, parts: list[Meaning]) -> Meaning:
    def found(p: Sets, j: int | None) -> Truth:
        own = [part(p, j) for part in parts]
        may, fails = sum([t for t, _ in own]), sum([f for _, f in own])
        return may >= n, fails > len(own) - n

    return found


def _known(node: Known) -> Meaning:
    name, own = node.name, node.entity == "lesion"

    def settled(p: Sets, j: int | None) -> Truth:
        return NO if p.is_open(name, j) else YES

    def dated(p: Sets, j: int | None) -> Truth:
        low, high = p.values[name, j if own else None]
        return YES if low > -INF and high < INF else NO

    return dated if node.dated else settled


# numbers, dates, levels, and what may be of any kind


def _count_alerts(urgency: str) -> Meaning:
    def found(p: Sets, j: int | None) -> tuple[float, float]:
        parts = p.alerts.get(urgency, [])
        return float(sum(not f for _, f in parts)), float(sum(t for t, _ in parts))

    return found


def _negative(a: Meaning) -> Meaning:
    def found(p: Sets, j: int | None) -> tuple[float, float]:
        low, high = a(p, j)
        return -high, -low

    return found


def _arithmetic(node: Arithmetic, a: Meaning, b: Meaning) -> Meaning:
    def add(p: Sets, j: int | None) -> tuple[float, float]:
        x, y = a(p, j), b(p, j)
        return x[0] + y[0], x[1] + y[1]

    def subtract(p: Sets, j: int | None) -> tuple[float, float]:
        x, y = a(p, j), b(p, j)
        return x[0] - y[1], x[1] - y[0]

    def multiply(p: Sets, j: int | None) -> Any:
        return p.operations.mul(*a(p, j), *b(p, j))

    def divide(p: Sets, j: int | None) -> Any:
        return p.operations.div(*a(p, j), *b(p, j))

    by = scale(node)
    if by is not None:
        return _scaled(b if isinstance(node.a, Number) else a, node.op, by)
    return {"+": add, "-": subtract, "*": multiply, "/": divide}[node.op]


def _scaled(a: Meaning, op: str, by: float) -> Meaning:
    """Multiply or divide by a constant."""

    def found(p: Sets, j: int | None) -> tuple[float, float]:
        low, high = a(p, j)
        low, high = (low * by, high * by) if op == "*" else (low / by, high / by)
        return (low, high) if by > 0 else (high, low)

    return found


def _power(a: Meaning, exponent: float) -> Meaning:
    def found(p: Sets, j: int | None) -> Any:
        low, high = a(p, j)
        return p.operations.power(low, high, exponent)

    return found


def _if_else(kind: str, c: Meaning, a: Meaning, b: Meaning) -> Meaning:
    """Give the set of `a if c else b`: both branches where the condition is open."""

    def found(p: Sets, j: int | None) -> Any:
        t, f = c(p, j)
        x, y = a(p, j), b(p, j)
        if kind == "boolean":
            return (t and x[0]) or (f and y[0]), (t and x[1]) or (f and y[1])
        if kind == "level":
            return (x if t else 0) | (y if f else 0)
        return p.operations.choose(code_of((t, f)), *x, *y)

    return found


def _call(node: Call, parts: list[Meaning]) -> Meaning:
    """Give the set of a function of the sets of its arguments."""
    function, kind = node.function, node.type.kind

    def either(p: Sets, j: int | None) -> Any:
        a, b = parts[0](p, j), parts[1](p, j)
        if kind == "boolean":
            return a[0] or b[0], a[1] or b[1]
        if kind == "level":
            return a | b
        return min(a[0], b[0]), max(a[1], b[1])

    def extreme(p: Sets, j: int | None) -> tuple[float, float]:
        pick = min if function == "min" else max
        found = [part(p, j) for part in parts]
        return pick(x[0] for x in found), pick(x[1] for x in found)

    def other(p: Sets, j: int | None) -> Any:
        return getattr(p.operations, function)(*parts[0](p, j))

    return either if function == "either" else extreme if function in ("min", "max") else other


def _over_lesions(node: OverLesions, a: Meaning, only: Meaning | None) -> Meaning:
    """Give the set of an aggregate over the patient's lesions, with its filter."""
    function = node.function.removesuffix("_lesion").removesuffix("_lesions")
    of_boolean, boolean = node.a.type.kind == "boolean", node.type.kind == "boolean"

    def found(p: Sets, j: int | None) -> Any:
        lesions = range(p.operations.n)
        columns = [a(p, x) for x in lesions]
        inside = [code_of(only(p, x)) for x in lesions] if only is not None else None
        operation: Callable[..., Any] = getattr(p.operations, function)
        if not of_boolean:
            return operation([low for low, _ in columns], [high for _, high in columns], inside)
        counted = operation([code_of(column) for column in columns], inside)
        return TRUTHS[int(counted)] if boolean else counted

    return found


def _between(function: str, a: Meaning, b: Meaning) -> Meaning:
    def found(p: Sets, j: int | None) -> Any:
        return p.operations.between(function, *a(p, j), *b(p, j))

    return found
