"""The compiled knowledge: pack -> ordered, acyclic program -> Python source; facts -> findings.

Every derived variable, score, alert, investigation and option is lowered to statements over sets
(`values.py`).
The source is straight-line: one assignment a statement, lesion statements inside `for j in J`,
nothing else; it is built from typed trees only and runs unchanged on one patient (`Scalars`) and on
a batch (`Arrays`).
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from bonemets.expression import (
    And,
    Arithmetic,
    AtLeast,
    Between,
    Call,
    Compare,
    CountAlerts,
    Entity,
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
    Symbol,
    scale,
    walk,
)
from bonemets.pack.items import (
    STATUSES,
    Alert,
    Band,
    Card,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Score,
    Step,
    Variable,
    asked_for,
)
from bonemets.pack.load import Pack
from bonemets.pack.order import behind, order
from bonemets.pack.trees import Reading, Trees, decimals_of
from bonemets.pack.trust import licensed, unlicensed
from bonemets.values import FALSE, NO, OPEN, YES, Scalars

Key = tuple[str, ...]
"""Names an output: ("alert", id), ("action", alert id, index, "unless"), ("score", id, "total"), …

("variable", id) only of a variable that is computed.
"""


@dataclass(frozen=True, slots=True)
class Input:
    """One fact that the program reads: where it stands in the inputs of its kind and entity."""

    name: str
    entity: Entity
    kind: str
    slot: int
    state: int | None
    """Where its recorded state (0 no event, 1 perhaps, 2 recorded) stands.

    For a variable that also has a formula.
    """
    behind: tuple[str, ...] = ()
    """What such a variable is computed from, through all steps."""


@dataclass(frozen=True, slots=True)
class Output:
    """One result: its entity, the form of its set.

    And where its registers stand in what the program returns.
    """

    key: Key
    entity: Entity
    form: str
    """`truth` (a code of `values.py`) and `mask`: one register; `number` and `date`: both ends."""
    at: int


@dataclass(slots=True)
class Facts:
    """What a program reads, for one patient or a batch.

    Masks, lows, highs and recorded states by slot; those of lesions as lists.

    For one patient an element is a number and a lesion variable a list with one element a lesion;
    for a batch an element is an array over patients and a lesion variable a list with one flat
    array.
    """

    masks: list[Any] = field(default_factory=list[Any])
    lows: list[Any] = field(default_factory=list[Any])
    highs: list[Any] = field(default_factory=list[Any])
    states: list[Any] = field(default_factory=list[Any])
    lesion_masks: list[list[Any]] = field(default_factory=list[list[Any]])
    lesion_lows: list[list[Any]] = field(default_factory=list[list[Any]])
    lesion_highs: list[list[Any]] = field(default_factory=list[list[Any]])
    lesion_states: list[list[Any]] = field(default_factory=list[list[Any]])
    index: float = 0.0


@dataclass(frozen=True, slots=True)
class Inner:
    """The same program, which also gives the truths of the conditions within trees.

    For explaining one patient: a batch would only hold them in memory.
    """

    source: str
    at: tuple[int | None, ...]
    """Where the truth of each node stands in what it returns; None: it is no condition."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Of the same program what makes the alerts that hang on whether the list of lesions is whole.

    For asking what those of one patient would be if it were.
    """

    source: str
    at: dict[str, int]
    """Where each of them stands in what it returns."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled pack: the facts that it reads, its results and its source.

    Plain data that can be kept.

    `link` makes it callable.
    """

    inputs: dict[str, Input]
    results: tuple[Output, ...]
    source: str
    statements: int
    inner: Inner | None = None
    closed: Closed | None = None

    def by_key(self) -> dict[Key, Output]:
        """Give the results by what they are."""
        return {entry.key: entry for entry in self.results}


def compile_pack(
    pack: Pack,
    *,
    given: frozenset[str] = frozenset(),
    only: frozenset[str] | None = None,
    trees: Trees | None = None,
    asked: Mapping[str, Node] | None = None,
    within: Sequence[Node] = (),
) -> Program:
    """Lower a checked pack.

    Args:
        pack: checked; a pack with faults may raise anything.
        given: derived variables that are facts here and not computed (worked examples).
        only: ids of the items wanted (None: all); what they need comes along.
        trees: the pack's trees, if they are parsed already.
        asked: further conditions whose truth is wanted, as ("asked", name): parts of items.
        within: nodes of the pack's trees; the truths of those that are conditions are what the
            program's `inner` gives besides. With them comes what is `closed`.
    """
    lowering = _Lowering(trees or Trees(pack), given)
    asked = asked or {}
    if only is not None:
        only |= lowering.scope_needs() | lowering.needs(asked.values())
    for name in order(lowering.trees, only):
        lowering.item(name)
    for name, tree in asked.items():
        lowering.output(("asked", name), tree.entity, "truth", lowering.at(tree, tree.entity))
    for name in sorted(given):
        lowering.name(name)  # what only a row of a card names is a fact too
    return lowering.finish(within)


Pair = tuple[str, str]


class _Lowering:
    """Trees to statements. Registers.

    `p1` of the patient, `l1` of each lesion, `s1` a patient's value spread to lesions.
    """

    def __init__(self, trees: Trees, given: frozenset[str]) -> None:
        self.trees = trees
        self.pack = trees.pack
        self.given, self.givers = given, trees.givers
        self.kept = trees.kept()
        self.statements: list[tuple[str, tuple[str, ...], str]] = []
        self.counter = 0
        self.inputs: dict[str, Input] = {}
        self.slots: dict[tuple[str, str], int] = {}
        self.values: dict[str, tuple[str, ...]] = {}
        self.done: dict[Node, tuple[str, ...]] = {}
        self.spreads: dict[str, str] = {}
        self.shared: dict[tuple[str, str], tuple[str, ...]] = {}
        self.outputs: dict[Key, tuple[Entity, str, tuple[str, ...]]] = {}
        self.alerts: dict[str, list[str]] = {}

    # statements

    def new(self, level: Entity) -> str:
        self.counter += 1
        return f"{'p' if level == 'patient' else 'l'}{self.counter}"

    def put(self, level: Entity, text: str, count: int = 1) -> tuple[str, ...]:
        """Add a statement with `count` results, or reuse the one that computes the same."""
        key = (level, text)
        if key not in self.shared:
            targets = tuple(self.new(level) for _ in range(count))
            self.statements.append((level, targets, text))
            self.shared[key] = targets
        return self.shared[key]

    def one(self, level: Entity, text: str) -> str:
        return self.put(level, text)[0]

    def numbers(self, level: Entity, function: str, *registers: str) -> tuple[str, ...]:
        """Add an operation that gives a low and a high end, or its result where it is known."""
        if all(map(LITERAL.fullmatch, registers)):
            ends = getattr(Scalars, function)(*map(float, registers))
            return tuple(repr(end).replace("inf", "INF") for end in ends)
        return self.put(level, f"o.{function}({', '.join(registers)})", 2)

    def lift(self, registers: tuple[str, ...], to: Entity) -> tuple[str, ...]:
        """Bring registers to an entity: a patient's value goes to each lesion."""
        if to == "patient":
            return registers
        lifted: list[str] = []
        for register in registers:
            if not re.fullmatch(r"p\d+", register):
                lifted.append(register)
                continue
            if register not in self.spreads:
                self.counter += 1
                self.spreads[register] = f"s{self.counter}"
                self.statements.append(
                    ("patient", (self.spreads[register],), f"o.spread({register})")
                )
            lifted.append(self.spreads[register])
        return tuple(lifted)

    # expressions

    def at(self, node: Node, level: Entity) -> tuple[str, ...]:
        """Lower a node and bring its registers to an entity."""
        registers = self.done.get(node)
        if registers is None:
            registers = self.done[node] = self.lower(node)
        return self.lift(registers, level) if node.entity == "patient" else registers

    def lower(self, node: Node) -> tuple[str, ...]:
        level = node.entity
        match node:
            case Name():
                return self.name(node.name)
            case Number():
                return (repr(node.value), repr(node.value))
            case IndexDate():
                return (moment := self.one("patient", "F.index"), moment)
            case LevelName():
                return (constant(1 << node.type.domain.index(node.name), len(node.type.domain)),)
            case Not():
                return self.negated(level, node.a)
            case And() | Or():
                parts = [self.at(n, level)[0] for n in node.items]
                return (self.joined(level, parts, " & " if isinstance(node, And) else " | "),)
            case Compare():
                return self.compare(level, node.op, self.at(node.a, level), self.at(node.b, level))
            case OneOf():
                return self.among(level, node)
            case Negative():
                low, high = self.at(node.a, level)
                return (self.one(level, f"-{high}"), self.one(level, f"-{low}"))
            case Arithmetic():
                return self.arithmetic(level, node)
            case Power():
                low, high = self.at(node.a, level)
                return self.numbers(level, "power", low, high, repr(node.exponent))
            case IfElse():
                return self.choose(level, node)
            case Call():
                return self.call(level, node)
            case Between():
                a, b = self.at(node.a, level), self.at(node.b, level)
                return self.put(
                    level, f"o.between({node.function!r}, {a[0]}, {a[1]}, {b[0]}, {b[1]})", 2
                )
            case OverLesions():
                return self.over_lesions(node)
            case AtLeast():
                parts = [self.at(n, level)[0] for n in node.items]
                may, sure = (
                    " + ".join(
                        f"({r} & {constant(bit, 8 if len(parts) < 128 else 32)})" for r in parts
                    )
                    for bit in (OPEN, 1)
                )
                return (self.one(level, f"o.truth(({may}) >= {2 * node.n}, ({sure}) >= {node.n})"),)
            case CountAlerts():
                parts = self.alerts.get(node.urgency, [])
                sure = " + ".join(f"({r} == {YES}) * 1.0" for r in parts) or "0.0"
                may = " + ".join(f"({r} != {NO}) * 1.0" for r in parts) or "0.0"
                return (self.one("patient", f"{sure} + 0.0"), self.one("patient", f"{may} + 0.0"))
            case Known():
                return self.known(node)
            case _:
                raise TypeError(f"no lowering for {type(node).__name__}")

    def joined(self, level: Entity, registers: list[str], operator: str) -> str:
        unique = sorted(
            set(registers), key=lambda r: (len(r), r)
        )  # one order, so that more is shared
        result = unique[0]
        for register in unique[1:]:
            result = self.one(level, f"{result}{operator}{register}")
        return result

    def union(self, level: Entity, hits: list[tuple[str, int]], levels: int) -> str:
        """Build a mask over `levels` levels: for each hit, its bits where it may hold."""
        parts = [f"({hit} * {constant(bits, levels)})" for hit, bits in hits]
        return self.one(level, " | ".join(parts) or constant(0, levels))

    def among(self, level: Entity, node: OneOf, *, negated: bool = False) -> tuple[str]:
        domain = node.a.type.domain
        inside = sum(1 << domain.index(name) for name in node.levels)
        outside = (1 << len(domain)) - 1 - inside
        if negated:
            inside, outside = outside, inside
        mask = self.at(node.a, level)[0]
        return (self.one(level, f"o.among({mask}, {inside}, {outside})"),)

    def negated(self, level: Entity, node: Node) -> tuple[str, ...]:
        """Negate a condition: where it is a plain test, by the opposite test."""
        match node:
            case Not():
                return self.at(node.a, level)
            case OneOf():
                return self.among(level, node, negated=True)
            case Compare():
                return self.compare(
                    level, OPPOSITE[node.op], self.at(node.a, level), self.at(node.b, level)
                )
            case _:
                return (self.one(level, f"o.negated({self.at(node, level)[0]})"),)

    def compare(
        self, level: Entity, op: str, a: tuple[str, ...], b: tuple[str, ...]
    ) -> tuple[str, ...]:
        if op in (">", ">="):
            op, a, b = {">": "<", ">=": "<="}[op], b, a
        function = {"<": "below", "<=": "up_to", "==": "equal", "!=": "unequal"}[op]
        return (self.one(level, f"o.{function}({a[0]}, {a[1]}, {b[0]}, {b[1]})"),)

    def arithmetic(self, level: Entity, node: Arithmetic) -> Pair:
        a, b = self.at(node.a, level), self.at(node.b, level)
        if node.op == "+":
            return (self.one(level, f"{a[0]} + {b[0]}"), self.one(level, f"{a[1]} + {b[1]}"))
        if node.op == "-":
            return (self.one(level, f"{a[0]} - {b[1]}"), self.one(level, f"{a[1]} - {b[0]}"))
        by = scale(node)
        if by is not None:
            if isinstance(node.a, Number):
                a, b = b, a
            low, high = a if by > 0 else (a[1], a[0])
            return (
                self.one(level, f"{low} {node.op} {b[0]}"),
                self.one(level, f"{high} {node.op} {b[0]}"),
            )
        low, high = self.numbers(level, "mul" if node.op == "*" else "div", *a, *b)
        return (low, high)

    def choose(self, level: Entity, node: IfElse) -> tuple[str, ...]:
        return self.either_of(
            level,
            node.type.kind,
            self.at(node.c, level)[0],
            self.at(node.a, level),
            self.at(node.b, level),
        )

    def either_of(
        self, level: Entity, kind: str, truth: str, a: tuple[str, ...], b: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Lower: a where a truth holds, b where it fails, what either may be where it is open."""
        if kind == "boolean":
            return (self.one(level, f"o.branch({truth}, {a[0]}, {b[0]})"),)
        if kind == "level":
            return (self.one(level, f"o.either({truth}, {a[0]}, {b[0]})"),)
        return self.put(level, f"o.choose({truth}, {a[0]}, {a[1]}, {b[0]}, {b[1]})", 2)

    def call(self, level: Entity, node: Call) -> tuple[str, ...]:
        parts = [self.at(n, level) for n in node.items]
        if node.function == "either":
            if node.type.kind == "boolean":
                a, b = parts[0][0], parts[1][0]
                may, sure = f"({a} | {b}) & {constant(OPEN, 8)}", f"{a} & {b}"
                return (self.one(level, f"({may}) | ({sure})"),)
            if node.type.kind == "level":
                return (self.one(level, f"{parts[0][0]} | {parts[1][0]}"),)
            return (
                self.one(level, f"o.least({parts[0][0]}, {parts[1][0]})"),
                self.one(level, f"o.most({parts[0][1]}, {parts[1][1]})"),
            )
        if node.function in ("min", "max"):
            function = "least" if node.function == "min" else "most"
            lows, highs = ", ".join(p[0] for p in parts), ", ".join(p[1] for p in parts)
            if all(LITERAL.fullmatch(r) for p in parts for r in p):
                own = min if node.function == "min" else max
                return tuple(repr(own(float(p[end]) for p in parts)) for end in (0, 1))
            return (
                self.one(level, f"o.{function}({lows})"),
                self.one(level, f"o.{function}({highs})"),
            )
        return self.numbers(level, node.function, *parts[0])

    def over_lesions(self, node: OverLesions) -> tuple[str, ...]:
        registers = self.columns(self.at(node.a, "lesion"))
        only = "None"
        if node.only is not None:
            (only,) = self.columns(self.at(node.only, "lesion"))
        function = node.function.removesuffix("_lesion").removesuffix("_lesions")
        count = 1 if function in ("any", "all") else 2
        return self.put("patient", f"o.{function}({', '.join(registers)}, {only})", count)

    def columns(self, registers: tuple[str, ...]) -> tuple[str, ...]:
        """Bring registers to lesion registers proper, for an operation over whole lists."""
        return tuple(r if r.startswith("l") else self.one("lesion", f"{r}") for r in registers)

    def known(self, node: Known) -> tuple[str]:
        registers = self.at(self.name_of(node.name), node.entity)
        kind = self.trees.symbols[node.name].kind
        if kind == "boolean":
            settled = f"({registers[0]} != {OPEN})"
        elif kind == "level":
            settled = f"o.settled({registers[0]})"
        elif node.dated:
            settled = f"(({registers[0]} > {-FAR}) & ({registers[1]} < {FAR}))"
        else:
            settled = f"({registers[0]} == {registers[1]})"
        return (self.one(node.entity, f"{settled} * {constant(YES, 8)}"),)

    def name_of(self, name: str) -> Name:
        symbol = self.trees.symbols[name]
        from bonemets.expression import Type, unit_of

        unit = unit_of(symbol.unit) if symbol.kind == "number" else None
        kind = Type(
            symbol.kind, unit, symbol.levels if symbol.kind == "level" else (), symbol.integer
        )
        return Name(type=kind, entity=symbol.entity, name=name)

    # variables

    def name(self, name: str) -> tuple[str, ...]:
        """Give the registers of a variable: computed already, or read as a fact."""
        if name not in self.values:
            self.values[name] = self.fact(self.trees.symbols[name])
        return self.values[name]

    def input(self, symbol: Symbol, *, state: bool = False) -> Input:
        """Give the fact that a variable is read as.

        Registered once, in the next free slot of its kind.
        """

        def slot(kind: str) -> int:
            self.slots[(symbol.entity, kind)] = self.slots.get((symbol.entity, kind), -1) + 1
            return self.slots[(symbol.entity, kind)]

        if symbol.name not in self.inputs:
            self.inputs[symbol.name] = Input(
                symbol.name,
                symbol.entity,
                symbol.kind,
                slot("masks" if symbol.kind in ("boolean", "level") else "numbers"),
                slot("states") if state else None,
            )
        return self.inputs[symbol.name]

    def fact(self, symbol: Symbol, *, state: bool = False) -> tuple[str, ...]:
        level = symbol.entity
        prefix, tail = ("", "") if level == "patient" else ("lesion_", "[j]")
        entry = self.input(symbol, state=state)
        mask = f"{prefix}masks[{entry.slot}]{tail}"
        if symbol.kind == "boolean":
            return (self.one(level, f"{mask} ^ {constant(FALSE, 8)}"),)
        if symbol.kind == "level":
            return (self.one(level, mask),)
        return (
            self.one(level, f"{prefix}lows[{entry.slot}]{tail}"),
            self.one(level, f"{prefix}highs[{entry.slot}]{tail}"),
        )

    def define(self, name: str, computed: tuple[str, ...]) -> tuple[str, ...]:
        """Set a variable that is computed.

        Where it is also read from records, its events decide if there are any.
        """
        symbol = self.trees.symbols[name]
        variable = self.pack.variables.get(name)
        if variable is not None and asked_for(variable):
            recorded = self.fact(symbol, state=True)
            entry = self.inputs[name]
            prefix, tail = ("", "") if symbol.entity == "patient" else ("lesion_", "[j]")
            heard = self.one(symbol.entity, f"o.heard({prefix}states[{entry.state}]{tail})")
            computed = self.either_of(symbol.entity, symbol.kind, heard, recorded, computed)
        self.values[name] = computed
        self.output(("variable", name), symbol.entity, FORMS[symbol.kind], computed)
        return computed

    # items

    def output(self, key: Key, entity: Entity, form: str, registers: tuple[str, ...]) -> None:
        self.outputs[key] = (entity, form, registers)

    def item(self, identity: str) -> None:
        item = self.trees.items[identity]
        match item:
            case Variable():
                self.variable(item)
            case Score():
                self.score(item)
            case Alert():
                self.alert(item)
            case Investigation() | Step() | Interaction() | Card() | Outlook() | Handout():
                self.output(
                    (item.kind, identity),
                    item.entity,
                    "truth",
                    self.at(self.trees.of(item)[("when",)], item.entity),
                )
            case Option():
                self.option(item)

    def variable(self, v: Variable) -> None:
        if v.id in self.given or (v.formula is None and v.table_of is None):
            if v.id in self.given:
                self.values.pop(v.id, None)
                self.output(("variable", v.id), v.entity, FORMS[v.type], self.name(v.id))
            elif v.id not in self.givers:
                self.input(
                    self.trees.symbols[v.id]
                )  # its facts are at hand: no result repeats them
            return
        symbol = self.trees.symbols[v.id]
        if v.table_of is not None:
            other = self.trees.symbols[v.table_of]
            source = (
                self.lift(self.name(v.table_of), v.entity)
                if other.entity == "patient"
                else self.name(v.table_of)
            )
            computed = self.table(v, other, source)
        else:
            computed = self.at(self.trees.of(v)[("formula",)], v.entity)
            whole = isinstance(self.trees.of(v)[("formula",)], Between)  # completed units
            if v.type == "number" and not v.integer and not whole:
                scale = 10.0 ** self.kept[v.id]
                computed = tuple(
                    self.one(v.entity, f"o.round({r}, {scale!r})")
                    if r[0].isalpha()
                    else repr(Scalars.round(float(r), scale))
                    for r in computed
                )
        self.define(symbol.name, computed)

    def table(self, v: Variable, other: Symbol, source: tuple[str, ...]) -> tuple[str, ...]:
        def hits(values: tuple[str, ...]) -> str:
            if other.kind == "boolean":
                tests = (f"({source[0]} != {NO if x == 'yes' else YES})" for x in values)
                return self.one(v.entity, " | ".join(tests))
            mask = sum(1 << other.levels.index(x) for x in values)
            return self.one(v.entity, f"({source[0]} & {mask}) != 0")

        if v.type == "boolean":
            if not v.table.get("yes") or not v.table.get("no"):
                return (constant(YES if v.table.get("yes") else NO, 8),)
            may, fails = hits(v.table["yes"]), hits(v.table["no"])
            return (self.one(v.entity, f"o.truth(({may}) != False, ({fails}) == False)"),)
        found = [
            (hits(values), 1 << v.levels.index(level))
            for level, values in v.table.items()
            if values
        ]
        return (self.union(v.entity, found, len(v.levels)),)

    def score(self, s: Score) -> None:
        level = s.entity
        trees = self.trees.of(s)
        applies: str | None = None
        if ("applies",) in trees:
            (applies,) = self.at(trees[("applies",)], level)
            self.output(("score", s.id, "applies"), level, "truth", (applies,))
        if s.components:
            low, high, bands = self.points(s)
        else:
            low, high = self.at(trees[("formula",)], level)
            bands = self.bands(s, low, high)
        self.output(("score", s.id, "total"), level, "number", (low, high))
        if bands is not None:
            self.output(("score", s.id, "band"), level, "mask", (bands,))
        for name, registers in ((s.gives.total, (low, high)), (s.gives.band, (bands,))):
            if name is None or name in self.given:
                continue
            symbol = self.trees.symbols[name]
            whole = tuple(r for r in registers if r is not None)
            if symbol.kind == "level":
                everything = constant((1 << len(symbol.levels)) - 1, len(symbol.levels))
                own = list(s.bands or next(iter(s.bands_by_unit.values())))
                moved = self.renumber(level, whole[0], own, list(symbol.levels))
                self.define(
                    name,
                    (moved,)
                    if applies is None
                    else self.either_of(level, "level", applies, (moved,), (everything,)),
                )
            elif applies is None:
                self.define(name, whole)
            else:  # at least the formula's own set, whether it applies or not
                applies = self.one(level, f"{applies} | {constant(OPEN, 8)}")
                self.define(name, self.either_of(level, "number", applies, whole, ("-INF", "INF")))

    def renumber(self, level: Entity, mask: str, own: list[str], wanted: list[str]) -> str:
        """Bring a mask over a score's bands to the level order of the variable that it becomes."""
        if own == wanted:
            return mask
        return self.union(
            level,
            [
                (f"(({mask} & {1 << i}) != 0)", 1 << wanted.index(name))
                for i, name in enumerate(own)
            ],
            len(wanted),
        )

    def points(self, s: Score) -> tuple[str, str, str | None]:
        """Lower the components: a mask of the totals still possible."""
        level = s.entity
        tables = [
            sorted({p for p in table.values() if isinstance(p, int)})
            for table in s.components.values()
        ]
        offset, span = sum(t[0] for t in tables), 0
        total = ""
        for (name, table), scored in zip(s.components.items(), tables, strict=True):
            symbol = self.trees.symbols[name]
            registers = (
                self.lift(self.name(name), level) if symbol.entity == "patient" else self.name(name)
            )
            parts: list[str] = []
            narrow, span = width(span + 1), span + scored[-1] - scored[0]
            for point in scored:
                matching = [key for key, p in table.items() if p in (point, "any")]
                if symbol.kind == "boolean":
                    wanted = {k in ("yes", "true") for k in matching}
                    no = 1 if len(wanted) > 1 else NO if True in wanted else YES  # 1: no code
                    hit = self.one(level, f"{registers[0]} != {no}")
                else:
                    mask = sum(1 << symbol.levels.index(k) for k in matching)
                    hit = self.one(level, f"({registers[0]} & {mask}) != 0")
                # A product shifts, and widens the type as far as the totals reach by now.
                factors = [total] * bool(total)
                if not total or point > scored[0] or narrow < width(span + 1):
                    factors.append(constant(1 << point - scored[0], span + 1))
                parts.append(f"({' * '.join([*factors, hit])})")
            total = self.one(level, " | ".join(parts))
        low = self.one(level, f"o.lowest({total}) + {float(offset)!r}")
        high = self.one(level, f"o.highest({total}) + {float(offset)!r}")
        if not s.bands:
            return low, high, None
        found: list[tuple[str, int]] = []
        for index, band in enumerate(s.bands.values()):
            first = int(float(band.from_)) - offset if band.from_ is not None else 0
            last = int(float(band.to)) - offset if band.to is not None else span
            mask = sum(1 << k for k in range(max(first, 0), min(last, span) + 1))
            found.append((f"(({total} & {mask}) != 0)", 1 << index))
        return low, high, self.union(level, found, len(s.bands))

    def bands(self, s: Score, low: str, high: str) -> str | None:
        """Lower the bands of a real number."""
        level = s.entity
        if s.bands:
            return self.band_mask(level, s.bands, low, high)
        if not s.bands_by_unit or s.reported_in is None:
            return None
        unit_variable = self.pack.variables[s.reported_in]
        symbol = self.trees.symbols[s.reported_in]
        reported = (
            self.lift(self.name(s.reported_in), level)[0]
            if symbol.entity == "patient"
            else self.name(s.reported_in)[0]
        )
        measured = self.pack.variables[s.formula or ""]
        parts: list[str] = []
        for index, unit_level in enumerate(unit_variable.levels):
            unit = unit_variable.names.get(unit_level, unit_level)
            table = s.bands_by_unit[unit]
            factor = self.pack.units[measured.id][unit][0]
            edges = [
                e
                for b in table.values()
                for e in (b.from_, b.above, b.to, b.below)
                if isinstance(e, float)
            ]
            finest = max((decimals_of(e) for e in edges), default=measured.decimals)
            scale = repr(10.0 ** (finest + 2))

            def in_unit(register: str, factor: float = factor, scale: str = scale) -> str:
                text = f"o.round({register} / {factor!r}, {scale})"
                return register if factor == 1.0 else self.one(level, text)

            mask = self.band_mask(level, table, in_unit(low), in_unit(high), in_unit)
            parts.append(f"((({reported} & {1 << index}) != 0) * {mask})")
        return self.one(level, " | ".join(parts))

    def band_mask(
        self,
        level: Entity,
        bands: dict[str, Band],
        low: str,
        high: str,
        in_unit: Callable[[str], str] = str,
    ) -> str:
        """Lower bands in rising order.

        One that ends or starts at a variable also respects the next fixed edge.

        `in_unit` brings the register of such an edge to the unit of the bands, as the measured
        value was brought.
        """
        found: list[tuple[str, int]] = []
        listed = list(bands.values())
        for index in range(len(listed)):
            tests: dict[str, None] = {}
            for edge, operator in _edges(listed, index, upper=False):
                tests[f"({high} {operator} {self.edge(level, edge, 0, in_unit)})"] = None
            for edge, operator in _edges(listed, index, upper=True):
                tests[f"({low} {operator} {self.edge(level, edge, 1, in_unit)})"] = None
            found.append((f"({' & '.join(tests) or 'True'})", 1 << index))
        return self.union(level, found, len(listed))

    def edge(
        self, level: Entity, edge: float | str, end: int, in_unit: Callable[[str], str]
    ) -> str:
        if not isinstance(edge, str):
            return repr(float(edge))
        symbol = self.trees.symbols[edge]
        registers = (
            self.lift(self.name(edge), level) if symbol.entity == "patient" else self.name(edge)
        )
        return in_unit(registers[end])

    def alert(self, a: Alert) -> None:
        trees = self.trees.of(a)
        (found,) = self.at(trees[("when",)], a.entity)
        self.output(("alert", a.id), a.entity, "truth", (found,))
        if a.entity == "lesion":
            found = self.one("patient", f"o.any({self.columns((found,))[0]}, None)")
        self.alerts.setdefault(a.urgency, []).append(found)
        for path, tree in trees.items():
            if path[0] == "actions":
                key = ("action", a.id, str(path[1]), str(path[2]))
                self.output(key, a.entity, "truth", self.at(tree, a.entity))

    def option(self, option: Option) -> None:
        """Build the status set in the order scope, indication, stops, cautions (design.md.

        "Option status").
        """
        level = option.entity
        scope = constant(YES, 8)
        if self.pack.scope is not None:
            (scope,) = self.at(self.trees.of(self.pack.scope)[("cancer",)], level)

        read = self.trees.read_by(option)

        def clauses(section: str, *, licence: bool) -> str:
            """Any of a section's clauses.

            One that rests on an unread line may hold, and never rules its opposite out.
            """
            found: list[str] = []
            for reading in read[section]:
                (register,) = self.at(reading.tree, level)
                doubt = self.doubt(reading, option, level) if licence else ""
                found.append(self.one(level, f"{register} & {doubt}") if doubt else register)
            return self.joined(level, found, " | ") if found else constant(NO, 8)

        indicated = clauses("indicated", licence=True)
        stop = clauses("contraindicated", licence=True)
        caution = clauses("caution", licence=False)
        opened = self.one(level, f"{scope} & {indicated}")
        free = self.one(level, f"({opened} != {NO}) & ({stop} != {YES})")
        parts = [
            f"({scope} != {YES})",
            f"(({scope} != {NO}) & ({indicated} != {YES}))",
            f"(({opened} & {stop}) != {NO})",
            f"({free} & ({caution} != {NO}))",
            f"({free} & ({caution} != {YES}))",
        ]
        mask = self.union(level, [(p, 1 << i) for i, p in enumerate(parts)], len(STATUSES))
        self.output(("option", option.id), level, "mask", (mask,))
        if option.dose is not None and option.dose.by is not None:
            symbol = self.trees.symbols[option.dose.by]
            low, high = (
                self.lift(self.name(option.dose.by), level)
                if symbol.entity == "patient"
                else self.name(option.dose.by)
            )
            rows = {
                str(i): Band(from_=r.from_, above=r.above, to=r.to, below=r.below)
                for i, r in enumerate(option.dose.rows)
            }
            self.output(
                ("dose", option.id), level, "mask", (self.band_mask(level, rows, low, high),)
            )

    def doubt(self, reading: Reading, option: Option, level: Entity) -> str:
        """Give what takes the certainty from a clause that rests on a line that nobody read.

        Its own, or that of a formula behind it that the record does not replace.
        """
        if not licensed(reading.clause.evidence, option.evidence):
            return constant(OPEN, 8)
        behind = {
            name: None
            for n in walk(reading.tree)
            if isinstance(n, Name | Known)
            for name in sorted(unlicensed(self.trees, n.name))
        }
        parts: list[str] = []
        for name in behind:
            entry = self.inputs.get(name)
            if name in self.given:
                continue
            if entry is None or entry.state is None or entry.entity != level:
                return constant(OPEN, 8)
            prefix, tail = ("", "") if level == "patient" else ("lesion_", "[j]")
            heard = self.one(level, f"o.heard({prefix}states[{entry.state}]{tail})")
            parts.append(self.one(level, f"{heard} | {constant(OPEN, 8)}"))
        return self.joined(level, parts, " & ") if parts else ""

    # source

    def scope_needs(self) -> frozenset[str]:
        """Give the variables that the scope names, and the scores that make them."""
        if self.pack.scope is None:
            return frozenset()
        return self.needs(self.trees.of(self.pack.scope).values())

    def needs(self, trees: Iterable[Node]) -> frozenset[str]:
        """Give the variables that conditions name, and the scores that make them."""
        named = {n for tree in trees for n in self.trees.names(tree)}
        return frozenset(named | {self.givers[n].id for n in named & set(self.givers)})

    def finish(self, within: Sequence[Node] = ()) -> Program:
        if self.pack.scope is not None:
            for path, tree in self.trees.of(self.pack.scope).items():
                self.output(("scope", str(path[0])), "patient", "truth", self.at(tree, "patient"))
        returned: list[str] = []
        outputs: dict[Key, Output] = {}
        places: dict[tuple[str, ...], int] = {}  # results that are the same stand there once
        for key, (entity, form, registers) in self.outputs.items():
            columns = self.given_back(entity, registers)
            if columns not in places:
                places[columns] = len(returned)
                returned += columns
            outputs[key] = Output(key, entity, form, places[columns])
        statements = needed(self.statements, returned)
        source = render(statements, returned, self.widths())
        inner = self.inner(within, returned) if within else None
        closed = self.closed() if within else None
        inputs = {
            name: replace(entry, behind=behind(self.trees, name))
            if entry.state is not None
            else entry
            for name, entry in self.inputs.items()
        }
        return Program(
            inputs,
            tuple(outputs.values()),
            source,
            len(statements),
            inner,
            closed,
        )

    def given_back(self, entity: Entity, registers: tuple[str, ...]) -> tuple[str, ...]:
        """Give the registers in which a result is returned: of lesions, one list for each."""
        return registers if entity == "patient" else self.columns(self.lift(registers, "lesion"))

    def inner(self, nodes: Sequence[Node], returned: list[str]) -> Inner:
        """Let what is returned be followed by the truths of the conditions among some nodes."""
        more = list(returned)
        places: dict[str, int] = {}
        at: list[int | None] = []
        for node in nodes:
            if node.type.kind != "boolean":
                at.append(None)
                continue
            (register,) = self.given_back(node.entity, self.at(node, node.entity))
            if register not in places:
                places[register] = len(more)
                more.append(register)
            at.append(places[register])
        return Inner(render(needed(self.statements, more), more, self.widths()), tuple(at))

    def closed(self) -> Closed:
        """Return nothing but the alerts behind which stands an operation over lesions."""
        over: set[str] = set()
        for _, targets, text in self.statements:
            if OVER_LESIONS.search(text) or not over.isdisjoint(reading(text)):
                over.update(targets)
        returned: list[str] = []
        at: dict[str, int] = {}
        for (kind, *name), (entity, _, registers) in self.outputs.items():
            if kind == "alert" and not over.isdisjoint(registers):
                at[name[0]] = len(returned)
                returned += self.given_back(entity, registers)
        statements = needed(self.statements, returned)
        return Closed(render(statements, returned, self.widths()), at)

    def widths(self) -> dict[Entity, list[int]]:
        """Give the number of bits of each mask that is read, by slot."""
        found: dict[Entity, list[int]] = {"patient": [], "lesion": []}
        for entry in self.inputs.values():
            if entry.kind in ("boolean", "level"):
                found[entry.entity].append(width(len(self.trees.symbols[entry.name].levels)))
        return found


def _edges(bands: list[Band], index: int, *, upper: bool) -> list[tuple[float | str, str]]:
    """Give the edges that bound a band on one side.

    Its own, and behind a variable edge the next fixed one.
    """
    found: list[tuple[float | str, str]] = []
    order = bands[index:] if upper else bands[index::-1]
    for band in order:
        pairs = (
            ((band.to, "<="), (band.below, "<"))
            if upper
            else ((band.from_, ">="), (band.above, ">"))
        )
        own = [(edge, operator) for edge, operator in pairs if edge is not None]
        found += own
        if not own or not isinstance(own[0][0], str):
            break
    return found


OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
FAR: Final = 1e300
"""Beyond every time: what lies between these ends is bounded."""
FORMS: Final = {"boolean": "truth", "level": "mask", "number": "number", "date": "date"}
REGISTER: Final = re.compile(r"\b([pls]\d+)\b")
OPERATION: Final = re.compile(r"\bo\.(\w+)\(")
OVER_LESIONS: Final = re.compile(r"\bo\.(any|all|count|max|min|sum)\(")
LITERAL: Final = re.compile(r"-?\d[\d.e+-]*")
CONSTANT: Final = re.compile(r"\bc(\d+)_(\d+)\b")

Statement = tuple[str, tuple[str, ...], str]
"""The entity that it is computed for, the registers that it sets, and its text."""


@lru_cache(maxsize=20_000)
def parted(text: str) -> tuple[str, ...]:
    """Part a statement's text at its registers: text, register, text, …, text.

    A program goes through its statements four times, and those of packs alike are mostly the same.
    """
    return tuple(REGISTER.split(text))


def reading(text: str) -> tuple[str, ...]:
    """Give the registers that a statement's text reads."""
    return parted(text)[1::2]


def constant(mask: int, levels: int) -> str:
    """Name a constant mask over so many levels: `c8_4` is the 4 of a mask of at most 8 bits.

    Arrays keep it in so many bits.
    """
    return f"c{width(levels)}_{mask}"


def width(levels: int) -> int:
    """Give the number of bits of the narrowest mask over so many levels."""
    return next(bits for bits in (8, 16, 32, 64) if levels <= bits)


def needed(statements: list[Statement], returned: list[str]) -> list[Statement]:
    """Leave out statements of which nothing is used."""
    used = set(returned)
    kept: list[Statement] = []
    for statement in reversed(statements):
        if not used.isdisjoint(statement[1]):
            used.update(reading(statement[2]))
            kept.append(statement)
    return kept[::-1]


def gathered(statements: list[Statement]) -> list[tuple[int, Statement]]:
    """Bring the statements of lesions together, so that few loops are left.

    Each statement stands in the first round that its registers allow;
    rounds of the patient are even, those of lesions odd.
    In a round it stands behind the last fact that it waits for, which is then still in the
    processor's cache: reading a batch's facts from memory is a good part of the work.
    """
    rounds: dict[str, int] = {}
    facts: dict[str, int] = {}
    placed: list[tuple[int, int, Statement]] = []
    for position, statement in enumerate(statements):
        level, targets, text = statement
        registers = reading(text)
        first = max((rounds[r] for r in registers), default=0)
        number = first + (first % 2 != (level == "lesion"))
        fact = max((facts[r] for r in registers), default=position)
        rounds |= dict.fromkeys(targets, number)
        facts |= dict.fromkeys(targets, fact)
        placed.append((number, fact, statement))
    placed.sort(key=lambda entry: entry[:2])
    return [(number, statement) for number, _, statement in placed]


def render(
    statements: list[Statement], returned: list[str], widths: dict[Entity, list[int]]
) -> str:
    """Write the statements as one function.

    A register's name is free again after its last use.
    In a loop a lesion's register is a plain name (`x1`).
    Those that are used outside are gathered, lesion by lesion, and turned into columns with one
    element a lesion (`l1`) behind the loop.
    """
    placed = gathered(statements)
    home: dict[str, int] = {}
    last: dict[str, int] = {}
    leaving: dict[int, list[str]] = {}
    ends = {number: position for position, (number, _) in enumerate(placed)}
    outside = {r for r in returned if r[0] == "l"}
    for position, (number, (level, targets, text)) in enumerate(placed):
        for register in reading(text):
            last[register] = position
            if register[0] == "l" and (level == "patient" or home[register] != number):
                outside.add(register)
        for register in targets:
            last[register], home[register] = position, number
    last |= dict.fromkeys(returned, len(placed))
    for register, number in home.items():
        if register in outside:
            leaving.setdefault(number, []).append(register)
    free: dict[str, list[str]] = {"p": [], "s": [], "l": [], "x": []}
    used = dict.fromkeys(free, 0)
    named: dict[str, str] = {}

    def name(register: str, kind: str) -> str:
        if not free[kind]:
            used[kind] += 1
            free[kind].append(f"{kind}{used[kind]}")
        named[register] = free[kind].pop()
        return named[register]

    def release(registers: Iterable[str]) -> None:
        for register in registers:
            free[named[register][0]].append(named[register])

    def shown(register: str, level: str) -> str:
        own = named[register]
        return f"{own}[j]" if level == "lesion" and own[0] == "l" else own

    over: dict[int, list[str]] = {}
    for register, position in last.items():
        over.setdefault(position, []).append(register)
    lines: list[str] = []
    looping = 0
    for position, (number, (level, targets, text)) in enumerate(placed):
        if level == "lesion" and looping != number:
            lines += [" L = []", " for j in J:"]
            looping = number
        pieces = list(parted(text))
        pieces[1::2] = [shown(register, level) for register in pieces[1::2]]
        gone = [r for r in over.get(position, ()) if r in home]
        staying = outside if level == "lesion" else set[str]()  # till the loop's end
        # what was used for the last time may take the result
        release(r for r in gone if r not in targets and (r not in staying or home[r] != number))
        names = [name(r, "x" if level == "lesion" else r[0]) for r in targets]
        release(r for r in targets if last[r] == position and r not in staying)
        indent = "  " if level == "lesion" else " "
        lines.append(f"{indent}{', '.join(names)} = {''.join(pieces)}")
        if level == "lesion" and position == ends[number] and number in leaving:
            columns = leaving[number]
            lines.append(f"  L.append(({''.join(named[r] + ', ' for r in columns)}))")
            release(columns)
            names = [name(r, "l") for r in columns]
            release(r for r in columns if last[r] <= position)
            lines.append(f" {''.join(n + ', ' for n in names)} = o.columns(L, {len(columns)})")
    body = "\n".join(lines)
    operations = sorted(set(OPERATION.findall(body)))
    head = [
        "def run(o, F, INF):",
        *(f" o_{name} = o.{name}" for name in operations),
        " J = o.slots",
        f" masks = o.narrowed(F.masks, {widths['patient']})",
        f" lesion_masks = o.narrowed_of_lesions(F.lesion_masks, {widths['lesion']})",
        " lows, highs, states = F.lows, F.highs, F.states",
        " lesion_lows, lesion_highs = F.lesion_lows, F.lesion_highs",
        " lesion_states = F.lesion_states",
    ]
    constants: dict[int, set[int]] = {}
    for bits, mask in CONSTANT.findall("\n".join([body, *returned])):
        constants.setdefault(int(bits), set()).add(int(mask))
    for bits, masks in sorted(constants.items()):
        names = "".join(f"c{bits}_{mask}, " for mask in sorted(masks))
        head.append(
            f" {names.strip()} = o.constants({bits}, {', '.join(str(m) for m in sorted(masks))})"
        )
    tail = [f" return ({''.join(named.get(r, r) + ', ' for r in returned)})"]
    return "\n".join([*head, OPERATION.sub(r"o_\1(", body), *tail]) + "\n"


def compiled(source: str) -> CodeType:
    """Compile generated source for this Python."""
    return compile(source, "<bonemets program>", "exec")


def assembled(source: str) -> bytes:
    """Compile generated source as what is kept, which spares a cold start the compiling."""
    return marshal.dumps(compiled(source))


ROOM: Final = 2048
"""So much more stack does a program ask for than it uses, to begin a piece of stack of its own.

Python takes its stack in pieces of 16 kB, which a program nearly fills: where it stood at the end
of one, each of its thousands of calls would take a new piece from the system and give it back.
"""


def link(source: str, code: bytes | None = None) -> Callable[[Any, Facts], tuple[Any, ...]]:
    """Give the function of generated source; the only place that runs generated text.

    `code` is what `assembled` made of the source with this same Python.
    """
    space: dict[str, Any] = {"__builtins__": {}}
    exec(marshal.loads(code) if code else compiled(source), space)  # noqa: S102, S302
    run = space["run"]
    run.__code__ = run.__code__.replace(co_stacksize=run.__code__.co_stacksize + ROOM)

    def evaluate(operations: Any, facts: Facts) -> tuple[Any, ...]:
        import numpy as np

        with np.errstate(all="ignore"):
            return run(operations, facts, float("inf"))

    return evaluate
