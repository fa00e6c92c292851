"""What must hold of a compiled pack: each a function that gives what does not, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np

from bonemets.explain import Patient
from bonemets.expression import Known, walk
from bonemets.pack.items import STATUSES
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees, expressions
from bonemets.pack.trust import licensed
from bonemets.program import Key, Output, compile_pack, link
from bonemets.values import INF, NO, OPEN, TRUTHS, YES, Arrays, Scalars
from program.patients import Batch, Completer, Points, draw
from program.referee import ANY, Judgement, Referee, band_names


@dataclass
class Compiled:
    """A pack, its program, and its referee."""

    pack: Pack
    results: dict[Key, Output] = field(init=False)
    trees: Trees = field(init=False)

    def __post_init__(self) -> None:
        self.trees = Trees(self.pack)
        self.nodes = self.trees.flat()[1]
        self.program = compile_pack(self.pack, trees=self.trees, within=self.nodes)
        self.results = self.program.by_key()
        self.run = link(self.program.source)
        self.referee = Referee(self.pack, self.trees.kept())
        self.points = Points(self.pack)
        self.symbols = self.trees.symbols
        self.computed = [k for k in self.results if k[0] != "variable" or self.is_computed(k[1])]
        self.used = self.names_used()
        self.questions = {key: self.referee.question(key) for key in self.computed}
        self.asking = {
            (i.kind, i.id)
            for i in (*self.pack.investigations.values(), *self.pack.steps.values())
            if any(isinstance(n, Known) for n in walk(self.trees.of(i)[("when",)]))
        }

    def names_used(self) -> list[str]:
        """Give the facts that something in the pack follows from."""
        found: set[str] = set()
        everything = [*self.pack.items().values(), *([self.pack.scope] if self.pack.scope else [])]
        for item in everything:
            for expression in expressions(item):
                found.update(self.referee.names(expression.text, expression.domain))
        for name in self.symbols:
            found.update(self.referee.behind(name)[0])
        return [name for name in self.program.inputs if name in found]

    def behind(self, key: Key) -> list[str]:
        """Give the facts that a result follows from."""
        todo = self.named(key)
        found: dict[str, None] = {}
        while todo:
            name = todo.pop()
            if name not in found:
                found[name] = None
                todo += self.referee.behind(name)[0]
        return [name for name in found if name in self.program.inputs]

    def named(self, key: Key) -> list[str]:
        """Give the variables that a result's own item names."""
        if key[0] == "variable":
            return [key[1]]
        if key[0] == "scope":
            return list(self.referee.names(getattr(self.pack.scope, key[1])))
        item = self.pack.items()[key[1]]
        if key[0] == "action":
            return list(self.referee.names(getattr(item.actions[int(key[2])], key[3])))  # type: ignore[union-attr]
        found = [
            n
            for e in expressions(item)
            for n in self.referee.names(e.text)
            if e.path[0] != "actions"
        ]
        if key[0] == "score":
            found += list(item.components)  # type: ignore[union-attr]
        return found

    def is_computed(self, name: str) -> bool:
        entry = self.program.inputs.get(name)
        return entry is None or entry.state is not None

    def draw(self, rng: np.random.Generator, patients: int, **more: Any) -> Batch:
        return draw(self.pack, self.program.inputs, self.points, rng, patients, **more)

    def batch(self, batch: Batch) -> tuple[Any, ...]:
        return self.run(Arrays(batch.lesions), batch.facts())

    def one(self, batch: Batch, patient: int) -> tuple[Scalars, tuple[Any, ...]]:
        operations, facts = batch.one(patient)
        return operations, self.run(operations, facts)

    def choices(self, key: Key) -> tuple[Any, ...]:
        """Give what the bits of a mask stand for."""
        match key:
            case ("variable", name):
                return self.symbols[name].levels
            case ("score", identity, "band"):
                return band_names(self.pack.scores[identity])
            case ("option", _):
                return STATUSES
            case ("dose", identity):
                dose = self.pack.options[identity].dose
                return tuple(range(len(dose.rows))) if dose else ()
            case _:
                raise KeyError(key)

    def set_of(self, key: Key, outputs: tuple[Any, ...]) -> Any:
        """Give one output of one patient: a mask, or a pair; of lesions a list."""
        entry = self.results[key]
        if entry.form == "mask":
            return outputs[entry.at]
        if entry.form == "truth":
            codes = outputs[entry.at]
            return TRUTHS[codes] if entry.entity == "patient" else [TRUTHS[c] for c in codes]
        pair = (outputs[entry.at], outputs[entry.at + 1])
        return pair if entry.entity == "patient" else list(zip(*pair, strict=True))

    def columns(self, key: Key, batch: Batch, outputs: tuple[Any, ...]) -> list[np.ndarray]:
        """Give one output of a batch: of a condition whether it may hold and whether it may fail,
        a mask, or both ends.
        """
        found = self.registers(key, batch, outputs)
        return [found[0] != NO, found[0] != YES] if self.results[key].form == "truth" else found

    def registers(self, key: Key, batch: Batch, outputs: tuple[Any, ...]) -> list[np.ndarray]:
        """Give one output of a batch, one or two full columns as they were computed."""
        entry = self.results[key]
        size = batch.lesions.patients if entry.entity == "patient" else batch.lesions.total
        found = []
        for column in outputs[entry.at : entry.at + size_of(entry)]:
            column = column[0] if entry.entity == "lesion" else column
            found.append(np.broadcast_to(np.asarray(column), (size,)))
        return found


FREE = 1 << STATUSES.index("caution") | 1 << STATUSES.index("suitable")


def size_of(entry: Output) -> int:
    """Give how many registers a result has."""
    return 2 if entry.form in ("number", "date") else 1


# --- soundness and exactness -------------------------------------------------------------------


def holds(compiled: Compiled, key: Key, found: Any, value: Any) -> bool:
    """Say whether a set holds a value."""
    if value is ANY:
        return True
    form = compiled.results[key].form
    if form == "truth":
        return bool(found[0] if value else found[1])
    if form == "mask":
        return bits(compiled, key, value) & ~found == 0
    return bool(found[0] <= value <= found[1])


def settled(compiled: Compiled, key: Key, found: Any, value: Any, wary: Any) -> bool:
    """Say whether a set is exactly a value.

    An option may have more statuses, up to those that a wary judge leaves.
    """
    if value is ANY:
        return True
    form = compiled.results[key].form
    if form == "truth":
        return (bool(found[0]), bool(found[1])) == (value, not value)
    if form == "mask":
        most = bits(compiled, key, wary if key[0] == "option" else value)
        return holds(compiled, key, found, value) and found & ~most == 0
    return bool(found[0] == value == found[1])


def bits(compiled: Compiled, key: Key, value: Any) -> int:
    choices = compiled.choices(key)
    wanted = value if isinstance(value, set) else set() if value is None else {value}
    return sum(1 << choices.index(w) for w in wanted)


def judged(
    compiled: Compiled, keys: list[Key], judgement: Judgement, lesions: int
) -> Iterator[tuple[Key, int | None, Any]]:
    """Give the referee's results: key, lesion, value."""
    for key in keys:
        question = compiled.questions[key]
        for j in (None,) if compiled.results[key].entity == "patient" else range(lesions):
            judgement.here = j
            yield key, j, question(judgement)


def unsound(
    compiled: Compiled,
    batch: Batch,
    patient: int,
    rng: Random,
    completions: int,
    tally: Counter[str],
) -> list[str]:
    """Draw completions of one patient; each result has to lie inside the program's set."""
    faults: list[str] = []
    _, outputs = compiled.one(batch, patient)
    sets = {key: compiled.set_of(key, outputs) for key in compiled.computed}
    keys = [k for k in compiled.computed if k not in compiled.asking]
    completer = Completer(batch, patient, rng)
    for _ in range(completions):
        completion = completer.draw()
        judgement = compiled.referee.judge(completion.known, rng)
        tally["completions"] += 1
        tally["merged"] += any(len(one) > 1 for one in completion.sources)
        tally["added"] += () in completion.sources
        tally["several"] += len(set(completion.sources)) < len(completion.sources)
        checked = wild = 0
        for key, lesion, value in judged(compiled, keys, judgement, len(completion.sources)):
            checked += 1
            if value is ANY:
                wild += 1
                continue
            for found in (
                (sets[key],)
                if lesion is None
                else [sets[key][j] for j in completion.sources[lesion]]
            ):
                if not holds(compiled, key, found, value):
                    faults.append(
                        f"{key} of patient {patient}, lesion {lesion}: {value!r} lies outside "
                        f"{found!r}; known: {completion.known}"
                    )
        tally["checked"] += checked
        tally["wild"] += wild
    return faults


def inexact(compiled: Compiled, batch: Batch, patient: int, tally: Counter[str]) -> list[str]:
    """A fully known patient on a closed list has exactly the referee's results."""
    faults: list[str] = []
    _, outputs = compiled.one(batch, patient)
    completion = Completer(batch, patient, Random(0)).draw()
    judgement = compiled.referee.judge(completion.known)
    wary = compiled.referee.judge(completion.known)
    wary.wary = True
    for key, lesion, value in judged(
        compiled, compiled.computed, judgement, len(completion.sources)
    ):
        found = compiled.set_of(key, outputs)
        found = found if lesion is None else found[lesion]
        tally["exact"] += 1
        tally["wild"] += value is ANY
        if not settled(
            compiled,
            key,
            found,
            value,
            wary.at(lesion, compiled.questions[key]) if key[0] == "option" else None,
        ):
            faults.append(
                f"{key} of patient {patient}, lesion {lesion}: the program gives {found!r}, "
                f"the referee {value!r}; known: {completion.known}"
            )
    return faults


# --- one form and the other --------------------------------------------------------------------


def unlike(
    compiled: Compiled, batch: Batch, outputs: tuple[Any, ...], patients: list[int]
) -> list[str]:
    """Scalars and arrays give the same, bit for bit."""
    faults: list[str] = []
    columns = {key: compiled.registers(key, batch, outputs) for key in compiled.results}
    for patient in patients:
        _, own = compiled.one(batch, patient)
        members = batch.flat(patient)
        for key, entry in compiled.results.items():
            for offset, column in enumerate(columns[key]):
                scalar = own[entry.at + offset]
                array = (
                    column[patient].item()
                    if entry.entity == "patient"
                    else column[members].tolist()
                )
                if not same(scalar, array):
                    faults.append(
                        f"{key} of patient {patient}: scalars give {scalar!r}, arrays {array!r}"
                    )
    return faults


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b


def malformed(compiled: Compiled, batch: Batch, outputs: tuple[Any, ...]) -> list[str]:
    """No boolean is neither, no level none, no interval empty, no NaN, no infinite value."""
    faults: list[str] = []
    for key, entry in compiled.results.items():
        columns = compiled.registers(key, batch, outputs)
        if entry.form == "truth":
            bad = ~np.isin(columns[0], (NO, OPEN, YES))
        elif entry.form == "mask":
            bad = (
                (columns[0] == 0) & (key[0] != "dose")
                | (columns[0] < 0)
                | (columns[0] >> len(compiled.choices(key)) != 0)
            )
        else:
            low, high = columns
            bad = ~(low <= high) | (low == INF) | (high == -INF)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            faults.append(
                f"{key}: {int(bad.sum())} results are no set, "
                f"the first is {[c[first].item() for c in columns]}"
            )
    return faults


# --- learning narrows --------------------------------------------------------------------------


def opened(compiled: Compiled, batch: Batch, rng: np.random.Generator) -> tuple[Batch, np.ndarray]:
    """Open, in each patient, one fact that a result follows from; give its place in `used`."""
    before = batch.copy()
    number = {name: k for k, name in enumerate(compiled.used)}
    behind = [[number[n] for n in compiled.behind(key) if n in number] for key in compiled.computed]
    behind = [places for places in behind if places]
    chosen = np.array(
        [rng.choice(behind[k]) for k in rng.integers(0, len(behind), batch.lesions.patients)]
    )
    for place in np.unique(chosen).tolist():
        name = compiled.used[place]
        entry = batch.inputs[name]
        where = chosen == place if entry.entity == "patient" else (chosen == place)[batch.owner]
        if entry.state is not None:
            before.states[name][where] = rng.choice([1, 2, 2], int(where.sum()))
        if name in before.ends:
            before.ends[name][0][where], before.ends[name][1][where] = -INF, INF
        else:
            before.masks[name][where] = (1 << (len(batch.levels[name]) or 2)) - 1
    return before, chosen


def narrowed(
    batch: Batch, names: list[str], chosen: np.ndarray, rng: np.random.Generator
) -> tuple[Batch, np.ndarray]:
    """Replace, in each patient, the set of the chosen fact by a subset, or close the list.

    Says where a set did shrink.
    """
    after = batch.copy()
    patients = batch.lesions.patients
    shrunk = np.zeros(patients, bool)
    closing = rng.random(patients) < 0.1
    chosen = np.where(closing, -1, chosen)
    shrunk[closing] = batch.lesions.open[closing]
    after.lesions.open[closing] = False
    after.lesions.doubtful[closing[batch.owner]] = False
    for number, name in enumerate(names):
        entry = batch.inputs[name]
        where = chosen == number if entry.entity == "patient" else (chosen == number)[batch.owner]
        changed = np.zeros(len(where), bool)
        if entry.state is not None:
            states = after.states[name]
            changed = where & (states == 1)
            states[changed] = rng.choice([0, 2], int(changed.sum()))
        if entry.kind in ("boolean", "level"):
            old = batch.masks[name]
            new = old & rng.integers(0, 1 << (len(batch.levels[name]) or 2), len(old))
            new = np.where(new == 0, old & -old, new)
            after.masks[name] = np.where(where, new, old)
            changed |= where & (new != old)
        else:
            changed |= _narrow_ends(batch, after, name, where, rng)
        if entry.entity == "patient":
            shrunk |= changed
        else:
            np.logical_or.at(shrunk, batch.owner, changed)
    return after, shrunk


def _narrow_ends(
    batch: Batch, after: Batch, name: str, where: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    low, high = batch.ends[name]
    points = batch.points.of(batch.inputs[name])
    a, b = (
        points[rng.integers(0, len(points), len(low))],
        points[rng.integers(0, len(points), len(low))],
    )
    b = np.where(rng.random(len(low)) < 0.6, a, b)
    new_low, new_high = np.maximum(low, np.minimum(a, b)), np.minimum(high, np.maximum(a, b))
    changed = where & (new_low <= new_high) & ((new_low != low) | (new_high != high))
    after.ends[name] = np.where(changed, new_low, low), np.where(changed, new_high, high)
    return changed


def widened(
    compiled: Compiled, batch: Batch, rng: np.random.Generator, tally: Counter[str]
) -> list[str]:
    """Let each patient of a batch learn something.

    Every output lies inside what it was; counts in how many draws one became narrower.
    """
    faults: list[str] = []
    before, chosen = opened(compiled, batch, rng)
    after, shrunk = narrowed(before, compiled.used, chosen, rng)
    old_outputs, new_outputs = compiled.batch(before), compiled.batch(after)
    effect = np.zeros(before.lesions.patients, bool)
    for key, entry in compiled.results.items():
        if key in compiled.asking:
            continue
        old, new = (compiled.columns(key, before, o) for o in (old_outputs, new_outputs))
        if entry.form == "truth":
            bad = (new[0] & ~old[0]) | (new[1] & ~old[1])
        elif entry.form == "mask":
            bad = (new[0] & ~old[0]) != 0
        else:
            bad = (new[0] < old[0]) | (new[1] > old[1])
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            was, now = ([c[first].item() for c in side] for side in (old, new))
            faults.append(
                f"{key}: learning widened {int(bad.sum())} results, "
                f"the first from {was} to {now} (member {first})"
            )
        if key in compiled.computed:
            moved = np.any([o != n for o, n in zip(old, new, strict=True)], axis=0)
            if entry.entity == "patient":
                effect |= moved
            else:
                np.logical_or.at(effect, before.owner, moved)
    tally["learned"] += int(shrunk.sum())
    tally["narrowed"] += int((effect & shrunk).sum())
    return faults


# --- explanations ------------------------------------------------------------------------------


@dataclass
class Explained:
    """The program that also gives the truth of every condition within the pack's trees."""

    compiled: Compiled

    def __post_init__(self) -> None:
        inner = self.compiled.program.inner
        assert inner is not None
        self.run = link(inner.source)
        closed = self.compiled.program.closed
        assert closed is not None
        self.run_closed, self.closed_at = link(closed.source), closed.at
        self.conditions = [
            (node, at) for node, at in zip(self.compiled.nodes, inner.at, strict=True) if at
        ]

    def unlike(self, batch: Batch, patient: int, tally: Counter[str]) -> list[str]:
        """The explanation's sets are the program's, for every condition and every formula."""
        compiled = self.compiled
        operations, outputs = compiled.one(batch, patient)
        more = self.run(*batch.one(patient))
        faults = [] if more[: len(outputs)] == outputs else ["the inner program gives others"]
        faults += self.if_closed(batch, patient, outputs, tally)
        sets = sets_for_explaining(compiled, batch, patient, operations, outputs)
        members: dict[str, Any] = {"patient": (None,), "lesion": range(operations.n)}
        for node, at in self.conditions:
            for j in members[node.entity]:
                tally["explained"] += 1
                own, theirs = sets.evaluate(node, j), TRUTHS[more[at] if j is None else more[at][j]]
                if tuple(map(bool, own)) != theirs:
                    faults.append(f"{node}, lesion {j}: explained {own}, computed {theirs}")
        faults += self.formulas(sets, outputs, members, tally)
        return faults

    def if_closed(
        self, batch: Batch, patient: int, outputs: tuple[Any, ...], tally: Counter[str]
    ) -> list[str]:
        """Over a complete list, alerts that are asked again are the program's; others stay."""
        operations, facts = batch.one(patient)
        operations.open = False
        whole, asked = self.compiled.run(operations, facts), self.run_closed(operations, facts)
        faults: list[str] = []
        for entry in self.compiled.program.results:
            if entry.key[0] == "alert":
                name = entry.key[1]
                at = self.closed_at.get(name)
                tally["asked of a complete list"] += at is not None
                found = outputs[entry.at] if at is None else asked[at]
                if found != whole[entry.at]:
                    faults.append(f"{name} over a complete list: {found}, not {whole[entry.at]}")
        return faults

    def formulas(
        self, sets: Patient, outputs: tuple[Any, ...], members: dict[str, Any], tally: Counter[str]
    ) -> list[str]:
        faults: list[str] = []
        decimals = self.compiled.referee.decimals
        for v in self.compiled.pack.variables.values():
            if v.formula is None:
                continue
            tree = self.compiled.trees.of(v)[("formula",)]
            found = self.compiled.set_of(("variable", v.id), outputs)
            for j in members[v.entity]:
                if sets.state(v.id, j) != 0:
                    continue
                own, theirs = sets.evaluate(tree, j), found if j is None else found[j]
                if v.type == "number" and not v.integer:
                    own = tuple(Scalars.round(x, 10.0 ** decimals[v.id]) for x in own)
                tally["explained"] += 1
                same_truth = v.type == "boolean" and tuple(map(bool, own)) == tuple(
                    map(bool, theirs)
                )
                if not same_truth and own != theirs:
                    faults.append(
                        f"{v.id} = {v.formula}, lesion {j}: explained {own}, computed {theirs}"
                    )
        return faults


def unstopped(compiled: Compiled, batch: Batch, patient: int, tally: Counter[str]) -> list[str]:
    """Give the options that are suitable or with caution although a stop of theirs may hold.

    The stops are walked apart from the program: the option's own, and those of interactions.
    """
    faults: list[str] = []
    operations, outputs = compiled.one(batch, patient)
    sets = sets_for_explaining(compiled, batch, patient, operations, outputs)
    for option in compiled.pack.options.values():
        own = [c.when for c in option.contraindicated]
        ours = [
            x
            for x in compiled.pack.interactions.values()
            if option.id in x.between and x.effect == "stop"
        ]
        trees = compiled.trees.of(option)
        stops = [trees["contraindicated", n, "when"] for n in range(len(own))]
        stops += [compiled.trees.of(x)[("when",)] for x in ours]
        found = compiled.set_of(("option", option.id), outputs)
        for j in range(operations.n) if option.entity == "lesion" else (None,):
            left = found if j is None else found[j]
            if left & FREE and not left & ~FREE:
                tally["free"] += 1
                faults += [
                    f"{option.id}, lesion {j}: free, and a stop may hold"
                    for tree in stops
                    if sets.evaluate(tree, j)[0]
                ]
    return faults


def sets_for_explaining(
    compiled: Compiled, batch: Batch, patient: int, operations: Scalars, outputs: tuple[Any, ...]
) -> Patient:
    """Give a patient's sets as the explanation takes them."""
    values: dict[tuple[str, int | None], Any] = {}
    recorded: dict[tuple[str, int | None], int] = {}
    members = batch.flat(patient)
    for key, entry in compiled.results.items():
        if key[0] == "variable":
            found = compiled.set_of(key, outputs)
            for j, one in [(None, found)] if entry.entity == "patient" else enumerate(found):
                values[(key[1], j)] = one
    for name, entry in compiled.program.inputs.items():
        for j, member in [(None, patient)] if entry.entity == "patient" else enumerate(members):
            recorded[(name, j)] = int(batch.states[name][member]) if entry.state is not None else 2
            if (name, j) not in values:
                values[(name, j)] = batch.fact(name, member)
    alerts: dict[str, list[tuple[bool, bool]]] = {}
    for identity, alert in compiled.pack.alerts.items():
        found = compiled.set_of(("alert", identity), outputs)
        if alert.entity == "lesion":
            codes = [Scalars.truth(may, not fails) for may, fails in found]
            found = TRUTHS[operations.any(codes, None)]
        alerts.setdefault(alert.urgency, []).append(found)
    labels = tuple(str(j) for j in range(operations.n))
    return Patient(
        compiled.pack,
        compiled.trees,
        float(batch.index[patient]),
        values,
        recorded,
        operations,
        labels,
        alerts,
    )


# --- the recorder ------------------------------------------------------------------------------


def outcomes(compiled: Compiled, key: Key) -> tuple[Any, ...]:
    """Give what a result can come out as; `open` where more than one value is left.

    An option is settled as contraindicated by a stop that was read, and with caution by a caution.
    """
    form = compiled.results[key].form
    if key[0] == "option":
        option = compiled.pack.options[key[1]]
        read = compiled.trees.read_by(option)
        licences = [licensed(r.clause.evidence, option.evidence) for r in read["contraindicated"]]
        never = {
            *(() if any(licences) else ("contraindicated",)),
            *(() if read["caution"] else ("caution",)),
        }
        return tuple(x for x in (*compiled.choices(key), "open") if x not in never)
    if form == "truth":
        return ("yes", "no", "unknown")
    return (*compiled.choices(key), "open") if form == "mask" else ("settled", "open")


def record(
    compiled: Compiled, batch: Batch, outputs: tuple[Any, ...], counts: dict[Key, Counter[Any]]
) -> None:
    """Count how often each result came out as what."""
    for key in compiled.computed:
        form = compiled.results[key].form
        columns = compiled.columns(key, batch, outputs)
        if form == "truth":
            true, false = columns
            found = {"yes": true & ~false, "no": false & ~true, "unknown": true & false}
        elif form == "mask":
            choices = compiled.choices(key)
            found = {choice: columns[0] == 1 << bit for bit, choice in enumerate(choices)}
            found["open"] = (columns[0] & (columns[0] - 1)) != 0
        else:
            found = {"settled": columns[0] == columns[1], "open": columns[0] != columns[1]}
        for outcome, hits in found.items():
            counts[key][outcome] += int(hits.sum())
