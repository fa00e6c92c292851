"""Random patients as sets: what the program reads, and completions of all that is open."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import numpy as np

from bonemets.pack.load import Pack
from bonemets.pack.trees import expressions
from bonemets.program import Facts, Input
from bonemets.values import INF, Lesions, Scalars
from program.referee import Known, edges_of

DAY = 86_400
INDEX = 20_000 * DAY + DAY - 1
"""An index moment: the last second of a day in 2024."""


# --- where values are drawn from ---------------------------------------------------------------


def constants(pack: Pack) -> dict[str, list[float]]:
    """Give for each number the figures near it: in expressions that name it, and at its edges."""
    found: dict[str, set[float]] = {}
    everything = [*pack.items().values(), *([pack.scope] if pack.scope else [])]
    for item in everything:
        for expression in expressions(item):
            nodes = list(ast.walk(ast.parse("(" + expression.text + "\n)")))
            figures = {float(n.value) for n in nodes if isinstance(n, ast.Constant)}
            for node in nodes:
                if isinstance(node, ast.Name):
                    found.setdefault(node.id, set()).update(figures)
    for score in pack.scores.values():
        for bands in (score.bands, *score.bands_by_unit.values()):
            edges = {e for b in bands.values() for e in edges_of(b) if isinstance(e, float)}
            factors = {factor for factor, _ in pack.units.get(score.formula or "", {}).values()}
            for name in _words(score.formula):
                found.setdefault(name, set()).update(
                    {e * f for e in edges for f in factors or {1.0}}
                )
    for option in pack.options.values():
        if option.dose is not None:
            found.setdefault(option.dose.by, set()).update(
                e for row in option.dose.rows for e in edges_of(row) if isinstance(e, float)
            )  # type: ignore[arg-type]
    return {name: sorted(figures) for name, figures in found.items()}


def _words(text: str | None) -> Iterator[str]:
    for node in ast.walk(ast.parse("(" + (text or "0") + "\n)")):
        if isinstance(node, ast.Name):
            yield node.id


@dataclass
class Points:
    """Where values are drawn from: constants of the pack, their neighbours, plausible values."""

    pack: Pack
    points: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.near = constants(self.pack)

    def of(self, entry: Input) -> np.ndarray:
        if entry.name not in self.points:
            self.points[entry.name] = (
                self.dates() if entry.kind == "date" else self.numbers(entry.name)
            )
        return self.points[entry.name]

    def numbers(self, name: str) -> np.ndarray:
        variable = self.pack.variables.get(name)
        low, high = (variable.plausible if variable is not None else None) or (-5.0, 60.0)
        whole = variable is not None and variable.integer
        few = np.array([*self.near.get(name, ()), 0.0, 1.0])
        if whole:
            spread = np.round(np.linspace(max(low, -3), min(high, 12), 12))
            return np.unique(np.concatenate([np.round(few), np.round(few) + 1, spread]))
        close = [np.nextafter(few, INF), np.nextafter(few, -INF)]
        return np.unique(
            np.concatenate(
                [few, *close, np.linspace(low, high, 24), np.round(np.linspace(low, high, 24), 1)]
            )
        )

    def dates(self) -> np.ndarray:
        back = np.array(
            [
                0,
                1,
                2,
                20,
                24,
                47,
                48,
                72,
                24 * 7,
                24 * 28,
                24 * 89,
                24 * 400,
                24 * 3650,
                24 * 365 * 18,
                24 * 365 * 60,
            ]
        )
        whole = INDEX - back * 3600.0
        return np.unique(np.concatenate([whole, whole - 1, whole + 1, whole - whole % DAY]))


# --- a batch of sets ---------------------------------------------------------------------------


@dataclass
class Batch:
    """Facts of many patients by name; those of lesions flat, in slots."""

    pack: Pack
    inputs: dict[str, Input]
    points: Points
    lesions: Lesions
    index: np.ndarray
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    ends: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    states: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = self.lesions.sizes
        self.starts = [sum(sizes[:s]) for s in range(len(sizes))]
        self.owner = (
            np.concatenate([np.arange(n) for n in sizes]) if sizes else np.zeros(0, np.int64)
        )
        self.levels = {n: s.levels for n, s in self.pack.symbols().items()}

    def flat(self, patient: int) -> list[int]:
        """Give the flat numbers of a patient's lesions."""
        return [
            start + patient
            for start, n in zip(self.starts, self.lesions.sizes, strict=True)
            if patient < n
        ]

    def size(self, entry: Input) -> int:
        return self.lesions.patients if entry.entity == "patient" else self.lesions.total

    def slots(self) -> Iterator[tuple[str, str, Input]]:
        """Give (where in the facts, which column, input) in the order of slots."""
        for entry in sorted(self.inputs.values(), key=lambda e: e.slot):
            prefix = "" if entry.entity == "patient" else "lesion_"
            if entry.kind in ("boolean", "level"):
                yield f"{prefix}masks", "masks", entry
            else:
                yield f"{prefix}lows", "low", entry
                yield f"{prefix}highs", "high", entry
        for entry in sorted(
            (e for e in self.inputs.values() if e.state is not None), key=lambda e: e.state or 0
        ):
            yield f"{'' if entry.entity == 'patient' else 'lesion_'}states", "states", entry

    def column(self, which: str, name: str) -> np.ndarray:
        if which in ("low", "high"):
            return self.ends[name][which == "high"]
        return getattr(self, which)[name]

    def facts(self) -> Facts:
        """Give what the program reads for the whole batch."""
        facts = Facts(index=self.index)  # type: ignore[arg-type]
        for place, which, entry in self.slots():
            column = self.column(which, entry.name)
            getattr(facts, place).append(column if entry.entity == "patient" else [column])
        return facts

    def one(self, patient: int) -> tuple[Scalars, Facts]:
        """Give what the program reads for one patient."""
        members = self.flat(patient)
        facts = Facts(index=float(self.index[patient]))
        for place, which, entry in self.slots():
            column = self.column(which, entry.name)
            value = (
                column[patient].item() if entry.entity == "patient" else column[members].tolist()
            )
            getattr(facts, place).append(value)
        number = {flat: j for j, flat in enumerate(members)}
        shape = self.lesions
        operations = Scalars(
            len(members),
            open_list=bool(shape.open[patient]),
            group=tuple(number[int(shape.group[f])] for f in members),
            several=tuple(shape.several[members].tolist()),
            doubtful=tuple(shape.doubtful[members].tolist()),
        )
        return operations, facts

    def fact(self, name: str, member: int) -> Any:
        """Give one fact as the explanation takes it: two truths, a mask, or (low, high)."""
        if name in self.ends:
            return tuple(end[member].item() for end in self.ends[name])
        mask = int(self.masks[name][member])
        return (mask & 2 != 0, mask & 1 != 0) if self.inputs[name].kind == "boolean" else mask

    def put(self, name: str, member: int, value: Any) -> None:
        """Set one fact: True, False, a level's name or a number; a mask or (low, high)."""
        entry = self.inputs[name]
        if entry.state is not None:
            self.states[name][member] = 2
        if entry.kind == "boolean" and isinstance(value, bool):
            self.masks[name][member] = 2 if value else 1
        elif entry.kind == "level" and isinstance(value, str):
            self.masks[name][member] = 1 << self.levels[name].index(value)
        elif entry.kind in ("boolean", "level"):
            self.masks[name][member] = value
        else:
            low, high = value if isinstance(value, tuple) else (value, value)
            self.ends[name][0][member], self.ends[name][1][member] = low, high

    def make_alike(self, entry: Input, alike: np.ndarray, rng: np.random.Generator) -> None:
        """Give lesions that may be the same as the first of their group its facts, some unknown."""
        first = self.lesions.group[alike]
        unknown = rng.random(len(alike)) < 0.3
        if entry.state is not None:
            self.states[entry.name][alike] = self.states[entry.name][first]
        if entry.name in self.ends:
            for end, anything in zip(self.ends[entry.name], (-INF, INF), strict=True):
                end[alike] = np.where(unknown, anything, end[first])
        else:
            full = (1 << (len(self.levels[entry.name]) or 2)) - 1
            masks = self.masks[entry.name]
            masks[alike] = np.where(unknown, full, masks[first])

    def copy(self) -> Batch:
        """Give a copy whose facts can be changed."""
        shape = self.lesions
        layout = Lesions(
            shape.patients,
            shape.sizes,
            shape.open.copy(),
            shape.group,
            shape.several,
            shape.doubtful.copy(),
        )
        return replace(
            self,
            lesions=layout,
            masks={k: v.copy() for k, v in self.masks.items()},
            ends={k: (a.copy(), b.copy()) for k, (a, b) in self.ends.items()},
            states={k: v.copy() for k, v in self.states.items()},
        )


def layout(rng: np.random.Generator, patients: int, *, plain: bool = False) -> Lesions:
    """Draw 0 to 4 lesions a patient; `plain`: closed lists of lesions that are what they seem."""
    counts = np.sort(rng.integers(0, 5, patients))[::-1]
    sizes = tuple(int((counts > s).sum()) for s in range(4) if (counts > s).any())
    starts = [sum(sizes[:s]) for s in range(len(sizes))]
    total = sum(sizes)
    group = np.arange(total)
    if plain:
        return Lesions(
            patients,
            sizes,
            np.zeros(patients, bool),
            group,
            np.zeros(total, bool),
            np.zeros(total, bool),
        )
    odd = rng.random(patients) < 0.6
    several, doubtful = np.zeros(total, bool), np.zeros(total, bool)
    for start, n in zip(starts, sizes, strict=True):
        several[start : start + n] = odd[:n] & (rng.random(n) < 0.3)
        doubtful[start : start + n] = odd[:n] & (rng.random(n) < 0.3)
    for patient in np.flatnonzero(odd & (rng.random(patients) < 0.8)).tolist():
        members = [start + patient for start, n in zip(starts, sizes, strict=True) if patient < n]
        for j in range(1, len(members)):
            if rng.random() < 0.5:
                group[members[j]] = group[members[int(rng.integers(0, j))]]
    return Lesions(patients, sizes, rng.random(patients) < 0.4, group, several, doubtful)


def draw(
    pack: Pack,
    inputs: dict[str, Input],
    points: Points,
    rng: np.random.Generator,
    patients: int,
    *,
    unknown: float | None = 0.3,
    plain: bool = False,
) -> Batch:
    """Draw a batch of sets: settled, partial, unknown.

    `unknown` is the share of facts that may be anything (None: each patient's own share);
    `plain` settles every fact, and the lists of lesions with them.
    """
    index = INDEX - DAY * rng.integers(0, 700, patients).astype(float)
    batch = Batch(pack, inputs, points, layout(rng, patients, plain=plain), index)
    share = (
        np.full(patients, unknown)
        if unknown is not None
        else rng.choice([0.0, 0.05, 0.3, 0.7], patients)
    )
    alike = np.flatnonzero(
        (batch.lesions.group != np.arange(batch.lesions.total))
        & (rng.random(batch.lesions.total) < 0.7)
    )
    for entry in inputs.values():
        size = batch.size(entry)
        own = share if entry.entity == "patient" else share[batch.owner]
        open_ = np.zeros(size, bool) if plain else rng.random(size) < own
        partial = np.zeros(size, bool) if plain else ~open_ & (rng.random(size) < 0.25 * (own > 0))
        if entry.state is not None:
            batch.states[entry.name] = (
                rng.choice([0, 2], size) if plain else rng.choice([0, 0, 2, 2, 1], size)
            )
        if entry.kind in ("boolean", "level"):
            batch.masks[entry.name] = _masks(
                rng, entry, len(batch.levels[entry.name]) or 2, open_, partial
            )
        else:
            variable = pack.variables.get(entry.name)
            whole = entry.kind == "date" or (variable is not None and variable.integer)
            batch.ends[entry.name] = _ends(rng, points.of(entry), open_, partial, whole=whole)
        if entry.entity == "lesion":
            batch.make_alike(entry, alike, rng)
    return batch


def _masks(
    rng: np.random.Generator, entry: Input, count: int, open_: np.ndarray, partial: np.ndarray
) -> np.ndarray:
    full = (1 << count) - 1
    mask = 1 << rng.integers(0, count, len(open_))
    if entry.kind == "level":
        mask = np.where(
            partial,
            mask | (rng.integers(0, full + 1, len(open_)) & rng.integers(0, full + 1, len(open_))),
            mask,
        )
    return np.where(open_, full, mask).astype(np.int64)


def _ends(
    rng: np.random.Generator,
    points: np.ndarray,
    open_: np.ndarray,
    partial: np.ndarray,
    *,
    whole: bool,
) -> tuple[np.ndarray, np.ndarray]:
    size = len(open_)
    a, b = points[rng.integers(0, len(points), size)], points[rng.integers(0, len(points), size)]
    low, high = np.minimum(a, b), np.maximum(a, b)
    above = a + 1 if whole else np.nextafter(a, INF)
    below = b - 1 if whole else np.nextafter(b, -INF)
    form = rng.integers(0, 5, size)
    low = np.where(partial, np.select([form == 1, form == 2, form >= 3], [above, a, -INF], low), a)
    high = np.where(
        partial,
        np.select([form == 1, form == 2, form == 3, form == 4], [INF, INF, b, below], high),
        a,
    )
    return np.where(open_, -INF, low), np.where(open_, INF, high)


# --- completions -------------------------------------------------------------------------------


@dataclass
class Completion:
    """A fully known patient, and for each of its lesions those of the batch that it is."""

    known: Known
    sources: list[tuple[int, ...]]


@dataclass(frozen=True)
class Open:
    """A fact with more than one value left; `perhaps`: or the record states nothing."""

    entry: Input
    left: list[Any] | tuple[float, float]
    perhaps: bool


@dataclass
class Completer:
    """Draws completions of one patient of a batch: each open fact takes one value."""

    batch: Batch
    patient: int
    rng: Random

    def __post_init__(self) -> None:
        shape = self.batch.lesions
        self.members = self.batch.flat(self.patient)
        self.patient_inputs = [e for e in self.batch.inputs.values() if e.entity == "patient"]
        self.lesion_inputs = [e for e in self.batch.inputs.values() if e.entity == "lesion"]
        self.own = self.split(self.patient_inputs, self.patient)
        self.each = [self.split(self.lesion_inputs, flat) for flat in self.members]
        self.groups: dict[int, list[int]] = {}
        for j, flat in enumerate(self.members):
            self.groups.setdefault(int(shape.group[flat]), []).append(j)

    def split(self, inputs: list[Input], member: int) -> tuple[dict[str, Any], list[Open]]:
        """Give what is stated and settled of a patient or lesion, and what is open."""
        settled: dict[str, Any] = {}
        open_: list[Open] = []
        for entry in inputs:
            state = 2 if entry.state is None else int(self.batch.states[entry.name][member])
            if state == 0:
                continue
            left = self.left(entry, [member])
            assert left
            if state == 2 and len(set(left)) == 1:
                settled[entry.name] = left[0]
            else:
                open_.append(Open(entry, left, perhaps=state == 1))
        return settled, open_

    def left(self, entry: Input, at: list[int]) -> list[Any] | tuple[float, float] | None:
        """Give what a fact of all these members at once may still be: values, or both ends.

        None where there is nothing left.
        """
        if entry.name in self.batch.ends:
            lows, highs = self.batch.ends[entry.name]
            low, high = max(float(lows[k]) for k in at), min(float(highs[k]) for k in at)
            return (low, high) if low <= high else None
        mask = -1
        for k in at:
            mask &= int(self.batch.masks[entry.name][k])
        names = self.batch.levels[entry.name] or (False, True)
        return [name for bit, name in enumerate(names) if mask >> bit & 1] or None

    def one_of(self, entry: Input, left: list[Any] | tuple[float, float]) -> Any:
        return self.rng.choice(left) if isinstance(left, list) else self.number(entry, *left)

    def filled(self, part: tuple[dict[str, Any], list[Open]]) -> dict[str, Any]:
        """Draw what is open of a patient or lesion."""
        found = dict(part[0])
        for fact in part[1]:
            if not (fact.perhaps and self.rng.random() < 0.5):
                found[fact.entry.name] = self.one_of(fact.entry, fact.left)
        return found

    def same(self, few: tuple[int, ...]) -> dict[str, Any] | None:
        """Draw what is stated of lesions that are one and the same (None: they cannot be)."""
        at = [self.members[j] for j in few]
        found: dict[str, Any] = {}
        for entry in self.lesion_inputs:
            if entry.state is not None:
                states = {int(self.batch.states[entry.name][k]) for k in at}
                if states == {0} or (2 not in states and self.rng.random() < 0.5):
                    continue
                if 0 in states:
                    return None
            left = self.left(entry, at)
            if left is None:
                return None
            found[entry.name] = self.one_of(entry, left)
        return found

    def draw(self) -> Completion:
        rng, shape = self.rng, self.batch.lesions
        stated = self.filled(self.own)
        lesions: list[tuple[tuple[int, ...], dict[str, Any]]] = []
        for group in self.groups.values():
            there = [j for j in group if not shape.doubtful[self.members[j]] or rng.random() < 0.5]
            for few in self.merged(there):
                same = self.same(few) if len(few) > 1 else None
                lesions += (
                    [(few, same)] if same is not None else [((j,), self.lesion(j)) for j in few]
                )
            for j in there:
                if shape.several[self.members[j]]:
                    lesions += [((j,), self.lesion(j)) for _ in range(rng.choice((0, 0, 1, 2)))]
        lesions.sort(key=lambda pair: pair[0])
        if shape.open[self.patient]:
            lesions += [((), self.anything()) for _ in range(rng.choice((0, 0, 1, 2)))]
        known = Known(stated, [v for _, v in lesions], float(self.batch.index[self.patient]))
        return Completion(known, [s for s, _ in lesions])

    def merged(self, there: list[int]) -> Iterable[tuple[int, ...]]:
        """Split the lesions of a group into those that are one and the same."""
        if len(there) < 2 or self.rng.random() < 0.4:
            return [(j,) for j in there]
        cut = self.rng.randrange(2, len(there) + 1)
        return [tuple(there[:cut]), *((j,) for j in there[cut:])]

    def lesion(self, j: int) -> dict[str, Any]:
        return self.filled(self.each[j])

    def number(self, entry: Input, low: float, high: float) -> float:
        """Draw from an interval: an end, a point of the pack inside, or anywhere."""
        if low == high:
            return low
        rng, points = self.rng, self.batch.points.of(entry)
        variable = self.batch.pack.variables.get(entry.name)
        whole = entry.kind == "date" or (variable is not None and variable.integer)
        ends = [e for e in (low, high) if math.isfinite(e)]
        form = rng.random()
        if ends and form < 0.3:
            return rng.choice(ends)
        if form < 0.75:
            point = float(points[rng.randrange(len(points))])
            if low <= point <= high:
                return point
        bottom = (
            low
            if math.isfinite(low)
            else (high if ends else 0.0) - abs(float(rng.choice(points))) - 10.0
        )
        top = (
            high
            if math.isfinite(high)
            else (low if ends else 0.0) + abs(float(rng.choice(points))) + 10.0
        )
        if entry.kind == "date":
            bottom, top = max(bottom, INDEX - 3e9), min(max(top, bottom), INDEX + 1e9)
        drawn = rng.uniform(bottom, max(bottom, top))
        drawn = float(math.floor(drawn)) if whole else drawn
        return min(max(drawn, low), high)

    def anything(self) -> dict[str, Any]:
        """Draw a lesion that nobody has mentioned."""
        found: dict[str, Any] = {}
        for entry in self.lesion_inputs:
            if entry.state is not None and self.rng.random() < 0.6:
                continue
            if entry.kind == "boolean":
                found[entry.name] = self.rng.random() < 0.5
            elif entry.kind == "level":
                found[entry.name] = self.rng.choice(self.batch.levels[entry.name])
            else:
                found[entry.name] = self.number(entry, -INF, INF)
        return found
