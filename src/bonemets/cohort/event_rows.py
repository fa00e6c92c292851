"""An event table -> a lot of patients, without a Python object for each row.

Rows that differ in times, numbers and identifiers alone have one shape: see `kinds.py`. Of what no
variable knows and what lies nowhere, nothing but the times is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.events import checked, record_of, records_of, rows_of, value_of
from bonemets.cohort.kinds import KIND, Kinds, Part, decimals, dense, encoded, has, words_in
from bonemets.cohort.lot import Lot, Whole
from bonemets.engine import DAY
from bonemets.facts.meaning import distinct, in_order
from bonemets.facts.shapes import Shapes, Statements
from bonemets.facts.table import NEVER, TIME, Bools, Ints, ends_of, hits, integers, same
from bonemets.model import LONG_AGO, Quantity, Record
from bonemets.values import where

_NONE: Final = NEVER + 1
"""Stands for a time that is not given."""
_OWN: Final = 1 << 32
"""Beyond all numbers that a table can give to events."""
_ODD: Final = 127
"""A day is so many seconds and one, times an odd number: most times are told from a midnight."""


def patients_in(table: Any) -> tuple[Ints, Any]:
    """Give whose rows are as numbers, and the names of those as a column.

    A part of a table keeps the dictionary of the whole, with names that nobody has there.
    """
    column = encoded(table.column("subject_id"))
    numbers, texts = column.indices.to_numpy().astype(np.int64), column.dictionary
    there = np.bincount(numbers, minlength=len(texts)) > 0
    if there.all():
        return numbers, texts
    used = hits(there)
    place = np.zeros(len(texts), np.int64)
    place[used] = np.arange(len(used))
    return place[numbers], texts.take(pa.array(used))


def seconds(column: Any) -> Any:
    """Give a column of times as seconds."""
    plain = column.cast(pa.int64())
    return (pc.fill_null(plain, _NONE) if plain.null_count else plain).to_numpy()


@dataclass(slots=True)
class _Rows:
    """The rows of a table by patient and event."""

    part: Part
    patient: Any
    """Of each event."""
    lead: Any
    """The first row of each event; a slice of all where each row is an event."""

    def __len__(self) -> int:
        """Give how many events there are."""
        return len(self.patient)

    def take(self, at: Ints) -> _Rows:
        """Give the rows of some events."""
        if len(at) == len(self):
            return self
        return _Rows(self.part, self.patient[at], self.rows(at))

    def has(self, name: str) -> bool:
        """Say whether any row fills a column."""
        return has(self.part.rows, name)

    def words(self, name: str) -> tuple[Any, list[str]]:
        """Give a column of texts by event."""
        numbers, texts = words_in(self.part.rows, name)
        return (numbers[self.lead] if texts else same(-1, len(self))), texts

    def seconds(self, name: str) -> Any:
        """Give a column of times by event."""
        if not self.has(name):
            return same(_NONE, len(self))
        return seconds(self.part.rows.column(name))[self.lead]

    def decimals(self, name: str) -> Any:
        """Give a column of numbers by event."""
        if not self.has(name):
            return same(math.nan, len(self))
        return decimals(self.part.rows, name)[self.lead]

    def rows(self, events: Any) -> Any:
        """Give the first rows of some events."""
        return events if isinstance(self.lead, slice) else self.lead[events]


def part_of(kinds: Kinds, table: Any) -> Part:
    """Find the kinds of the rows of an event table.

    Raises:
        RecordRefused: a column is lacking or cannot be read, or a row has no patient.
    """
    table = checked(table).combine_chunks()
    return Part(table.append_column(KIND, pa.array(kinds.of(table))), kinds)


def lot_of_events(shapes: Shapes, part: Part) -> Lot:
    """Make a lot of the rows of whole patients."""
    table = part.rows
    patient, names = patients_in(table)
    kind = table.column(KIND).to_numpy()
    whole = part.kinds.of_record()
    of_record = hits(whole[kind]) if whole.any() else hits(whole[:0])

    def whole_record(i: int) -> Record:
        return next(r for _, r in records_of(part.whole(hits(patient == i))))

    out, said = of_record, _whole(part, patient, of_record)
    odd = part.kinds.odd()
    if odd.any() and (bad := odd[kind]).any():
        of_record = of_record[~bad[of_record]]
        said = _whole(part, patient, of_record)
        there = {*zip(integers(patient[bad]), integers(kind[bad]), strict=True)}
        said.unread += [(i, name) for i, k in there for name in part.kinds.lists(k)]
        out = hits(whole[kind] | _of_events(table, patient, bad & ~whole[kind]))
    rows, found = _in_order(shapes, part, patient, kind, out)
    heard = (shapes.width > 0)[found >> 1]
    told, silent = hits(heard), hits(~heard)
    return Lot(
        names,
        _statements(shapes, rows.take(told), found[told]),
        said,
        whole_record,
        _silent(rows.take(silent), found[silent]),
    )


def _of_events(table: Any, patient: Any, rows: Bools) -> Bools:
    """Say which rows belong to the events of some rows."""
    if not has(table, "event"):
        return rows
    place = _places(patient, table.column("event"))
    return np.isin(place, place[rows])


def _whole(part: Part, patient: Any, at: Any) -> Whole:
    """Read the rows that say something of whole records, each distinct one once."""
    whole = Whole()
    if not len(at):
        return whole
    table = part.rows
    told = [(table.column(KIND).to_numpy()[at], len(part.kinds))]
    for name in ("time", "time_last"):
        spoken = seconds(table.column(name)) if has(table, name) else same(_NONE, table.num_rows)
        times, which = distinct(spoken[at])
        told.append((which, len(times)))
    first, which = dense(*told)
    read = rows_of(part.whole(at[first]))
    records: list[Record] = [record_of("", [row]) for row in read]
    for row, n in zip(integers(at), integers(which), strict=True):
        whole.note(int(patient[row]), records[n])
    return whole


def _in_order(shapes: Shapes, part: Part, patient: Any, kind: Any, out: Any) -> tuple[_Rows, Ints]:
    """Bring rows that say something of events, all but those `out`, into their order.

    That is the order of patients and events.
    Rows without a number are events of their own, and stay where they are where all are so. Of
    each event its shape is given too, doubled, and odd where a comparator stands.
    """
    table, kinds = part.rows, part.kinds
    order = np.arange(len(kind))
    if len(out):
        keep = np.ones(len(kind), bool)
        keep[out] = False
        order = hits(keep)
    if not has(table, "event"):
        lead = order if len(out) else slice(None)
        return _Rows(part, patient[lead], lead), kinds.shapes(shapes, kind[lead])
    place = _places(patient, table.column("event"))
    if len(out):
        place = place[order]
    if (place[1:] < place[:-1]).any():
        by_place, place = in_order(place)
        order = order[by_place]
    new = np.ones(len(place), bool)
    new[1:] = place[1:] != place[:-1]
    first = hits(new)
    lead = order[first]
    sizes = np.diff(np.append(first, len(place)))
    found = np.empty(len(first), np.int64)
    alone = sizes == 1
    found[alone] = kinds.shapes(shapes, kind[lead[alone]])
    joint = hits(~alone)
    if len(joint):
        found[joint] = _joint(shapes, kinds, kind[order], first[joint], sizes[joint])
    return _Rows(part, patient[lead], lead), found


def _joint(shapes: Shapes, kinds: Kinds, kind: Any, first: Ints, sizes: Ints) -> Ints:
    """Give the shapes of events of several rows: what rows say together is read once."""
    found = kind[first].astype(np.int64)
    told: list[tuple[int, ...]] = [(n,) for n in range(len(kinds))]
    for step in range(1, int(sizes.max())):
        at = hits(sizes > step)
        # what the rows before say together, with this one
        pair = found[at] * len(kinds) + kind[first[at] + step]
        fresh, which = distinct(pair)
        found[at] = len(told) + which
        told += [(*told[x // len(kinds)], x % len(kinds)) for x in integers(fresh)]
    there, which = distinct(found)
    return np.array(kinds.joint(shapes, [told[n] for n in integers(there)]), np.int64)[which]


def _places(patient: Any, number: Any) -> Any:
    """Number the events of patients; a row without a number is one of its own."""
    n = len(patient)
    if not number.null_count:
        given = number.to_numpy().astype(np.int64)
        least, most = int(given.min()), int(given.max())
        return patient * (most - least + 1) + (given - least)
    given = number.is_valid().to_numpy()
    numbered = pc.fill_null(number, 0).to_numpy().astype(np.int64) & (_OWN - 1)
    return (patient << 33) | where(given, numbered, np.arange(n) | _OWN)


def _times(rows: _Rows) -> dict[str, Any]:
    """Give the times of events as statements have them."""
    dated = [s for s in ("time", "end", "mentioned") if rows.has(s) or rows.has(f"{s}_last")]
    spans = {stem: _span(rows, stem) for stem in dated}
    never = same(NEVER, len(rows))
    first, last = spans.get("time", (same(_NONE, len(rows)),) * 2)
    undated = first == _NONE
    if undated.any():
        first, last = where(undated, LONG_AGO, first), where(undated, NEVER, last)
    said, said_first, said_last = same(False, len(rows)), first, last
    if "mentioned" in spans:
        said_first, said_last = spans["mentioned"]
        said = said_first != _NONE
        said_first, said_last = where(said, said_first, first), where(said, said_last, last)
    ends = [np.minimum(end, NEVER) for end in spans.get("end", (never, never))]
    return {
        "first": first,
        "last": last,
        "end_first": ends[0] if "end" in spans else never,
        "end_last": ends[1] if "end" in spans else never,
        "said_first": said_first,
        "said_last": said_last,
        "said": said,
    }


def _span(rows: _Rows, stem: str) -> tuple[Any, Any]:
    """Give both ends of spans, as `events.py` reads them of one row."""
    start = rows.seconds(stem)
    bare = hits((start & _ODD) == 0)
    bare = bare[start[bare] % DAY == 0]
    alone = start.copy()
    alone[bare] += DAY - 1
    if not rows.has(f"{stem}_last"):
        return start, alone
    end = rows.seconds(f"{stem}_last")
    last = where((end == _NONE) & (start != _NONE), alone, end)
    return where((start == _NONE) & (end != _NONE), LONG_AGO, start), last


def _silent(rows: _Rows, found: Ints) -> Statements:
    """Give events of which nothing is asked but when they were, as statements."""
    none, nan = same(-1, len(rows)), same(math.nan, len(rows))
    return Statements(
        patient=rows.patient,
        shape=found >> 1,
        **_times(rows),
        low=nan,
        high=nan,
        limit_low=nan,
        limit_high=nan,
        about=none,
        sample=none,
        keys=[],
    )


def _statements(shapes: Shapes, rows: _Rows, found: Ints) -> Statements:
    """Give events as statements; `found`: their shapes, doubled, and odd for a comparator."""
    about, keys = rows.words("about")
    if "" in keys:  # a part of the body that has no identifier
        about = where(about == keys.index(""), -1, about)
    low: Any = rows.decimals("numeric_value")
    high: Any = rows.decimals("numeric_high")
    high = where(np.isnan(high), low, high) if rows.has("numeric_high") else low
    shape, compared = found >> 1, hits((found & 1) > 0)
    if len(compared):
        taken = rows.part.whole(rows.rows(compared))
        read = (value_of(row) for row in rows_of(taken))
        ends = [ends_of(value) for value in read if isinstance(value, Quantity)]
        low, high = np.array(low), np.array(high)
        low[compared], high[compared] = np.array(ends).T
    if rows.has("value_time") or rows.has("value_time_last"):
        times = shapes.kind[shape] == TIME
        first, last = _span(rows, "value_time")
        low, high = np.array(low), np.array(high)
        low[times], high[times] = first[times], last[times]
    return Statements(
        patient=rows.patient,
        shape=shape,
        **_times(rows),
        low=low,
        high=high,
        limit_low=rows.decimals("limit_low"),
        limit_high=rows.decimals("limit_high"),
        about=about.astype(np.int64),
        sample=rows.words("sample")[0],
        keys=keys,
    )
