"""Steers random patients towards a result: makes rare results frequent, and promises nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from bonemets.expression import (
    And,
    AtLeast,
    Call,
    Compare,
    IfElse,
    IndexDate,
    Known,
    LevelName,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    OverLesions,
    names,
)
from bonemets.pack.items import Option, Score
from bonemets.program import Key
from bonemets.values import INF
from program.checks import Compiled
from program.patients import Batch
from program.referee import COMPARE, compared, edges_of, lower, upper
from program.referee import Known as KnownPatient

Goal = tuple[Key, Any]
"""A result of the program, and the value that it should take."""


def goals(compiled: Compiled) -> list[Goal]:
    """Give every result with every value that it can take."""
    found: list[Goal] = []
    for key, entry in compiled.results.items():
        if key not in compiled.computed:
            continue
        if entry.form == "truth":
            found += [(key, True), (key, False)]
        elif entry.form == "mask":
            found += [(key, choice) for choice in compiled.choices(key)]
        else:
            found.append((key, None))
    return found


@dataclass
class Steering:
    """Changes the facts of one patient of a batch."""

    compiled: Compiled
    batch: Batch
    patient: int
    rng: Random

    def __post_init__(self) -> None:
        self.pack, self.trees = self.compiled.pack, self.compiled.trees
        self.lesions = self.batch.flat(self.patient)

    def steer(self, goal: Goal) -> None:
        """Turn the patient, and one of its lesions, towards a result."""
        key, wanted = goal
        lesion = None
        if self.compiled.results[key].entity == "lesion":
            if not self.lesions:
                return
            lesion = self.rng.choice(self.lesions)
        match key:
            case ("variable", name):
                self.variable(name, wanted, lesion)
            case ("score", identity, "applies"):
                self.make(self.trees.of(self.pack.scores[identity])[("applies",)], wanted, lesion)
            case ("score", identity, _):
                self.score(self.pack.scores[identity], wanted, lesion)
            case ("option", identity):
                self.option(self.pack.options[identity], wanted, lesion)
            case ("dose", identity):
                self.dose(self.pack.options[identity], wanted, lesion)
            case ("action", identity, index, word):
                tree = self.trees.of(self.pack.alerts[identity])[("actions", int(index), word)]
                self.make(tree, wanted, lesion)
            case ("scope", word):
                assert self.pack.scope is not None
                self.make(self.trees.of(self.pack.scope)[(word,)], wanted, lesion)
            case (_, identity):
                self.make(self.trees.of(self.pack.items()[identity])[("when",)], wanted, lesion)

    # conditions

    def make(self, node: Node, wanted: bool, lesion: int | None) -> None:
        match node:
            case Not():
                self.make(node.a, not wanted, lesion)
            case And() | Or():
                every = wanted == isinstance(node, And)
                for item in node.items if every else (self.rng.choice(node.items),):
                    self.make(item, wanted, lesion)
            case Name():
                self.variable(node.name, wanted, lesion)
            case OneOf(a=Name(name=name)):
                left = [x for x in node.a.type.domain if (x in node.levels) == wanted]
                self.variable(name, self.rng.choice(left), lesion)
            case Compare():
                self.compare(node, wanted, lesion)
            case IfElse():
                way = self.rng.random() < 0.5
                self.make(node.c, way, lesion)
                self.make(node.a if way else node.b, wanted, lesion)
            case AtLeast():
                many = self.rng.sample(
                    node.items, node.n if wanted else len(node.items) - node.n + 1
                )
                for item in many:
                    self.make(item, wanted, lesion)
            case Known():
                if wanted:
                    self.settle(node.name, lesion)
                else:
                    self.open(node.name, lesion)
            case OverLesions() if node.function in ("any_lesion", "all_lesions"):
                self.over_lesions(node, wanted)
            case _:
                for name in names(node):
                    self.settle(name, lesion)

    def over_lesions(self, node: OverLesions, wanted: bool) -> None:
        every = wanted == (node.function == "all_lesions")
        if not self.lesions:
            return
        for lesion in self.lesions if every else (self.rng.choice(self.lesions),):
            self.make(node.a, wanted, lesion)
            if node.only is not None:
                self.make(node.only, wanted, lesion)
            self.batch.lesions.doubtful[lesion] &= not wanted
        if not wanted:
            self.batch.lesions.open[self.patient] = False

    def compare(self, node: Compare, wanted: bool, lesion: int | None) -> None:
        sides = self.candidates(node.a), self.candidates(node.b)
        for _ in range(40):
            a, b = (self.rng.choice(side) for side in sides)
            if COMPARE[node.op](a, b) == wanted:
                break
        for side, value in ((node.a, a), (node.b, b)):
            if isinstance(side, Name):
                self.variable(side.name, value, lesion)
            else:
                for name in names(side):
                    self.settle(name, lesion)

    def candidates(self, node: Node) -> list[float]:
        """Give values that one side of a comparison may take."""
        match node:
            case Number():
                return [node.value]
            case IndexDate():
                return [float(self.batch.index[self.patient])]
            case Name():
                return self.points(node.name)
            case _:
                return [0.0]

    def points(self, name: str) -> list[float]:
        entry = self.batch.inputs.get(name)
        if entry is not None:
            return self.batch.points.of(entry).tolist()
        return [*self.batch.points.near.get(name, ()), 0.0]

    # variables

    def variable(self, name: str, value: Any, lesion: int | None) -> None:
        """Give a variable a value: as a recorded fact, or through its formula."""
        entry = self.batch.inputs.get(name)
        where = lesion if self.compiled.symbols[name].entity == "lesion" else None
        member = self.patient if where is None else where
        if entry is not None and (entry.state is None or self.rng.random() < 0.5):
            if value is None:
                self.settle(name, lesion)
            else:
                self.batch.put(name, member, value)
            return
        if entry is not None:
            self.batch.states[name][member] = 0
        v = self.pack.variables.get(name)
        maker = self.compiled.referee.makers.get(name)
        if maker is not None:
            if maker.applies is not None:
                self.make(self.trees.of(maker)[("applies",)], True, where)
            self.score(maker, value, where)
        elif v is not None and v.table_of is not None:
            word = {True: "yes", False: "no"}.get(value, value)
            values = v.table.get(str(word))
            if values:
                chosen: Any = self.rng.choice(values)
                chosen = chosen == "yes" if chosen in ("yes", "no") else chosen
                self.variable(v.table_of, chosen, where)
        elif v is not None and v.type == "boolean":
            self.make(self.trees.of(v)[("formula",)], bool(value), where)
        elif v is not None and v.type == "level":
            ways = list(self.ways(self.trees.of(v)[("formula",)], value))
            for condition, truth in self.rng.choice(ways) if ways else ():
                self.make(condition, truth, where)
        elif v is not None:
            for inner in names(self.trees.of(v)[("formula",)]):
                self.settle(inner, where)

    def ways(self, node: Node, level: Any) -> Iterator[list[tuple[Node, bool]]]:
        """Give the branches that lead to a level."""
        match node:
            case LevelName() if node.name == level:
                yield []
            case IfElse():
                for branch, truth in ((node.a, True), (node.b, False)):
                    for way in self.ways(branch, level):
                        yield [(node.c, truth), *way]
            case Call():
                for inner in node.items:
                    yield from self.ways(inner, level)
            case _:
                return

    def settle(self, name: str, lesion: int | None) -> None:
        """Settle a variable, and what it follows from."""
        symbol = self.compiled.symbols[name]
        if symbol.entity == "lesion" and lesion is None:
            for one in self.lesions:
                self.settle(name, one)
            return
        entry = self.batch.inputs.get(name)
        if entry is not None and (entry.state is None or self.rng.random() < 0.3):
            if symbol.kind == "boolean":
                value: Any = self.rng.random() < 0.5
            elif symbol.kind == "level":
                value = self.rng.choice(symbol.levels)
            else:
                value = self.rng.choice(self.points(name))
            self.batch.put(name, self.patient if symbol.entity == "patient" else lesion, value)  # type: ignore[arg-type]
            return
        if entry is not None:
            self.batch.states[name][self.patient if symbol.entity == "patient" else lesion] = 0
        for inner in self.compiled.referee.behind(name)[0]:
            self.settle(inner, lesion)

    def open(self, name: str, lesion: int | None) -> None:
        """Make a variable unknown, and what it follows from."""
        symbol = self.compiled.symbols[name]
        entry = self.batch.inputs.get(name)
        member = self.patient if symbol.entity == "patient" else lesion
        if entry is not None and member is not None:
            anything = (
                (-INF, INF)
                if symbol.kind in ("number", "date")
                else (1 << (len(symbol.levels) or 2)) - 1
            )
            self.batch.put(name, member, anything)
            if entry.state is not None:
                self.batch.states[name][member] = self.rng.choice((0, 2))
        if entry is None or entry.state is not None:
            for inner in self.compiled.referee.behind(name)[0]:
                self.open(inner, lesion)

    # scores and options

    def score(self, score: Score, wanted: Any, lesion: int | None) -> None:
        """Draw the components, or the number and the edges, until it is the wanted one.

        A wanted number is the total, which drawn figures of a formula hardly ever meet: these are
        drawn once.
        """
        behind = list(score.components)
        if score.formula is not None:
            bands = [
                *score.bands.values(),
                *(b for t in score.bands_by_unit.values() for b in t.values()),
            ]
            edges = [e for b in bands for e in edges_of(b) if isinstance(e, str)]
            reported = [score.reported_in] if score.reported_in else []
            behind = list(
                dict.fromkeys([*self.compiled.referee.names(score.formula), *edges, *reported])
            )
        number = isinstance(wanted, int | float)
        choices = {name: self.choices(name) for name in behind}
        chosen: dict[str, Any] = {}
        for _ in range(1 if number and score.formula is not None else 200):
            chosen = {name: self.rng.choice(every) for name, every in choices.items()}
            judgement = self.compiled.referee.judge(KnownPatient(chosen, [chosen], 0.0))
            judgement.here = 0
            found = judgement.total(score) if number else judgement.band(score)
            if wanted is None or found == wanted:
                break
        for name, value in chosen.items():
            self.variable(name, value, lesion)

    def choices(self, name: str) -> Sequence[Any]:
        """Give the values that a variable may be drawn from."""
        symbol = self.compiled.symbols[name]
        if symbol.kind == "boolean":
            return (False, True)
        return symbol.levels if symbol.kind == "level" else self.points(name)

    def option(self, option: Option, wanted: str, lesion: int | None) -> None:
        read = self.trees.read_by(option)
        clauses = {
            s: [r.tree for r in read[s]] for s in ("caution", "contraindicated", "indicated")
        }
        if wanted == "not_in_scope":
            assert self.pack.scope is not None
            self.make(self.trees.of(self.pack.scope)[("cancer",)], False, lesion)
            return
        if self.pack.scope is not None:
            self.make(self.trees.of(self.pack.scope)[("cancer",)], True, lesion)
        holding = {"caution": "caution", "contraindicated": "contraindicated", "indicated": ""}
        for section, listed in clauses.items():
            for tree in listed:
                self.make(tree, False, lesion)
            if listed and (
                holding[section] == wanted or (section == "indicated" and wanted != "not_indicated")
            ):
                self.make(self.rng.choice(listed), True, lesion)

    def dose(self, option: Option, wanted: int, lesion: int | None) -> None:
        assert option.dose is not None
        row = option.dose.rows[wanted]
        edges = [e for e in (lower(row), upper(row)) if e is not None]
        points = self.points(option.dose.by)
        points += [(a + b) / 2 for a, b in pairwise(points)]
        inside = [p for p in points if all(compared(o, p, e) for o, e in edges)]
        self.variable(option.dose.by, self.rng.choice(inside or points), lesion)
