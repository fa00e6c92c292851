"""The shipped knowledge, padded by copies over renamed variables, and facts drawn for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import fields, replace

from bonemets.expression import And, Node, Not, Or, walk
from bonemets.pack.items import Finder, Variable, asked_for
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.program import Facts, Program
from bonemets.values import Lesions

INDEX = 1_790_000_000
KINDS = ("variables", "scores", "alerts", "investigations", "options")
"""What is copied."""
WORD = re.compile(r"[a-z][a-z0-9_]*")


def computes(item: Finder) -> bool:
    """Whether an item computes something: all but observed variables do."""
    return not isinstance(item, Variable) or item.formula is not None or item.table_of is not None


def computed_items(pack: Pack) -> int:
    """How many items compute something."""
    return sum(map(computes, pack.items().values()))


def padded(pack: Pack, items: int) -> Pack:
    """Lay copies of items beside a pack until just so many of all compute something.

    Each copy has variables of its own, so nothing is shared between copies: the costly way. Items
    go by their names, which mixes their kinds, each with all variables that it names. Worked
    examples stay out.
    """
    own = {*pack.symbols(), *pack.items()}
    levels = {level for s in pack.symbols().values() for level in s.levels}
    if own & levels:
        raise ValueError(
            f"names that are also levels cannot be renamed by word: {sorted(own & levels)}"
        )
    merged: dict[str, dict[str, Any]] = {kind: dict(getattr(pack, kind)) for kind in KINDS}
    units, missing, number = dict(pack.units), items - computed_items(pack), 0
    while missing > 0:
        number += 1
        suffix, copied = f"_copy{number}", _some(pack, missing)
        names = {*copied, *(n for n, score in pack.givers().items() if score.id in copied)}
        for kind in KINDS:
            for identity, item in getattr(pack, kind).items():
                if identity in copied:
                    new = _renamed(replace(item, examples=()), names, suffix)
                    merged[kind][identity + suffix] = new
                    missing -= computes(item)
        units |= {n + suffix: table for n, table in pack.units.items() if n in copied}
    return replace(pack, **merged, units=units)


def _some(pack: Pack, many: int) -> set[str]:
    """Give the first items of which so many compute something, or all."""
    every = {i: item for kind in KINDS for i, item in getattr(pack, kind).items()}
    read = {name: name for name in pack.variables}
    read |= {name: score.id for name, score in pack.givers().items()}
    found: set[str] = set()
    for identity in sorted(every.keys() - pack.variables.keys()):
        if sum(computes(every[i]) for i in found) >= many:
            break
        waiting = {identity}
        while waiting:
            found |= waiting
            named = {word for i in waiting for word in _words(every[i])}
            waiting = {read[word] for word in named & read.keys()} - found
    return found


def _words(value: Any) -> Iterator[str]:
    """Give every word of an item that may be a name."""
    if isinstance(value, str):
        yield from WORD.findall(value)
    elif isinstance(value, Struct):
        for f in fields(value):
            yield from _words(getattr(value, f.name))
    elif isinstance(value, dict | tuple):
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _words(part)


def _renamed(value: Any, own: set[str], suffix: str) -> Any:
    if isinstance(value, str):
        return WORD.sub(lambda m: m[0] + suffix if m[0] in own else m[0], value)
    if isinstance(value, tuple):
        return tuple(_renamed(v, own, suffix) for v in value)
    if isinstance(value, dict):
        return {_renamed(k, own, suffix): _renamed(v, own, suffix) for k, v in value.items()}
    if isinstance(value, Struct):
        return replace(
            value, **{f.name: _renamed(getattr(value, f.name), own, suffix) for f in fields(value)}
        )
    return value


@dataclass(frozen=True)
class Size:
    """How large a pack and its program are."""

    items: int
    observed: int
    nodes: int
    distinct: int
    clauses: int
    statements: int

    def shown(self) -> str:
        return (
            f"{self.items:,} items that compute something, {self.observed:,} variables read from "
            f"records; {self.nodes:,} nodes, {self.distinct:,} distinct, of them {self.clauses:,} "
            f"clauses (comparisons, memberships, booleans); {self.statements:,} statements"
        )


def size(pack: Pack, program: Program) -> Size:
    trees = Trees(pack)
    every: list[Node] = [
        node
        for item in pack.items().values()
        for tree in trees.of(item).values()
        for node in walk(tree)
    ]
    distinct = set(every)
    clauses = sum(
        node.type.kind == "boolean" and not isinstance(node, And | Or | Not) for node in distinct
    )
    items = computed_items(pack)
    observed = sum(asked_for(v) for v in pack.variables.values())
    return Size(items, observed, len(every), len(distinct), clauses, program.statements)


# facts -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """The facts of a batch, and which share of them is known."""

    lesions: Lesions
    facts: Facts
    known: float

    def one(self, rank: int) -> tuple[int, Facts]:
        """The number of lesions and the facts of one patient, as Python numbers."""
        starts = np.concatenate([[0], np.cumsum(self.lesions.sizes)]).astype(int)
        slots = [
            int(start) + rank
            for start, n in zip(starts, self.lesions.sizes, strict=False)
            if rank < n
        ]
        f = self.facts
        found = Facts(index=float(INDEX))
        for name in ("masks", "lows", "highs", "states"):
            getattr(found, name).extend(column[rank].item() for column in getattr(f, name))
            getattr(found, f"lesion_{name}").extend(
                [column[0][j].item() for j in slots] for column in getattr(f, f"lesion_{name}")
            )
        return len(slots), found


def draw(
    pack: Pack, program: Program, patients: int, *, known: float = 0.45, seed: int = 1
) -> Drawn:
    """Draw facts, each known with probability `known`, else anything.

    A patient has 0 to 4 lesions; half of the lists are open.
    """
    rng = np.random.default_rng(seed)
    counts = np.sort(rng.integers(0, 5, patients))[::-1]
    sizes = tuple(int((counts > s).sum()) for s in range(4) if (counts > s).any())
    total = sum(sizes)
    lesions = Lesions(
        patients,
        sizes,
        rng.random(patients) < 0.5,
        np.arange(total),
        np.zeros(total, bool),
        rng.random(total) < 0.1,
    )
    facts = Facts(index=np.full(patients, float(INDEX)))
    symbols = pack.symbols()
    settled = drawn = 0
    for name, entry in program.inputs.items():
        n = patients if entry.entity == "patient" else total
        prefix = "" if entry.entity == "patient" else "lesion_"
        sure = rng.random(n) < known
        settled, drawn = settled + int(sure.sum()), drawn + n

        def put(kind: str, column: Any, entity: str = entry.entity, prefix: str = prefix) -> None:
            getattr(facts, prefix + kind).append(column if entity == "patient" else [column])

        if entry.kind in ("boolean", "level"):
            levels = 2 if entry.kind == "boolean" else len(symbols[name].levels)
            put(
                "masks",
                np.where(sure, np.int64(1) << rng.integers(0, levels, n), (1 << levels) - 1),
            )
        else:
            value = _numbers(rng, pack.variables.get(name), entry.kind, n)
            put("lows", np.where(sure, value, -np.inf))
            put("highs", np.where(sure, value, np.inf))
        if entry.state is not None:
            put("states", np.where(sure, 2, 0).astype(np.int8))
    return Drawn(lesions, facts, settled / max(drawn, 1))


def _numbers(rng: np.random.Generator, variable: Variable | None, kind: str, n: int) -> Any:
    if kind == "date":
        return INDEX - np.floor(rng.random(n) * 400 * 86_400)
    low, high = (variable.plausible if variable is not None else None) or (0.0, 100.0)
    value = low + (high - low) * rng.random(n)
    return np.floor(value) if variable is not None and variable.integer else value
