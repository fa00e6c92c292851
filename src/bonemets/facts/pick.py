"""Which statements count and what they leave possible: windows, visibility and the pick rules, over all variables at once.

A row *surely* counts when its whole time lies at or before the index moment and inside the window, *perhaps* when only part of it does.
A perhaps row may be a candidate but never pushes an older one out; where no row surely counts, what silence means joins the set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from bonemets.facts.meaning import Rows
from bonemets.facts.table import (
    ABSENT,
    LONG_AGO,
    NEVER,
    NUMBER,
    PAST,
    STATED,
    Bools,
    Floats,
    Ints,
    Table,
)
from bonemets.pack.check import duration_seconds
from bonemets.pack.items import Variable

NONE, PERHAPS, SURE = range(3)
"""Recorded states of a fact: no event counts, one perhaps counts, one counts."""


@dataclass(slots=True)
class Picked:
    """The outcome by group (a variable of one patient or lesion), and which rows made it.

    `state` is NONE, PERHAPS or SURE. `chosen` marks the rows that the fact came from, `group` says whose they are.
    """

    mask: Ints
    low: Floats
    high: Floats
    state: Ints
    chosen: Bools
    group: Ints


@dataclass(frozen=True, slots=True)
class Frame:
    """Seconds of each variable's window and the like, by variable number; -1 stands for "none" or "ever"."""

    window: Ints
    lasts: Ints
    no_for: Ints
    past_is_no: Bools
    full: Ints
    computed: Bools
    pick: Ints

    @staticmethod
    def of(variables: list[Variable]) -> Frame:
        """Build the frame of variables in their order."""

        def seconds(text: str | None) -> int:
            return -1 if text in (None, "ever") else duration_seconds(text)

        return Frame(
            np.array([seconds(v.window) for v in variables], np.int64),
            np.array([seconds(v.lasts) for v in variables], np.int64),
            np.array([seconds(v.no_for) for v in variables], np.int64),
            np.array([v.past == "no" for v in variables], bool),
            np.array([3 if v.type == "boolean" else (1 << len(v.levels)) - 1 for v in variables], np.int64),
            np.array([v.formula is not None or v.table_of is not None for v in variables], bool),
            np.array([PICKS.index(v.pick) for v in variables], np.int64),
        )


PICKS: Final = ("latest", "first", "any", "min", "max", "sum", "count", "active", "roll_up")
LATEST, FIRST, ANY, MIN, MAX, SUM, COUNT, ACTIVE, ROLL_UP = range(9)


@dataclass(slots=True)
class Sight:
    """Whether each row surely or perhaps counts."""

    sure: Bools
    seen: Bools


def sight(table: Table, rows: Rows, frame: Frame, index: int | Ints) -> Sight:
    """Judge the time of each row against the index moment and its variable's window.

    Drugs (pick `active`) are judged by when they were last mentioned, given or stopped.
    An undated row serves variables without a window only.
    """
    at = rows.row
    moment = index if isinstance(index, int) else index[table.patient[at]]
    window = frame.window[rows.variable]
    first, last = table.first[at], table.last[at]
    undated = (first == LONG_AGO) & (last == NEVER)
    started_surely, started_perhaps = last <= moment, first <= moment
    opens = np.where(window < 0, LONG_AGO, moment - window)
    sure = (first >= opens) & started_surely
    seen = (last >= opens) & started_perhaps
    active = frame.pick[rows.variable] == ACTIVE
    if active.any():
        sure_on, maybe_on = _running(table, rows, frame, moment, opens)
        off = (table.status[at] != STATED) | (rows.mask == 1)
        stop_first = np.where(table.end_last[at] < NEVER, table.end_first[at], table.said_first[at])
        stop_last = np.where(table.end_last[at] < NEVER, table.end_last[at], table.said_last[at])
        off_sure, off_seen = (stop_first >= opens) & (stop_last <= moment), (stop_last >= opens) & (stop_first <= moment)
        sure = np.where(active, np.where(off, off_sure, sure_on), sure)
        seen = np.where(active, np.where(off, off_seen, maybe_on), seen)
    timeless = undated & (window < 0)
    sure = np.where(undated & ~active, timeless, sure)
    seen = np.where(undated & ~active, timeless, seen)
    return Sight(sure & seen, seen)


def _running(table: Table, rows: Rows, frame: Frame, moment: int | Ints, opens: Ints) -> tuple[Bools, Bools]:
    """Say whether a medicine surely, and whether it perhaps, runs at the index moment."""
    at = rows.row
    first, last = table.first[at], table.last[at]
    open_ended = table.end_last[at] == NEVER
    point = ~open_ended & (table.end_first[at] == first) & (table.end_last[at] == last)
    lasts = frame.lasts[rows.variable]
    lasts = np.where(point & (lasts < 0), frame.window[rows.variable], lasts)
    gives = lasts >= 0
    undated = (first == LONG_AGO) & (last == NEVER)
    started = np.where(undated, False, last <= moment)
    begun = np.where(undated, True, first <= moment)
    covers = ~open_ended & ~point & (table.end_first[at] >= moment)
    covers_maybe = ~open_ended & ~point & (table.end_last[at] >= moment)
    mentioned = open_ended & (table.said_first[at] >= opens) & (table.said_last[at] <= moment)
    dose = gives & ~undated & (first + np.maximum(lasts, 0) >= moment)
    dose_maybe = gives & (undated | (last + np.maximum(lasts, 0) >= moment))
    return started & (covers | mentioned | dose), begun & (covers_maybe | open_ended | dose_maybe)


def pick(
    table: Table, rows: Rows, frame: Frame, group: Ints, groups: int, variable_of: Ints, index: int | Ints, seen: Sight
) -> Picked:
    """Apply each variable's pick rule.

    Args:
        table: the events.
        rows: what they say.
        frame: windows and rules.
        group: for each row, the fact that it speaks for.
        groups: how many facts there are.
        variable_of: for each fact, its variable.
        index: the index moment, one or one a patient.
        seen: which rows count.
    """
    order = np.argsort(group, kind="stable")
    keep = order[seen.seen[order]]
    out = Picked(
        np.zeros(groups, np.int64), np.full(groups, math.inf), np.full(groups, -math.inf), np.zeros(groups, np.int64),
        np.zeros(len(group), bool), group,
    )  # fmt: skip
    rules = frame.pick[rows.variable[keep]]
    for rule in np.unique(rules).tolist():
        mine = keep[rules == rule]
        starts = np.flatnonzero(np.concatenate([[True], group[mine][1:] != group[mine][:-1]]))
        part = _Part(table, rows, frame, group[mine][starts], mine, starts, seen.sure[mine], index)
        if rule in (LATEST, FIRST):
            part.extreme_time(out, latest=rule == LATEST)
        elif rule == ANY:
            part.any_of(out)
        elif rule == ACTIVE:
            part.active(out)
        elif rule in (MIN, MAX):
            part.extreme_value(out, largest=rule == MAX)
        elif rule == COUNT:
            part.count(out)
        elif rule == SUM:
            part.sum(out)
    # what silence means
    unsure = np.where(frame.computed[variable_of], out.state == NONE, out.state != SURE)
    full = frame.full[variable_of]
    out.mask[unsure] |= full[unsure]
    out.low[unsure], out.high[unsure] = -math.inf, math.inf
    return out


@dataclass(slots=True)
class _Part:
    """The rows of one rule, sorted by group; `starts` is where each group begins, `groups` which it is."""

    table: Table
    rows: Rows
    frame: Frame
    groups: Ints
    at: Ints
    starts: Ints
    sure: Bools
    index: int | Ints

    def each(self, ufunc: np.ufunc, values: Ints | Floats | Bools) -> Ints:
        return ufunc.reduceat(values, self.starts) if len(values) else values[:0]  # type: ignore[no-any-return]

    def to_rows(self, values: Ints) -> Ints:
        return np.repeat(values, np.diff(np.concatenate([self.starts, [len(self.at)]])))

    def put(self, out: Picked, candidates: Bools, sure_group: Bools) -> None:
        """Set the facts to the union of the candidates' sets."""
        mask = np.where(candidates, self.fresh_mask(), 0)
        low = np.where(candidates, self.rows.low[self.at], math.inf)
        high = np.where(candidates, self.rows.high[self.at], -math.inf)
        out.mask[self.groups] = self.each(np.bitwise_or, mask)
        out.low[self.groups] = self.each(np.minimum, low)
        out.high[self.groups] = self.each(np.maximum, high)
        out.state[self.groups] = np.where(sure_group, SURE, PERHAPS)
        out.chosen[self.at] = candidates

    def fresh_mask(self) -> Ints:
        """Give the masks with every *no* that is too old turned into anything."""
        mask = self.rows.mask[self.at]
        return np.where(self.stale(sure=False) & (mask == 1), 3, mask)

    def stale(self, *, sure: bool) -> Bools:
        """Say which rows are perhaps (or surely) older than their variable's *no* holds."""
        limit = self.frame.no_for[self.rows.variable[self.at]]
        moment = self.index if isinstance(self.index, int) else self.index[self.table.patient[self.rows.row[self.at]]]
        when = self.table.last[self.rows.row[self.at]] if sure else self.table.first[self.rows.row[self.at]]
        return (limit >= 0) & (when < moment - limit)

    def extreme_time(self, out: Picked, *, latest: bool) -> None:
        at = self.rows.row[self.at]
        first, last = self.table.first[at], self.table.last[at]
        if latest:
            threshold = self.each(np.maximum, np.where(self.sure, first, LONG_AGO))
            candidates = last >= self.to_rows(threshold)
        else:
            threshold = self.each(np.minimum, np.where(self.sure, last, NEVER))
            candidates = first <= self.to_rows(threshold)
        self.put(out, candidates, self.each(np.logical_or, self.sure).astype(bool))

    def any_of(self, out: Picked) -> None:
        """True by one sure yes; false where every statement that still holds is a no; else open."""
        mask = self.rows.mask[self.at]
        yes = self.each(np.logical_or, self.sure & (mask == 2)).astype(bool)
        may = self.each(np.logical_or, (mask & 2) != 0).astype(bool)
        fresh_no = self.each(np.logical_or, self.sure & (mask == 1) & ~self.stale(sure=False)).astype(bool)
        vague = self.each(np.logical_or, (mask == 3)).astype(bool)
        result = np.where(yes, 2, np.where(fresh_no & ~may, 1, 3))
        out.mask[self.groups] = result
        out.low[self.groups], out.high[self.groups] = -math.inf, math.inf
        out.state[self.groups] = np.where(yes | fresh_no | (vague & self.each(np.logical_or, self.sure).astype(bool)), SURE, PERHAPS)
        shown = np.where(self.to_rows(yes.astype(np.int64)) == 1, mask == 2, True)
        out.chosen[self.at] = shown

    def active(self, out: Picked) -> None:
        """A medicine runs by a sure row that no later stop contradicts; a stop says no where the variable names it."""
        at = self.rows.row[self.at]
        mask = self.rows.mask[self.at]
        status, kind = self.table.status[at], self.table.kind[at]
        stop = (status == PAST) & self.frame.past_is_no[self.rows.variable[self.at]] | (mask == 1) & (kind != ABSENT)
        vague = ~stop & ((status != STATED) | (mask == 3))
        on = ~stop & ~vague
        stop_last = np.where(self.table.end_last[at] < NEVER, self.table.end_last[at], self.table.said_last[at])
        latest_stop = self.to_rows(self.each(np.maximum, np.where(stop, stop_last, LONG_AGO)))
        said = np.where(self.table.said_first[at] == LONG_AGO, LONG_AGO, self.table.said_first[at])
        contradicted = latest_stop >= said
        sure_on = self.each(np.logical_or, on & self.sure & ~contradicted).astype(bool)
        may_on = self.each(np.logical_or, on | vague).astype(bool)
        fresh = stop & self.sure & ~self.stale(sure=False)
        sure_off = self.each(np.logical_or, fresh).astype(bool)
        out.mask[self.groups] = np.where(sure_on, 2, np.where(sure_off & ~may_on, 1, 3))
        out.low[self.groups], out.high[self.groups] = -math.inf, math.inf
        out.state[self.groups] = np.where(sure_on | (sure_off & ~may_on), SURE, PERHAPS)
        out.chosen[self.at] = True

    def extreme_value(self, out: Picked, *, largest: bool) -> None:
        """The largest (smallest) value: one end by sure rows, the other by all."""
        low, high, mask = self.rows.low[self.at], self.rows.high[self.at], self.rows.mask[self.at]
        sure_group = self.each(np.logical_or, self.sure).astype(bool)
        if largest:
            out.low[self.groups] = self.each(np.maximum, np.where(self.sure, low, -math.inf))
            out.high[self.groups] = self.each(np.maximum, high)
        else:
            out.low[self.groups] = self.each(np.minimum, low)
            out.high[self.groups] = self.each(np.minimum, np.where(self.sure, high, math.inf))
        out.mask[self.groups] = self._extreme_mask(mask, largest=largest)
        out.state[self.groups] = np.where(sure_group, SURE, PERHAPS)
        out.chosen[self.at] = True

    def _extreme_mask(self, mask: Ints, *, largest: bool) -> Ints:
        """Levels in their order: each level that may be the extreme one."""
        positions = np.arange(63, dtype=np.int64)
        bits = (mask[:, None] >> positions) & 1
        lowest = np.where(bits.any(1), bits.argmax(1), 0)
        highest = 62 - np.where(bits.any(1), bits[:, ::-1].argmax(1), 0)
        if largest:
            floor = self.each(np.maximum, np.where(self.sure, lowest, 0))
            keep = self.each(np.bitwise_or, mask)
            return keep & ~((np.int64(1) << floor) - 1)
        ceiling = self.each(np.minimum, np.where(self.sure, highest, 62))
        keep = self.each(np.bitwise_or, mask)
        return keep & ((np.int64(2) << ceiling) - 1)

    def count(self, out: Picked) -> None:
        """How many events: at least the sure ones, without upper end (a list is open); a stated number wins."""
        at = self.rows.row[self.at]
        stated = (self.table.kind[at] == NUMBER) | (self.rows.mask[self.at] == 0)
        has_number = self.each(np.logical_or, stated).astype(bool)
        distinct = self._distinct()
        events = self.each(np.add, (self.sure & ~stated & distinct).astype(np.int64))
        out.low[self.groups] = events
        out.high[self.groups] = math.inf
        out.state[self.groups] = SURE
        out.chosen[self.at] = True
        if has_number.any():
            first, last = self.table.first[at], self.table.last[at]
            threshold = self.to_rows(self.each(np.maximum, np.where(self.sure & stated, first, LONG_AGO)))
            chosen = stated & (last >= threshold)
            low = self.each(np.minimum, np.where(chosen, self.rows.low[self.at], math.inf))
            high = self.each(np.maximum, np.where(chosen, self.rows.high[self.at], -math.inf))
            sure_number = self.each(np.logical_or, self.sure & stated).astype(bool)
            out.low[self.groups] = np.where(has_number, np.where(sure_number, low, 0.0), events)
            out.high[self.groups] = np.where(has_number & sure_number, high, math.inf)
            out.chosen[self.at] = np.where(self.to_rows(has_number.astype(np.int64)) == 1, chosen, True)

    def sum(self, out: Picked) -> None:
        """The sum of values: at least the sure ones; a list is open, so there is no upper end."""
        distinct = self._distinct()
        low = self.each(np.add, np.where(self.sure & distinct, np.maximum(self.rows.low[self.at], 0.0), 0.0))
        out.low[self.groups], out.high[self.groups] = low, math.inf
        out.state[self.groups] = SURE
        out.chosen[self.at] = True

    def _distinct(self) -> Bools:
        """Mark one of each set of rows of a group that say the same at the same time: duplicates change nothing."""
        at = self.rows.row[self.at]
        group = np.repeat(self.groups, np.diff(np.concatenate([self.starts, [len(self.at)]])))
        keys = np.stack([group, self.table.first[at], self.table.last[at]], 1)
        numbers = np.stack([self.rows.low[self.at], self.rows.high[self.at]], 1)
        order = np.lexsort((numbers[:, 1], numbers[:, 0], keys[:, 2], keys[:, 1], keys[:, 0]))
        same = (keys[order][1:] == keys[order][:-1]).all(1) & (numbers[order][1:] == numbers[order][:-1]).all(1)
        result = np.ones(len(at), bool)
        result[order[1:][same]] = False
        return result

