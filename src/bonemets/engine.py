"""The compiled knowledge ready to run: events -> facts -> findings.

For a batch on arrays and for one patient on scalars.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from bonemets.explain import Lineage, Patient, Told
from bonemets.facts.completeness import complete as complete_lists
from bonemets.facts.declared import with_declared_units
from bonemets.facts.lesions import Keys, arrange
from bonemets.facts.lesions import Patient as Placed
from bonemets.facts.select import Selection, Selector, Slots
from bonemets.facts.table import Bools, Ints, Table, integers, tabulate
from bonemets.model import LISTS, ListName, Record
from bonemets.pack.load import Pack
from bonemets.pack.trees import Trees
from bonemets.program import Facts, Input, Key, Output, Program, compile_pack, link
from bonemets.values import FALSE, TRUE, TRUTHS, Arrays, Lesions, Scalars

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


Place = tuple[str, int | None]
"""A variable and a lesion's number; None: the patient's own."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the sets of some variables stand in what a program gives, by their form."""

    names: tuple[str, ...]
    masks: tuple[tuple[str, int], ...]
    truths: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[str, int], ...]

    @staticmethod
    def of(results: Sequence[tuple[str, Output]]) -> Columns:
        """Find them in the results of a program."""

        def formed(*forms: str) -> tuple[tuple[str, int], ...]:
            return tuple([(name, x.at) for name, x in results if x.form in forms])

        names = tuple([name for name, _ in results])
        return Columns(names, formed("mask"), formed("truth"), formed("number", "date"))

    def of_patient(self, found: tuple[Any, ...]) -> dict[Place, Any]:
        """Take those of the patient from registers, in the order of the names."""
        values: dict[Place, Any] = dict.fromkeys([(name, None) for name in self.names])
        values |= {(name, None): found[at] for name, at in self.masks}
        values |= {(name, None): TRUTHS[found[at]] for name, at in self.truths}
        values |= {(name, None): (found[at], found[at + 1]) for name, at in self.pairs}
        return values

    def of_lesions(self, found: tuple[Any, ...], total: int) -> dict[Place, Any]:
        """Take those of so many lesions from registers, in the order of the names."""
        each = range(total)
        values: dict[Place, Any] = dict.fromkeys([(name, j) for name in self.names for j in each])
        values |= {(name, j): found[at][j] for name, at in self.masks for j in each}
        values |= {(name, j): TRUTHS[found[at][j]] for name, at in self.truths for j in each}
        values |= {
            (name, j): (found[at][j], found[at + 1][j]) for name, at in self.pairs for j in each
        }
        return values


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the sets of variables and alerts stand in what a program takes and gives."""

    of_patient: Columns
    of_lesions: Columns
    facts: tuple[tuple[str, Input], ...]
    facts_of_lesions: tuple[tuple[str, Input], ...]
    alerts: tuple[tuple[str, Output], ...]
    """With their urgencies."""

    @staticmethod
    def of(pack: Pack, program: Program, results: dict[Key, Output]) -> Standing:
        """Find them in the results of a pack's program."""
        named = [(key[1], entry) for key, entry in results.items() if key[0] == "variable"]
        given = program.inputs.items()
        return Standing(
            Columns.of([(name, x) for name, x in named if x.entity == "patient"]),
            Columns.of([(name, x) for name, x in named if x.entity == "lesion"]),
            tuple([(name, x) for name, x in given if x.entity == "patient"]),
            tuple([(name, x) for name, x in given if x.entity == "lesion"]),
            tuple(
                [
                    (alert.urgency, results["alert", identity])
                    for identity, alert in pack.alerts.items()
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
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        """Find where the sets stand."""
        self.standing = Standing.of(self.pack, self.program, self.results)

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
    ) -> Engine:
        """Join a pack, its trees and its program; what its lineage was told is not told anew."""
        return Engine(
            pack,
            trees,
            program,
            program.by_key(),
            link(program.source, code),
            Selector.of(pack, program, trees.symbols),
            keys or Keys(pack),
            Lineage(trees, told),
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
        registers = self.run(operations, facts)
        return One(
            self, record, moment, held, placed, table, selection, facts, operations, registers
        )

    def silent(self) -> Patient:
        """Give the sets of a record that says nothing: made once for a pack."""
        lineage = self.lineage
        if lineage.silent is None:
            lineage.silent = self.run_one(Record(name="", events=()), 0).sets()
        return lineage.silent


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

    def fact(self, entry: Input, lesion: int | None) -> Any:
        """Give a fact's set in the form of a result."""
        facts = self.facts

        def at(of_patient: list[Any], of_lesions: list[list[Any]]) -> Any:
            return of_patient[entry.slot] if lesion is None else of_lesions[entry.slot][lesion]

        if entry.kind in ("number", "date"):
            return (at(facts.lows, facts.lesion_lows), at(facts.highs, facts.lesion_highs))
        mask = at(facts.masks, facts.lesion_masks)
        return mask if entry.kind == "level" else ((mask & TRUE) != 0, (mask & FALSE) != 0)

    def sets(self) -> Patient:
        """Give the patient's sets of all variables, for explaining."""
        engine, found = self.engine, self.registers
        standing, each = engine.standing, range(self.operations.n)
        values = standing.of_patient.of_patient(found)
        values |= standing.of_lesions.of_lesions(found, self.operations.n)
        base, states = self.selection.base, self.selection.picked.state.tolist()
        recorded: dict[Place, int] = {}
        recorded |= {(name, None): states[base[name]] for name, _ in standing.facts}
        at_lesions = standing.facts_of_lesions
        recorded |= {(name, j): states[base[name] + j] for name, _ in at_lesions for j in each}
        # Of what is computed from nothing the fact is the value.
        for name, entry in standing.facts:
            if (name, None) not in values:
                values[name, None] = self.fact(entry, None)
        for name, entry in at_lesions:
            if ("variable", name) not in engine.results:
                for j in each:
                    values[name, j] = self.fact(entry, j)
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
            lines=engine.lineage,
        )
