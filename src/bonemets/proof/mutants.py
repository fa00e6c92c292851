"""Mutants of the knowledge: small changes to conditions, thresholds and points.

Each of which an item's own examples must notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, cast

from msgspec.structs import replace

from bonemets.documents import Path
from bonemets.engine import Engine, One
from bonemets.explain import Patient
from bonemets.expression import (
    And,
    Compare,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    walk,
)
from bonemets.pack.items import SHELF_OF, Example, Finder, Option, Score
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees, decimals_of, expressions
from bonemets.proof.examples import Replay

FLIPPED: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed item: what was changed, where, and the item as changed."""

    item: Finder
    path: Path
    change: str

    @property
    def name(self) -> str:
        """Name the mutant: item, place in it, change."""
        return f"{self.item.id}: {'.'.join(map(str, self.path))}: {self.change}"


def mutants(pack: Pack, item: Finder) -> Iterator[Mutant]:
    """Give the mutants of one item.

    Conditions: a comparison made strict or lenient, a threshold one printed step up or down, and/or
    exchanged,
    a clause dropped, a negation dropped, a level dropped from a set. Scores: points and band edges
    by one.
    Options: a stop dropped.
    """
    trees = Trees(pack).of(item)
    for expression in expressions(item):
        tree = trees[expression.path]
        for change, text in sorted(set(changed(expression.text, tree))):
            yield Mutant(with_text(item, expression.path, text), expression.path, change)
    if isinstance(item, Option):
        for index, clause in enumerate(item.contraindicated):
            rest = item.contraindicated[:index] + item.contraindicated[index + 1 :]
            changed_item = replace(item, contraindicated=rest)
            yield Mutant(changed_item, ("contraindicated", index), f"stop dropped: {clause.when}")
    if isinstance(item, Score):
        yield from score_mutants(item)


def changed(text: str, tree: Node) -> Iterator[tuple[str, str]]:
    """Give (what was changed, the changed text) for every mutation of an expression."""

    def put(start: int, end: int, new: str) -> str:
        return text[:start] + new + text[end:]

    for node in walk(tree):
        start, end = node.at
        shown = " ".join(text[start:end].split())
        match node:
            case Compare():
                between = text[node.a.at[1] : node.b.at[0]]
                operator = next(
                    (o for o in ("<=", ">=", "==", "!=", "<", ">") if o in between), None
                )
                if operator is not None:
                    new = put(
                        node.a.at[1], node.b.at[0], between.replace(operator, FLIPPED[operator])
                    )
                    yield f"{operator} -> {FLIPPED[operator]} in `{shown}`", new
                for side in (node.a, node.b):
                    if isinstance(side, Number):
                        yield from steps(text, side, shown)
            case And() | Or():
                parts = [text[i.at[0] : i.at[1]] for i in node.items]
                if is_chain(node):
                    continue
                word = " or " if isinstance(node, And) else " and "
                joined = "(" + word.join(f"({p})" for p in parts) + ")"
                yield (
                    f"{'and -> or' if isinstance(node, And) else 'or -> and'} in `{shown}`",
                    put(start, end, joined),
                )
                for index, part in enumerate(parts):
                    kept = [f"({p})" for i, p in enumerate(parts) if i != index]
                    word = " and " if isinstance(node, And) else " or "
                    dropped = " ".join(part.split())
                    yield f"dropped `{dropped}`", put(start, end, "(" + word.join(kept) + ")")
            case Not():
                inner = text[node.a.at[0] : node.a.at[1]]
                yield f"`not` dropped in `{shown}`", put(start, end, f"({inner})")
            case OneOf() if isinstance(node.a, Name):
                yield from levels(text, node, shown)
            case _:
                pass


def is_chain(node: Node) -> bool:
    """Say whether an `and` is a chained comparison, whose parts overlap in the text."""
    return isinstance(node, And) and any(
        a.at[1] > b.at[0] for a, b in zip(node.items, node.items[1:], strict=False)
    )


def steps(text: str, number: Number, shown: str) -> Iterator[tuple[str, str]]:
    """Move a threshold by one printed step, up and down."""
    start, end = number.at
    written = text[start:end]
    decimals = len(written.split(".")[1]) if "." in written else decimals_of(number.value)
    for sign in (1, -1):
        moved = number.value + sign * 10.0**-decimals
        yield (
            f"{written} -> {moved:.{decimals}f} in `{shown}`",
            text[:start] + f"{moved:.{decimals}f}" + text[end:],
        )


def levels(text: str, node: OneOf, shown: str) -> Iterator[tuple[str, str]]:
    """Drop a level from a set as written, or turn a comparison of levels round."""
    start, end = node.at
    name = cast("Name", node.a).name
    domain = node.a.type.domain
    rest = [level for level in domain if level not in node.levels]
    yield f"turned round: `{shown}`", text[:start] + f"{name} in {{{', '.join(rest)}}}" + text[end:]
    if node.written in ("<", "<=", ">", ">="):
        yield from moved_edge(text, node, shown)
        return
    negative = node.written in ("not in", "!=")
    written = rest if negative else list(node.levels)
    if len(written) > 1:
        for level in written:
            kept = ", ".join(x for x in written if x != level)
            operator = "not in" if negative else "in"
            new = f"{name} {operator} {{{kept}}}"
            yield f"`{level}` dropped from `{shown}`", text[:start] + new + text[end:]


def moved_edge(text: str, node: OneOf, shown: str) -> Iterator[tuple[str, str]]:
    """Move the edge of a comparison of ordered levels by one level, up and down."""
    start, end = node.at
    name = cast("Name", node.a).name
    domain = node.a.type.domain
    first, last = domain.index(node.levels[0]), domain.index(node.levels[-1])
    inner = node.levels[1:] if last == len(domain) - 1 else node.levels[:-1]
    outer = domain[first - 1 : last + 1] if last == len(domain) - 1 else domain[first : last + 2]
    for kept in (inner, outer):
        if 0 < len(kept) < len(domain):
            new = f"{name} in {{{', '.join(kept)}}}"
            yield f"edge moved in `{shown}`", text[:start] + new + text[end:]


def with_text(item: Finder, path: Path, text: str) -> Finder:
    """Put another text in the place of an expression."""
    return cast("Finder", _replaced(item, path, text))


def _replaced(value: Any, path: Path, text: str) -> Any:
    if not path:
        return text
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        entries = cast("tuple[Any, ...]", value)
        return (*entries[:head], _replaced(entries[head], rest, text), *entries[head + 1 :])
    return replace(value, **{head: _replaced(getattr(value, head), rest, text)})


def score_mutants(score: Score) -> Iterator[Mutant]:
    """Give the mutants of a score's own tables.

    Each level's points by one, and each edge between bands by one.
    """
    for variable, table in score.components.items():
        for level, points in table.items():
            if isinstance(points, int):
                for moved in (points + 1, points - 1):
                    components = {**score.components, variable: {**table, level: moved}}
                    changed_score = replace(score, components=components)
                    yield Mutant(
                        changed_score, ("components", variable, level), f"{points} -> {moved}"
                    )
    names = list(score.bands)
    for first, second in pairwise(names):
        a, b = score.bands[first], score.bands[second]
        if isinstance(a.to, float) and isinstance(b.from_, float):
            for step in (1.0, -1.0):
                bands = {
                    **score.bands,
                    first: replace(a, to=a.to + step),
                    second: replace(b, from_=b.from_ + step),
                }
                yield Mutant(
                    replace(score, bands=bands),
                    ("bands", second),
                    f"edge {b.from_:g} -> {b.from_ + step:g}",
                )


class Hunt:
    """Hunts mutants with the examples of their own items.

    What does not depend on the mutant is done once, and kept for one item at a time.
    """

    def __init__(self, pack: Pack) -> None:
        """Take the pack whose items are changed."""
        self.pack = pack
        self.replay = Replay(pack)
        self.item = ""
        """The item whose examples were run."""
        self.runs: dict[str, One] = {}
        self.sets: dict[str, Patient] = {}
        self.noticing: dict[str, int] = {}
        """How many mutants each example noticed, by item and name: the best are tried first."""

    def survives(self, identity: str, mutant: Mutant) -> bool:
        """Say whether no example of the item notices a mutant."""
        if identity != self.item:
            self.item, self.runs, self.sets = identity, {}, {}
        plural = SHELF_OF[mutant.item.kind]
        changed = {**getattr(self.pack, plural), identity: mutant.item}
        pack = self.replay.alone(identity, replace(self.pack, **{plural: changed}))
        engines: dict[frozenset[str], Engine] = {}
        names = {e.name: f"{identity}: {e.name}" for e in mutant.item.examples}

        def notices(example: Example) -> bool:
            given = self.replay.given(identity, example)
            base = self.run(identity, mutant.item, example)
            if given not in engines:
                engines[given] = self.replay.engine(identity, given).like(
                    pack, given, self.replay.only(identity)
                )
            run = engines[given].rerun(base)
            if not self.replay.compare(identity, mutant.item, example, run):
                return False
            name = names[example.name]
            self.noticing[name] = self.noticing.get(name, 0) + 1
            return True

        late: list[Example] = []
        for example in sorted(
            mutant.item.examples, key=lambda e: -self.noticing.get(names[e.name], 0)
        ):
            if not self.touches(identity, mutant, example):
                late.append(example)
            elif notices(example):
                return False
        return not any(map(notices, late))

    def touches(self, identity: str, mutant: Mutant, example: Example) -> bool:
        """Say whether a mutant changes the set of its own expression in an example.

        This only chooses what is tried first: to compile a mutant costs a hundred times as much.
        """
        before = self.replay.trees.of(self.replay.trees.items[identity])
        after: Node | None = None
        path = mutant.path
        if path in before:
            changed = next(e for e in expressions(mutant.item) if e.path == path)
            after = self.replay.trees.tree(changed)
        elif (path := (*path, "when")) not in before:
            return True  # points, or an edge of a band
        name = example.name
        if name not in self.sets:
            self.sets[name] = self.run(identity, mutant.item, example).sets()
        of_lesion = mutant.item.entity == "lesion"
        was = self.sets[name].evaluate(before[path], 0 if of_lesion else None)
        if after is None:  # a stop dropped
            return bool(was[0])
        return was != self.sets[name].evaluate(after, 0 if of_lesion else None)

    def run(self, identity: str, item: Finder, example: Example) -> One:
        """Run an example on the unchanged pack, once."""
        name = example.name
        if name not in self.runs:
            record, moment = self.replay.record(item, example)
            given = self.replay.given(identity, example)
            self.runs[name] = self.replay.engine(identity, given).run_one(record, moment)
        return self.runs[name]
