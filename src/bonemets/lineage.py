"""What is the same of a pack for every patient: what stands behind each variable and condition.

Made once for a pack, when it is first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any, Final, TypeVar

from bonemets.expression import (
    And,
    AtLeast,
    CountAlerts,
    IfElse,
    IndexDate,
    Node,
    Not,
    Or,
    OverLesions,
    Symbol,
    walk,
)
from bonemets.model import ActionShown, ClauseShown, EffectShown, Result, Source
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import (
    Action,
    ActionText,
    Branches,
    Citation,
    Clause,
    Investigation,
    Option,
    People,
    Step,
    Variable,
    asked_for,
)
from bonemets.pack.order import before_each, behind
from bonemets.pack.trees import Asker, Path, Reading, Trees
from bonemets.pack.trust import has_figures, licensed, unlicensed
from bonemets.sets import Meaning, Meanings, Truth
from bonemets.values import INF

K = TypeVar("K")
T = TypeVar("T")
TRUST: Final = ("read", "second_hand", "ours", "unread")
"""Confirmations from the strongest to the weakest."""


AT_LESIONS, ELSEWHERE = 1, 2
"""Bits beside those of variables: the bone lesions; the index date and the alerts."""
FIRST: Final = 2
"""The number of the first bit of a variable."""

OPPOSITE: Final[dict[Result, Result]] = {"yes": "no", "no": "yes", "unknown": "unknown"}
"""What `not` makes of a result."""
PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""Where a text takes a value."""


def result_of(truth: Truth) -> Result:
    """Name a boolean set."""
    may, fails = truth
    return "unknown" if may and fails else "yes" if may else "no"


def everything(symbol: Symbol) -> Any:
    """Give the set of all values of a variable."""
    if symbol.kind == "boolean":
        return (True, True)
    return (1 << len(symbol.levels)) - 1 if symbol.kind == "level" else (-INF, INF)


class Kept(dict[K, T]):
    """What is worked out once for each name (or other key), when it is first asked for."""

    def __init__(self, work_out: Callable[[K], T]) -> None:
        """Take how it is worked out."""
        super().__init__()
        self.work_out = work_out

    def __missing__(self, name: K) -> T:
        """Work it out."""
        found = self[name] = self.work_out(name)
        return found


Place = tuple[str, int | None]
"""A variable and a lesion's number; None: the patient's own."""

Told = list[dict[str, Any]]
"""What a lineage works out once for each variable, as plain values."""


@dataclass(slots=True, eq=False)
class Part:
    """What is the same for every patient of a tree, or of a part of one."""

    node: Node
    is_condition: bool
    of_lesion: bool
    meaning: Meaning
    """Gives its set for a patient."""
    names: tuple[str, ...]
    """The variables that it names."""
    reach: int
    """The bits of all that it looks at: its variables and those behind them, and what else."""
    parts: tuple[Part, ...]
    """The conditions that it is made of; of an aggregate over lesions what it counts, and which."""
    at: int | None
    """Where its truth stands in what the program for one patient returns, if it does."""


@dataclass(slots=True)
class Made:
    """What is the same of a clause of an option for every patient."""

    clause: Clause
    tree: Part
    interaction: str | None
    """The interaction that it comes from, if any."""
    alone: bool
    """Whether it is about the patient alone, at every lesion."""
    unread: tuple[str, ...]
    """The variables at or behind those that it names that rest on no line that was read."""
    licensed: bool
    """Whether its lines may license a treatment."""
    ours: bool
    """Whether all its lines are ours."""
    trust: str
    """How far its weakest line was confirmed."""
    branches: tuple[Branches, ...] | None = None
    """What of its words names several reasons, of which only those that hold are told; None: not
    looked for yet."""
    unheard: ClauseShown | None = None
    """The clause as written for a record that says nothing, once it was asked for."""


@dataclass(slots=True)
class Asked:
    """What is the same of an action of an alert for every patient."""

    action: Action
    unless: Part | None
    only_if: Part | None
    of_lesion: bool
    """Whether one of its conditions is of lesions."""
    for_adults: bool
    """Whether it hangs on a condition that asks for an adult."""
    for_comfort: bool
    """Whether it is for who has comfort as the only goal, or for the last days."""
    despite: str | None
    """Why it is asked for even where every option that it means is stopped."""
    means: tuple[str, ...]
    """The options that it means."""
    seconds: int
    """Within what time it is to be done."""
    reach: int
    """The bits of all that its conditions look at."""
    unheard: ActionShown | None = None
    """It as written for a record that says nothing of that, once it was asked for."""
    settled: ActionShown | None = None
    """It as written where its conditions are settled and nothing else is to be told of it."""


class Lineage:
    """What stands behind each variable: the same for every patient, and made once for a pack."""

    def __init__(
        self, trees: Trees, told: Told | None = None, inner: Sequence[int | None] | None = None
    ) -> None:
        """Take the trees of a pack, what another of the same pack told, and where truths stand.

        That is by the numbers of the nodes (`program.Inner`).
        """
        self.trees, self.pack, self.inner = trees, trees.pack, inner
        self.givers = trees.givers
        self.meanings = Meanings()
        self.branches = self.pack.letter.branches if self.pack.letter is not None else ()
        self.behind = Kept(self._behind)
        """The variables that a computed one follows from; none for an observed one."""
        self.all_behind = Kept(self._all_behind)
        """Every variable that a computed one follows from, through all steps."""
        self.weakest = Kept(self._weakest)
        """The place in TRUST of the weakest line at or behind a variable."""
        self.unread = Kept(self._unlicensed)
        """The variables at or behind one that rest on no line that was read."""
        self.looks_at_lesions = Kept(self._looks_at_lesions)
        """Whether a variable, or one behind it, is of lesions."""
        self.comes_and_goes = Kept(self._comes_and_goes)
        """Whether a variable is a symptom, a sign or a measurement, or follows from one."""
        self.coming_and_going = Kept(self._coming_and_going)
        """Those at or behind a variable that come and go."""
        self.cited: dict[int, tuple[tuple[Citation, ...], tuple[Source, ...]]] = {}
        """An item's citations as shown; they live as long as the pack."""
        self.effects: dict[
            str, tuple[tuple[EffectShown, ...], tuple[tuple[EffectShown, People | None], ...]]
        ] = {}
        """The side effects and the achievements of an option as shown."""
        self.trust = Kept(self._trust)
        """How far the best line of an option was confirmed."""
        self.named_by = Kept(self._named_by)
        """The variables that the clauses of an option name."""
        self.indicated_by = Kept(self._indicated_by)
        """Those that the clauses name for which it is indicated."""
        self.parts_of_score = Kept(self._parts_of_score)
        """The variables that a score adds up or computes with."""
        self.trust_of_parts = Kept(self._trust_of_parts)
        """How far the weakest line was confirmed of a score with the formulas of its parts."""
        self.titles = Kept(self._title)
        """The shown name of a variable."""
        self.pieces: Kept[str, list[str]] = Kept(PLACE.split)
        """A text, cut where it takes values: every other piece is the name of one."""
        self.actions = Kept(self._actions)
        """What is the same for every patient of an alert's actions."""
        self.reach = Kept(self._reach)
        """The bits of a variable and of those behind it, and of what else they look at."""
        self.clauses = Kept(self._clauses)
        """What is the same for every patient of an option's clauses, by section."""
        self._parts: dict[int, Part] = {}
        """By the ids of their nodes, which they keep alive."""
        self._of: dict[int, tuple[Asker, dict[Path, Part]]] = {}
        self._confirmed: dict[tuple[int, int], tuple[Part | None, tuple[Citation, ...], str]] = {}
        for kept, found in zip(self._of_variables(), told or (), strict=False):
            kept.update(found)

    @cached_property
    def of_lesions(self) -> frozenset[str]:
        """Give the variables of lesions; the others are the patient's."""
        return frozenset(n for n, s in self.trees.symbols.items() if s.entity == "lesion")

    @cached_property
    def bits(self) -> dict[str, int]:
        """Give for each variable a bit, for sets of them."""
        return {name: 1 << n for n, name in enumerate(self.trees.symbols, start=FIRST)}

    @cached_property
    def every(self) -> dict[str, Any]:
        """Give for each variable the set of all its values: nothing is known of it."""
        return {name: everything(symbol) for name, symbol in self.trees.symbols.items()}

    @cached_property
    def reaches(self) -> tuple[int, ...]:
        """Give the reach of each variable, in the order of `bits`."""
        return tuple([self.reach[name] for name in self.bits])

    @cached_property
    def numbers(self) -> tuple[tuple[str, Variable], ...]:
        """Give the numbers that are findings of their own: not what only stands with another."""
        return tuple(
            (name, v)
            for name, v in self.pack.variables.items()
            if v.type == "number" and (v.with_ is None or v.with_.take == "sample")
        )

    def _of_variables(self) -> tuple[Kept[str, Any], ...]:
        """Give what is worked out once for each variable, as plain values."""
        return (
            self.behind,
            self.all_behind,
            self.weakest,
            self.unread,
            self.looks_at_lesions,
            self.comes_and_goes,
            self.coming_and_going,
            self.reach,
        )

    @cached_property
    def titles_shown(self) -> dict[str, str]:
        """Give the shown name of every variable that an item may name."""
        return {name: v.title for name, v in self.pack.variables.items()}

    @cached_property
    def regional(self) -> frozenset[str]:
        """Give the actions of which whom to call hangs on where the patient is."""
        guide = self.pack.guide
        tables = (guide.emergency, guide.helpers) if guide is not None else ()
        return frozenset([table.action for table in tables if table is not None])

    @cached_property
    def disputed(self) -> frozenset[str]:
        """Give what a disagreement of sources may stand beside."""
        return frozenset([x for found in self.pack.disagreements.values() for x in found.beside])

    @cached_property
    def things(self) -> dict[str, Option | Investigation | ActionText | Step]:
        """Give everything that can be done, by id."""
        return self.pack.things()

    @cached_property
    def rank(self) -> dict[str, int]:
        """Give the place of each item, and of what alerts ask for, in the files."""
        return {name: n for n, name in enumerate((*self.trees.items, *self.pack.actions))}

    @cached_property
    def rank_of_steps(self) -> dict[str, int]:
        """Give the place of each step in an order that keeps every `after` and `before`."""
        steps = self.pack.steps
        before = before_each(steps, self.pack.interactions, self.pack.investigations)
        in_order = [x for x in TopologicalSorter(before).static_order() if x in steps]
        return {name: n for n, name in enumerate(in_order)}

    def told(self) -> Told:
        """Give all that is worked out once for each variable, as plain values."""
        return [{name: kept[name] for name in self.bits} for kept in self._of_variables()]

    def like(self, trees: Trees) -> Lineage:
        """Give the lineage of a pack that differs from this one's in a few items.

        What was worked out of variables is shared where all that makes them is the same.
        """
        pack, own = trees.pack, self.pack
        same = pack.variables is own.variables and pack.scores is own.scores
        other = Lineage(trees, list(self._of_variables()) if same else None)
        if trees.symbols is self.trees.symbols:
            other.of_lesions, other.bits, other.every = self.of_lesions, self.bits, self.every
        return other

    def _behind(self, name: str) -> tuple[str, ...]:
        variable = self.pack.variables.get(name)
        if variable is not None and variable.table_of is not None:
            return (variable.table_of,)
        if variable is not None and variable.formula is not None:
            return self.trees.names(self.trees.of(variable)[("formula",)])
        score = self.givers.get(name)
        if score is not None:
            trees = self.trees.of(score)
            own = (trees[path] for path in (("formula",), ("applies",)) if path in trees)
            return (*score.components, *(n for tree in own for n in self.trees.names(tree)))
        return ()

    def of(self, item: Asker) -> dict[Path, Part]:
        """Give the trees of an item, by path."""
        kept = self._of.get(id(item))
        if kept is None:
            trees = {path: self.part(tree) for path, tree in self.trees.of(item).items()}
            kept = self._of[id(item)] = item, trees
        return kept[1]

    def part(self, node: Node) -> Part:
        """Give what is the same of a node for every patient."""
        found = self._parts.get(id(node))
        if found is None:
            found = self._parts[id(node)] = self._part(node)
        return found

    def _part(self, node: Node) -> Part:
        names = self.trees.names(node)
        reach = self._beside_variables((node,))
        for name in names:
            reach |= self.reach[name]
        match node:
            case And() | Or() | AtLeast():
                inner = node.items
            case Not():
                inner = (node.a,)
            case IfElse():
                inner = (node.c, node.a, node.b)
            case OverLesions():
                inner = (node.a,) if node.only is None else (node.a, node.only)
            case _:
                inner = ()
        number = self.trees.number(node)
        return Part(
            node,
            node.type.kind == "boolean",
            node.entity == "lesion",
            self.meanings.of(node),
            names,
            reach,
            tuple([self.part(n) for n in inner]),
            None if self.inner is None or number is None else self.inner[number],
        )

    def confirmed(self, tree: Part | None, own: tuple[Citation, ...]) -> str:
        """Give the weakest confirmation of an item.

        Among its own lines and the formulas and scores behind it.
        """
        key = id(tree), id(own)
        kept = self._confirmed.get(key)
        if kept is None:
            names = tree.names if tree is not None else ()
            worst = max(TRUST.index(weakest_of(own)), *(self.weakest[n] for n in names), 0)
            kept = self._confirmed[key] = tree, own, TRUST[worst]
        return kept[2]

    def _clauses(self, option: str) -> dict[str, tuple[Made, ...]]:
        item = self.pack.options[option]
        read = self.trees.read_by(item)
        return {x: tuple(self._made(item, r) for r in readings) for x, readings in read.items()}

    def _made(self, option: Option, reading: Reading) -> Made:
        tree, lines = self.part(reading.tree), reading.clause.evidence or option.evidence
        unread = tuple(dict.fromkeys(x for n in tree.names for x in self.unread[n]))
        return Made(
            clause=reading.clause,
            tree=tree,
            interaction=reading.interaction,
            alone=not tree.of_lesion and self.of_lesions.isdisjoint(unread),
            unread=unread,
            licensed=licensed(lines),
            ours=all(c.confirmation == "ours" for c in lines),
            trust=self.confirmed(tree, lines),
        )

    def _reach(self, name: str) -> int:
        found = 0
        for one in (name, *self.all_behind[name]):
            found |= self.bits[one] | (AT_LESIONS if one in self.of_lesions else 0)
            item = self.givers.get(one) or self.pack.variables.get(one)
            found |= self._beside_variables(self.trees.of(item).values() if item else ())
        return found

    def _beside_variables(self, trees: Iterable[Node]) -> int:
        """Give the bits of what trees look at beside variables."""
        found = 0
        for node in (node for tree in trees for node in walk(tree)):
            match node:
                case OverLesions():
                    found |= AT_LESIONS
                case IndexDate() | CountAlerts():
                    found |= ELSEWHERE
                case _:
                    pass
        return found

    def _actions(self, alert: str) -> tuple[Asked, ...]:
        item = self.pack.alerts[alert]
        trees = self.of(item)
        return tuple(
            [
                self._asked(action, *(trees.get(("actions", n, x)) for x in ("unless", "only_if")))
                for n, action in enumerate(item.actions)
            ]
        )

    def _asked(self, action: Action, unless: Part | None, only_if: Part | None) -> Asked:
        conditions = [tree for tree in (unless, only_if) if tree is not None]
        reach = 0
        for tree in conditions:
            reach |= tree.reach
        scope = self.pack.scope
        for_adults = False
        if scope is not None and only_if is not None:
            adult = self.of(scope)[("adult",)]
            for_adults = not set(adult.names).isdisjoint(only_if.names)
            reach |= adult.reach if for_adults else 0
        goals = (scope.comfort_only, scope.last_days) if scope is not None else ()
        for_comfort = action.only_if is not None and action.only_if in goals
        if scope is not None and for_comfort and scope.comfort_only is not None:
            reach |= self.of(scope)[("comfort_only",)].reach
        return Asked(
            action=action,
            unless=unless,
            only_if=only_if,
            of_lesion=any(tree.of_lesion for tree in conditions),
            for_adults=for_adults,
            for_comfort=for_comfort,
            despite=self.pack.despite(action),
            means=self.pack.meant(action.do),
            seconds=duration_seconds(action.act_by),
            reach=reach,
        )

    def _parts_of_score(self, score: str) -> tuple[str, ...]:
        item = self.pack.scores[score]
        formula = self.of(item)[("formula",)].names if item.formula else ()
        return (*item.components, *formula)

    def _trust_of_parts(self, score: str) -> str:
        own, variables = self.pack.scores[score].evidence, self.pack.variables
        given = [variables.get(x) for x in self.parts_of_score[score]]
        formulas = [self.of(x).get(("formula",)) if x is not None else None for x in given]
        return max([self.confirmed(x, own) for x in formulas], key=TRUST.index, default="read")

    def _title(self, name: str) -> str:
        variable = self.pack.variables.get(name)
        return variable.title if variable is not None else name.replace("_", " ")

    def _looks_at_lesions(self, name: str) -> bool:
        return not self.of_lesions.isdisjoint((name, *self.all_behind[name]))

    def _trust(self, option: str) -> str:
        return weakest_of(self.pack.options[option].evidence)

    def _named_by(self, option: str) -> tuple[str, ...]:
        read = self.trees.read_by(self.pack.options[option])
        return self._names(r for readings in read.values() for r in readings)

    def _indicated_by(self, option: str) -> tuple[str, ...]:
        return self._names(self.trees.read_by(self.pack.options[option])["indicated"])

    def _names(self, readings: Iterable[Reading]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for r in readings for n in self.trees.names(r.tree)))

    def _comes_and_goes(self, name: str) -> bool:
        variable = self.pack.variables.get(name)
        if variable is not None and asked_for(variable):
            lasts = variable.window == "ever" or variable.pick == "active"
            return variable.hints and not lasts
        return any(self.comes_and_goes[x] for x in self.behind[name])

    def _coming_and_going(self, name: str) -> tuple[str, ...]:
        return tuple(x for x in (name, *self.all_behind[name]) if self.comes_and_goes[x])

    def _all_behind(self, name: str) -> tuple[str, ...]:
        return behind(self.trees, name)

    def _unlicensed(self, name: str) -> frozenset[str]:
        return unlicensed(self.trees, name)

    def _weakest(self, name: str) -> int:
        return max(self._line(n) for n in (name, *self.all_behind[name]))

    def _line(self, name: str) -> int:
        variable, score = self.pack.variables.get(name), self.givers.get(name)
        if score is not None:
            return TRUST.index(weakest_of(score.evidence))
        if variable is not None and has_figures(self.trees.of(variable).get(("formula",))):
            return TRUST.index(weakest_of(variable.evidence))
        return 0


def weakest_of(citations: Iterable[Citation]) -> str:
    """Give how far the best of an item's citations was confirmed.

    Several lines for one statement are alternatives.
    """
    found = [c.confirmation for c in citations]
    return min(found, key=TRUST.index) if found else "unread"
