"""The selection: a table of events -> the facts that a program reads, over all variables of a batch at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bonemets.expression import Symbol
from bonemets.facts.meaning import Index, Rows, index, read
from bonemets.facts.pick import LATEST, NONE, PERHAPS, ROLL_UP, SURE, Frame, Picked, Sight, pick, sight
from bonemets.facts.table import LONG_AGO, NEVER, Bools, Floats, Ints, Table
from bonemets.pack.items import Variable
from bonemets.pack.load import Pack
from bonemets.program import Facts, Input, Program
from bonemets.values import Lesions

LISTS: Final = ("medications", "conditions", "procedures")


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome for a batch: facts by group, and which rows made them.

    `base` gives for each variable (by name) where its groups start; a patient's group is base + rank, a lesion's base + flat number.
    """

    variables: list[Variable]
    base: dict[str, int]
    rows: Rows
    picked: Picked
    sight: Sight

    def group(self, name: str, member: int) -> int:
        """Give the group of a variable's fact for one patient or lesion."""
        return self.base[name] + member


@dataclass(frozen=True, slots=True)
class Selector:
    """Selects the facts of one program; made once for a pack."""

    pack: Pack
    inputs: dict[str, Input]
    variables: list[Variable]
    codes: Index
    frame: Frame
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    @staticmethod
    def of(pack: Pack, program: Program) -> Selector:
        """Prepare the selection of what a program reads."""
        symbols = pack.symbols()
        wanted = {name: pack.variables.get(name) or _stand_in(symbols[name]) for name in program.inputs}
        for variable in list(wanted.values()):
            for name in _helpers(variable):
                wanted.setdefault(name, pack.variables[name])
        variables = list(wanted.values())
        return Selector(
            pack, program.inputs, variables, index(variables), Frame.of(variables), {v.id: i for i, v in enumerate(variables)}
        )  # fmt: skip

    def select(
        self,
        table: Table,
        lesions: Lesions,
        moment: int | Ints,
        complete: dict[str, Bools] | None = None,
        patient_of_lesion: Ints | None = None,
    ) -> Selection:
        """Reduce events to one fact per variable and entity as of the index moment.

        Every event that may be the one a variable's pick rule asks for contributes; the fact is the union of their value sets.
        Absence is unknown unless the record declares the list complete in which the variable would stand.

        Args:
            table: n rows, any order, any number of patients.
            lesions: the layout of the batch's lesions; `table.lesion` counts in it.
            moment: the index moment in seconds, one or one a patient.
            complete: for each list, which patients' records declare it complete.
            patient_of_lesion: the rank of each lesion's patient (None: computed from the layout).
        """
        sizes = {"patient": lesions.patients, "lesion": lesions.total}
        base: dict[str, int] = {}
        total = 0
        for v in self.variables:
            base[v.id] = total
            total += sizes[v.entity]
        rows = read(table, self.codes, self.pack)
        rows = self.place(table, rows, lesions)
        starts = np.array([base[v.id] for v in self.variables] or [0], np.int64)
        of_lesion = np.array([v.entity == "lesion" for v in self.variables] or [False], bool)
        entity = np.where(of_lesion[rows.variable], table.lesion[rows.row], table.patient[rows.row])
        group = starts[rows.variable] + entity
        widths = np.array([sizes[v.entity] for v in self.variables], np.int64)
        variable_of = np.repeat(np.arange(len(self.variables)), widths)
        seen = sight(table, rows, self.frame, moment)
        special = np.array([bool(v.with_ or v.before or v.since) or v.pick == "roll_up" for v in self.variables] or [False], bool)
        held = special[rows.variable]
        first = Sight(seen.sure & ~held, seen.seen & ~held)
        picked = pick(table, rows, self.frame, group, total, variable_of, moment, first)
        selection = Selection(self.variables, base, rows, picked, seen)
        owner = _owners(lesions) if patient_of_lesion is None else patient_of_lesion
        stage = _Stage(self, table, selection, lesions, owner, moment, variable_of)
        for number in np.flatnonzero(special).tolist():
            stage.special(number)
        self.silence(selection, sizes, complete or {}, owner)
        return selection

    def place(self, table: Table, rows: Rows, lesions: Lesions) -> Rows:
        """Drop statements about a lesion that name none, unless the list is closed and holds exactly one."""
        lonely = np.zeros(lesions.patients, bool)
        if lesions.sizes:
            counts = np.zeros(lesions.patients, np.int64)
            for n in lesions.sizes:
                counts[:n] += 1
            lonely = (counts == 1) & ~lesions.open
        of_lesion = np.array([v.entity == "lesion" for v in self.variables] or [False], bool)[rows.variable]
        unplaced = of_lesion & (table.lesion[rows.row] < 0)
        if unplaced.any():
            ranks = table.patient[rows.row]
            adopt = unplaced & lonely[ranks]
            table.lesion[rows.row[adopt]] = ranks[adopt]  # slot 0 holds the first lesion of each patient, by rank
            keep = ~unplaced | adopt
            rows = Rows(*(getattr(rows, n)[keep] for n in ("row", "variable", "mask", "low", "high", "usable", "why")))
        return rows

    def silence(self, selection: Selection, sizes: dict[str, int], complete: dict[str, Bools], owner: Ints) -> None:
        """Where a list is declared complete, what stands nowhere in it is *no* (and a count ends)."""
        picked = selection.picked
        for v in self.variables:
            flags = complete.get(v.complete_with or "")
            if flags is None or not flags.any():
                continue
            whose = flags if v.entity == "patient" else flags[owner]
            span = slice(selection.base[v.id], selection.base[v.id] + sizes[v.entity])
            if v.type == "boolean":
                absent = whose & (picked.state[span] == NONE)
                picked.mask[span][absent] = 1
                picked.state[span][absent] = SURE
            elif v.pick == "count":
                none = whose & (picked.state[span] == NONE)
                picked.low[span][none] = 0.0
                picked.high[span][none] = 0.0
                picked.state[span][none] = SURE

    def facts(self, selection: Selection, lesions: Lesions, moment: Any) -> Facts:
        """Give the facts of a batch as the arrays that a program reads."""
        picked = selection.picked
        return self._fill(picked.mask, picked.low, picked.high, picked.state, selection.base, lesions, moment, one=False)

    def facts_of_one(self, selection: Selection, lesions: Lesions, moment: int) -> Facts:
        """Give the facts of a batch of one patient as Python numbers."""
        picked = selection.picked
        columns = (picked.mask.tolist(), picked.low.tolist(), picked.high.tolist(), picked.state.tolist())
        return self._fill(*columns, selection.base, lesions, float(moment), one=True)

    def _fill(
        self, mask: Any, low: Any, high: Any, state: Any, base: dict[str, int], lesions: Lesions, moment: Any, *, one: bool
    ) -> Facts:
        facts = Facts(index=moment)
        for name, entry in self.inputs.items():
            start = base[name]
            if entry.entity == "patient":
                where: Any = start if one else slice(start, start + lesions.patients)
                masks, lows, highs, states = facts.masks, facts.lows, facts.highs, facts.states
                take = _item
            else:
                where = slice(start, start + lesions.total)
                masks, lows, highs, states = facts.lesion_masks, facts.lesion_lows, facts.lesion_highs, facts.lesion_states
                take = _item if one else _only
            if entry.kind in ("boolean", "level"):
                masks.append(take(mask, where))
            else:
                lows.append(take(low, where))
                highs.append(take(high, where))
            if entry.state is not None:
                states.append(take(state, where))
        return facts


def _item(column: Any, where: Any) -> Any:
    return column[where]


def _only(column: Any, where: Any) -> Any:
    return [column[where]]


def _owners(lesions: Lesions) -> Ints:
    return np.concatenate([np.arange(n) for n in lesions.sizes]) if lesions.sizes else np.zeros(0, np.int64)


def _helpers(variable: Variable) -> list[str]:
    names = list(variable.with_.of) if variable.with_ else []
    return names + [n for n in (variable.before, variable.since, variable.rolls_up) if n]


def _stand_in(symbol: Symbol) -> Variable:
    return Variable(
        id=symbol.name, title=symbol.name.replace("_", " "), entity=symbol.entity, type=symbol.kind, levels=symbol.levels,
        ordered=symbol.ordered, unit=symbol.unit, integer=symbol.integer,
    )  # fmt: skip


@dataclass(slots=True)
class _Stage:
    """The variables whose window depends on another variable's fact."""

    selector: Selector
    table: Table
    selection: Selection
    lesions: Lesions
    owner: Ints
    moment: int | Ints
    variable_of: Ints

    def special(self, number: int) -> None:
        v = self.selector.variables[number]
        if v.pick == "roll_up":
            self.roll_up(v, number)
        elif v.with_ is not None:
            self.companion(v, number)
        else:
            self.relative(v, number)

    def span(self, v: Variable) -> slice:
        size = self.lesions.patients if v.entity == "patient" else self.lesions.total
        return slice(self.selection.base[v.id], self.selection.base[v.id] + size)

    def ends(self, name: str, entity: str) -> tuple[Floats, Floats]:
        """Give both ends of a date fact, brought to an entity."""
        other = self.selector.variables[self.selector.numbers[name]]
        span = self.span(other)
        low, high = self.selection.picked.low[span], self.selection.picked.high[span]
        return (low[self.owner], high[self.owner]) if entity == "lesion" and other.entity == "patient" else (low, high)

    def relative(self, v: Variable, number: int) -> None:
        """`before: X` and `since: X`: an event counts surely where it lies so for every date that X may be."""
        rows, seen = self.selection.rows, self.selection.sight
        mine = rows.variable == number
        named = mine & self.named(np.arange(len(rows.row)))  # stated by its own name: it is that value, whenever it was said
        at = rows.row
        entity = np.where(v.entity == "lesion", self.table.lesion[at], self.table.patient[at])
        first, last = self.table.first[at].astype(np.float64), self.table.last[at].astype(np.float64)
        sure, may = seen.sure & mine, seen.seen & mine
        name = v.before or v.since or ""
        low, high = self.ends(name, v.entity)
        entity = np.where(mine, entity, 0)
        if len(low):
            if v.before:
                sure, may = sure & (named | (last <= low[entity])), may & (named | (first <= high[entity]))
            else:
                sure, may = sure & (named | (first >= high[entity])), may & (named | (last >= low[entity]))
        self.repick(Sight(sure, may), v)

    def repick(self, seen: Sight, v: Variable) -> None:
        """Pick again for one variable under another sight."""
        selection = self.selection
        again = pick(
            self.table, selection.rows, self.selector.frame, selection.picked.group, len(selection.picked.mask), self.variable_of,
            self.moment, seen,
        )  # fmt: skip
        span = self.span(v)
        for name in ("mask", "low", "high", "state"):
            getattr(selection.picked, name)[span] = getattr(again, name)[span]
        selection.picked.chosen |= again.chosen

    def companion(self, v: Variable, number: int) -> None:
        """Take a limit, the unit or a value of the same sample from the picked event of another variable."""
        assert v.with_ is not None  # noqa: S101
        picked, rows, table = self.selection.picked, self.selection.rows, self.table
        n = self.lesions.patients
        mask, low, high = np.zeros(n, np.int64), np.full(n, math.inf), np.full(n, -math.inf)
        state = np.zeros(n, np.int64)
        own = np.flatnonzero((rows.variable == number) & self.selection.sight.seen)
        for name in v.with_.of:
            other = self.selector.numbers[name]
            host = self.selector.variables[other]
            chosen = np.flatnonzero(picked.chosen & (rows.variable == other))
            open_yet = state != SURE
            chosen = chosen[open_yet[table.patient[rows.row[chosen]]]]
            given = self.taken(v, host, chosen, own)
            host_state = picked.state[self.span(host)]
            for who, m, lo, hi, sure in given:
                np.bitwise_or.at(mask, who, m)
                np.minimum.at(low, who, lo)
                np.maximum.at(high, who, hi)
                got = np.zeros(n, bool)
                got[who] = True
                missing = np.zeros(n, bool)
                missing[table.patient[rows.row[chosen]]] = True
                missing[who[sure]] = False
                new = np.where(got & ~missing & (host_state == SURE), SURE, np.where(got, PERHAPS, NONE))
                state = np.where(open_yet, np.maximum(new, np.minimum(state, PERHAPS)), state)
        alone = own[(state[table.patient[rows.row[own]]] == NONE) & self.named(own)]
        if len(alone):
            self.repick(Sight(_marks(alone, len(rows.row)) & self.selection.sight.sure, _marks(alone, len(rows.row))), v)
        done = state != NONE
        span = self.span(v)
        full = self.selector.frame.full[number]
        computed = self.selector.frame.computed[number]
        widen = done & (state == PERHAPS) & (not computed)
        picked.mask[span] = np.where(done, mask | np.where(widen, full, 0), picked.mask[span])
        picked.low[span] = np.where(done, np.where(widen, -math.inf, low), picked.low[span])
        picked.high[span] = np.where(done, np.where(widen, math.inf, high), picked.high[span])
        picked.state[span] = np.where(done, state, picked.state[span])

    def named(self, own: Ints) -> Bools:
        """Say which rows state the variable by its own name (case files)."""
        roles = np.array([role == "variable" for role, _, _ in self.table.codes] or [False], bool)
        return roles[self.table.code[self.selection.rows.row[own]]]

    def taken(self, v: Variable, host: Variable, chosen: Ints, own: Ints) -> list[tuple[Ints, Ints, Floats, Floats, Bools]]:
        """Give (patients, masks, lows, highs, whether each settles its patient) of what the chosen events carry."""
        assert v.with_ is not None  # noqa: S101
        table, rows, picked = self.table, self.selection.rows, self.selection.picked
        at = rows.row[chosen]
        found: list[tuple[Ints, Ints, Floats, Floats, Bools]] = []
        if v.with_.take == "unit" and len(chosen):
            units = [self.unit_mask(v, u) for u in table.units]
            full = (1 << len(v.levels)) - 1
            masks = np.array([*units, full], np.int64)[table.unit[at]]
            found.append((table.patient[at], masks, np.full(len(at), math.inf), np.full(len(at), -math.inf), np.ones(len(at), bool)))
        elif v.with_.take in ("lower_limit", "upper_limit") and len(chosen):
            limit = table.limit_low[at] if v.with_.take == "lower_limit" else table.limit_high[at]
            factor, offset = self.limit_factors(host, table.limit_unit[at])
            value = limit * factor + offset
            low, high = v.plausible or (-math.inf, math.inf)
            good = ~np.isnan(value) & (value >= low) & (value <= high)
            found.append((table.patient[at][good], np.zeros(int(good.sum()), np.int64), value[good], value[good], np.ones(int(good.sum()), bool)))
        same = own[np.isin(table.sample[rows.row[own]], np.unique(table.sample[at][table.sample[at] >= 0]))] if len(own) else own
        if len(same):
            picked.chosen[same] = True
            found.append((table.patient[rows.row[same]], rows.mask[same], rows.low[same], rows.high[same], np.ones(len(same), bool)))
        return found

    def unit_mask(self, v: Variable, written: str) -> int:
        spelled = {s: u for u, many in (self.selector.pack.terms.unit_spellings.items() if self.selector.pack.terms else ()) for s in many}
        unit = spelled.get(written, written)
        return sum(1 << i for i, level in enumerate(v.levels) if v.names.get(level, level) == unit) or (1 << len(v.levels)) - 1

    def limit_factors(self, host: Variable, unit: Ints) -> tuple[Floats, Floats]:
        accepted = self.selector.pack.units.get(host.id, {})
        spelled = {s: u for u, many in (self.selector.pack.terms.unit_spellings.items() if self.selector.pack.terms else ()) for s in many}
        table = [accepted.get(u) or accepted.get(spelled.get(u, ""), (math.nan, 0.0)) for u in self.table.units]
        bare = (1.0, 0.0) if host.unit in (None, "1") else (math.nan, 0.0)
        pairs = np.array([*table, bare])
        return pairs[unit, 0], pairs[unit, 1]

    def roll_up(self, v: Variable, number: int) -> None:
        """Confirmed if any lesion or unsited statement is, else suspected; absent only by an unsited denial later than all of them."""
        selection, table = self.selection, self.table
        rows, picked = selection.rows, selection.picked
        n = self.lesions.patients
        below = self.selector.variables[self.selector.numbers[v.rolls_up or ""]]
        conf, susp, absent = (1 << v.levels.index(x) if x in v.levels else 0 for x in ("confirmed", "suspected", "absent"))
        mine = np.flatnonzero((rows.variable == number) & selection.sight.seen & (table.lesion[rows.row] < 0))
        at, who = rows.row[mine], table.patient[rows.row[mine]]
        mask, sure = rows.mask[mine], selection.sight.sure[mine]
        first, last = table.first[at], table.last[at]
        states = picked.mask[self.span(below)]
        lesion_conf, lesion_susp = (1 << below.levels.index(x) for x in ("confirmed", "suspected"))
        certain = ~self.lesions.doubtful
        lesion_first, lesion_last = self.lesion_times(below)

        def flags(rows_true: Bools, lesions_true: Bools) -> Bools:
            result = np.zeros(n, bool)
            result[who[rows_true]] = True
            result[self.owner[lesions_true]] = True
            return result

        conf_sure = flags(sure & (mask == conf), certain & (states == lesion_conf))
        conf_may = flags((mask & conf) != 0, (states & lesion_conf) != 0)
        susp_sure = flags(sure & (mask & ~(conf | susp) == 0), certain & (states & ~(lesion_conf | lesion_susp) == 0))
        susp_may = flags((mask & susp) != 0, (states & lesion_susp) != 0)
        last_yes = np.full(n, LONG_AGO)
        affirms = (mask & (conf | susp)) != 0
        np.maximum.at(last_yes, who[affirms], last[affirms])
        affirming = (states & (lesion_conf | lesion_susp)) != 0
        np.maximum.at(last_yes, self.owner[affirming], lesion_last[affirming])
        first_yes = np.full(n, LONG_AGO)
        np.maximum.at(first_yes, who[affirms & sure], first[affirms & sure])
        np.maximum.at(first_yes, self.owner[affirming & certain], lesion_first[affirming & certain])
        denial_first, denial_last = np.full(n, LONG_AGO), np.full(n, LONG_AGO)
        denies = sure & (mask == absent)
        np.maximum.at(denial_first, who[denies], first[denies])
        may_deny = (mask & absent) != 0
        np.maximum.at(denial_last, who[may_deny], last[may_deny])
        absent_sure = (denial_first > last_yes) & flags(denies, np.zeros(len(states), bool))
        absent_may = (denial_last > first_yes) & flags(may_deny, np.zeros(len(states), bool))
        full = (1 << len(v.levels)) - 1
        affirmed = np.where(conf_sure, conf, np.where(conf_may, conf, 0) | np.where(susp_sure, susp, np.where(susp_may, full, 0)))
        affirmed = np.where(conf_sure | susp_sure, affirmed, full)
        result = np.where(absent_sure, absent, affirmed | np.where(absent_may, absent, 0))
        known = flags(np.ones(len(mask), bool), states < (1 << len(below.levels)) - 1)
        span = self.span(v)
        picked.mask[span] = result
        picked.state[span] = np.where(conf_sure | susp_sure | absent_sure, SURE, np.where(known, PERHAPS, NONE))
        picked.chosen[mine] = True

    def lesion_times(self, below: Variable) -> tuple[Ints, Ints]:
        """Give the last time at which each lesion's status was stated (both ends)."""
        rows = self.selection.rows
        mine = np.flatnonzero(self.selection.picked.chosen & (rows.variable == self.selector.numbers[below.id]))
        first, last = np.full(self.lesions.total, LONG_AGO), np.full(self.lesions.total, LONG_AGO)
        at = rows.row[mine]
        np.maximum.at(first, self.table.lesion[at], self.table.first[at])
        np.maximum.at(last, self.table.lesion[at], np.minimum(self.table.last[at], NEVER))
        return first, last


def _marks(at: Ints, n: int) -> Bools:
    result = np.zeros(n, bool)
    result[at] = True
    return result


__all__ = ["LATEST", "ROLL_UP", "Selection", "Selector"]
