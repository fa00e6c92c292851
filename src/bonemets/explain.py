"""Which clauses decided a finding, in words and values.

And what is missing, and how far the lines behind it may be trusted.

Walks the expression trees of the items shown with the one patient's sets.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import InitVar, dataclass, field, replace
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import chain, compress, islice
from operator import ne
from typing import Any, Final, TypeVar

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
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    OverLesions,
    Symbol,
    walk,
)
from bonemets.model import LONG_AGO, ActionShown, ClauseShown, EffectShown, Reason, Result, Source
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import (
    Action,
    ActionText,
    Citation,
    Clause,
    Investigation,
    Option,
    People,
    Step,
    Variable,
    asked_for,
)
from bonemets.pack.load import Pack
from bonemets.pack.order import before_each, behind
from bonemets.pack.trees import Asker, Path, Reading, Trees
from bonemets.pack.trust import has_figures, licensed, unlicensed
from bonemets.sets import Meaning, Meanings, Truth
from bonemets.values import INF, NONE, PERHAPS, SURE, Scalars

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
    of_lesion: bool
    meaning: Meaning
    """Gives its set for a patient."""
    names: tuple[str, ...]
    """The variables that it names."""
    reach: int
    """The bits of all that it looks at: its variables and those behind them, and what else."""
    parts: tuple[Part, ...]
    """The conditions that it is made of; of an aggregate over lesions what it counts, and which."""


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

    def __init__(self, trees: Trees, told: Told | None = None) -> None:
        """Take the trees of a pack, and what another of the same pack told."""
        self.trees, self.pack = trees, trees.pack
        self.givers = trees.givers
        self.meanings = Meanings()
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
        self.of_lesions = frozenset(n for n, s in trees.symbols.items() if s.entity == "lesion")
        """The variables of lesions; the others are the patient's."""
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
        self.actions = Kept(self._actions)
        """What is the same for every patient of an alert's actions."""
        self.bits = {name: 1 << n for n, name in enumerate(trees.symbols, start=FIRST)}
        """For each variable a bit, for sets of them."""
        self.every = {name: everything(symbol) for name, symbol in trees.symbols.items()}
        """For each variable the set of all its values: nothing is known of it."""
        self.reach = Kept(self._reach)
        """The bits of a variable and of those behind it, and of what else they look at."""
        self.silent: Patient | None = None
        """The sets of a record that says nothing (`Patient.hear`)."""
        self.clauses = Kept(self._clauses)
        """What is the same for every patient of an option's clauses, by section."""
        self._parts: dict[int, Part] = {}
        """By the ids of their nodes, which they keep alive."""
        self._of: dict[int, tuple[Asker, dict[Path, Part]]] = {}
        self._confirmed: dict[tuple[int, int], tuple[Part | None, tuple[Citation, ...], str]] = {}
        for kept, found in zip(self._of_variables(), told or (), strict=False):
            kept.update(found)

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
        return Lineage(trees, [dict(kept) for kept in self._of_variables()] if same else None)

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
        return Part(
            node,
            node.entity == "lesion",
            self.meanings.of(node),
            names,
            reach,
            tuple([self.part(n) for n in inner]),
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
        return Asked(
            action=action,
            unless=unless,
            only_if=only_if,
            of_lesion=any(tree.of_lesion for tree in conditions),
            for_adults=for_adults,
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
            return variable.window != "ever" and variable.pick != "active"
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


@dataclass(slots=True)
class Patient:
    """One patient's sets: of each variable, by lesion number (None: the patient's own).

    `recorded` says which facts come from events of the record; a computed variable that is not
    among them follows its formula.
    """

    pack: Pack
    trees: Trees
    index: float
    values: dict[tuple[str, int | None], Any]
    recorded: dict[tuple[str, int | None], int]
    operations: Scalars
    labels: tuple[str, ...]
    alerts: dict[str, list[Truth]] = field(default_factory=dict[str, list[Truth]])
    truths: dict[int | tuple[int, int | None], Truth] = field(
        default_factory=dict[int | tuple[int, int | None], Truth]
    )
    """Sets of the conditions within trees, as found already (`sets.Meanings`)."""
    results: dict[Part | tuple[Part, int | None], Result] = field(
        default_factory=dict["Part | tuple[Part, int | None]", Result]
    )
    """Results of conditions found already; of one of a lesion with the lesion's number."""
    said: dict[Any, tuple[Reason, ...]] = field(default_factory=dict[Any, tuple[Reason, ...]])
    """Reasons given already."""
    hints: dict[tuple[Part | str, int | None], bool] = field(
        default_factory=dict["tuple[Part | str, int | None]", bool]
    )
    """Which conditions and variables the record hints at, as found already (`writing.hints`)."""
    open_behind: dict[Part | tuple[Part, int | None], tuple[str, ...]] = field(
        default_factory=dict["Part | tuple[Part, int | None]", tuple[str, ...]]
    )
    """What is missing for conditions, as found already."""
    lacking: dict[tuple[str, int | None], dict[str, None]] = field(
        default_factory=dict[tuple[str, int | None], dict[str, None]]
    )
    """What is missing for variables, as found already."""
    silent: Patient | None = None
    """The sets of a record that says nothing, once `hear` has taken them."""
    heard: int = 0
    """The bits of the variables of which the record says anything, with AT_LESIONS and ELSEWHERE.
    """
    speaking_names: frozenset[str] = frozenset()
    """The variables of which anything is known, at any lesion."""
    speaking: int = 0
    """Their bits."""
    lines: InitVar[Lineage | None] = None
    lineage: Lineage = field(init=False)
    """What stands behind the variables: the engine's, else one of its own."""

    def __post_init__(self, lines: Lineage | None) -> None:
        """Take what stands behind the variables."""
        self.lineage = lines or Lineage(self.trees)

    def hear(self, silent: Patient) -> None:
        """Note of which variables anything was heard, beside a record that says nothing.

        What is said of a condition of which nothing was heard is the same for every patient: it is
        written for that record, once for a pack, and so holds nothing of anybody.
        """
        bits, every = self.lineage.bits, self.lineage.every
        values, recorded = self.values, self.recorded

        def of_patient(keys: Iterable[Place], unlike: Iterable[Any]) -> set[Place]:
            return set(compress(keys, map(ne, map(values.__getitem__, keys), unlike)))

        # What is computed differs only where something behind it was heard, or looks elsewhere.
        told = {key for key, state in recorded.items() if state}
        heard = of_patient(silent.recorded, map(silent.values.__getitem__, silent.recorded))
        heard |= {key for key in told if key[1] is None}
        speaking = told | of_patient(silent.values, [every[name] for name, _ in silent.values])
        if self.operations.n:
            at_lesions = islice(values.items(), len(silent.values), None)
            speaking |= {key for key, x in at_lesions if x != every[key[0]]}
        lesions = AT_LESIONS if self.operations.n or not self.operations.open else 0
        self.heard = sum([bits[name] for name, _ in heard], ELSEWHERE | lesions)
        self.speaking_names = frozenset([name for name, _ in speaking])
        self.speaking = sum([bits[name] for name in self.speaking_names])
        self.silent = silent

    def stranger(self, tree: Part) -> Patient | None:
        """Give a record that says nothing, where nothing was heard of all that a tree looks at."""
        return None if self.heard & tree.reach else self.silent

    def symbol(self, name: str) -> Symbol:
        """Give a variable's symbol."""
        return self.trees.symbols[name]

    def value(self, name: str, lesion: int | None) -> Any:
        """Give a variable's set: (may be true, may be false), a mask, or (low, high)."""
        at = lesion if lesion is not None and name in self.lineage.of_lesions else None
        return self.values[name, at]

    def where(self, name: str, lesion: int | None) -> int | None:
        """Give the lesion that a variable is asked for: none for one of the patient."""
        return lesion if lesion is not None and name in self.lineage.of_lesions else None

    def state(self, name: str, lesion: int | None) -> int:
        """Give a fact's recorded state (0 no event, 1 perhaps, 2 recorded)."""
        at = lesion if lesion is not None and name in self.lineage.of_lesions else None
        return self.recorded.get((name, at), 0)

    def is_open(self, name: str, lesion: int | None) -> bool:
        """Say whether more than one value is left."""
        value, kind = self.value(name, lesion), self.trees.symbols[name].kind
        if kind == "boolean":
            return bool(value[0] and value[1])
        if kind == "level":
            return value & (value - 1) != 0
        return value[0] != value[1]

    def supposing(self, name: str, lesion: int | None, level: str) -> Patient:
        """Give the same patient with one level variable taken as settled: what would hold then."""
        settled = {(name, lesion): 1 << self.symbol(name).levels.index(level)}
        values = self.values | settled
        return replace(
            self,
            values=values,
            truths={},
            results={},
            said={},
            hints={},
            open_behind={},
            lacking={},
            silent=None,
            lines=self.lineage,
        )

    def evaluate(self, node: Node, lesion: int | None) -> Any:
        """Give a node's set, as the compiled program does."""
        return self.lineage.meanings.of(node)(self, lesion)

    def result(self, tree: Part, lesion: int | None) -> Result:
        """Name a condition's set; worked out once for each lesion."""
        key = (tree, lesion) if tree.of_lesion else tree
        found = self.results.get(key)
        if found is None:
            may, fails = tree.meaning(self, lesion)
            found = "unknown" if may and fails else "yes" if may else "no"
            self.results[key] = found
        return found

    def rests_on(self, unread: Iterable[str], lesion: int | None) -> bool:
        """Say whether the record does not state the value of one of these unread formulas."""
        return any([self.state(name, lesion) != SURE for name in unread])

    # words ---------------------------------------------------------------------------------------

    def reasons(
        self, tree: Part, lesion: int | None, result: Result | None = None
    ) -> tuple[Reason, ...]:
        """Give the clauses that decided a condition, each once.

        With a `result` that the condition does not have (it is open): what would still have to hold
        for it, as one reason.
        """
        if not tree.of_lesion:
            lesion = None
        stranger = self.stranger(tree)
        if stranger is not None:
            return stranger.reasons(tree, lesion, result)
        own = self.result(tree, lesion)
        if result is None or result == own:
            return self.decided(tree, lesion, own)
        key = (tree, lesion, result)
        if key not in self.said:
            text = self.supposed(tree.node, lesion, holds=result == "yes")
            self.said[key] = (Reason(text=text, result=result),)
        return self.said[key]

    def decided(self, tree: Part, lesion: int | None, result: Result) -> tuple[Reason, ...]:
        """Give the clauses that decided a condition's result, each once.

        Worked out once for each lesion.
        """
        key = (tree, lesion) if tree.of_lesion else tree
        found = self.said.get(key)
        if found is None:
            if self.silent is not None and not self.heard & tree.reach:
                found = self.silent.decided(tree, lesion, result)
            else:
                found = self._reasons(tree, lesion if tree.of_lesion else None, result)
            self.said[key] = found
        return found

    def _reasons(self, tree: Part, lesion: int | None, result: Result) -> tuple[Reason, ...]:
        match node := tree.node:
            case And() | Or():
                found = [
                    self.decided(x, lesion, result)
                    for x in tree.parts
                    if self.result(x, lesion) == result
                ]
                return joined(found)
            case Name():
                formula = self.followed(node.name, lesion)
                if formula is not None:
                    return self.decided(formula, lesion, result)
                return self._clause(node.name, node, lesion, result)
            case OneOf() if isinstance(node.a, Name):
                return self._clause(node.a.name, node, lesion, result)
            case Not():
                return self.decided(tree.parts[0], lesion, OPPOSITE[result])
            case IfElse():
                return self._branch_reasons(tree, lesion, result)
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                return self._lesion_reasons(tree, result)
            case _:
                label = self.label(lesion) if tree.of_lesion else None
                return (
                    Reason(text=self.phrase(node, lesion, result), result=result, lesion=label),
                )

    def _branch_reasons(self, tree: Part, lesion: int | None, result: Result) -> tuple[Reason, ...]:
        if_, then, else_ = tree.parts
        condition = self.result(if_, lesion)
        found = [self.decided(if_, lesion, condition)]
        for branch, wanted in ((then, "no"), (else_, "yes")):
            if condition != wanted and self.result(branch, lesion) == result:
                found.append(self.decided(branch, lesion, result))
        return joined(found)

    def _lesion_reasons(self, tree: Part, result: Result) -> tuple[Reason, ...]:
        found: list[tuple[Reason, ...]] = []
        counted, *only = tree.parts
        for j in range(self.operations.n):
            inside = self.result(only[0], j) if only else "yes"
            if inside != "no" and self.result(counted, j) == result:
                found.append(self.decided(counted, j, result))
        if not found and result != "yes":
            there = "may be" if self.operations.open else "is"
            return (Reason(text=f"there {there} no such bone lesion", result=result),)
        return joined(found)

    def _clause(
        self, name: str, node: Node, lesion: int | None, result: Result
    ) -> tuple[Reason, ...]:
        """Say what is known of one variable: the same in every condition with the same result."""
        key = name, lesion, result
        if key not in self.said:
            text = self.phrase(node, lesion, result)
            self.said[key] = (Reason(text=text, result=result, lesion=self.label(lesion)),)
        return self.said[key]

    def label(self, lesion: int | None) -> str | None:
        """Give the name of a lesion."""
        return None if lesion is None else self.labels[lesion]

    def followed(self, name: str, lesion: int | None) -> Part | None:
        """Give the condition behind a computed boolean that no event of the record decides."""
        variable = self.pack.variables.get(name)
        if variable is None or variable.type != "boolean" or variable.formula is None:
            return None
        if self.state(name, lesion) == SURE:
            return None
        return self.lineage.of(variable)[("formula",)]

    def phrase(self, node: Node, lesion: int | None, result: Result) -> str:
        """Say a clause with its values."""
        match node:
            case Name():
                return self.boolean_phrase(node.name, result)
            case OneOf() if isinstance(node.a, Name):
                return self.level_phrase(node.a.name, lesion, result)
            case Compare():
                return self.compare_phrase(node, lesion, result)
            case AtLeast():
                return self.at_least_phrase(node, lesion, result)
            case Known():
                title = self.title(node.name)
                return f"{title} is {'known' if result == 'yes' else 'not known'}"
            case OneOf():
                left = self.evaluate(node.a, lesion)
                domain = node.a.type.domain
                levels = [x.replace("_", " ") for i, x in enumerate(domain) if left >> i & 1]
                says = "may be" if result == "unknown" else "is"
                return f"what follows from {self.titles(node.a)} {says} {' or '.join(levels)}"
            case Call():
                said = dict.fromkeys(self.phrase(n, lesion, result) for n in node.items)
                return " or ".join(said)
            case _:
                reasons = self.decided(self.lineage.part(node), lesion, result)
                found = dict.fromkeys(r.text for r in reasons)
                return (", " if result == "unknown" else " and ").join(found)

    def at_least_phrase(self, node: AtLeast, lesion: int | None, result: Result) -> str:
        """Say how many of several conditions hold, and which: only those that decided."""
        own = [(n, self.result(self.lineage.part(n), lesion)) for n in node.items]
        said = {
            r: [self.phrase(n, lesion, r) for n, its in own if its == r]
            for r in ("yes", "no", "unknown")
        }
        if result == "yes":
            return f"at least {node.n} of {len(own)} hold: {'; '.join(said['yes'])}"
        if result == "no":
            return f"fewer than {node.n} of {len(own)} can hold: {'; '.join(said['no'])}"
        held = f"{node.n} of {len(own)} may hold"
        if said["yes"]:
            held = f"{len(said['yes'])} of the {node.n} needed hold ({'; '.join(said['yes'])})"
        return f"{held}; {'; '.join(said['unknown'])}"

    def supposed(self, node: Node, lesion: int | None, *, holds: bool) -> str:
        """Say what would have to hold (or not hold) for an open condition.

        Its open parts only, without the patient's values.
        """
        match node:
            case Not():
                return self.supposed(node.a, lesion, holds=not holds)
            case And() | Or():
                kept = [n for n in node.items if self.is_unsettled(n, lesion)] or list(node.items)
                said = dict.fromkeys(self.supposed(n, lesion, holds=holds) for n in kept)
                return (" and " if isinstance(node, And) == holds else " or ").join(said)
            case Name():
                return self.boolean_phrase(node.name, "yes" if holds else "no")
            case OneOf() if isinstance(node.a, Name):
                every = self.symbol(node.a.name).levels
                wanted = [x for x in every if (x in node.levels) == holds]
                variable = self.pack.variables.get(node.a.name)
                if len(wanted) == 1 and variable is not None and wanted[0] in variable.phrases:
                    return variable.phrases[wanted[0]]
                return f"{self.title(node.a.name)} is {self.levels_words(node.a.name, wanted)}"
            case Compare():
                a, b, words = self.compared(node, "yes" if holds else "no")
                return f"{self.formula_words(a)} is {words} {self.beside(b, a)}"
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                parts = self.supposed(node.a, None, holds=True)
                if node.only is not None:
                    parts += f", where {self.supposed(node.only, None, holds=True)}"
                found = {
                    ("any_lesion", True): "at a bone lesion",
                    ("any_lesion", False): "at no bone lesion",
                    ("all_lesions", True): "at every bone lesion",
                    ("all_lesions", False): "not at every bone lesion",
                }[(node.function, holds)]
                return f"{found}: {parts}"
            case AtLeast():
                parts = [self.supposed(n, lesion, holds=True) for n in node.items]
                said = "at least" if holds else "fewer than"
                return f"{said} {node.n} of these hold: {'; '.join(parts)}"
            case IfElse():
                branches = (node.a, node.b)
                said = dict.fromkeys(self.supposed(n, lesion, holds=holds) for n in branches)
                return " or ".join(said)
            case _:
                return f"{self.titles(node)} {'allow' if holds else 'forbid'} it"

    def levels_words(self, name: str, wanted: list[str]) -> str:
        """Say which of a variable's levels, the shortest way.

        "1b or more", "other than alert", "confirmed or suspected".
        """
        symbol = self.symbol(name)
        texts = [self.level_text(name, x) for x in wanted]
        if len(wanted) > 1 and symbol.ordered and wanted == list(symbol.levels[-len(wanted) :]):
            return f"{texts[0]} or more"
        if len(wanted) > 1 and symbol.ordered and wanted == list(symbol.levels[: len(wanted)]):
            return f"at most {texts[-1]}"
        if 2 < len(wanted) == len(symbol.levels) - 1:
            other = next(x for x in symbol.levels if x not in wanted)
            return f"other than {self.level_text(name, other)}"
        return " or ".join(texts)

    def is_unsettled(self, node: Node, lesion: int | None) -> bool:
        """Say whether a condition is open; one of a lesion that is not named counts as open."""
        if lesion is None and node.entity == "lesion":
            return True
        return self.result(self.lineage.part(node), lesion) == "unknown"

    def title(self, name: str) -> str:
        """Give the shown name of a variable."""
        return self.lineage.titles[name]

    def titles(self, node: Node) -> str:
        """Give the shown names of a node's variables."""
        return " and ".join(self.title(n) for n in self.trees.names(node))

    def boolean_phrase(self, name: str, result: Result) -> str:
        """Say a finding as its variable words it: "cannot stand", "nausea: no"."""
        variable = self.pack.variables.get(name)
        phrases = variable.phrases if variable is not None else {}
        if result == "unknown":
            return f"{self.title(name)}: not known"
        return phrases.get(result) or f"{self.title(name)}: {result}"

    def level_text(self, name: str, level: str) -> str:
        """Give the shown text of a level."""
        variable = self.pack.variables.get(name)
        shown = variable.names.get(level) if variable is not None else None
        if shown is None:
            score = self.lineage.givers.get(name)
            shown = score.names.get(level) if score is not None else None
        return shown or level.replace("_", " ")

    def levels_left(self, name: str, lesion: int | None) -> tuple[str, ...]:
        """Give the levels that a variable may still have."""
        mask, symbol = self.value(name, lesion), self.symbol(name)
        return tuple(level for i, level in enumerate(symbol.levels) if mask >> i & 1)

    def level_phrase(self, name: str, lesion: int | None, result: Result) -> str:
        """Say which levels a variable has or may have: "primary site is breast"."""
        variable = self.pack.variables.get(name)
        left = self.levels_left(name, lesion)
        if len(left) == 1 and variable is not None and left[0] in variable.phrases:
            return variable.phrases[left[0]]
        title, symbol = self.title(name), self.symbol(name)
        if len(left) == len(symbol.levels):
            return f"{title}: not known"
        shown = " or ".join(self.level_text(name, level) for level in left)
        return f"{title} is {shown}" if result != "unknown" else f"{title} may be {shown}"

    def compared(self, node: Compare, result: Result) -> tuple[Node, Node, str]:
        """Give both sides of a comparison and the words between them.

        The number that is judged first, its edge second.
        """
        a, b, op = node.a, node.b, node.op
        if isinstance(a, Number) or (self.is_limit(a) and not self.is_limit(b)):
            a, b, op = b, a, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        if result == "no":
            op = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}[op]
        dates = a.type.kind == "date" or b.type.kind == "date"
        words = {
            "<": "before" if dates else "below",
            "<=": "not after" if dates else "at most",
            ">": "after" if dates else "above",
            ">=": "not before" if dates else "at least",
            "==": "exactly",
            "!=": "other than",
        }[op]
        return a, b, words

    def is_limit(self, node: Node) -> bool:
        """Say whether a node is a laboratory's own limit."""
        variable = self.pack.variables.get(node.name) if isinstance(node, Name) else None
        if variable is None or variable.with_ is None:
            return False
        return variable.with_.take in ("lower_limit", "upper_limit")

    def compare_phrase(self, node: Compare, lesion: int | None, result: Result) -> str:
        """Say a comparison with its values; where nothing is known, with its question."""
        a, b, words = self.compared(node, result)
        left = self.quantity(a, lesion)
        if result != "unknown":
            return f"{left} is {words} {self.beside(b, a, lesion, value=True)}"
        if self.is_boundless(a, lesion):
            label = self.formula_words(a)
            value = not self.is_boundless(b, lesion)
            return f"{label}: not known (is it {words} {self.beside(b, a, lesion, value=value)}?)"
        if self.is_boundless(b, lesion):
            return f"{self.beside(b, a).removeprefix('the ')}: not known (is {left} {words} it?)"
        return f"{left} may be {words} {self.beside(b, a, lesion, value=True)}"

    def is_boundless(self, node: Node, lesion: int | None) -> bool:
        """Say whether nothing at all is known of a number or date."""
        if isinstance(node, Number | IndexDate):
            return False
        return tuple(self.evaluate(node, lesion)) == (-INF, INF)

    def beside(
        self, node: Node, other: Node, lesion: int | None = None, *, value: bool = False
    ) -> str:
        """Say the edge that a number is compared with.

        A constant in the number's own unit, a limit, another number.
        """
        if isinstance(node, Number):
            unit = self.symbol(other.name).unit if isinstance(other, Name) else None
            return f"{node.value:.10g}" + ("" if unit in (None, "1") else f" {unit_shown(unit)}")
        if isinstance(node, IndexDate):
            return "the index date"
        label = self.formula_words(node)
        if self.is_limit(node):
            label = f"the {label}"
        return f"{label} ({self.value_text(node, lesion)})" if value else label

    def quantity(self, node: Node, lesion: int | None) -> str:
        """Say a number or date with its value: "albumin-corrected calcium 3.12 mmol/L"."""
        if isinstance(node, Number | IndexDate):
            return self.beside(node, node)
        if isinstance(node, Name):
            return f"{self.title(node.name)} {self.value_text(node, lesion)}"
        return f"{self.formula_words(node)} ({self.value_text(node, lesion)})"

    def value_text(self, node: Node, lesion: int | None) -> str:
        """Give the value of a number or date, or of a formula, as shown."""
        if isinstance(node, Name):
            return self.number_text(node.name, lesion)
        low, high = self.evaluate(node, lesion)
        return date_text(low, high) if node.type.kind == "date" else interval_text(low, high, 2)

    def formula_words(self, node: Node) -> str:
        """Say a formula by its names.

        "creatinine − creatinine before the bone medicine was started".
        """
        match node:
            case Name():
                return self.title(node.name)
            case Number():
                return f"{node.value:.10g}"
            case IndexDate():
                return "the index date"
            case Arithmetic():
                sign = {"+": "+", "-": "−", "*": "×", "/": "/"}[node.op]
                a, b = (
                    f"({self.formula_words(n)})"
                    if isinstance(n, Arithmetic)
                    else self.formula_words(n)
                    for n in (node.a, node.b)
                )
                return f"{a} {sign} {b}"
            case Between():
                a, b = self.formula_words(node.a), self.formula_words(node.b)
                return f"{node.function.split('_')[0]} from {a} to {b}"
            case CountAlerts():
                return f"the number of alerts of the class {node.urgency.replace('_', ' ')}"
            case OverLesions():
                what = {
                    "count": "the number of bone lesions with",
                    "max": "the largest",
                    "min": "the smallest",
                    "sum": "the sum of",
                }
                return f"{what[node.function.split('_')[0]]} {self.titles(node)}"
            case _:
                return f"a value of {self.titles(node)}"

    def number_text(self, name: str, lesion: int | None) -> str:
        """Give a number as shown: with its unit, never rounded across an edge."""
        low, high = self.value(name, lesion)
        symbol, variable = self.symbol(name), self.pack.variables.get(name)
        if symbol.kind == "date":
            return date_text(low, high)
        decimals = variable.decimals if variable is not None else 0
        return numbers_text(low, high, decimals, symbol.unit, edges_of(self.trees, name))

    # what is missing -----------------------------------------------------------------------------

    def missing(self, tree: Part, lesion: int | None) -> tuple[str, ...]:
        """Give the observed variables behind the unknown clauses of a condition."""
        key = (tree, lesion) if tree.of_lesion else tree
        found = self.open_behind.get(key)
        if found is None:
            whose = self.stranger(tree) or self
            found = whose._missing(tree, lesion if tree.of_lesion else None)
            self.open_behind[key] = found
        return found

    def _missing(self, tree: Part, lesion: int | None) -> tuple[str, ...]:
        if tree.node.type.kind == "boolean" and self.result(tree, lesion) != "unknown":
            return ()
        match tree.node:
            case And() | Or() | AtLeast() | Not():
                return joined([self.missing(x, lesion) for x in tree.parts])
            case OverLesions():
                each = range(self.operations.n)
                return joined([self.missing(x, j) for j in each for x in tree.parts])
            case Known():
                return ()
            case _:
                found: dict[str, None] = {}
                for name in tree.names:
                    for j in self.places(name, lesion):
                        self.missing_of(name, j, found)
                return tuple(found)

    def places(self, name: str, lesion: int | None) -> Iterable[int | None]:
        """Give the lesions at which a variable is looked at: from the patient's side, all."""
        if lesion is None and self.symbol(name).entity == "lesion":
            return range(self.operations.n)
        return (lesion,)

    def missing_of(self, name: str, lesion: int | None, found: dict[str, None]) -> None:
        """Add what is missing behind a variable that is open."""
        if name in found:
            return
        key = name, self.where(name, lesion)
        if key not in self.lacking:
            own: dict[str, None] = {}
            self._missing_of(*key, own)
            self.lacking[key] = own
        found |= self.lacking[key]

    def _missing_of(self, name: str, where: int | None, found: dict[str, None]) -> None:
        if not self.is_open(name, where):
            return
        origins = self.lineage.behind[name] if self.state(name, where) != SURE else ()
        variable = self.pack.variables.get(name)
        itself = variable is not None and variable.ask and variable.table_of is None
        if not origins or (itself and not self.heard_of(origins, where)):
            found[name] = None
            return
        for origin in origins:
            for j in self.places(origin, where):
                self.missing_of(origin, j, found)
        if not found and (itself or self.state(name, where) == PERHAPS):
            found[name] = None  # what it follows from is known, and leaves it open

    def heard_of(self, origins: tuple[str, ...], lesion: int | None) -> bool:
        """Say whether anything is known of the variables that a computed one follows from.

        If not, ask for the thing itself.
        """
        for name in origins:
            where = self.where(name, lesion)
            known = (name, where) in self.values
            if known and (self.state(name, where) > NONE or not self.is_open(name, where)):
                return True
            inner = self.lineage.behind[name] if self.state(name, where) != SURE else ()
            if inner and self.heard_of(inner, where):
                return True
        return False


def joined(found: Sequence[tuple[K, ...]]) -> tuple[K, ...]:
    """Put what was found one after the other, each once."""
    if len(found) < 2:
        return found[0] if found else ()
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def weakest_of(citations: Iterable[Citation]) -> str:
    """Give how far the best of an item's citations was confirmed.

    Several lines for one statement are alternatives.
    """
    found = [c.confirmation for c in citations]
    return min(found, key=TRUST.index) if found else "unread"


def edges_of(trees: Trees, name: str) -> tuple[float, ...]:
    """Give every constant that a number is compared with anywhere in the pack."""
    return trees.edges().get(name, ())


def shown_number(value: float, decimals: int, edges: Iterable[float]) -> str:
    """Show a number to some decimals, half up, never across an edge: 29.96 is "just under 30"."""
    scale = 10.0**decimals
    shown = math.floor(value * scale + 0.5) / scale
    for edge in edges:
        if value < edge <= shown:
            return f"just under {edge:g}"
        if shown <= edge < value and shown != value:
            return f"just over {edge:g}"
    return f"{shown:.{decimals}f}"


def numbers_text(
    low: float, high: float, decimals: int, unit: str | None, edges: Iterable[float]
) -> str:
    """Show what a number may be, with its unit."""
    if low == -INF and high == INF:
        return "not known"
    after = "" if unit in (None, "1") else " " + unit_shown(unit)
    if low == high:
        return shown_number(low, decimals, edges) + after
    return interval_text(low, high, decimals) + after


def interval_text(low: float, high: float, decimals: int) -> str:
    """Show an interval."""

    def number(x: float) -> str:
        if abs(x - round(x, decimals)) < 1e-9:
            return f"{x:.{decimals}f}"
        return f"{x:.{decimals + 2}f}".rstrip("0").rstrip(".")

    if low == high:
        return number(low)
    if low == -INF and high == INF:
        return "not known"
    if low == -INF:
        return f"at most {number(high)}"
    if high == INF:
        whole = math.nextafter(low, -INF)
        above = abs(whole - round(whole, 6)) < 1e-12 and low != round(low, 6)
        return f"above {number(round(whole, 6))}" if above else f"at least {number(low)}"
    return f"{number(low)} to {number(high)}"


EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001
UNITS_SHOWN: Final = {
    "umol/L": "µmol/L",
    "ug/L": "µg/L",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "a": "years",
    "10*9/L": "×10⁹/L",
    "d": "days",
    "h": "hours",
    "wk": "weeks",
    "mo": "months",
}


def unit_shown(unit: str) -> str:
    """Show a UCUM unit as people write it."""
    return UNITS_SHOWN.get(unit, unit)


def date_text(low: float, high: float) -> str:
    """Show a date or time set."""
    low = -INF if low <= LONG_AGO else low
    if low == -INF and high == INF:
        return "not known"
    if low == -INF or high == INF:
        return "before " + moment_text(high) if low == -INF else "after " + moment_text(low)
    first = moment_text(low)
    if high - low < 60:  # written to the minute
        return first
    return first[:10] if high - low == 86399 else f"{first[:10]} to {moment_text(high)[:10]}"


def moment_text(seconds: float) -> str:
    """Show a moment on the record's own clock."""
    return (EPOCH + dt.timedelta(seconds=seconds)).isoformat(" ", "minutes")
