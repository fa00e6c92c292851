"""Which statements count and what they leave possible.

Windows, visibility and the pick rules, over all variables at once.

A row *surely* counts when its whole time lies at or before the index moment and inside the window,
*perhaps* when only part of it does.
A perhaps row may be a candidate but never pushes an older one out; where no row surely counts, what
silence means joins the set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from bonemets.facts.meaning import (
    DAY,
    MASK_FORM,
    MAY_OCCUR,
    OCCURS,
    VALUE,
    Bytes,
    Rows,
    full_mask,
    holds_several,
)
from bonemets.facts.table import (
    LONG_AGO,
    NEVER,
    PAST,
    Bools,
    Floats,
    Ints,
    Table,
    hits,
)
from bonemets.pack.durations import duration_seconds
from bonemets.pack.items import Variable
from bonemets.values import NONE, PERHAPS


@dataclass(slots=True)
class Picked:
    """The outcome by group (a variable of one patient or lesion), and which rows made it.

    `mask` holds for the groups of booleans and levels, `wide` for those of more than eight levels,
    which come last, from the group `split` on; `low` and `high` for those of numbers and dates.
    `state` is NONE, PERHAPS or SURE.
    `chosen` marks the rows that the fact came from, `group` says whose they are; `stale` marks
    chosen rows that say a *no* which no longer holds.
    """

    mask: npt.NDArray[np.uint8]
    wide: Ints
    split: int
    low: Floats
    high: Floats
    state: Bytes
    chosen: Bools
    stale: Bools
    group: Ints

    def put(self, groups: Ints, masks: Any) -> None:
        """Set the masks of groups that are all wide, or none."""
        if len(groups) and groups[0] >= self.split:
            self.wide[groups - self.split] = masks
        else:
            self.mask[groups] = masks

    def masks(self, groups: slice) -> Any:
        """Give the masks of a variable's groups, to read and to set."""
        if groups.start < self.split:
            return self.mask[groups]
        return self.wide[groups.start - self.split : groups.stop - self.split]


@dataclass(frozen=True, slots=True)
class Frame:
    """Seconds of each variable's window and the like, by variable number.

    -1 stands for "none" or "ever".
    """

    window: Ints
    reach: Ints
    """The window, or more than any time where there is none."""
    windowed: Bools
    """Has a window, or one that hangs on another variable's date: serves no undated event."""
    lasts: Ints
    no_for: Ints
    full: Ints
    computed: Bools
    several: Bools
    """Stands for one of several medicines: that one was stopped says nothing of the others."""

    @staticmethod
    def of(variables: list[Variable]) -> Frame:
        """Build the frame of variables in their order."""

        def seconds(text: str | None) -> int:
            return -1 if text in (None, "ever") else duration_seconds(text)

        window = np.array([seconds(v.window) for v in variables], np.int64)
        return Frame(
            window,
            np.where(window < 0, 2 * NEVER, window),
            np.array(
                [
                    v.window != "ever" or v.before is not None or v.since is not None
                    for v in variables
                ],
                bool,
            ),
            np.array([seconds(v.lasts) for v in variables], np.int64),
            np.array(
                [seconds(v.no_for) if v.type == "boolean" else -1 for v in variables], np.int64
            ),
            np.array([full_mask(v) for v in variables], np.int64),
            np.array([v.formula is not None or v.table_of is not None for v in variables], bool),
            np.array([holds_several(v) for v in variables], bool),
        )


PICKS: Final = ("latest", "first", "any", "min", "max", "sum", "count", "active", "roll_up")
LATEST, FIRST, ANY, MIN, MAX, SUM, COUNT, ACTIVE = range(8)


@dataclass(slots=True)
class Sight:
    """Whether each row surely, and whether it perhaps, counts."""

    sure: Bools
    seen: Bools


@dataclass(slots=True)
class Times:
    """The times of each row (first and last second) and the moment that it is judged at."""

    first: Ints
    last: Ints
    moment: int | Ints

    def at(self, rows: slice | Ints) -> int | Ints:
        """Give the moment of some rows."""
        return self.moment if isinstance(self.moment, int) else self.moment[rows]


def moment_of(moment: int | Ints, rows: Ints) -> Ints:
    """Give the index moment of some rows: one for all, or each its own."""
    return cast("Ints", moment if isinstance(moment, int) else moment[rows])


def times_of(table: Table, rows: Rows, moment: int | Ints) -> Times:
    """Gather the times of rows; `moment` is one, or one a patient."""
    when = moment if isinstance(moment, int) else moment[table.patient[rows.row]]
    return Times(table.first[rows.row], table.last[rows.row], when)


def sight(table: Table, rows: Rows, frame: Frame, times: Times) -> Sight:
    """Judge the time of each row against the index moment and its variable's window.

    An undated row serves variables without a window only.
    """
    first, last, moment = times.first, times.last, times.moment
    if isinstance(moment, int):
        opens = (moment - frame.reach)[rows.variable]
    else:
        opens = moment - frame.reach[rows.variable]
    sure = first >= opens
    sure &= last <= moment
    seen = last >= opens
    seen &= first <= moment
    if len(table) and int(table.last.max()) == NEVER:
        undated = hits(last == NEVER)
        serves = ~frame.windowed[rows.variable[undated]]
        sure[undated] = seen[undated] = serves
    return Sight(sure, seen)


@dataclass(slots=True)
class Medicines:
    """What the pick rule `active` needs of its rows, beside what is sure and seen.

    The first of them stands at `start`.
    """

    start: int
    past: Bools
    """It is over."""
    acts: Bools
    """A dose that was given and lasts for a time that is known: a later end does not undo it."""
    said: Ints
    """When it was first so, at the earliest."""
    ended: Ints
    """When it ended, at the latest; LONG_AGO - 1 where that is not so before the moment."""
    denied: Ints
    """When it was denied, at the latest; LONG_AGO - 1 where it was not."""


def medicines(
    table: Table, rows: Rows, frame: Frame, times: Times, at: slice, seen: Sight
) -> Medicines:
    """Judge medicines (pick `active`): they count by when they were given, mentioned or stopped.

    An undated statement is on the list, so it is not absent: it perhaps counts.
    What is over says *no* at its end.
    As long as its last dose may act, or its end lies ahead, it leaves open whether it runs.
    """
    row, variable = rows.row[at], rows.variable[at]
    first, last, moment = times.first[at], times.last[at], times.at(at)
    lasts, opens = frame.lasts[variable], moment - frame.reach[variable]
    end_first, end_last = table.end_first[row], table.end_last[row]
    said_first, said_last = table.said_first[row], table.said_last[row]
    open_ended, dated = end_last == NEVER, last < NEVER
    begun = first <= moment
    begun_surely = dated & (last <= moment)

    # somebody takes it: its period covers the moment, or it is open-ended and was mentioned lately
    mentioned = open_ended & (said_first >= opens)
    mentioned &= said_last <= moment
    sure, perhaps = mentioned, open_ended
    dose = np.zeros(len(row), bool)
    ends = hits(~open_ended)
    if len(ends):
        # or a dose that was given acts: as long as it lasts, else as long as a mention is good
        f, t, e, g = first[ends], last[ends], end_first[ends], end_last[ends]
        when = moment_of(moment, ends)
        given = (e == f) & (g == t) | (g - f <= DAY)
        may_be_given = e - t <= DAY
        acts = np.where(
            lasts[ends] >= 0, lasts[ends], np.where(may_be_given, frame.reach[variable[ends]], -1)
        )
        covers, may_cover = ~given & (e >= when), ~given & (g >= when)
        works, may_work = given & (f + acts >= when), (acts >= 0) & (g + acts >= when)
        sure[ends] = covers | works
        perhaps = open_ended.copy()
        perhaps[ends] = may_cover | may_work
        dose[ends] = given
    sure &= begun_surely
    perhaps = perhaps & begun

    # it was denied
    past = table.status[row] == PAST
    found = Medicines(
        at.start,
        past,
        dose & (lasts >= 0),
        said_first,
        np.full(len(row), LONG_AGO - 1),
        np.full(len(row), LONG_AGO - 1),
    )
    denied = hits((rows.mask[at] == 1) & ~past)
    if len(denied):
        no_first, no_last, since = said_first[denied], said_last[denied], opens[denied]
        when = moment_of(moment, denied)
        sure[denied] = (no_first >= since) & (no_last <= when)
        perhaps[denied] = (no_last >= since) & (no_first <= when) & (no_last < NEVER)
        found.denied[denied] = no_last

    # it is over: at its end, else when that was said
    over = hits(past)
    if len(over):
        end = ~open_ended[over]
        end_first = np.where(end, end_first[over], said_first[over])
        end_last = np.where(end, end_last[over], said_last[over])
        when = moment_of(moment, over)
        since, lasting, known = opens[over], lasts[over], end_last < NEVER
        runs_on = known & (end_last > when)
        runs_on |= (lasting >= 0) & (~known | (end_last + lasting >= when))
        runs_on &= begun[over]
        stopped = known & ~runs_on & (end_last >= since) & (end_last <= when)
        sure[over] = stopped & (end_first >= since)
        perhaps[over] = stopped | runs_on
        ended = known & (end_first <= when)
        found.ended[over] = np.where(ended, np.minimum(end_last, when), LONG_AGO - 1)
        vague = over[runs_on]
        rows.mask[at.start + vague] = frame.full[variable[vague]]
    seen.sure[at] = sure & perhaps
    seen.seen[at] = perhaps
    return found


class Picks:
    """Applies the pick rules to the rows of a selection, a stretch of facts at a time."""

    def __init__(
        self,
        rows: Rows,
        frame: Frame,
        times: Times,
        sight_: Sight,
        runs: Medicines,
        picked: Picked,
        named: Bools,
    ) -> None:
        """Take what all rules share."""
        self.rows, self.frame, self.times = rows, frame, times
        self.sight, self.runs, self.picked, self.named = sight_, runs, picked, named

    def apply(self, rule: int, form: int, at: Ints, group: Ints) -> None:
        """Pick from rows that are seen, sorted by the group that each speaks for."""
        if not len(at):
            return
        first = np.empty(len(at), bool)
        first[0] = True
        np.not_equal(group[1:], group[:-1], out=first[1:])
        sure = self.sight.sure[at]
        if rule not in (LATEST, FIRST):
            _Part(self, at, group, sure, hits(first), form).pick(rule)
            return
        # most groups have one row, whatever its time
        last = np.empty(len(at), bool)
        last[-1] = True
        last[:-1] = first[1:]
        lone = hits(first & last)
        if len(lone) == len(at):
            self.lone(at, group, sure, form)
            return
        if len(lone):
            self.lone(at[lone], group[lone], sure[lone], form)
        many = hits(~(first & last))
        starts = hits(first[many])
        _Part(self, at[many], group[many], sure[many], starts, form).pick(rule)

    def lone(self, at: Ints, group: Ints, sure: Bools, form: int) -> None:
        """Take rows that are alone in their groups.

        Where one only perhaps counts, silence joins.
        """
        self.picked.chosen[at] = True
        self.picked.state[group] = sure.view(np.int8) + np.int8(PERHAPS)
        unsure = hits(~sure)
        if len(unsure):
            plain = ~self.frame.computed[self.rows.variable[at[unsure]]]
            unsure = unsure[plain]
        if form == MASK_FORM:
            mask = fresh(self, at)
            if len(unsure):
                mask[unsure] = self.frame.full[self.rows.variable[at[unsure]]]
            self.picked.put(group, mask)
        else:
            low, high = self.rows.low[at], self.rows.high[at]
            low[unsure], high[unsure] = -math.inf, math.inf
            self.picked.low[group], self.picked.high[group] = low, high


def stale(picks: Picks | _Part, at: Ints, no: Ints) -> Ints:
    """Give which of some rows, a *no* each, are perhaps older than it holds."""
    rows = at[no]
    limit = picks.frame.no_for[picks.rows.variable[rows]]
    return no[(limit >= 0) & (picks.times.first[rows] < picks.times.at(rows) - limit)]


def fresh(picks: Picks | _Part, at: Ints) -> Ints:
    """Give the masks, with every *no* that no longer holds turned into anything."""
    mask = picks.rows.mask[at]
    no = hits(mask == 1)
    if len(no):
        old = stale(picks, at, no)
        picks.picked.stale[at[old]] = True
        mask[old] = 3
    return mask


class _Part:
    """Rows that are seen, sorted by group: `starts` is where each group begins."""

    def __init__(
        self, picks: Picks, at: Ints, group: Ints, sure: Bools, starts: Ints, form: int
    ) -> None:
        self.rows, self.frame, self.times = picks.rows, picks.frame, picks.times
        self.picked, self.runs, self.named = picks.picked, picks.runs, picks.named
        self.at, self.group, self.sure, self.starts = at, group, sure, starts
        self.form = form
        self.alone = len(starts) == len(at)
        """Whether every group has one row only."""
        self.groups = group if self.alone else group[starts]
        self.surely = sure

    def pick(self, rule: int) -> None:
        """Apply a rule."""
        if rule in (LATEST, FIRST):
            self.extreme_time(latest=rule == LATEST)
        elif rule == ANY:
            self.any_of()
        elif rule == ACTIVE:
            self.active()
        elif rule in (MIN, MAX):
            self.extreme_value(largest=rule == MAX)
        elif rule in (COUNT, SUM):
            self.total(counted=rule == COUNT)
        self.silence()

    # reductions

    def least(self, values: Ints | Floats) -> Ints:
        return values if self.alone else np.minimum.reduceat(values, self.starts)  # pyright: ignore

    def most(self, values: Ints | Floats) -> Ints:
        return values if self.alone else np.maximum.reduceat(values, self.starts)  # pyright: ignore

    def union(self, values: Ints) -> Ints:
        return values if self.alone else np.bitwise_or.reduceat(values, self.starts)

    def some(self, values: Bools) -> Bools:
        return values if self.alone else np.bitwise_or.reduceat(values, self.starts)

    def to_rows(self, values: Ints | Bools) -> Ints:
        """Give a group's value to each of its rows."""
        if self.alone:
            return values  # pyright: ignore
        sizes = np.empty_like(self.starts)
        np.subtract(self.starts[1:], self.starts[:-1], out=sizes[:-1])
        sizes[-1] = len(self.at) - self.starts[-1]
        return cast("Ints", values.repeat(sizes))

    def state(self, surely: Bools) -> None:
        """Say for each group whether a row of it surely counts."""
        self.surely = surely
        self.picked.state[self.groups] = surely.view(np.int8) + np.int8(PERHAPS)

    def silence(self) -> None:
        """Where no row surely counts, anything joins.

        A variable that is also computed takes its formula's set in the program.
        """
        unsure = hits(~self.surely)
        if not len(unsure):
            return
        variable = self.rows.variable[self.at[self.starts[unsure]]]
        plain = ~self.frame.computed[variable]
        groups = self.groups[unsure[plain]]
        if self.form == MASK_FORM:
            self.picked.put(groups, self.frame.full[variable[plain]])
        else:
            self.picked.low[groups], self.picked.high[groups] = -math.inf, math.inf

    # rules

    def extreme_time(self, *, latest: bool) -> None:
        """Unite all rows that may be the latest (first); only a sure one pushes others out."""
        first, last = self.times.first[self.at], self.times.last[self.at]
        if latest:
            threshold = self.most(np.where(self.sure, first, LONG_AGO - 1))
            candidates = last >= self.to_rows(threshold)
            self.state(threshold >= LONG_AGO)
        else:
            threshold = self.least(np.where(self.sure, last, NEVER + 1))
            candidates = first <= self.to_rows(threshold)
            self.state(threshold <= NEVER)
        self.unite(hits(candidates))

    def unite(self, candidates: Ints) -> None:
        """Set the facts to the union of the candidates' sets; every group has one."""
        chosen, groups, starts = self.at[candidates], self.group[candidates], None
        self.picked.chosen[chosen] = True
        if len(chosen) > len(self.groups):
            first = np.empty(len(groups), bool)
            first[0] = True
            np.not_equal(groups[1:], groups[:-1], out=first[1:])
            starts, groups = hits(first), self.groups
        if self.form == MASK_FORM:
            mask = fresh(self, chosen)
            if starts is not None:
                mask = np.bitwise_or.reduceat(mask, starts)
            self.picked.put(groups, mask)
        else:
            low, high = self.rows.low[chosen], self.rows.high[chosen]
            self.picked.low[groups] = low if starts is None else np.minimum.reduceat(low, starts)
            self.picked.high[groups] = high if starts is None else np.maximum.reduceat(high, starts)

    def any_of(self) -> None:
        """True by one sure yes; false where every statement that still holds is a no; else open."""
        mask = fresh(self, self.at)
        yes = self.some(self.sure & (mask == 2))
        may = self.some((self.rows.mask[self.at] & 2) != 0)
        no = self.some(self.sure & (mask == 1)) & ~may
        self.picked.put(self.groups, np.where(yes, 2, np.where(no, 1, 3)))
        self.state(self.some(self.sure))
        self.picked.chosen[self.at] = ~self.to_rows(yes) | (mask == 2)
        self.picked.stale[self.at] &= ~self.to_rows(yes | no)

    def active(self) -> None:
        """Say that a medicine runs by a sure row that no later stop contradicts.

        A stop says no where nothing else may run. That one of several was stopped says nothing of
        the others: it is as if nothing were told, so that a whole list says no.
        """
        at = self.at
        mine = at - self.runs.start
        mask, said = self.rows.mask[at], self.runs.said[mine]
        stop = mask == 1
        last_end, last_no = self.most(self.runs.ended[mine]), self.most(self.runs.denied[mine])
        contradicted = (self.to_rows(last_end) >= said) & ~self.runs.acts[mine]
        contradicted |= self.to_rows(last_no) >= said
        yes = self.some((mask == 2) & self.sure & ~contradicted)
        good = stop & self.sure
        old = stale(self, at, hits(stop))
        good[old] = False
        stopped = self.some(good) & ~self.some(~stop)
        several = self.frame.several[self.rows.variable[self.at[self.starts]]]
        no = stopped & (self.some(good & ~self.runs.past[mine]) | ~several)
        self.picked.put(self.groups, np.where(yes, 2, np.where(no, 1, 3)))
        self.state(yes | no)
        self.picked.state[self.groups[stopped & ~no]] = NONE
        self.picked.chosen[at] = True
        self.picked.stale[at[old]] = ~self.to_rows(no)[old]

    def extreme_value(self, *, largest: bool) -> None:
        """The largest (smallest) value: one end by sure rows, the other by all."""
        some = self.some(self.sure)
        if self.form == MASK_FORM:
            self.extreme_level(some, largest=largest)
        else:
            low, high = self.rows.low[self.at], self.rows.high[self.at]
            if largest:
                sure_low = self.most(np.where(self.sure, low, -math.inf))
                self.picked.low[self.groups] = np.where(some, sure_low, self.least(low))
                self.picked.high[self.groups] = self.most(high)
            else:
                sure_high = self.least(np.where(self.sure, high, math.inf))
                self.picked.low[self.groups] = self.least(low)
                self.picked.high[self.groups] = np.where(some, sure_high, self.most(high))
        self.state(some)
        self.picked.chosen[self.at] = True

    def extreme_level(self, some: Bools, *, largest: bool) -> None:
        """Levels in their order: each that may be the extreme one."""
        mask = fresh(self, self.at)
        every = self.union(mask)
        if largest:
            floor = self.most(np.where(self.sure, mask & -mask, 0))
            keep = np.where(some, ~(np.maximum(floor, 1) - 1), -1)
        else:
            below = mask.copy()
            for shift in (1, 2, 4, 8, 16, 32):
                below |= below >> shift
            keep = np.where(some, self.least(np.where(self.sure, below, np.int64(2**63 - 1))), -1)
        self.picked.put(self.groups, every & keep)

    def total(self, *, counted: bool) -> None:
        """A count or a sum: at least what surely occurred, without upper end, as lists are open.

        A stated total stands until something may follow it.
        """
        at, low, high = self.at, self.rows.low[self.at], self.rows.high[self.at]
        first, last = self.times.first[at], self.times.last[at]
        tells = self.rows.tells[at]
        stated = (tells == VALUE) if counted else self.own_name()
        adds = self.distinct(self.sure & ~stated)
        sums = (
            (adds & (tells == OCCURS)).astype(np.float64)
            if counted
            else np.where(adds, np.maximum(low, 0.0), 0.0)
        )
        lower = sums if self.alone else np.add.reduceat(sums, self.starts)
        upper = np.full(len(self.groups), math.inf)
        some = self.some(self.sure & ~stated)
        chosen = ~stated
        if stated.any():
            sure_stated = self.sure & stated
            threshold = self.most(np.where(sure_stated, first, LONG_AGO - 1))
            chosen |= stated & (last >= self.to_rows(threshold))
            picked = stated & chosen
            earliest = self.least(np.where(picked, first, NEVER))
            follows = self.some(~stated & (last > self.to_rows(earliest)))
            has, has_surely = self.some(stated), self.some(sure_stated)
            n_low, n_high = (
                self.least(np.where(picked, low, math.inf)),
                self.most(np.where(picked, high, -math.inf)),
            )
            settled = has_surely & ~follows
            newest = self.most(np.where(picked, last, LONG_AGO))
            outdated = self.some(adds & (first > self.to_rows(newest)) & (tells != MAY_OCCUR))
            either = has & ~settled & ~(has_surely & outdated)
            lower = np.where(settled, n_low, np.where(either, np.minimum(lower, n_low), lower))
            upper = np.where(settled, n_high, math.inf)
            some = some | has_surely
            chosen &= ~(self.to_rows(settled) & ~stated)
        self.picked.low[self.groups], self.picked.high[self.groups] = lower, upper
        self.state(some)
        self.picked.chosen[at] = chosen

    def own_name(self) -> Bools:
        """Say which rows state the variable by its own name (case files): its total."""
        return self.named[self.rows.binding[self.at]]

    def distinct(self, of: Bools) -> Bools:
        """Mark, of these rows, those that surely are events of their own.

        Two that say the same, and may be of one time, may be copies of one event.
        """
        at = hits(of)
        rows = self.at[at]
        low, high, group = self.rows.low[rows], self.rows.high[rows], self.group[at]
        first, last = self.times.first[rows], self.times.last[rows]
        order = np.lexsort((last, high, low, group))
        own = np.ones(len(order), bool)
        own[1:] = first[order][1:] > last[order][:-1]
        for column in (low, high, group):
            own[1:] |= column[order][1:] != column[order][:-1]
        result = np.zeros(len(self.at), bool)
        result[at[order[own]]] = True
        return result
