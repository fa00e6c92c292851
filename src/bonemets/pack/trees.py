"""The expressions of a pack: which each item holds, and their trees, parsed once each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bonemets.documents import Path
from bonemets.expression import (
    Compare,
    Entity,
    Grown,
    Kind,
    Name,
    Node,
    Number,
    Row,
    Rows,
    Symbol,
    Type,
    names,
    parse,
    walk,
)
from bonemets.pack.items import (
    Alert,
    Band,
    Card,
    Clause,
    Disagreement,
    DoseRow,
    Finder,
    Handout,
    Interaction,
    Investigation,
    Option,
    Outlook,
    Scope,
    Score,
    Step,
    Variable,
)
from bonemets.pack.load import Pack

AnyItem = Finder | Scope
Asker = AnyItem | Disagreement
"""What holds an expression."""

KNOWN = frozenset({"known"})
COUNTS = frozenset({"count_alerts"})


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of an item.

    Where it stands in the item, its text, and what must come out of it.
    """

    path: Path
    text: str
    want: Kind = "boolean"
    entity: Entity = "patient"
    domain: tuple[str, ...] = ()
    unit: str | None = None
    allow: frozenset[str] = frozenset()


Key = tuple[str, Kind, Entity, tuple[str, ...], str | None, frozenset[str]]
"""What the tree of an expression hangs on: its text, and the rest of it but for its path."""
FlatTrees = tuple[tuple[Type, ...], tuple[Row, ...], dict[Key, int]]
"""Trees as plain values: the types and the nodes, by their numbers, and which is whose."""


def expressions(item: Asker) -> Iterator[Expression]:
    """Give every expression that an item holds."""
    match item:
        case Variable():
            if item.formula is not None:
                unit = item.unit if item.type == "number" else None
                yield Expression(
                    ("formula",), item.formula, item.type, item.entity, item.levels, unit
                )
        case Score():
            if item.applies is not None:
                yield Expression(("applies",), item.applies, entity=item.entity)
            if item.formula is not None:
                yield Expression(("formula",), item.formula, "number", item.entity)
        case Alert():
            yield Expression(("when",), item.when, entity=item.entity, allow=COUNTS)
            if item.settled_if is not None:
                yield Expression(("settled_if",), item.settled_if, entity=item.entity)
            for index, action in enumerate(item.actions):
                if action.unless is not None:
                    yield Expression(
                        ("actions", index, "unless"), action.unless, entity=item.entity
                    )
                if action.only_if is not None:
                    yield Expression(
                        ("actions", index, "only_if"), action.only_if, entity=item.entity
                    )
        case Investigation() | Step():
            yield Expression(("when",), item.when, entity=item.entity, allow=KNOWN)
        case Handout():
            yield Expression(("when",), item.when, entity=item.entity, allow=KNOWN)
            if item.unless is not None:
                yield Expression(("unless",), item.unless, entity=item.entity)
        case Interaction() | Outlook():
            yield Expression(("when",), item.when, entity=item.entity)
        case Card():
            yield Expression(("when",), item.when, entity=item.entity)
            for index, row in enumerate(item.rows):
                if row.when is not None:
                    yield Expression(("rows", index, "when"), row.when, entity=item.entity)
        case Option():
            for section, clauses in sections(item):
                for index, clause in enumerate(clauses):
                    yield Expression((section, index, "when"), clause.when, entity=item.entity)
        case Disagreement():
            if item.when is not None:
                yield Expression(("when",), item.when)
        case Scope():
            for name in ("cancer", "adult", "dead", "comfort_only", "last_days"):
                if getattr(item, name) is not None:
                    yield Expression((name,), getattr(item, name))


def sections(option: Option) -> tuple[tuple[str, tuple[Clause, ...]], ...]:
    """Give the three lists of clauses of an option, by their keys."""
    return (
        ("indicated", option.indicated),
        ("contraindicated", option.contraindicated),
        ("caution", option.caution),
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A clause that an option reads, with its tree: its own, or one that an interaction gives."""

    clause: Clause
    tree: Node
    interaction: str | None = None


EFFECTS: Final = {"stop": "contraindicated", "caution": "caution", "wait": "caution"}
"""What an option that an interaction names reads it as."""


class Trees:
    """Parses the expressions of a pack on demand, each once.

    Raises `expression.BadExpression` from `of` and `tree` for an expression that does not hold; a
    checked pack has none.
    """

    def __init__(
        self,
        pack: Pack,
        where: dict[str, str] | None = None,
        edges: dict[str, tuple[float, ...]] | None = None,
        flat: FlatTrees | None = None,
    ) -> None:
        """Take the names that the pack's expressions may use.

        And its edges and the trees of its expressions, where they are known.
        """
        self.pack, self.items, self.givers = pack, pack.items(), pack.givers()
        self.symbols: dict[str, Symbol] = pack.symbols(where)
        self._readable = {**pack.positions(), **self.symbols}
        """What expressions may name: the variables, and where sources disagree."""
        self._edges = edges
        self._kept: dict[str, int] | None = None
        self._parsed: dict[Key, Node] = {}
        types, rows, self._flat = flat or ((), (), {})
        self._grown = Grown(rows, types)
        self._of: dict[int, tuple[Asker, dict[Path, Node]]] = {}
        self._names: dict[int, tuple[Node, tuple[str, ...]]] = {}
        self._reads: dict[str, dict[str, tuple[Reading, ...]]] = {}
        self.needs: dict[str, tuple[str, ...]] = {}
        """The variables that each item names, as `pack.order` found them."""

    def name_as(self, other: Trees) -> None:
        """Let expressions name what those of other trees may name."""
        self.symbols, self._readable = other.symbols, other._readable

    def tree(self, expression: Expression) -> Node:
        """Give the tree of one expression."""
        e = expression
        key = e.text, e.want, e.entity, e.domain, e.unit, e.allow
        found = self._parsed.get(key)
        if found is None:
            flat = self._flat.get(key)
            found = self._parsed[key] = (
                self._grown.node(flat)
                if flat is not None
                else parse(
                    e.text,
                    self._readable,
                    want=e.want,
                    entity=e.entity,
                    domain=e.domain,
                    unit=e.unit,
                    allow=e.allow,
                )
            )
        return found

    def flat(self) -> tuple[FlatTrees, tuple[Node, ...]]:
        """Give the trees of all expressions of the pack as plain values, and a node of each number.

        Those that are made of them have no places, and equal subtrees are one node.
        """
        every: list[Asker] = [*self.items.values(), *self.pack.disagreements.values()]
        for item in every + ([self.pack.scope] if self.pack.scope else []):
            self.of(item)
        put = Rows()
        found = {key: put.add(tree) for key, tree in self._parsed.items()}
        return (tuple(put.types), tuple(put.rows), found), tuple(put.nodes)

    def number(self, node: Node) -> int | None:
        """Give the number that a node has in the plain values that it was made of, if any."""
        return self._grown.numbers.get(id(node))

    def like(self, pack: Pack) -> Trees:
        """Give the trees of a pack that differs from this one in a few items.

        What was found of the others is shared, and the edges.
        """
        other = Trees.__new__(Trees)
        other.pack, other.items, other.givers = pack, pack.items(), pack.givers()
        other._parsed, other._grown, other._flat = self._parsed, self._grown, self._flat
        other.name_as(self)
        other._edges, other._kept = self.edges(), self.kept()
        other._of, other._names, other._reads = dict(self._of), dict(self._names), {}
        as_before = pack.interactions == self.pack.interactions
        other.needs = {
            name: needs
            for name, needs in self.needs.items()
            if other.items.get(name) is self.items[name]
            and (as_before or not isinstance(self.items[name], Option))
        }
        return other

    def reads(self, disagreement: str) -> tuple[str, ...]:
        """Give the items of which an expression asks which position is followed.

        It is folded away in their trees: their texts say it.
        """
        word = re.compile(rf"\b{disagreement}\b")
        return tuple(
            name
            for name, item in self.items.items()
            if any(word.search(e.text) for e in expressions(item))
        )

    def compared_with(self, name: str) -> tuple[float, ...]:
        """Give every constant that a number is compared with anywhere in the pack."""
        return self.edges().get(name, ())

    def edges(self) -> dict[str, tuple[float, ...]]:
        """Give for each number every constant that it is compared with anywhere in the pack."""
        if self._edges is None:
            self._edges = all_edges(self)
        return self._edges

    def kept(self) -> dict[str, int]:
        """Give to how many decimals each derived number is kept."""
        if self._kept is None:
            self._kept = kept_decimals(self)
        return self._kept

    def read_by(self, option: Option) -> dict[str, tuple[Reading, ...]]:
        """Give the clauses of an option by section: its own, then those of interactions."""
        if option.id not in self._reads:
            own = self.of(option)
            self._reads[option.id] = {
                section: (
                    *(Reading(c, own[section, n, "when"]) for n, c in enumerate(clauses)),
                    *(
                        Reading(
                            Clause(
                                when=x.when,
                                why=x.why,
                                routine=x.routine,
                                no_usual_dose=x.no_usual_dose,
                                evidence=x.evidence,
                            ),
                            self.of(x)[("when",)],
                            x.id,
                        )
                        for x in self.pack.interactions.values()
                        if option.id in x.between and EFFECTS.get(x.effect) == section
                    ),
                )
                for section, clauses in sections(option)
            }
        return self._reads[option.id]

    def of(self, item: Asker) -> dict[Path, Node]:
        """Give the trees of an item, by path."""
        kept = self._of.get(id(item))
        if kept is None:
            kept = self._of[id(item)] = (item, {e.path: self.tree(e) for e in expressions(item)})
        return kept[1]

    def names(self, node: Node) -> tuple[str, ...]:
        """Give the variables that a tree names, in order, each once; looked up once a tree."""
        kept = self._names.get(id(node))
        if kept is None:
            kept = self._names[id(node)] = (node, names(node))
        return kept[1]


def decimals_of(value: float) -> int:
    """Count the decimals that a printed number has."""
    text = repr(float(value))
    if "e" in text:
        return max(0, -int(text.split("e")[1]))
    return 0 if text.endswith(".0") else len(text.split(".")[1])


def all_edges(trees: Trees) -> dict[str, tuple[float, ...]]:
    """Give for each number every constant that it is compared with anywhere in a pack."""
    pack = trees.pack
    found: dict[str, dict[float, None]] = {}
    everything: list[AnyItem] = [*pack.items().values(), *([pack.scope] if pack.scope else [])]
    for item in everything:
        for name, value in edges_of(trees, item):
            found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


def edges_of(trees: Trees, item: AnyItem) -> list[tuple[str, float]]:
    """Give each number and constant that an item compares: in conditions, bands and dose rows."""
    found: list[tuple[str, float]] = []
    for tree in trees.of(item).values():
        for node in walk(tree):
            if isinstance(node, Compare):
                for x, y in ((node.a, node.b), (node.b, node.a)):
                    if isinstance(x, Name) and isinstance(y, Number):
                        found.append((x.name, y.value))
    rows: list[Band | DoseRow] = []
    owner = ""
    if isinstance(item, Score) and item.formula is not None:
        rows += item.bands.values()
        owner = item.formula
    elif isinstance(item, Option) and item.dose is not None and item.dose.by is not None:
        rows += item.dose.rows
        owner = item.dose.by
    for row in rows:
        for value in (row.from_, row.above, row.to, row.below):
            if isinstance(value, float):
                found.append((owner, value))
    return found


def kept_decimals(trees: Trees) -> dict[str, int]:
    """Give to how many decimals each derived number is kept.

    Two more than shown, and than the finest edge compared with it.
    """
    pack = trees.pack
    kept = {name: v.decimals for name, v in pack.variables.items() if v.type == "number"}
    for name, edges in trees.edges().items():
        if name in kept:
            kept[name] = max(kept[name], *(decimals_of(e) for e in edges))
    for item in pack.items().values():
        for tree in trees.of(item).values():
            for node in walk(tree):
                if (
                    isinstance(node, Compare)
                    and isinstance(node.a, Name)
                    and isinstance(node.b, Name)
                ):
                    for x, y in ((node.a.name, node.b.name), (node.b.name, node.a.name)):
                        if x in kept and y in pack.variables:
                            kept[x] = max(kept[x], pack.variables[y].decimals)
    return {name: decimals + 2 for name, decimals in kept.items()}
