"""The selection: a table of events -> the facts that a program reads, for a batch at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import numpy as np

from bonemets.expression import Symbol
from bonemets.facts.meaning import (
    ASKS,
    CLASSES,
    DATE_FORM,
    MASK_FORM,
    MASKS,
    MAY_OCCUR,
    MEDICINES,
    NUMBER_FORM,
    OCCURRING,
    OF_LESION,
    Bytes,
    Index,
    Meanings,
    Rows,
    form_of,
    in_order,
    index,
)
from bonemets.facts.pick import (
    PICKS,
    Frame,
    Picked,
    Picks,
    Sight,
    medicines,
    sight,
    times_of,
)
from bonemets.facts.table import (
    ABSENT,
    LONG_AGO,
    NEVER,
    NOT_DONE,
    UNPLACED,
    Bools,
    Floats,
    Ints,
    Table,
    hits,
)
from bonemets.pack.items import Variable
from bonemets.pack.load import Pack
from bonemets.program import Facts, Input, Program
from bonemets.values import NONE, PERHAPS, SURE, Lesions

LIMITS: Final = ("lower_limit", "upper_limit")
"""What of an event beside another variable's can be a number of its own."""
MANY: Final = 64
"""From so many patients on, a variable's groups are many: they are filled variable by variable,
which is faster than one long repeat, and shared by numbers of which nothing is told.
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome for a batch: facts by group, and which rows made them.

    `starts` gives for each variable (by number) where its groups start; a patient's group is that
    + rank, a lesion's that + flat number. Variables of which nothing can be told may share groups.
    """

    variables: list[Variable]
    starts: Ints
    rows: Rows
    picked: Picked
    sight: Sight

    names: tuple[str, ...]
    """Of the variables."""

    @property
    def base(self) -> dict[str, int]:
        """Give where the groups of each variable start, by its name."""
        return dict(zip(self.names, self.starts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Variables (from, to) that stand together: of one form, with one pick rule."""

    form: int
    rule: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Variables, of one form and entity, that stand in one list of the record."""

    name: str
    form: int
    of_lesion: bool
    numbers: Ints


@dataclass(frozen=True, slots=True)
class Selector:
    """Selects the facts of one program; made once for a pack."""

    pack: Pack
    slots: Slots
    variables: list[Variable]
    """Dates, numbers, then booleans and levels.

    Of each form those of one pick rule stand together, and last those that hang on others.
    """
    codes: Index
    frame: Frame
    meanings: Meanings
    stretches: tuple[Stretch, ...]
    later: tuple[tuple[int, tuple[int, ...]], ...]
    """The variables that hang on other variables' facts, with those, in the order of picking."""
    derived: tuple[tuple[int, tuple[int, ...]], ...]
    """The variables that are computed where no event says them, with what they follow from."""
    numbers: dict[str, int]
    forms: tuple[tuple[int, int], ...]
    """From which variable to which each form reaches: dates, numbers, masks."""
    listed: tuple[Listed, ...]
    of_lesion: Bools
    rolled: Bools
    """What is rolled up over lesions."""
    computed: Bools
    """What follows from other variables where it is not stated."""
    beside: Bools
    """Whose value may be a limit printed beside another variable's."""
    wide: int
    """The first variable with more than eight levels: its masks need more than a byte."""

    @staticmethod
    def of(pack: Pack, program: Program, symbols: dict[str, Symbol]) -> Selector:
        """Prepare the selection of what a program reads; `symbols` are those of the pack."""
        wanted = {
            name: pack.variables.get(name) or _stand_in(symbols[name]) for name in program.inputs
        }
        listed = list(wanted)
        for name in listed:  # the list grows
            for helper in _helpers(wanted[name]):
                if helper not in wanted:
                    wanted[helper] = pack.variables.get(helper) or _stand_in(symbols[helper])
                    listed.append(helper)
        variables = sorted(wanted.values(), key=_place)
        numbers = {v.id: i for i, v in enumerate(variables)}
        stretches: list[Stretch] = []
        start = 0
        for (form, _, hangs, rule), members in groupby(variables, key=_place):
            count = len(list(members))
            if not hangs:
                stretches.append(Stretch(form, rule, start, start + count))
            start += count
        codes = index(variables)
        ends = [sum(form_of(v) <= form for v in variables) for form in (DATE_FORM, NUMBER_FORM)]
        forms = ((0, ends[0]), (ends[0], ends[1]), (ends[1], len(variables)))
        rolled = {v.rolls_up for v in variables}
        wide = sum(not _is_wide(v) for v in variables)
        return Selector(
            pack,
            Slots.of(program, numbers),
            variables,
            codes,
            Frame.of(variables),
            Meanings(codes, pack),
            tuple(stretches),
            _in_order(variables, numbers),
            _derived(variables, numbers, program),
            numbers,
            forms,
            _listed(variables),
            np.array([v.entity == "lesion" for v in variables], bool),
            np.array([v.id in rolled for v in variables], bool),
            np.array([v.formula is not None or bool(v.table_of) for v in variables], bool),
            np.array([v.with_ is not None and v.with_.take in LIMITS for v in variables], bool),
            wide,
        )

    def select(
        self,
        table: Table,
        lesions: Lesions,
        moment: int | Ints,
        complete: dict[str, Bools] | None = None,
    ) -> Selection:
        """Reduce events to one fact per variable and entity as of the index moment.

        Every event that may be the one a variable's pick rule asks for contributes; the fact is the
        union of their value sets.
        Absence is unknown unless the record declares the list complete in which the variable would
        stand.

        Args:
            table: n rows, any order, any number of patients.
            lesions: the layout of the batch's lesions; `table.lesion` counts in it.
            moment: the index moment in seconds, one or one a patient.
            complete: for each list, which patients' records declare it complete.
        """
        return _Run(self, table, lesions, moment, complete or {}).selection()

    def facts(self, selection: Selection, lesions: Lesions, moment: Any) -> Facts:
        """Give the facts of a batch as the arrays that a program reads."""
        starts, n, total = selection.starts, lesions.patients, lesions.total
        return self.slots.filled(
            selection.picked,
            moment,
            selection.picked.masks,
            lambda take, which: [take(slice(s, s + n)) for s in starts[which].tolist()],
            lambda take, which: [[take(slice(s, s + total))] for s in starts[which].tolist()],
        )

    def facts_of_one(self, selection: Selection, lesions: Lesions, moment: int) -> Facts:
        """Give the facts of a batch of one patient as Python numbers."""
        starts, total = selection.starts, lesions.total
        return self.slots.filled(
            selection.picked,
            float(moment),
            np.concatenate([selection.picked.mask, selection.picked.wide]).__getitem__,
            lambda take, which: take(starts[which]).tolist(),
            lambda take, which: take(starts[which][:, None] + np.arange(total)).tolist(),
        )


@dataclass(frozen=True, slots=True)
class Slots:
    """The numbers of the variables that a program reads, slot by slot."""

    masks: Ints
    numbers: Ints
    states: Ints
    lesion_masks: Ints
    lesion_numbers: Ints
    lesion_states: Ints

    @staticmethod
    def of(program: Program, numbers: dict[str, int]) -> Slots:
        """Take the inputs of a program, which stand in the order of their slots."""

        def those(take: Callable[[Input], bool]) -> list[Ints]:
            return [
                np.array(
                    [numbers[i.name] for i in program.inputs.values() if i.entity == e and take(i)],
                    np.int64,
                )
                for e in ("patient", "lesion")
            ]

        masks = those(lambda i: i.kind in ("boolean", "level"))
        others = those(lambda i: i.kind not in ("boolean", "level"))
        states = those(lambda i: i.state is not None)
        return Slots(masks[0], others[0], states[0], masks[1], others[1], states[1])

    def filled(
        self,
        picked: Picked,
        moment: Any,
        masks: Callable[[Any], Any],
        of_patients: Callable[[Callable[[Any], Any], Ints], list[Any]],
        of_lesions: Callable[[Callable[[Any], Any], Ints], list[list[Any]]],
    ) -> Facts:
        """Fill the slots from a selection, with two ways to take from what gives its groups."""
        low, high = picked.low.__getitem__, picked.high.__getitem__
        state = picked.state.__getitem__
        return Facts(
            of_patients(masks, self.masks),
            of_patients(low, self.numbers),
            of_patients(high, self.numbers),
            of_patients(state, self.states),
            of_lesions(masks, self.lesion_masks),
            of_lesions(low, self.lesion_numbers),
            of_lesions(high, self.lesion_numbers),
            of_lesions(state, self.lesion_states),
            moment,
        )


def _place(v: Variable) -> tuple[int, bool, int, int]:
    """Give where a variable stands in the layout."""
    return form_of(v), _is_wide(v), int(_hangs(v)), PICKS.index(v.pick)


def _is_wide(v: Variable) -> bool:
    """Say whether a variable's mask needs more than a byte."""
    return len(v.levels) > 8


def _hangs(v: Variable) -> bool:
    """Say whether a variable's fact hangs on another variable's."""
    return bool(v.with_ or v.before or v.since) or v.pick == "roll_up"


def _helpers(variable: Variable) -> list[str]:
    names = list(variable.with_.of) if variable.with_ else []
    return names + [n for n in (variable.before, variable.since, variable.rolls_up) if n]


def _in_order(
    variables: list[Variable], numbers: dict[str, int]
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Order the variables that hang on others behind those.

    In a circle one comes before what it hangs on, and finds nothing picked.
    """
    done: dict[int, None] = {}
    begun: set[int] = set()

    def visit(number: int) -> None:
        if number in begun:
            return
        begun.add(number)
        for name in _helpers(variables[number]):
            visit(numbers[name])
        if _hangs(variables[number]):
            done[number] = None

    for number in range(len(variables)):
        visit(number)
    return tuple(
        (number, tuple(numbers[name] for name in _helpers(variables[number]))) for number in done
    )


def _listed(variables: list[Variable]) -> tuple[Listed, ...]:
    """Give the variables that are *no*, or 0, where they stand nowhere in a complete list."""
    found: dict[tuple[str, int, bool], list[int]] = {}
    for number, v in enumerate(variables):
        if v.complete_with and (v.type == "boolean" or v.pick == "count"):
            key = v.complete_with, form_of(v), v.entity == "lesion"
            found.setdefault(key, []).append(number)
    return tuple(Listed(*key, np.array(numbers)) for key, numbers in found.items())


def _derived(
    variables: list[Variable], numbers: dict[str, int], program: Program
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Give what is computed where no event says it, with what of its entity it follows from."""
    found: list[tuple[int, tuple[int, ...]]] = []
    for name, entry in program.inputs.items():
        others = [numbers[n] for n in entry.behind if n in numbers]
        same = tuple(n for n in others if variables[n].entity == entry.entity)
        if same:
            found.append((numbers[name], same))
    return tuple(found)


def _stand_in(symbol: Symbol) -> Variable:
    return Variable(
        id=symbol.name,
        title=symbol.name.replace("_", " "),
        entity=symbol.entity,
        type=symbol.kind,
        levels=symbol.levels,
        ordered=symbol.ordered,
        unit=symbol.unit,
        integer=symbol.integer,
    )


class _Run:
    """One selection at work."""

    def __init__(
        self,
        selector: Selector,
        table: Table,
        lesions: Lesions,
        moment: int | Ints,
        complete: dict[str, Bools],
    ) -> None:
        self.selector, self.table, self.lesions, self.moment, self.complete = (
            selector,
            table,
            lesions,
            moment,
            complete,
        )
        self.variables, self.frame = selector.variables, selector.frame
        self.owner = _owners(lesions)
        self.sizes = np.where(selector.of_lesion, lesions.total, lesions.patients)
        self.cuts = np.zeros(len(self.variables) + 1, np.int64)
        """Where the groups of each variable end, and those of the next begin."""
        self.bounds: list[int] = []
        self.limited = not (np.isnan(table.limit_low) & np.isnan(table.limit_high)).all()
        """Whether any laboratory printed a limit."""
        self.rows, group = self.read()
        if not isinstance(moment, int) and len(moment) and (moment == moment[0]).all():
            moment = int(moment[0])
        self.times = times_of(table, self.rows, moment)
        self.say()
        self.sight = sight(table, self.rows, self.frame, self.times)
        # what may have occurred (an order, a suspicion) perhaps counts
        numeric = self.bounds[MASKS]
        self.sight.sure[:numeric] &= self.rows.tells[:numeric] != MAY_OCCUR
        at = slice(self.bounds[MEDICINES], self.bounds[CLASSES])
        runs = medicines(table, self.rows, self.frame, self.times, at, self.sight)
        self.picked = self.nothing(group)
        self.order, self.group = self.sort(group)
        self.edges: list[int] = self.group.searchsorted(self.cuts).tolist()
        named = selector.meanings.own_name
        self.picks = Picks(self.rows, self.frame, self.times, self.sight, runs, self.picked, named)

    def selection(self) -> Selection:
        """Pick, stretch by stretch; then what hangs on other facts; then what absence means."""
        for stretch in self.selector.stretches:
            at = slice(self.edges[stretch.start], self.edges[stretch.stop])
            self.picks.apply(stretch.rule, stretch.form, self.order[at], self.group[at])
        for number, hosts in self.selector.later:
            if not any(self.edges[n] < self.edges[n + 1] for n in (number, *hosts)):
                continue  # silence, as for every fact at first
            v = self.variables[number]
            if v.pick == "roll_up":
                self.roll_up(v, number)
            elif v.with_ is not None:
                self.companion(v, number, hosts)
            else:
                self.relative(v, number)
        self.overtaken()
        self.silence()
        names = tuple(self.selector.numbers)
        return Selection(self.variables, self.starts, self.rows, self.picked, self.sight, names)

    def overtaken(self) -> None:
        """Let a stated fact only perhaps count where what it follows from was told surely later.

        A clearance of last week does not outweigh the creatinine of today: both stay possible.
        """
        for number, others in self.selector.derived:
            if self.edges[number] == self.edges[number + 1]:
                continue
            at, member = self.seen(number)
            chosen = self.picked.chosen[at]
            at, member = at[chosen], member[chosen]
            if not len(at):
                continue
            later = np.full(int(self.sizes[number]), LONG_AGO)
            for other in others:
                if self.edges[other] == self.edges[other + 1]:
                    continue
                rows, who = self.seen(other)
                counts = hits(self.picked.chosen[rows] & self.sight.sure[rows])
                np.maximum.at(later, who[counts], self.times.first[rows[counts]])
            told = np.full(len(later), LONG_AGO)
            np.maximum.at(told, member, self.times.last[at])
            state = self.picked.state[self.span(number)]
            outdone = member[later[member] > told[member]]
            state[outdone[state[outdone] == SURE]] = PERHAPS

    # rows

    def read(self) -> tuple[Rows, Ints]:
        """Give the rows that say something, class by class, and the group that each speaks for."""
        meanings = self.selector.meanings
        row, binding = meanings.spoken(self.table)
        member, classes = self.placed(row, binding)
        if self.table.corrects.any():
            fact = member + meanings.variable[binding] * int(self.sizes.max(initial=1))
            correct = self.table.corrects[row]
            corrected = fact[correct & (classes < CLASSES)]
            classes[~correct & np.isin(fact, corrected)] = CLASSES
            # Of what is computed, "not known" leaves what it follows from to decide.
            open_ = correct & (self.table.kind[row] == ABSENT)
            classes[open_ & self.selector.computed[meanings.variable[binding]]] = CLASSES
        order = classes.argsort(kind="stable")
        every = np.arange(CLASSES + 1, dtype=np.int8)
        self.bounds = classes[order].searchsorted(every).tolist()
        n, numeric = self.bounds[CLASSES], self.bounds[MASKS]
        order = order[:n]
        row, binding, group = row[order], binding[order], member[order]
        variable = meanings.variable[binding]
        self.starts = self.lay_out(variable)
        group += self.starts[variable]
        rows = Rows(
            row,
            binding,
            variable,
            np.zeros(n, np.int64),
            np.zeros(n),
            np.zeros(n),
            np.ones(n, bool),
            np.zeros(n, np.int8),
            np.zeros(n, np.int8),
        )
        rows.low[:numeric], rows.high[:numeric] = -math.inf, math.inf
        return rows, group

    def lay_out(self, spoken: Ints) -> Ints:
        """Give where the groups of each variable start; `spoken`: the variables of the rows.

        Of many patients, dates and numbers of which nothing can be told share the groups of one:
        of hundreds, each two columns that say nothing of anybody, most are such in a batch.
        """
        told = np.ones(len(self.variables), bool)
        if self.lesions.patients >= MANY:
            told[: self.selector.forms[MASK_FORM][0]] = False
            told[spoken] = True
            if self.limited:
                told |= self.selector.beside
            for some in self.selector.listed:
                if (flags := self.complete.get(some.name)) is not None and flags.any():
                    told[some.numbers] = True
        silent = hits(~told)
        largest = silent[self.sizes[silent].argsort()[-1:]]
        told[largest] = True
        np.where(told, self.sizes, 0).cumsum(out=self.cuts[1:])
        starts = self.cuts[:-1].copy()
        starts[silent] = starts[largest]
        return starts

    def placed(self, row: Ints, binding: Ints) -> tuple[Ints, Bytes]:
        """Give the members that rows speak of, and their classes (`CLASSES` for those that go).

        Those go that have not the site or the dose that is asked for, that deny an occurrence, and
        that are about a lesion and name none.
        """
        table, meanings = self.table, self.selector.meanings
        member, needs = table.patient[row], meanings.needs[binding]
        classes = meanings.classes[binding]
        at = hits((needs & OCCURRING) != 0)
        if len(at):
            classes[at[meanings.denied(table, row[at], binding[at])]] = CLASSES
        at = hits((needs & ASKS) != 0)
        if len(at):
            classes[at[~meanings.answered(table, row[at], binding[at])]] = CLASSES
        at = hits((needs & OF_LESION) != 0)
        if len(at):
            member[at] = lesion = self.place(row[at], meanings.variable[binding[at]])
            classes[at[lesion < 0]] = CLASSES
        return member, classes

    def sort(self, group: Ints) -> tuple[Ints, Ints]:
        """Give the rows that are seen, sorted by group, and their groups."""
        at = hits(self.sight.seen)
        order, group = in_order(group[at])
        return at[order], group

    def place(self, row: Ints, variable: Ints) -> Ints:
        """Give the lesions that rows speak of.

        One that names no part of the body belongs to a lesion only where the list is closed and
        holds exactly one.

        What is rolled up (a metastasis without a site) stays a statement about the patient.
        """
        table = self.table
        lesion = table.lesion[row]
        free = hits(lesion == UNPLACED)
        if len(free) and self.lesions.sizes:
            counts = np.zeros(self.lesions.patients, np.int64)
            for n in self.lesions.sizes:
                counts[:n] += 1
            own = ~self.selector.rolled
            ranks = table.patient[row[free]]
            adopt = (counts[ranks] == 1) & ~self.lesions.open[ranks] & own[variable[free]]
            # slot 0 holds the first lesion of each patient, by rank
            lesion[free[adopt]] = ranks[adopt]
        return lesion

    def say(self) -> None:
        """Read what the rows say, class by class."""
        meanings = self.selector.meanings
        way = meanings.ways(self.table)[self.rows.row]
        dates, numbers, masks, _, end = self.bounds
        for read, at in (
            (meanings.dates, slice(dates, numbers)),
            (meanings.numbers, slice(numbers, masks)),
            (meanings.masks, slice(masks, end)),
        ):
            if at.start < at.stop:
                read(self.table, self.rows, at, way[at])

    def seen(self, number: int) -> tuple[Ints, Ints]:
        """Give the rows of a variable that count, surely or perhaps, and whom each speaks of."""
        at = slice(self.edges[number], self.edges[number + 1])
        return self.order[at], self.group[at] - self.starts[number]

    def nothing(self, group: Ints) -> Picked:
        """Give the facts of an empty record: anything."""
        total, n = int(self.cuts[-1]), len(group)
        first = self.selector.forms[MASK_FORM][0]
        split = int(self.cuts[first])
        # Dates and numbers come first: their columns end there; the masks before it are nobody's.
        low, high = np.full(split, -math.inf), np.full(split, math.inf)
        last = self.selector.wide
        narrow = int(self.cuts[last])
        mask = np.zeros(narrow, np.uint8)
        if self.lesions.patients < MANY:
            mask[split:] = self.frame.full[first:last].repeat(self.sizes[first:last])
        else:
            for number, full in enumerate(self.frame.full[first:last].tolist(), first):
                mask[self.span(number)] = full
        wide = self.frame.full[last:].repeat(self.sizes[last:])
        return Picked(
            mask,
            wide,
            narrow,
            low,
            high,
            np.zeros(total, np.int8),
            np.zeros(n, bool),
            np.zeros(n, bool),
            group,
        )

    # silence

    def silence(self) -> None:
        """Where a list is declared complete, what stands nowhere in it is *no*, and counts 0."""
        picked, complete = self.picked, self.complete
        if not any(flags.any() for flags in complete.values()):
            return
        # What stands without a date is on the list, whenever it was.
        there = picked.state != NONE
        there[picked.group[self.times.last == NEVER]] = True
        for some in self.selector.listed:
            flags = complete.get(some.name)
            if flags is None:
                continue
            members = hits(flags[self.owner] if some.of_lesion else flags)
            group = (self.starts[some.numbers][:, None] + members).ravel()
            group = group[~there[group]]
            if some.form == MASK_FORM:
                picked.put(group[group < picked.split], 1)
                picked.put(group[group >= picked.split], 1)
            else:
                picked.low[group] = picked.high[group] = 0.0
            picked.state[group] = SURE

    # what hangs on other facts

    def span(self, number: int) -> slice:
        """Give the groups of a variable."""
        start = int(self.starts[number])
        return slice(start, start + int(self.sizes[number]))

    def relative(self, v: Variable, number: int) -> None:
        """`before: X` and `since: X`.

        An event counts surely where it lies so for every date that X may be.

        Of a stated date its value is compared; a case file that states a value by the variable's
        own name says itself that it lies so.
        """
        at, member = self.seen(number)
        if not len(at):
            return
        low, high = self.dates(v.before or v.since or "", v)
        if v.type == "date":
            first, last = self.rows.low[at], self.rows.high[at]
        else:
            first, last = (
                self.times.first[at].astype(np.float64),
                self.times.last[at].astype(np.float64),
            )
        if v.before:
            sure, may = last <= low[member], first <= high[member]
        else:
            sure, may = first >= high[member], last >= low[member]
        if v.type != "date":
            named = self.named(at)
            sure, may = sure | named, may | named
        self.sight.sure[at] &= sure
        self.sight.seen[at] = may
        self.pick(v, number, at[may], member[may])

    def pick(self, v: Variable, number: int, at: Ints, member: Ints) -> None:
        """Pick from some rows of one variable, sorted by the members that they speak of."""
        self.picks.apply(PICKS.index(v.pick), form_of(v), at, member + self.starts[number])

    def dates(self, name: str, v: Variable) -> tuple[Floats, Floats]:
        """Give both ends of a date fact for the members of a variable.

        One that may be computed, or is another entity's, may be any date.
        """
        number = self.selector.numbers[name]
        other, span = self.variables[number], self.span(number)
        low, high = self.picked.low[span], self.picked.high[span]
        if self.frame.computed[number]:
            unsure = self.picked.state[span] != SURE
            low, high = np.where(unsure, -math.inf, low), np.where(unsure, math.inf, high)
        if other.entity == v.entity:
            return low, high
        if v.entity == "lesion":
            return low[self.owner], high[self.owner]
        return np.full(self.lesions.patients, -math.inf), np.full(self.lesions.patients, math.inf)

    def companion(self, v: Variable, number: int, hosts: tuple[int, ...]) -> None:
        """Take a limit, the unit or a value of one sample from another variable's picked event.

        Of several variables, it is the first that has one.
        Where every event that may be the picked one carries it, they decide; where some do, it
        perhaps counts; where none does, nothing is recorded.
        A case file may state it beside the other (of the same day), or alone.
        """
        own, members = self.seen(number)
        take = v.with_.take if v.with_ else "sample"
        if not len(own) and (take == "sample" or (take != "unit" and not self.limited)):
            return  # nothing can be beside the other, and no event carries it
        carried = _Carried(int(self.sizes[number]), form_of(v), int(self.frame.full[number]))
        waiting: Bools | None = None
        for host in hosts:
            if self.edges[host] == self.edges[host + 1] or self.variables[host].entity != v.entity:
                continue
            chosen, who = self.seen(host)
            keep = self.picked.chosen[chosen]
            if waiting is not None:
                keep &= waiting[who]
            chosen, who = chosen[keep], who[keep]
            if not len(chosen):
                continue
            same, gives = self.beside(chosen, own)
            if same.any():
                beside, them = own[same], members[same]
                self.picked.chosen[beside] = True
                rows = self.rows
                carried.add(them, rows.mask[beside], rows.low[beside], rows.high[beside])
                carried.lack(them[~self.sight.sure[beside]])
            gives |= self.carry(v, host, chosen, who, carried)
            carried.lack(who[~gives])
            if waiting is None:
                waiting = np.ones(carried.size, bool)
            waiting &= self.picked.state[self.span(host)] != SURE
        if carried.got is not None and waiting is not None:
            carried.settle(~waiting, bool(self.frame.computed[number]))
            carried.write(self.picked, self.span(number))
        if len(own):
            alone = self.named(own)
            if carried.got is not None:
                alone &= ~carried.got[members]
            self.pick(v, number, own[alone], members[alone])

    def named(self, at: Ints) -> Bools:
        """Say which rows state their variable by its own name (case files)."""
        return self.selector.meanings.own_name[self.rows.binding[at]]

    def beside(self, chosen: Ints, own: Ints) -> tuple[Bools, Bools]:
        """Say which own rows share a sample with a chosen one, and which of those have such."""
        none = np.zeros(len(own), bool), np.zeros(len(chosen), bool)
        if not len(own):
            return none
        sample = self.table.sample
        theirs, ours = sample[self.rows.row[chosen]], sample[self.rows.row[own]]
        most = int(max(theirs.max(), ours.max()))
        if most < 0:
            return none

        def met(a: Ints, b: Ints) -> Bools:
            marks = np.zeros(most + 2, bool)
            marks[a] = True
            marks[-1] = False  # no sample is no common one
            return marks[b]

        return met(theirs, ours), met(ours, theirs)

    def carry(self, v: Variable, host: int, chosen: Ints, who: Ints, carried: _Carried) -> Bools:
        """Add what chosen events themselves carry (a limit, the unit); say which carry some."""
        table, row = self.table, self.rows.row[chosen]
        take = v.with_.take if v.with_ else "sample"
        if take == "unit":
            meanings, full = self.selector.meanings, (1 << len(v.levels)) - 1
            masks = np.array([*(meanings.unit_mask(v, u) for u in table.units), full], np.int64)
            carried.add(who, masks[table.unit[row]], None, None)
            return np.ones(len(chosen), bool)
        if take == "sample":
            return np.zeros(len(chosen), bool)
        limit = table.limit_low[row] if take == "lower_limit" else table.limit_high[row]
        there = ~np.isnan(limit)
        if not there.any():
            return there
        who, row, limit = who[there], row[there], limit[there]
        value, _, fault = self.selector.meanings.convert(
            table, np.full(len(row), host), table.limit_unit[row], limit, limit
        )
        least, most = v.plausible or (-math.inf, math.inf)
        bad = (fault != 0) | ~((value >= least) & (value <= most))
        carried.add(who, None, np.where(bad, -math.inf, value), np.where(bad, math.inf, value))
        return there

    def roll_up(self, v: Variable, number: int) -> None:
        """Give confirmed if any lesion or unsited statement is, else suspected if any is.

        It is absent only by an unsited statement later than all of them.
        """
        table, rows, picked = self.table, self.rows, self.picked
        n = self.lesions.patients
        below_number = self.selector.numbers[v.rolls_up or ""]
        below = self.variables[below_number]
        conf, susp, absent = (
            1 << v.levels.index(x) if x in v.levels else 0
            for x in ("confirmed", "suspected", "absent")
        )
        mine, who = self.seen(number)
        of_patient = table.lesion[rows.row[mine]] < 0
        mine, who = mine[of_patient], who[of_patient]
        mask, sure = rows.mask[mine], self.sight.sure[mine]
        # a statement with a site denies nothing but its own place
        unsited = table.lesion[rows.row[mine]] == UNPLACED
        first, last = self.times.first[mine], self.times.last[mine]
        states = picked.masks(self.span(below_number)).astype(np.int64)
        lesion_conf, lesion_susp = (
            1 << below.levels.index(x) if x in below.levels else 0
            for x in ("confirmed", "suspected")
        )
        certain = ~self.lesions.doubtful
        may_deny = unsited & ((mask & absent) != 0)
        denying = np.zeros(n, bool)
        denying[who[may_deny]] = True

        def flags(of_rows: Bools, of_lesions: Bools) -> Bools:
            result = np.zeros(n, bool)
            result[who[of_rows]] = True
            result[self.owner[of_lesions]] = True
            return result

        def latest(times: Ints, of_rows: Bools, lesion_times: Ints, of_lesions: Bools) -> Ints:
            result = np.full(n, LONG_AGO - 1)
            np.maximum.at(result, who[of_rows], times[of_rows])
            np.maximum.at(result, self.owner[of_lesions], lesion_times[of_lesions])
            return result

        no_lesion = np.zeros(len(states), bool)
        conf_sure = flags(sure & (mask == conf), certain & (states == lesion_conf))
        conf_may = flags((mask & conf) != 0, (states & lesion_conf) != 0)
        susp_sure = flags(
            sure & (mask & ~(conf | susp) == 0),
            certain & (states & ~(lesion_conf | lesion_susp) == 0),
        )
        affirms, affirming = (
            (mask & (conf | susp)) != 0,
            (states & (lesion_conf | lesion_susp)) != 0,
        )
        absent_sure = absent_may = np.zeros(n, bool)
        if denying.any():
            lesion_first, lesion_last = self.lesion_times(below_number, denying)
            surely = sure & (mask & ~(conf | susp) == 0)
            surely_affirming = certain & affirming & (states & ~(lesion_conf | lesion_susp) == 0)
            last_yes = latest(last, affirms, lesion_last, affirming)
            first_yes = latest(first, surely, lesion_first, surely_affirming)
            denies = sure & unsited & (mask == absent)
            denied_first = latest(first, denies, lesion_first, no_lesion)
            denied_last = latest(last, may_deny, lesion_last, no_lesion)
            absent_sure = flags(denies, no_lesion) & (denied_first > last_yes)
            absent_may = denying & (denied_last > first_yes)
        full = (1 << len(v.levels)) - 1
        susp_may = flags((mask & susp) != 0, (states & lesion_susp) != 0)
        heard_surely = conf_sure | susp_sure | flags(sure & unsited, no_lesion)
        left = np.where(conf_may, conf, 0) | np.where(susp_may & ~conf_sure, susp, 0)
        left |= np.where(absent_may, absent, 0) | np.where(heard_surely, 0, full)
        span = self.span(number)
        picked.masks(span)[:] = np.where(absent_sure, absent, left)
        spoken = picked.state[self.span(below_number)] != NONE
        heard = flags(np.ones(len(mask), bool), spoken)
        picked.state[span] = np.where(heard_surely, SURE, np.where(heard, PERHAPS, NONE))
        picked.chosen[mine] = True

    def lesion_times(self, below: int, denying: Bools) -> tuple[Ints, Ints]:
        """Give when each lesion's status was last stated (both ends).

        Where it is open, and its patient's metastases may be denied: when anything was last said of
        the lesion.
        """
        total = self.lesions.total
        first, last = np.full(total, LONG_AGO), np.full(total, LONG_AGO)
        if not total:
            return first, last
        at, member = self.seen(below)
        chosen = self.picked.chosen[at]
        at, member = at[chosen], member[chosen]
        np.maximum.at(last, member, self.times.last[at])
        sure = self.sight.sure[at]
        np.maximum.at(first, member[sure], self.times.first[at[sure]])
        open_ = (self.picked.state[self.span(below)] == NONE) & denying[self.owner]
        if open_.any():
            table = self.table
            rows = hits((table.lesion >= 0) & (table.status < NOT_DONE))
            rows = rows[open_[table.lesion[rows]]]
            lesion, moment = table.lesion[rows], self.moment
            when = moment if isinstance(moment, int) else moment[table.patient[rows]]
            keep = table.first[rows] <= when
            np.maximum.at(last, lesion[keep], table.last[rows[keep]])
        return first, last


@dataclass(slots=True)
class _Carried:
    """What picked events carry for another variable, by member.

    The union, who got something (None: nobody), and for whom some event carries nothing.
    """

    size: int
    form: int
    full: int
    mask: Ints = field(init=False)
    low: Floats = field(init=False)
    high: Floats = field(init=False)
    got: Bools | None = None
    lacking: list[Ints] = field(default_factory=list[Ints])
    state: Ints = field(init=False)

    def add(self, who: Ints, mask: Ints | None, low: Floats | None, high: Floats | None) -> None:
        """Unite what some events carry."""
        if self.got is None:
            self.got = np.zeros(self.size, bool)
            if self.form == MASK_FORM:
                self.mask = np.zeros(self.size, np.int64)
            else:
                self.low = np.full(self.size, math.inf)
                self.high = np.full(self.size, -math.inf)
        if mask is not None and self.form == MASK_FORM:
            np.bitwise_or.at(self.mask, who, mask)
        if low is not None and high is not None and self.form != MASK_FORM:
            np.minimum.at(self.low, who, low)
            np.maximum.at(self.high, who, high)
        self.got[who] = True

    def lack(self, who: Ints) -> None:
        """Note members with an event that may be the picked one and carries nothing."""
        self.lacking.append(who)

    def settle(self, picked: Bools, computed: bool) -> None:
        """Say who surely has it and who perhaps.

        For the latter anything joins, unless the formula's set will.
        """
        assert self.got is not None  # noqa: S101
        sure = picked
        sure[np.concatenate(self.lacking)] = False
        self.state = np.where(sure, SURE, PERHAPS)
        if not computed:
            perhaps = self.got & ~sure
            if self.form == MASK_FORM:
                self.mask[perhaps] = self.full
            else:
                self.low[perhaps], self.high[perhaps] = -math.inf, math.inf

    def write(self, picked: Picked, span: slice) -> None:
        """Set the facts of those who got something."""
        assert self.got is not None  # noqa: S101 (settle came first)
        at = hits(self.got)
        to = at + span.start
        if self.form == MASK_FORM:
            picked.masks(span)[at] = self.mask[at]
        else:
            picked.low[to], picked.high[to] = self.low[at], self.high[at]
        picked.state[to] = self.state[at]


def _owners(lesions: Lesions) -> Ints:
    return (
        np.concatenate([np.arange(n) for n in lesions.sizes])
        if lesions.sizes
        else np.zeros(0, np.int64)
    )
