"""The compiled knowledge ready to run: events -> facts -> findings.

For a batch on arrays and for one patient on scalars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Final

import numpy as np

from bonemets.explain import Patient
from bonemets.facts.completeness import complete as complete_lists
from bonemets.facts.declared import with_declared_units
from bonemets.facts.lesions import Keys, arrange
from bonemets.facts.lesions import Patient as Placed
from bonemets.facts.select import Selection, Selector, Slots
from bonemets.facts.table import Bools, Ints, Table, integers, tabulate
from bonemets.lineage import Lineage, Place, Told
from bonemets.model import LISTS, ListName, Record
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.program import Facts, Input, Key, Output, Program, compile_pack, link
from bonemets.sets import Truth
from bonemets.values import ANSWERS, TRUTHS, Arrays, Lesions, Scalars

DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class BatchFindings:
    """What a batch gives: one array for each register.

    Patients in the order of `rank_of`, lesions in slots.
    """

    program: Program
    registers: tuple[Any, ...]
    selection: Selection
    lesions: Lesions
    rank_of: Sequence[int]
    owner: Ints
    """The rank of the patient of each lesion, by its flat number."""
    names: Sequence[str]
    """How each lesion is called."""
    table: Table
    facts: Facts

    @property
    def flat(self) -> list[list[int]]:
        """Give for each rank the flat numbers of its lesions."""
        found: list[list[int]] = [[] for _ in self.rank_of]
        for number, rank in enumerate(integers(self.owner)):
            found[rank].append(number)
        return found


Take = Callable[[Sequence[Any]], tuple[Any, ...]]
"""Takes some places of a sequence."""


def taking(places: Sequence[int]) -> Take:
    """Give what takes these places of a sequence."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda found: tuple([found[at] for at in places])


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the sets of the patient's variables of one form stand in some sequences."""

    keys: tuple[Place, ...]
    first: Take
    """Takes masks, codes of booleans, or the low ends."""
    second: Take
    """Takes the high ends."""

    @staticmethod
    def of(places: Sequence[tuple[str, int]], beside: int = 0) -> Columns:
        """Take names and where they stand; a high end stands so far beside its low end."""
        at = [place for _, place in places]
        keys = tuple([(name, None) for name, _ in places])
        return Columns(keys, taking(at), taking([x + beside for x in at]))

    def masks(self, found: Sequence[Any]) -> Iterable[tuple[Place, Any]]:
        """Give sets that are masks."""
        return zip(self.keys, self.first(found), strict=True)

    def truths(self, found: Sequence[Any], named: Sequence[Truth]) -> Iterable[tuple[Place, Any]]:
        """Give sets of booleans, by what their codes mean."""
        return zip(self.keys, map(named.__getitem__, self.first(found)), strict=True)

    def pairs(self, lows: Sequence[Any], highs: Sequence[Any]) -> Iterable[tuple[Place, Any]]:
        """Give sets of numbers and dates, by their ends."""
        ends = zip(self.first(lows), self.second(highs), strict=True)
        return zip(self.keys, ends, strict=True)


def formed(results: Iterable[tuple[str, Output]], *forms: str) -> tuple[tuple[str, int], ...]:
    """Give the names of results of these forms, and where they stand."""
    return tuple([(name, x.at) for name, x in results if x.form in forms])


def of_kinds(facts: Iterable[tuple[str, Input]], *kinds: str) -> tuple[tuple[str, int], ...]:
    """Give the names of facts of these kinds, and where they stand."""
    return tuple([(name, x.slot) for name, x in facts if x.kind in kinds])


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the sets of variables and alerts stand in what a program takes and gives."""

    names: tuple[Place, ...]
    """The patient's computed variables, in their order."""
    masks: Columns
    truths: Columns
    pairs: Columns
    """Of the patient's computed variables, by form: in registers."""
    told_masks: Columns
    told_truths: Columns
    told_pairs: Columns
    """Of the patient's other variables, by form: in facts."""
    recorded: tuple[Place, ...]
    numbers: Ints
    """The patient's facts, and their numbers in the selection."""
    of_lesions: tuple[tuple[str, Output], ...]
    facts_of_lesions: tuple[tuple[str, Input], ...]
    items: dict[str, tuple[tuple[str, Output], ...]]
    """The items of each kind that give a condition or a status, by id."""
    alerts: tuple[tuple[str, Output], ...]
    """With their urgencies."""

    @staticmethod
    def of(
        trees: Trees, program: Program, results: dict[Key, Output], numbers: dict[str, int]
    ) -> Standing:
        """Find them in the results of a pack's program, and in its numbered facts."""
        named = [(key[1], x) for key, x in results.items() if key[0] == "variable"]
        computed = [(name, x) for name, x in named if x.entity == "patient"]
        facts = [(name, x) for name, x in program.inputs.items() if x.entity == "patient"]
        told = [(name, x) for name, x in facts if ("variable", name) not in results]
        items: dict[str, list[tuple[str, Output]]] = {}
        for name, item in trees.items.items():
            if (item.kind, name) in results:
                items.setdefault(item.kind, []).append((name, results[item.kind, name]))
        return Standing(
            tuple([(name, None) for name, _ in computed]),
            Columns.of(formed(computed, "mask")),
            Columns.of(formed(computed, "truth")),
            Columns.of(formed(computed, "number", "date"), beside=1),
            Columns.of(of_kinds(told, "level")),
            Columns.of(of_kinds(told, "boolean")),
            Columns.of(of_kinds(told, "number", "date")),
            tuple([(name, None) for name, _ in facts]),
            np.array([numbers[name] for name, _ in facts], np.int64),
            tuple([(name, x) for name, x in named if x.entity == "lesion"]),
            tuple([(name, x) for name, x in program.inputs.items() if x.entity == "lesion"]),
            {kind: tuple(found) for kind, found in items.items()},
            tuple(
                [
                    (alert.urgency, results["alert", identity])
                    for identity, alert in trees.pack.alerts.items()
                    if ("alert", identity) in results
                ]
            ),
        )


@dataclass(slots=True)
class Engine:
    """A pack ready to run.

    Its trees, its program, the selection of its facts and the keys of its lesions.
    """

    pack: Pack
    trees: Trees
    program: Program
    results: dict[Key, Output]
    run: Callable[[Any, Facts], tuple[Any, ...]]
    selector: Selector
    keys: Keys
    lineage: Lineage
    run_inner: Callable[[Any, Facts], tuple[Any, ...]] | None = None
    """The program that also gives the truths of conditions within trees, for one patient."""
    run_closed: Callable[[Any, Facts], tuple[Any, ...]] | None = None
    """What of the program makes the alerts that hang on whether the list of lesions is complete."""
    closed_at: Mapping[str, int] = field(default_factory=dict[str, int])
    """Where these stand in what it gives."""
    standing: Standing = field(init=False)
    unheard: Patient | None = field(init=False, default=None)
    """The sets of a record that says nothing, once they were asked for."""

    def __post_init__(self) -> None:
        """Find where the sets stand."""
        numbers = self.selector.numbers
        self.standing = Standing.of(self.trees, self.program, self.results, numbers)

    @staticmethod
    def of(
        pack: Pack,
        *,
        given: frozenset[str] = frozenset(),
        only: frozenset[str] | None = None,
        trees: Trees | None = None,
        keys: Keys | None = None,
        told: Told | None = None,
    ) -> Engine:
        """Compile a checked pack (or some of its items, with some derived variables given).

        `trees`, `keys` and `told` (of its lineage) are those of the pack, where they are known.
        """
        trees = trees or Trees(pack)
        program = compile_pack(pack, given=given, only=only, trees=trees)
        return Engine.joined(pack, trees, program, told=told, keys=keys)

    @staticmethod
    def from_program(
        pack: Pack,
        program: Program,
        edges: dict[str, tuple[float, ...]] | None = None,
        code: bytes | None = None,
    ) -> Engine:
        """Make a compiled pack ready to run; its edges and code, where known, are not made anew."""
        return Engine.joined(pack, Trees(pack, edges=edges), program, code)

    @staticmethod
    def joined(
        pack: Pack,
        trees: Trees,
        program: Program,
        code: bytes | None = None,
        told: Told | None = None,
        keys: Keys | None = None,
        inner: tuple[bytes, Sequence[int | None]] | None = None,
        closed: tuple[bytes, Mapping[str, int]] | None = None,
    ) -> Engine:
        """Join a pack, its trees and its program; what its lineage was told is not told anew.

        `inner`: the code of the program's `inner`, and where its truths stand; `closed` likewise.
        """
        return Engine(
            pack,
            trees,
            program,
            program.by_key(),
            link(program.source, code),
            Selector.of(pack, program, trees.symbols),
            keys or Keys(pack),
            Lineage(trees, told, inner[1] if inner else None),
            link("", inner[0]) if inner else None,
            link("", closed[0]) if closed else None,
            closed[1] if closed else {},
        )

    def like(self, pack: Pack, given: frozenset[str], only: frozenset[str]) -> Engine:
        """Compile a pack that differs from this engine's in a few expressions.

        The selection of facts is shared.
        """
        trees = self.trees.like(pack)
        program = compile_pack(pack, given=given, only=only, trees=trees)
        selector = self.selector
        selector = replace(selector, slots=Slots.of(program, selector.numbers))
        return Engine(
            pack,
            trees,
            program,
            program.by_key(),
            link(program.source),
            selector,
            self.keys,
            self.lineage.like(trees),
        )

    def rerun(self, one: One) -> One:
        """Run this engine on the facts that another engine like it selected."""
        layout = arrange([one.placed]).lesions
        facts = self.selector.facts_of_one(one.selection, layout, one.moment)
        registers = self.run(one.operations, facts)
        return replace(one, engine=self, facts=facts, registers=registers)

    def place(self, record: Record, moment: int) -> tuple[Record, Placed]:
        """Give a record with the units declared for its sources, and its lesions."""
        record = with_declared_units(record, self.pack)
        return record, self.keys.find(record, moment)

    # many patients

    def evaluate(self, records: Sequence[Record], moments: Sequence[int]) -> BatchFindings:
        """Run the program on the records of a batch, each as of its own index moment."""
        placed = [self.place(r, m)[1] for r, m in zip(records, moments, strict=True)]
        batch = arrange(placed)
        by_rank = np.zeros(len(records), np.int64)
        complete = {name: np.zeros(len(records), bool) for name in LISTS}
        for i, rank in enumerate(batch.rank_of):
            by_rank[rank] = moments[i]
            for name in complete_lists(records[i], self.selector.codes):
                complete[name][rank] = True
        table = tabulate(batch.events, batch.places, self.selector.codes.known)
        owner = np.zeros(batch.lesions.total, np.int64)
        names = [""] * batch.lesions.total
        for rank, numbers in enumerate(batch.flat):
            for number, name in zip(numbers, batch.keys[rank], strict=True):
                owner[number], names[number] = rank, name
        whose = batch.rank_of, owner, names
        return self.found(table, batch.lesions, by_rank, complete, whose)

    def found(
        self,
        table: Table,
        lesions: Lesions,
        by_rank: Ints,
        complete: dict[str, Bools],
        whose: tuple[Sequence[int], Ints, Sequence[str]],
    ) -> BatchFindings:
        """Run the program on the events of a batch, as columns.

        Args:
            table: the events.
            lesions: those of the patients.
            by_rank: index moments.
            complete: for each list, whose is complete, by rank.
            whose: the ranks of the patients, and those of the lesions' patients and their names.
        """
        selection = self.selector.select(table, lesions, by_rank, complete)
        facts = self.selector.facts(selection, lesions, by_rank.astype(np.float64))
        registers = self.run(Arrays(lesions), facts)
        return BatchFindings(
            self.program, registers, selection, lesions, *whose, table=table, facts=facts
        )

    # one patient

    def run_one(self, record: Record, moment: int) -> One:
        """Run the program on one patient's scalars."""
        record, placed = self.place(record, moment)
        batch = arrange([placed])
        table = tabulate(batch.events, batch.places, self.selector.codes.known)
        held = complete_lists(record, self.selector.codes)
        complete = {name: np.ones(1, bool) for name in held}
        selection = self.selector.select(table, batch.lesions, moment, complete)
        facts = self.selector.facts_of_one(selection, batch.lesions, moment)
        operations = scalars_of(placed)
        registers = self.registers_of_one(operations, facts)
        return One(
            self, record, moment, held, placed, table, selection, facts, operations, registers
        )

    def registers_of_one(self, operations: Scalars, facts: Facts) -> tuple[Any, ...]:
        """Run the program on one patient's facts, with the truths within trees where it can."""
        return (self.run_inner or self.run)(operations, facts)

    def silent(self) -> Patient:
        """Give the sets of a record that says nothing: made once for a pack."""
        if self.unheard is None:
            self.unheard = self.run_one(Record(name="", events=()), 0).sets()
        return self.unheard


def scalars_of(placed: Placed, *, closed: bool = False) -> Scalars:
    """Give the scalar operations for one patient's lesion list.

    `closed` asks what would hold if the list were complete.
    """
    lesions = placed.lesions
    return Scalars(
        len(lesions),
        open_list=placed.open and not closed,
        group=tuple(x.group for x in lesions),
        several=tuple(not x.identified for x in lesions),
        doubtful=tuple(not x.certain for x in lesions),
    )


@dataclass(slots=True)
class One:
    """One patient's run: what went in and what came out."""

    engine: Engine
    record: Record
    moment: int
    complete: tuple[ListName, ...]
    """The lists on which absence is *no*."""
    placed: Placed
    table: Table
    selection: Selection
    facts: Facts
    operations: Scalars
    registers: tuple[Any, ...]

    def result(self, *key: str, registers: tuple[Any, ...] | None = None) -> Any:
        """Give a result's set; a lesion's as a list."""
        return self.set_of(self.engine.results[key], registers or self.registers)

    @staticmethod
    def set_of(entry: Output, found: tuple[Any, ...]) -> Any:
        """Take a result's set from registers."""
        if entry.form == "mask":
            return found[entry.at]
        if entry.form == "truth":
            codes: Any = found[entry.at]
            truths: Any = [TRUTHS[c] for c in ((codes,) if entry.entity == "patient" else codes)]
            return truths[0] if entry.entity == "patient" else truths
        pair = (found[entry.at], found[entry.at + 1])
        return pair if entry.entity == "patient" else list(zip(*pair, strict=True))

    def facts_of_lesions(self, entry: Input) -> Iterable[Any]:
        """Give a fact's sets in the form of a result, a lesion each."""
        facts, slot = self.facts, entry.slot
        if entry.kind in ("number", "date"):
            return zip(facts.lesion_lows[slot], facts.lesion_highs[slot], strict=True)
        masks = facts.lesion_masks[slot]
        return masks if entry.kind == "level" else map(ANSWERS.__getitem__, masks)

    def fact(self, entry: Input, lesion: int | None) -> Any:
        """Give a fact's set in the form of a result."""
        facts, slot = self.facts, entry.slot
        if entry.kind in ("number", "date"):
            if lesion is None:
                return facts.lows[slot], facts.highs[slot]
            return facts.lesion_lows[slot][lesion], facts.lesion_highs[slot][lesion]
        mask: int = facts.masks[slot] if lesion is None else facts.lesion_masks[slot][lesion]
        return mask if entry.kind == "level" else ANSWERS[mask]

    def each(self, kind: str) -> Iterator[tuple[str, int | None, int]]:
        """Give what the items of a kind came to: of one of lesions for each of them.

        Of conditions that is their code (`explain.RESULTS`), of options the mask of their statuses.
        """
        found = self.registers
        for identity, entry in self.engine.standing.items.get(kind, ()):
            own = found[entry.at]
            if entry.entity == "lesion":
                for j, code in enumerate(own):
                    yield identity, j, code
            else:
                yield identity, None, own

    def alerts_if_closed(self) -> dict[str, Any]:
        """Give what alerts would come to if the list of lesions were complete, as `each` does.

        Those of which it may change nothing may be left out.
        """
        if not self.placed.open:
            return {}
        engine, operations = self.engine, scalars_of(self.placed, closed=True)
        if engine.run_closed is not None:
            found = engine.run_closed(operations, self.facts)
            return {identity: found[at] for identity, at in engine.closed_at.items()}
        found, alerts = engine.run(operations, self.facts), engine.standing.items.get("alert", ())
        return {identity: found[entry.at] for identity, entry in alerts}

    def sets(self) -> Patient:
        """Give the patient's sets of all variables, for explaining.

        Those of the patient come first, then those of lesions.
        """
        engine, found, facts = self.engine, self.registers, self.facts
        standing, each = engine.standing, range(self.operations.n)
        values: dict[Place, Any] = dict.fromkeys(standing.names)
        values.update(standing.masks.masks(found))
        values.update(standing.truths.truths(found, TRUTHS))
        values.update(standing.pairs.pairs(found, found))
        # Of what is computed from nothing the fact is the value.
        values.update(standing.told_masks.masks(facts.masks))
        values.update(standing.told_truths.truths(facts.masks, ANSWERS))
        values.update(standing.told_pairs.pairs(facts.lows, facts.highs))
        selection = self.selection
        states = selection.picked.state[selection.starts[standing.numbers]].tolist()
        recorded: dict[Place, int] = dict(zip(standing.recorded, states, strict=True))
        if self.operations.n:
            for name, result in standing.of_lesions:
                places = [(name, j) for j in each]
                values.update(zip(places, self.set_of(result, found), strict=True))
            base, states = selection.base, selection.picked.state.tolist()
            for name, entry in standing.facts_of_lesions:
                first, places = base[name], [(name, j) for j in each]
                recorded.update(zip(places, states[first : first + len(each)], strict=True))
                if ("variable", name) not in engine.results:
                    values.update(zip(places, self.facts_of_lesions(entry), strict=True))
        alerts: dict[str, list[tuple[bool, bool]]] = {}
        for urgency, entry in engine.standing.alerts:
            code = found[entry.at]
            if entry.entity == "lesion":
                code = self.operations.any(code, None)
            alerts.setdefault(urgency, []).append(TRUTHS[code])
        return Patient(
            engine.pack,
            engine.trees,
            float(self.moment),
            values,
            recorded,
            self.operations,
            tuple(x.key for x in self.placed.lesions),
            alerts,
            found,
            lines=engine.lineage,
        )
