"""Text of a condition or formula -> a checked, typed tree with places.

The grammar is closed (design.md, "The grammar, closed").

The text is parsed by the standard library's `ast` and never executed as Python: every node class,
operator and function is on the allow-list below, all else is a fault with its place.
Equal subtrees are equal values (places do not count), so a program can share them.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final, Literal, cast

from msgspec import Struct

MAX_LENGTH: Final = 2000
MAX_LEVELS: Final = 63
SETTLED: Final = (
    "this is settled by which position is followed, for every patient alike. "
    "Join it with a condition that asks for something of the patient."
)
TOO_DEEP: Final = "this is nested too deeply. Move a part into a derived variable of its own."
NAME: Final = re.compile(r"[a-z][a-z0-9_]*\Z")
URGENCIES: Final = ("now", "today", "within_24_hours", "this_week", "next_visit")
BETWEEN: Final = {
    "days_between": "d",
    "hours_between": "h",
    "months_between": "mo",
    "years_between": "a",
}

Kind = Literal["boolean", "number", "date", "level"]
Entity = Literal["patient", "lesion"]
Comparison = Literal["<", "<=", ">", ">=", "==", "!="]
Calculation = Literal["+", "-", "*", "/"]
Unit = frozenset[tuple[str, int]] | None
"""A product of units with exponents; None for a constant, which takes the unit that it meets."""

ONE: Final[Unit] = frozenset()


def unit_of(text: str | None) -> Unit:
    """Give the unit of a variable: `1` or nothing is a pure number."""
    return ONE if text in (None, "1") else frozenset({(text, 1)})


def unit_text(unit: Unit) -> str:
    """Show a unit."""
    if not unit:
        return "1"
    return ".".join(f"{name}" if power == 1 else f"{name}^{power}" for name, power in sorted(unit))


class Symbol(Struct, frozen=True, gc=False):
    """What an expression may know of a variable.

    `where` is the place of its definition, for messages.
    """

    name: str
    entity: Entity
    kind: Kind
    unit: str | None = None
    levels: tuple[str, ...] = ()
    ordered: bool = False
    integer: bool = False
    where: str = ""
    settled: str | None = None
    """The level that holds for every patient: of a disagreement, the position that is followed."""


class Type(Struct, frozen=True, gc=False, cache_hash=True):
    """The type of a subtree; a level's `domain` is its ordered level names."""

    kind: Kind
    unit: Unit = None
    domain: tuple[str, ...] = ()
    integer: bool = False


BOOLEAN: Final = Type("boolean")
DATE: Final = Type("date")


class Node(Struct, frozen=True, kw_only=True, gc=False):
    """A checked subtree.

    It has its type, its entity, and where it stands in the text (start and end offsets).
    Two are equal that mean the same, wherever they stand and however they are written.
    """

    type: Type
    entity: Entity = "patient"
    at: tuple[int, int] = (0, 0)

    def __eq__(self, other: object) -> bool:
        """Compare kind and meaning."""
        return type(self) is type(other) and _meaning(self) == _meaning(cast("Node", other))

    def __hash__(self) -> int:
        """Hash what is compared."""
        return hash(_meaning(self))


class Name(Node, frozen=True, kw_only=True):
    """A variable."""

    name: str


class Number(Node, frozen=True, kw_only=True):
    """A constant."""

    value: float


class LevelName(Node, frozen=True, kw_only=True):
    """A level by name, in a formula that gives levels."""

    name: str


class IndexDate(Node, frozen=True, kw_only=True):
    """The index moment."""


class Settled(Node, frozen=True, kw_only=True):
    """A comparison of the position that is followed where sources disagree.

    It is the same for every patient, and is folded away while the expression is read: no tree
    that leaves `parse` holds one.
    """

    value: bool


class Not(Node, frozen=True, kw_only=True):
    """Negation."""

    a: Node


class And(Node, frozen=True, kw_only=True):
    """All of these."""

    items: tuple[Node, ...]


class Or(Node, frozen=True, kw_only=True):
    """Any of these."""

    items: tuple[Node, ...]


class Compare(Node, frozen=True, kw_only=True):
    """One comparison of numbers or dates."""

    op: Comparison
    a: Node
    b: Node


class OneOf(Node, frozen=True, kw_only=True):
    """A level variable is one of these levels."""

    a: Node
    levels: tuple[str, ...]
    written: str = "in"


class Arithmetic(Node, frozen=True, kw_only=True):
    """A sum, difference, product or quotient."""

    op: Calculation
    a: Node
    b: Node


class Negative(Node, frozen=True, kw_only=True):
    """Unary minus."""

    a: Node


class Power(Node, frozen=True, kw_only=True):
    """A power with a constant exponent."""

    a: Node
    exponent: float


class IfElse(Node, frozen=True, kw_only=True):
    """`a if c else b`."""

    c: Node
    a: Node
    b: Node


class Call(Node, frozen=True, kw_only=True):
    """`abs`, `exp`, `log` of one number; `min`, `max` of several; `either` of two."""

    function: str
    items: tuple[Node, ...]


class Between(Node, frozen=True, kw_only=True):
    """Completed units from `a` to `b`."""

    function: str
    a: Node
    b: Node


class OverLesions(Node, frozen=True, kw_only=True):
    """An operation over lesions, with a filter.

    `any_lesion`, `all_lesions`, `count_lesions` of a condition; `max_lesion`, `min_lesion`,
    `sum_lesions` of a number.
    """

    function: str
    a: Node
    only: Node | None = None


class AtLeast(Node, frozen=True, kw_only=True):
    """At least `n` of these conditions."""

    n: int
    items: tuple[Node, ...]


class CountAlerts(Node, frozen=True, kw_only=True):
    """How many alerts of this urgency are yes."""

    urgency: str


class Known(Node, frozen=True, kw_only=True):
    """Whether a variable is settled; only in the `when` of an investigation or a step.

    Of a date (`dated`): whether it lies between two known times, for a day is a span of time.
    """

    name: str
    dated: bool = False


class Problem(Struct, frozen=True):
    """One thing wrong in an expression; `line` and `column` count from 1 inside the text."""

    line: int
    column: int
    code: str
    message: str
    name: str = ""
    """The name that is not known, where that is what is wrong."""


class BadExpression(Exception):
    """An expression with everything that is wrong in it."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems in the order of place."""
        self.problems = sorted(set(problems), key=lambda p: (p.line, p.column, p.code))
        super().__init__("; ".join(p.message for p in self.problems))


def children(node: Node) -> Iterator[Node]:
    """Give the direct subtrees of a node, left to right."""
    for name in _parts(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from value  # pyright: ignore[reportUnknownVariableType] (a tuple of nodes)


@cache
def _parts(kind: type[Node]) -> tuple[str, ...]:
    """Give the fields of a kind of node that hold subtrees."""
    return tuple(n for n in kind.__struct_fields__ if n in SUBTREES)


SUBTREES: Final = frozenset({"a", "b", "c", "items", "only"})
"""Fields of nodes that hold subtrees."""
WRITING: Final = frozenset({"at", "written"})
"""Fields of nodes that say how something is written, not what it means."""
_MEANINGS: Final[dict[type, attrgetter[tuple[Any, ...]]]] = {}


def _meaning(node: Node) -> tuple[Any, ...]:
    """Give the values that a node is compared by."""
    kind = type(node)
    values = _MEANINGS.get(kind)
    if values is None:
        values = _MEANINGS[kind] = attrgetter(*_told(kind))
    return values(node)


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Node) -> tuple[str, ...]:
    """Give the variables that an expression names, in order, each once."""
    return tuple(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Name | Known)))


Row = tuple[Any, ...]
"""A node as plain values: the number of its kind, then its fields, subtrees by their numbers."""


class Rows:
    """Trees put down as plain values, for keeping: equal subtrees once, after those below them.

    How they were written is not kept.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.types: dict[Type, int] = {}
        self.rows: dict[Row, int] = {}
        self.nodes: list[Node] = []
        """A tree of each number."""

    def add(self, node: Node) -> int:
        """Put a tree down, and give its number."""
        kind = type(node)
        row: list[Any] = [_kinds().index(kind)]
        for name in _told(kind):
            value = getattr(node, name)
            if name == "type":
                value = self.types.setdefault(value, len(self.types))
            elif isinstance(value, Node):
                value = self.add(value)
            elif name == "items":
                value = tuple(map(self.add, value))
            row.append(value)
        number = self.rows.setdefault(tuple(row), len(self.rows))
        if number == len(self.nodes):
            self.nodes.append(node)
        return number


class Grown:
    """The trees of rows: each node is made when it is first asked for, and once."""

    def __init__(self, rows: Sequence[Row], types: Sequence[Type]) -> None:
        """Take what `Rows` put down."""
        self.rows, self.types = rows, types
        self.nodes: list[Node | None] = [None] * len(rows)
        self.numbers: dict[int, int] = {}
        """The numbers of the trees that were made, by their ids; they live as long as this."""

    def node(self, number: int) -> Node:
        """Give the tree of a number."""
        found = self.nodes[number]
        if found is None:
            row = self.rows[number]
            which: int = row[0]
            kind = _kinds()[which]
            parts: dict[str, Any] = dict(zip(_told(kind), row[1:], strict=True))
            parts["type"] = self.types[parts["type"]]
            for name in _parts(kind):
                value = parts[name]
                if name == "items":
                    parts[name] = tuple(map(self.node, value))
                elif value is not None:
                    parts[name] = self.node(value)
            found = self.nodes[number] = kind(**parts)
            self.numbers[id(found)] = number
        return found


@cache
def _told(kind: type[Node]) -> tuple[str, ...]:
    """Give the fields of a kind of node that say what it means."""
    return tuple(n for n in kind.__struct_fields__ if n not in WRITING)


@cache
def _kinds() -> tuple[type[Node], ...]:
    """Give the kinds of node in the order in which they are defined."""
    return tuple(Node.__subclasses__())


def parse(
    text: str,
    symbols: Mapping[str, Symbol],
    *,
    want: Kind,
    entity: Entity = "patient",
    domain: tuple[str, ...] = (),
    unit: str | None = None,
    allow: frozenset[str] = frozenset(),
) -> Node:
    """Parse and check one expression.

    Args:
        text: the expression; line breaks are white space.
        symbols: the variables of the pack by name.
        want: the type that must come out; for a level, `domain` holds its level names; for a
            number, `unit` its unit (None: any).
        entity: what the item belongs to; a lesion item may name patient variables, not the other
            way round.
        allow: which of `known` and `count_alerts` may stand here.

    Raises:
        BadExpression: with everything that is wrong.
    """
    return _Checker(text, symbols, entity, allow).top(want, domain, unit)


class _Checker:
    def __init__(
        self, text: str, symbols: Mapping[str, Symbol], entity: Entity, allow: frozenset[str]
    ) -> None:
        self.text = text
        self.symbols = symbols
        self.entity: Entity = entity
        self.allow = allow
        self.problems: list[Problem] = []
        self.starts = [0]
        for line in text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.in_lesion = entity == "lesion"

    # places ---------------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> tuple[int, int]:
        def offset(line: int, column: int) -> int:
            return self.starts[line - 1] + column - (1 if line == 1 else 0)

        if not isinstance(node, ast.expr):
            return (0, len(self.text))
        return (
            offset(node.lineno, node.col_offset),
            offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
        )

    def problem(self, node: ast.AST | None, code: str, message: str, name: str = "") -> None:
        line = getattr(node, "lineno", 1)
        column = getattr(node, "col_offset", 0) + (0 if line == 1 and node is not None else 1)
        self.problems.append(Problem(line, max(column, 1), code, message, name))

    # entry ----------------------------------------------------------------------------------------

    def top(self, want: Kind, domain: tuple[str, ...], unit: str | None) -> Node:
        text = self.text
        if not text.strip():
            raise BadExpression(
                [
                    Problem(
                        1,
                        1,
                        "empty-expression",
                        "the expression is empty. Write a condition or a formula.",
                    )
                ]
            )
        if not text.isascii():
            where = next(i for i, c in enumerate(text) if not c.isascii())
            line = text.count("\n", 0, where) + 1
            column = where - self.starts[line - 1] + 1
            raise BadExpression(
                [
                    Problem(
                        line,
                        column,
                        "not-ascii",
                        "an expression is ASCII. Write `<=`, `*` and plain quotes out.",
                    )
                ]
            )
        if len(text) > MAX_LENGTH:
            raise BadExpression(
                [
                    Problem(
                        1,
                        1,
                        "too-long",
                        f"more than {MAX_LENGTH} characters. "
                        "Move a part into a derived variable of its own.",
                    )
                ]
            )
        self.brackets()
        try:
            tree = ast.parse("(" + text + "\n)", mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", 1) or 1
            column = (getattr(error, "offset", 1) or 1) - (1 if line == 1 else 0)
            line = min(line, len(self.starts) - 1)
            raise BadExpression(
                [
                    Problem(
                        line,
                        max(column, 1),
                        "bad-expression",
                        "this is no complete expression. Check brackets and operators.",
                    )
                ]
            ) from None
        if isinstance(tree.body, ast.Tuple):
            raise BadExpression(
                [
                    Problem(
                        1,
                        1,
                        "bad-expression",
                        "a comma stands outside a call or a set. Write one expression.",
                    )
                ]
            )
        try:
            node = self.level(tree.body, domain) if want == "level" else self.node(tree.body)
        except RecursionError:
            raise BadExpression([Problem(1, 1, "bad-expression", TOO_DEEP)]) from None
        if isinstance(node, Settled):
            self.problem(tree.body, "constant-condition", SETTLED)
        elif node is not None:
            self.positions(tree.body, node)
            if node.type.kind != want and not (want == "number" and node.type.kind == "number"):
                self.problem(
                    tree.body,
                    "wrong-type",
                    f"this is {a(node.type.kind)}, and {a(want)} is wanted here.",
                )
            elif (
                want == "number"
                and unit is not None
                and node.type.unit not in (None, unit_of(unit))
            ):
                self.problem(
                    tree.body,
                    "unit-mismatch",
                    f"this is in {unit_text(node.type.unit)}, and {unit} is wanted here. "
                    "Convert it.",
                )
            elif want == "level" and node.type.domain != domain:
                self.problem(tree.body, "wrong-type", "these are levels of another variable.")
        if self.problems or node is None:
            raise BadExpression(self.problems)
        return node

    def positions(self, n: ast.AST, node: Node) -> None:
        """Refuse a position that stands where it is not compared, and so was not folded away."""
        for name in names(node):
            if self.symbols[name].settled is not None:
                message = (
                    f"`{name}` is a disagreement of sources, not a variable. "
                    "Compare it with one of its positions."
                )
                self.problem(n, "wrong-type", message)

    def brackets(self) -> None:
        """Refuse a bracket that closes what the text did not open: the outer pair is not its own.

        Raises:
            BadExpression: at that bracket.
        """
        depth = 0
        for number, line in enumerate(self.text.split("\n"), 1):
            for column, character in enumerate(line.partition("#")[0], 1):
                depth += (character == "(") - (character == ")")
                if depth < 0:
                    message = "this bracket closes nothing. Remove it."
                    raise BadExpression([Problem(number, column, "bad-expression", message)])

    def fail(self, node: ast.AST, code: str, message: str) -> None:
        self.problem(node, code, message)

    # nodes ----------------------------------------------------------------------------------------

    def node(self, n: ast.expr) -> Node | None:
        method = getattr(self, "on_" + type(n).__name__.lower(), None)
        if method is None:
            self.fail(
                n,
                "not-in-grammar",
                f"{NODE_WORDS.get(type(n).__name__, 'this')} is not part of the grammar. "
                "Write names, numbers and the listed functions.",
            )
            return None
        return method(n)

    def on_name(self, n: ast.Name) -> Node | None:
        if n.id == "index_date":
            return IndexDate(type=DATE, at=self.span(n))
        symbol = self.symbols.get(n.id)
        if symbol is None:
            self.unknown_name(n, n.id)
            return None
        if symbol.entity == "lesion" and not self.in_lesion:
            self.fail(
                n,
                "lesion-variable",
                f"`{n.id}` belongs to a lesion. Put it into `any_lesion(...)` or a like function.",
            )
            return None
        kind = Type(
            symbol.kind,
            unit_of(symbol.unit) if symbol.kind == "number" else None,
            symbol.levels if symbol.kind == "level" else (),
            symbol.integer,
        )
        return Name(type=kind, entity=symbol.entity, name=n.id, at=self.span(n))

    def unknown_name(self, n: ast.AST, name: str) -> None:
        near = difflib.get_close_matches(name, self.symbols, 1, 0.7)
        if near:
            where = self.symbols[near[0]].where
            mend = f" Did you mean `{near[0]}`{f' ({where})' if where else ''}?"
        else:
            owners = [s.name for s in self.symbols.values() if name in s.levels]
            mend = (
                f" It is a level of `{owners[0]}`: compare that."
                if owners
                else " Define it under variables/, or mend the name."
            )
        self.problem(n, "unknown-variable", f"`{name}` is not a variable.{mend}", name)

    def on_constant(self, n: ast.Constant) -> Node | None:
        if isinstance(n.value, bool) or not isinstance(n.value, int | float):
            self.fail(
                n,
                "not-in-grammar",
                "only numbers are constants here. Levels are written without quotes.",
            )
            return None
        value = float(n.value)
        if not abs(value) < 1e15:
            self.fail(n, "not-in-grammar", "this number is too large.")
            return None
        return Number(
            type=Type("number", None, (), value.is_integer()), value=value, at=self.span(n)
        )

    def on_boolop(self, n: ast.BoolOp) -> Node | None:
        items = [self.condition(v, settled=True) for v in n.values]
        if any(i is None for i in items):
            return None
        kept = tuple(i for i in items if i is not None and not isinstance(i, Settled))
        decides = isinstance(n.op, ast.Or)  # a settled yes decides an `or`, a settled no an `and`
        if any(isinstance(i, Settled) and i.value == decides for i in items):
            return Settled(type=BOOLEAN, value=decides, at=self.span(n))
        if not kept:
            return Settled(type=BOOLEAN, value=not decides, at=self.span(n))
        if len(kept) == 1:
            return kept[0]
        make = Or if decides else And
        return make(type=BOOLEAN, entity=together(kept), items=kept, at=self.span(n))

    def condition(self, n: ast.expr, *, settled: bool = False) -> Node | None:
        """Read a condition; `settled`: one that only asks for a position may stand here."""
        node = self.node(n)
        if isinstance(node, Settled) and not settled:
            self.fail(n, "constant-condition", SETTLED)
            return None
        if node is not None and node.type.kind != "boolean":
            hint = f" Compare it, for example `{node.name} == …`." if isinstance(node, Name) else ""
            self.fail(
                n,
                "wrong-type",
                f"this is {a(node.type.kind)}, and a condition is wanted here.{hint}",
            )
            return None
        return node

    def on_unaryop(self, n: ast.UnaryOp) -> Node | None:
        if isinstance(n.op, ast.Not):
            inner = self.condition(n.operand, settled=True)
            if inner is None:
                return None
            if isinstance(inner, Settled):
                return Settled(type=BOOLEAN, value=not inner.value, at=self.span(n))
            return Not(type=BOOLEAN, entity=inner.entity, a=inner, at=self.span(n))
        if isinstance(n.op, ast.USub):
            inner = self.number(n.operand)
            if inner is None:
                return None
            if isinstance(inner, Number):
                return Number(type=inner.type, value=-inner.value, at=self.span(n))
            return Negative(type=inner.type, entity=inner.entity, a=inner, at=self.span(n))
        self.fail(n, "not-in-grammar", "only `not` and unary minus stand before a value.")
        return None

    def number(self, n: ast.expr) -> Node | None:
        node = self.node(n)
        if node is not None and node.type.kind != "number":
            self.fail(n, "wrong-type", f"this is {a(node.type.kind)}, and a number is wanted here.")
            return None
        return node

    def date(self, n: ast.expr) -> Node | None:
        node = self.node(n)
        if node is not None and node.type.kind != "date":
            self.fail(n, "wrong-type", f"this is {a(node.type.kind)}, and a date is wanted here.")
            return None
        return node

    def on_compare(self, n: ast.Compare) -> Node | None:
        operands = [n.left, *n.comparators]
        ops = [OPERATORS.get(type(op)) for op in n.ops]
        if any(op is None for op in ops):
            self.fail(n, "not-in-grammar", "`is` is not part of the grammar. Write `==`.")
            return None
        if len(ops) > 1 and not (set(ops) <= {"<", "<="} or set(ops) <= {">", ">="}):
            self.fail(
                n,
                "bad-chain",
                "a chain holds only `<` and `<=`, or only `>` and `>=`. "
                "Join comparisons with `and`.",
            )
            return None
        parts = [
            self.pair(n, left, op, right)
            for left, op, right in zip(operands, ops, operands[1:], strict=False)
        ]
        if any(p is None for p in parts):
            return None
        kept = tuple(p for p in parts if p is not None)
        return (
            kept[0]
            if len(kept) == 1
            else And(type=BOOLEAN, entity=together(kept), items=kept, at=self.span(n))
        )

    def pair(self, n: ast.Compare, left: ast.expr, op: str | None, right: ast.expr) -> Node | None:
        if op in ("in", "not in"):
            return self.membership(n, left, op, right)
        as_level = self.level_pair(n, left, op or "", right)
        if as_level is not NotImplemented:
            return as_level
        x = self.node(left)
        if x is None and isinstance(right, ast.Name) and right.id not in self.symbols:
            return None  # perhaps a level of what is not known: one fault is told, not two
        y = self.node(right)
        if x is None or y is None:
            return None
        if x.type.kind != y.type.kind or x.type.kind in ("boolean", "level"):
            self.fail(
                n, "wrong-type", f"{a(x.type.kind)} cannot be compared with {a(y.type.kind)}."
            )
            return None
        if isinstance(x, Number) and isinstance(y, Number):
            self.fail(n, "constant-condition", "this compares two constants. Remove it.")
            return None
        if op in ("==", "!=") and not (
            x.type.kind == "number" and x.type.integer and y.type.integer
        ):
            self.fail(
                n,
                "equals-on-reals",
                "`==` and `!=` are for levels and whole numbers only. Use a range.",
            )
            return None
        self.same_unit(n, left, x, op or "", right, y)
        if x.type.integer and isinstance(y, Number) and not y.value.is_integer():
            self.fail(right, "not-whole", "this variable is a whole number. Compare it with one.")
        return Compare(
            type=BOOLEAN,
            entity=together((x, y)),
            op=cast("Comparison", op),
            a=x,
            b=y,
            # of a comparison alone its brackets too: a part of a chain ends with its side
            at=self.span(n) if len(n.ops) == 1 else (self.span(left)[0], self.span(right)[1]),
        )

    def level_pair(self, n: ast.Compare, left: ast.expr, op: str, right: ast.expr) -> Node | None:
        """Compare a level variable with a bare level.

        NotImplemented where neither side is a level variable.
        """
        sides = (left, right)
        owner = next((i for i in (0, 1) if self.is_level_variable(sides[i])), None)
        if owner is None:
            return NotImplemented
        variable, other = self.node(sides[owner]), sides[1 - owner]
        if variable is None:
            return None
        domain = variable.type.domain
        if not isinstance(other, ast.Name):
            self.fail(other, "wrong-type", "a level variable is compared with one of its levels.")
            return None
        if other.id not in domain:
            self.bad_level(other, other.id, variable)
            return None
        if owner == 1:
            op = MIRROR[op]
        symbol = self.symbols[variable.name] if isinstance(variable, Name) else None
        if op not in ("==", "!=") and not (symbol and symbol.ordered):
            self.fail(n, "not-ordered", "these levels have no order. Use `==`, `!=` or `in {…}`.")
            return None
        position = domain.index(other.id)
        keep = {
            "==": [other.id],
            "!=": [level for level in domain if level != other.id],
            "<": domain[:position],
            "<=": domain[: position + 1],
            ">": domain[position + 1 :],
            ">=": domain[position:],
        }[op]
        if not keep or len(keep) == len(domain):
            self.fail(
                n,
                "constant-condition",
                "this holds for every level or for none. Mend the level or the operator.",
            )
            return None
        at = (self.span(left)[0], self.span(right)[1])
        if symbol is not None and symbol.settled is not None:
            return Settled(type=BOOLEAN, value=symbol.settled in keep, at=at)
        return OneOf(
            type=BOOLEAN,
            entity=variable.entity,
            a=variable,
            levels=tuple(keep),
            written=op,
            at=at,
        )

    def is_level_variable(self, n: ast.expr) -> bool:
        return (
            isinstance(n, ast.Name)
            and (s := self.symbols.get(n.id)) is not None
            and s.kind == "level"
        )

    def bad_level(self, n: ast.AST, name: str, variable: Node) -> None:
        near = difflib.get_close_matches(name, variable.type.domain, 1, 0.6)
        owner = f"`{variable.name}`" if isinstance(variable, Name) else "this variable"
        mend = (
            f"Did you mean `{near[0]}`?"
            if near
            else f"Its levels are {', '.join(variable.type.domain[:12])}."
        )
        self.fail(n, "unknown-level", f"`{name}` is not a level of {owner}. {mend}")

    def membership(
        self, n: ast.Compare, left: ast.expr, op: str | None, right: ast.expr
    ) -> Node | None:
        x = self.node(left)
        if not isinstance(right, ast.Set):
            self.fail(right, "not-in-grammar", "`in` takes a set of level names, `{a, b}`.")
            return None
        if x is None:
            return None
        span = (self.span(left)[0], self.span(right)[1])
        if x.type.kind == "level":
            chosen: list[str] = []
            for element in right.elts:
                if not isinstance(element, ast.Name):
                    self.fail(element, "wrong-type", "levels are written as bare names.")
                elif element.id not in x.type.domain:
                    self.bad_level(element, element.id, x)
                elif element.id in chosen:
                    self.fail(
                        element, "duplicate-level", f"`{element.id}` stands here twice. Remove one."
                    )
                else:
                    chosen.append(element.id)
            if len(chosen) != len(right.elts):
                return None
            keep = tuple(v for v in x.type.domain if (v in chosen) == (op == "in"))
            if not keep or len(keep) == len(x.type.domain):
                self.fail(
                    n, "constant-condition", "this holds for every level or for none. Mend the set."
                )
                return None
            symbol = self.symbols[x.name] if isinstance(x, Name) else None
            if symbol is not None and symbol.settled is not None:
                return Settled(type=BOOLEAN, value=symbol.settled in keep, at=span)
            return OneOf(
                type=BOOLEAN, entity=x.entity, a=x, levels=keep, written=op or "in", at=span
            )
        if x.type.kind == "number" and x.type.integer:
            items: list[Node] = []
            for element in right.elts:
                value = self.node(element)
                if not isinstance(value, Number) or not value.value.is_integer():
                    self.fail(element, "not-whole", "a whole number is wanted here.")
                    return None
                items.append(Compare(type=BOOLEAN, entity=x.entity, op="==", a=x, b=value, at=span))
            either = (
                items[0]
                if len(items) == 1
                else Or(type=BOOLEAN, entity=x.entity, items=tuple(items), at=span)
            )
            return either if op == "in" else Not(type=BOOLEAN, entity=x.entity, a=either, at=span)
        self.fail(n, "wrong-type", "`in` is for levels and whole numbers.")
        return None

    def same_unit(
        self, n: ast.AST, left: ast.expr, x: Node, op: str, right: ast.expr, y: Node
    ) -> None:
        u, v = x.type.unit, y.type.unit
        if x.type.kind == "number" and u is not None and v is not None and u != v:
            text = f"{ast.unparse(left)} {op} {ast.unparse(right)}".strip()
            self.fail(
                n,
                "unit-mismatch",
                f"`{text}` compares {unit_text(u)} with {unit_text(v)}. "
                f"Compare it with a number, or with a variable in {unit_text(u)}.",
            )

    def on_binop(self, n: ast.BinOp) -> Node | None:
        if isinstance(n.op, ast.Pow):
            base = self.number(n.left)
            exponent = self.node(n.right)
            if base is None or exponent is None:
                return None
            if not isinstance(exponent, Number):
                self.fail(n.right, "not-in-grammar", "an exponent is a constant.")
                return None
            unit = base.type.unit
            if unit and exponent.value.is_integer():
                times = int(exponent.value)
                unit = frozenset((name, power * times) for name, power in unit if times)
            elif unit:
                unit = None
            return Power(
                type=Type("number", unit),
                entity=base.entity,
                a=base,
                exponent=exponent.value,
                at=self.span(n),
            )
        op = ARITHMETIC.get(type(n.op))
        if op is None:
            self.fail(n, "not-in-grammar", "only + - * / and ** are part of the grammar.")
            return None
        x, y = self.number(n.left), self.number(n.right)
        if x is None or y is None:
            return None
        if op == "/" and isinstance(y, Number) and y.value == 0:
            self.fail(n, "division-by-zero", "this divides by zero. Mend the divisor.")
            return None
        if isinstance(x, Number) and isinstance(y, Number):
            folded = {
                "+": x.value + y.value,
                "-": x.value - y.value,
                "*": x.value * y.value,
                "/": x.value / (y.value or 1),
            }[op]
            if not abs(folded) < 1e15:
                self.fail(n, "not-in-grammar", "this number is too large.")
                return None
            return Number(
                type=Type("number", None, (), folded.is_integer()), value=folded, at=self.span(n)
            )
        u, v = x.type.unit, y.type.unit
        if op in "+-":
            if u is not None and v is not None and u != v:
                self.fail(
                    n,
                    "unit-mismatch",
                    f"this adds {unit_text(u)} and {unit_text(v)}. Convert one of them.",
                )
                return None
            unit = u if u is not None else v
        elif u is None or v is None:
            unit = None
        else:
            unit = combine(u, v, 1 if op == "*" else -1)
        whole = x.type.integer and y.type.integer and op != "/"
        return Arithmetic(
            type=Type("number", unit, (), whole),
            entity=together((x, y)),
            op=op,
            a=x,
            b=y,
            at=self.span(n),
        )

    def on_ifexp(self, n: ast.IfExp) -> Node | None:
        return self.branch(n, ())

    def level(self, n: ast.expr, domain: tuple[str, ...]) -> Node | None:
        """Read an expression whose value is a level of `domain`."""
        if isinstance(n, ast.IfExp):
            return self.branch(n, domain)
        if isinstance(n, ast.Name) and n.id in domain:
            return LevelName(type=Type("level", None, domain), name=n.id, at=self.span(n))
        if (
            isinstance(n, ast.Call)
            and isinstance(n.func, ast.Name)
            and n.func.id == "either"
            and len(n.args) == 2
        ):
            x, y = self.level(n.args[0], domain), self.level(n.args[1], domain)
            if x is None or y is None:
                return None
            return Call(
                type=x.type,
                entity=together((x, y)),
                function="either",
                items=(x, y),
                at=self.span(n),
            )
        if self.is_level_variable(n):
            return self.node(n)
        shown = ", ".join(domain[:12])
        self.fail(n, "unknown-level", f"a level is wanted here, one of {shown}.")
        return None

    def branch(self, n: ast.IfExp, domain: tuple[str, ...]) -> Node | None:
        c = self.condition(n.test, settled=True)
        x = self.level(n.body, domain) if domain else self.node(n.body)
        y = self.level(n.orelse, domain) if domain else self.node(n.orelse)
        if c is None or x is None or y is None:
            return None
        merged = self.merge(n, x, y)
        if merged is None:
            return None
        if isinstance(c, Settled):
            return x if c.value else y
        return IfElse(type=merged, entity=together((c, x, y)), c=c, a=x, b=y, at=self.span(n))

    def merge(self, n: ast.AST, x: Node, y: Node) -> Type | None:
        if x.type.kind != y.type.kind or x.type.domain != y.type.domain:
            self.fail(
                n, "wrong-type", f"one branch is {a(x.type.kind)}, the other {a(y.type.kind)}."
            )
            return None
        u, v = x.type.unit, y.type.unit
        if u is not None and v is not None and u != v:
            self.fail(
                n, "unit-mismatch", f"one branch is in {unit_text(u)}, the other in {unit_text(v)}."
            )
            return None
        return Type(
            x.type.kind, u if u is not None else v, x.type.domain, x.type.integer and y.type.integer
        )

    def on_call(self, n: ast.Call) -> Node | None:
        if (
            not isinstance(n.func, ast.Name)
            or n.keywords
            or any(isinstance(v, ast.Starred) for v in n.args)
        ):
            self.fail(n, "not-in-grammar", "only the listed functions are called, by position.")
            return None
        name, args, at = n.func.id, n.args, self.span(n)
        if name in ("abs", "exp", "log"):
            if not self.arity(n, 1, 1):
                return None
            x = self.number(args[0])
            if x is None:
                return None
            kind = x.type if name == "abs" else Type("number", None)
            return Call(type=kind, entity=x.entity, function=name, items=(x,), at=at)
        if name in ("min", "max"):
            if not self.arity(n, 2, 20):
                return None
            items = [self.number(v) for v in args]
            if any(i is None for i in items):
                return None
            kept = tuple(i for i in items if i is not None)
            units = {i.type.unit for i in kept if i.type.unit is not None}
            if len(units) > 1:
                shown = " and ".join(sorted(unit_text(u) for u in units))
                self.fail(n, "unit-mismatch", f"`{name}` of {shown}. Convert one.")
                return None
            kind = Type(
                "number", units.pop() if units else None, (), all(i.type.integer for i in kept)
            )
            return Call(type=kind, entity=together(kept), function=name, items=kept, at=at)
        if name == "either":
            if not self.arity(n, 2, 2):
                return None
            x, y = self.node(args[0]), self.node(args[1])
            if x is None or y is None:
                return None
            merged = self.merge(n, x, y)
            return (
                None
                if merged is None
                else Call(type=merged, entity=together((x, y)), function=name, items=(x, y), at=at)
            )
        if name in BETWEEN:
            if not self.arity(n, 2, 2):
                return None
            x, y = self.date(args[0]), self.date(args[1])
            if x is None or y is None:
                return None
            kind = Type("number", unit_of(BETWEEN[name]), (), True)
            return Between(type=kind, entity=together((x, y)), function=name, a=x, b=y, at=at)
        if name in (
            "any_lesion",
            "all_lesions",
            "count_lesions",
            "max_lesion",
            "min_lesion",
            "sum_lesions",
        ):
            return self.over_lesions(n, name)
        if name == "at_least":
            if not self.arity(n, 3, 40):
                return None
            count = self.node(args[0])
            items = [self.condition(v) for v in args[1:]]
            if count is None or any(i is None for i in items):
                return None
            kept = tuple(i for i in items if i is not None)
            if (
                not isinstance(count, Number)
                or not count.value.is_integer()
                or not 1 <= count.value <= len(kept)
            ):
                self.fail(
                    args[0], "bad-count", f"a whole number from 1 to {len(kept)} is wanted here."
                )
                return None
            return AtLeast(
                type=BOOLEAN, entity=together(kept), n=int(count.value), items=kept, at=at
            )
        if name == "count_alerts":
            if "count_alerts" not in self.allow:
                self.fail(
                    n, "not-here", "`count_alerts` stands only in an alert's `when`. Remove it."
                )
                return None
            if not self.arity(n, 1, 1):
                return None
            if not isinstance(args[0], ast.Name) or args[0].id not in URGENCIES:
                self.fail(
                    args[0],
                    "unknown-urgency",
                    f"an urgency is wanted here: {', '.join(URGENCIES)}.",
                )
                return None
            return CountAlerts(type=Type("number", ONE, (), True), urgency=args[0].id, at=at)
        if name == "known":
            if "known" not in self.allow:
                self.fail(
                    n,
                    "not-here",
                    "`known` stands only in the `when` of an investigation or a step: "
                    "elsewhere unknown is a result. Remove it.",
                )
                return None
            if not self.arity(n, 1, 1):
                return None
            if not isinstance(args[0], ast.Name):
                self.fail(args[0], "wrong-type", "`known` takes the name of a variable.")
                return None
            variable = self.node(args[0])
            if isinstance(variable, IndexDate):
                self.fail(args[0], "wrong-type", "`known` takes the name of a variable.")
                return None
            return (
                None
                if variable is None
                else Known(
                    type=BOOLEAN,
                    entity=variable.entity,
                    name=args[0].id,
                    dated=variable.type.kind == "date",
                    at=at,
                )
            )
        near = difflib.get_close_matches(name, FUNCTIONS, 1, 0.6)
        self.fail(
            n.func,
            "unknown-function",
            f"`{name}` is not a function.{f' Did you mean `{near[0]}`?' if near else ''}",
        )
        return None

    def over_lesions(self, n: ast.Call, name: str) -> Node | None:
        if not self.arity(n, 1, 2):
            return None
        before, self.in_lesion = self.in_lesion, True
        numeric = name in ("max_lesion", "min_lesion", "sum_lesions")
        x = self.number(n.args[0]) if numeric else self.condition(n.args[0])
        only = self.condition(n.args[1]) if len(n.args) == 2 else None
        self.in_lesion = before
        if x is None or (len(n.args) == 2 and only is None):
            return None
        if numeric:
            kind = x.type
        else:
            kind = Type("number", ONE, (), True) if name == "count_lesions" else BOOLEAN
        return OverLesions(
            type=kind, entity="patient", function=name, a=x, only=only, at=self.span(n)
        )

    def arity(self, n: ast.Call, low: int, high: int) -> bool:
        if low <= len(n.args) <= high:
            return True
        wanted = str(low) if low == high else f"{low} to {high}"
        name = n.func.id if isinstance(n.func, ast.Name) else "the function"
        self.fail(
            n, "wrong-arguments", f"`{name}` takes {wanted} values, not {len(n.args)}. Mend them."
        )
        return False


def scale(node: Arithmetic) -> float | None:
    """Give the written number, not 0, by which another term is multiplied or divided."""
    a, b = (node.b, node.a) if node.op == "*" and isinstance(node.a, Number) else (node.a, node.b)
    if node.op not in ("*", "/") or isinstance(a, Number) or not isinstance(b, Number):
        return None
    return b.value or None


def together(nodes: tuple[Node, ...]) -> Entity:
    """Give the entity of something made of these: a lesion's as soon as one is a lesion's."""
    return "lesion" if any(n.entity == "lesion" for n in nodes) else "patient"


def combine(u: Unit, v: Unit, sign: int) -> Unit:
    """Multiply (sign 1) or divide (sign -1) two units."""
    powers: dict[str, int] = {}
    for name, power in u or ():
        powers[name] = powers.get(name, 0) + power
    for name, power in v or ():
        powers[name] = powers.get(name, 0) + sign * power
    return frozenset((name, power) for name, power in powers.items() if power)


def a(kind: str) -> str:
    """Put the article before the name of a type."""
    return "a condition" if kind == "boolean" else f"a {kind}"


def good_name(name: str) -> bool:
    """Say whether a variable, level or item may be called this."""
    return bool(NAME.match(name)) and not keyword.iskeyword(name)


OPERATORS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}
MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
ARITHMETIC: Final[dict[type[ast.operator], Calculation]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
FUNCTIONS: Final = (
    "abs",
    "min",
    "max",
    "exp",
    "log",
    "either",
    *BETWEEN,
    "any_lesion",
    "all_lesions",
    "count_lesions",
    "max_lesion",
    "min_lesion",
    "sum_lesions",
    "at_least",
    "count_alerts",
    "known",
)
NODE_WORDS: Final = {
    "Attribute": "an attribute (a.b)",
    "Subscript": "an index (a[b])",
    "Lambda": "a lambda",
    "Set": "a set outside `in`",
    "List": "a list",
    "Dict": "a dictionary",
    "Tuple": "a tuple",
    "JoinedStr": "a formatted text",
    "NamedExpr": "an assignment",
    "ListComp": "a comprehension",
    "SetComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "Await": "await",
    "Starred": "`*`",
}
