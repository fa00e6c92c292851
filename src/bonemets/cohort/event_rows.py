"""An event table -> a lot of patients, without a Python object for each row.

Rows that differ in times, numbers and identifiers alone have one shape: what it is, is read from
the first of them as `events.py` reads rows of one patient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.events import (
    OF_RECORD,
    TEXT,
    aligned,
    event_of_rows,
    records_of,
    rows_of,
    value_of,
)
from bonemets.cohort.lot import Lot, Whole
from bonemets.engine import DAY
from bonemets.facts.lesions import BEFORE_KEY, NAMELESS, SAID_BY_CONDITIONS, is_own
from bonemets.facts.meaning import distinct, in_order
from bonemets.facts.shapes import Shapes, Statements
from bonemets.facts.table import NEVER, TIME, ends_of, hits, integers
from bonemets.model import LONG_AGO, Quantity, Record
from bonemets.values import where

_NONE: Final = NEVER + 1
"""Stands for a time that is not given."""
_DIRECT: Final = 1 << 20
"""Up to so many numbers are looked up in a table rather than sorted."""
_OWN: Final = 1 << 32
"""Beyond all numbers that a table can give to events."""


def words(column: Any) -> tuple[Any, list[str]]:
    """Give a column of texts as numbers (-1: none) and the texts."""
    if column.null_count == len(column):
        return np.full(len(column), -1), []
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else array.chunk(0)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    numbers = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers, array.dictionary.to_pylist()


def present(numbers: Any, texts: list[str]) -> tuple[Any, list[str]]:
    """Leave out the texts that nobody has: a part of a table keeps the dictionary of the whole."""
    there = np.bincount(numbers, minlength=len(texts)) > 0
    if there.all():
        return numbers, texts
    used = hits(there)
    place = np.zeros(len(texts), np.int64)
    place[used] = np.arange(len(used))
    return place[numbers], [texts[n] for n in integers(used)]


def seconds(column: Any) -> Any:
    """Give a column of times as seconds."""
    if column.null_count == len(column):
        return np.full(len(column), _NONE)
    plain = pc.fill_null(column.cast(pa.int64()), _NONE)
    return plain.to_numpy().astype(np.int64, copy=False)


def decimals(column: Any) -> Any:
    """Give a column of numbers (NaN: none)."""
    if column.null_count == len(column):
        return np.full(len(column), math.nan)
    return pc.fill_null(column, math.nan).to_numpy().astype(np.float64, copy=False)


def dense(*columns: tuple[Any, int]) -> tuple[Any, Any]:
    """Number what some columns say together; give where each is met first, and which it is.

    Args:
        columns: numbers from -1 on, and how many there are.
    """
    combined, size = np.zeros(len(columns[0][0]), np.int64), 1
    for column, many in columns:
        if size * (many + 1) > 1 << 62:
            first, combined = dense((combined, size))
            size = len(first)
        combined = combined * (many + 1) + column + 1
        size *= many + 1
    first = np.zeros(0, np.int64)
    if size <= _DIRECT:
        # what stands first is written last
        place = np.full(size, -1)
        place[combined[::-1]] = np.arange(len(combined) - 1, -1, -1)
        used = hits(place >= 0)
        numbers = np.zeros(size, np.int64)
        numbers[used] = np.arange(len(used))
        return place[used], numbers[combined]
    found, which = distinct(combined)
    first = np.full(len(found), len(combined))
    np.minimum.at(first, which, np.arange(len(combined)))
    return first, which


@dataclass(slots=True)
class _Rows:
    """The rows of a table by patient and event."""

    table: Any
    order: Any
    """Which rows say something of events, in that order."""
    patient: Any
    """Of each event."""
    first: Any
    """Where in `order` each event starts, and at last how many rows there are."""
    lead: Any
    """The first row of each event."""

    def words(self, name: str) -> tuple[Any, list[str]]:
        """Give a column of texts by event."""
        numbers, texts = words(self.table.column(name))
        return numbers[self.lead], texts

    def seconds(self, name: str) -> Any:
        """Give a column of times by event."""
        return seconds(self.table.column(name))[self.lead]

    def decimals(self, name: str) -> Any:
        """Give a column of numbers by event."""
        return decimals(self.table.column(name))[self.lead]

    def valid(self, name: str) -> Any:
        """Say by event whether a column is filled."""
        column = self.table.column(name)
        if column.null_count == len(column):
            return np.zeros(len(self.lead), bool)
        return column.is_valid().to_numpy()[self.lead]


def lot_of_events(shapes: Shapes, table: Any) -> Lot:
    """Make a lot of the whole patients of an event table.

    Raises:
        RecordRefused: a column is lacking or cannot be read, or a row has no patient.
    """
    table = aligned(table)
    patient, names = present(*words(table.column("subject_id")))
    role, roles = words(table.column("role"))
    of_record = hits(role == (roles.index(OF_RECORD) if OF_RECORD in roles else -2))

    def record_of(i: int) -> Record:
        return next(r for _, r in records_of(table.take(pa.array(hits(patient == i)))))

    rows = _in_order(table, patient, of_record)
    return Lot(names, _statements(shapes, rows), _whole(table, patient, of_record), record_of)


def _whole(table: Any, patient: Any, at: Any) -> Whole:
    """Read the rows that say something of whole records, each distinct one once."""
    whole = Whole()
    if not len(at):
        return whole
    told: list[tuple[Any, int]] = []
    for name in ("code", "text_value"):
        numbers, texts = words(table.column(name))
        told.append((numbers[at], len(texts)))
    for name in ("time", "time_last"):
        times, which = distinct(seconds(table.column(name))[at])
        told.append((which, len(times)))
    first, which = dense(*told)
    alone = [table.slice(int(row), 1) for row in at[first]]
    records: list[Record] = [record for one in alone for _, record in records_of(one)]
    for row, n in zip(integers(at), integers(which), strict=True):
        whole.note(int(patient[row]), records[n])
    return whole


def _in_order(table: Any, patient: Any, of_record: Any) -> _Rows:
    """Bring rows that say something of events into the order of patients and events."""
    number = table.column("event")
    n = int(table.num_rows)
    given = number.is_valid().to_numpy()
    numbered = pc.fill_null(number, 0).to_numpy().astype(np.int64) & (_OWN - 1)
    place: Any = (patient << 33) | where(given, numbered, np.arange(n) | _OWN)
    order = np.arange(n)
    if len(of_record):
        keep = np.ones(n, bool)
        keep[of_record] = False
        order = hits(keep)
        place = place[order]
    if (place[1:] < place[:-1]).any():
        by_place, place = in_order(place)
        order = order[by_place]
    new = np.ones(len(place), bool)
    new[1:] = place[1:] != place[:-1]
    first = hits(new)
    lead: Any = order[first]
    return _Rows(table, order, patient[lead], np.append(first, len(place)), lead)


def _statements(shapes: Shapes, rows: _Rows) -> Statements:
    """Give the events of rows as statements."""
    names = ("time", "time_last", "end", "end_last", "mentioned", "mentioned_last")
    spans = {name: rows.seconds(name) for name in names}
    for stem in ("time", "end", "mentioned"):
        _fill(spans, stem, f"{stem}_last")
    undated = spans["time"] == _NONE
    first: Any = where(undated, LONG_AGO, spans["time"])
    last: Any = where(undated, NEVER, spans["time_last"])
    said = spans["mentioned"] != _NONE
    about, keys = rows.words("about")
    if "" in keys:  # a part of the body that has no identifier
        about[about == keys.index("")] = -1
    low: Any = rows.decimals("numeric_value")
    high: Any = rows.decimals("numeric_high")
    first_of, which = _kinds(rows, about, low, high)
    high = where(np.isnan(high), low, high)
    shape, ended = _shapes(shapes, rows, first_of, which)
    compared = hits(ended[which])
    if len(compared):
        taken = rows.table.take(pa.array(rows.lead[compared]))
        read = (value_of(row) for row in rows_of(taken))
        ends = [ends_of(value) for value in read if isinstance(value, Quantity)]
        low[compared], high[compared] = np.array(ends).T
    times = shapes.kind[shape] == TIME
    if times.any():
        at = {n: rows.seconds(n)[times] for n in ("value_time", "value_time_last")}
        _fill(at, "value_time", "value_time_last")
        low[times], high[times] = at["value_time"], at["value_time_last"]
    return Statements(
        patient=rows.patient,
        shape=shape,
        first=first,
        last=last,
        end_first=np.minimum(spans["end"], NEVER),
        end_last=np.minimum(spans["end_last"], NEVER),
        said_first=where(said, spans["mentioned"], first),
        said_last=where(said, spans["mentioned_last"], last),
        said=said,
        low=low,
        high=high,
        limit_low=rows.decimals("limit_low"),
        limit_high=rows.decimals("limit_high"),
        about=about,
        sample=rows.words("sample")[0],
        keys=keys,
    )


def _fill(spans: dict[str, Any], first: str, last: str) -> None:
    """Give both ends of spans, as `events.py` reads them of one row."""
    start, end = spans[first], spans[last]
    lone = (end == _NONE) & (start != _NONE)
    bare: Any = where(start % DAY == 0, start + DAY - 1, start)
    spans[last] = where(lone, bare, end)
    spans[first] = where((start == _NONE) & (end != _NONE), LONG_AGO, start)


def _kinds(rows: _Rows, about: Any, low: Any, high: Any) -> tuple[Any, Any]:
    """Tell events apart by what shapes hang on: give the first of each kind, and whose is which."""

    def of(name: str) -> tuple[Any, int]:
        numbers, texts = rows.words(name)
        return numbers, len(texts)

    value, values = rows.words("value")

    def said(*kinds: str) -> Any:
        return np.isin(value, [i for i, v in enumerate(values) if v in kinds])

    number = said("number") | ((value < 0) | said("")) & rows.valid("numeric_value")
    time = said("time")
    good = ~np.isnan(low) & (~rows.valid("numeric_high") | (high >= low))
    good = where(time, rows.valid("value_time") | rows.valid("value_time_last"), good)
    state = where(number | time, good, -1)  # no number or time, one that is none, one
    # words matter where the value is told in words; why there is none does not
    text, texts = of("text_value")
    text = where(number | said(*_WORDLESS), -1, text)
    answers = rows.table.column("answers")
    answer, told = np.full(len(value), -1), 0
    if answers.null_count < len(answers):
        numbers, written = words(pc.binary_join(answers, "\n"))
        answer, told = numbers[rows.lead], len(written)
    limits: list[tuple[Any, int]] = []
    for end in ("limit_low", "limit_high"):
        unit, units = of(f"{end}_unit")
        limits.append((where(np.isnan(rows.decimals(end)), -1, unit + 1), units + 1))
    own = np.zeros(len(value), np.int64)
    keyed = hits(about >= 0)
    if len(keyed):
        own[keyed] = _own(rows.table, pa.array(rows.lead[keyed]))
    corrects = pc.fill_null(rows.table.column("corrects"), False).to_numpy()[rows.lead]
    return dense(
        _codes(rows),
        (state, 2),
        (value, len(values)),
        of("status"),
        of("comparator"),
        of("unit"),
        *limits,
        of("listed"),
        (text, texts),
        (answer, told),
        (about >= 0, 2),
        (rows.valid("about"), 2),
        (own, 2),
        (corrects, 2),
    )


_WORDLESS: Final = ("absent", "yes", "no", "time", "answer")
"""Kinds of value whose words do not change what they say."""


def _own(table: Any, at: Any) -> Any:
    """Say of rows whether their identifier is that of the condition there, as `is_own` does."""
    place, detail, key = (
        pc.fill_null(table.column(name).take(at).cast(TEXT), "")
        for name in ("place", "detail", "about")
    )
    found = np.zeros(len(at), bool)
    for before in BEFORE_KEY:
        named = pc.binary_join_element_wise(before, key, "")
        found |= pc.equal(place, named).to_numpy()
    nameless = pc.starts_with(place, NAMELESS).to_numpy()
    said = pc.is_in(detail, pa.array(SAID_BY_CONDITIONS)).to_numpy()
    return where(nameless, said, found)


def _codes(rows: _Rows) -> tuple[Any, int]:
    """Number the codes of events, with what they are: those of several rows in their order."""
    columns = [words(rows.table.column(name)) for name in ("role", "part", "code")]
    seen, number = dense(*((numbers, len(texts)) for numbers, texts in columns))
    size = np.diff(rows.first)
    found, many = number[rows.lead], len(seen)
    for step in range(1, int(size.max(initial=0))):
        at = hits(size > step)
        # what the rows before say together, with this one
        pair = found[at] * len(seen) + number[rows.order[rows.first[at] + step]]
        fresh, which = distinct(pair)
        found[at] = many + which
        many += len(fresh)
    return found, many


def _shapes(shapes: Shapes, rows: _Rows, first: Any, which: Any) -> tuple[Any, Any]:
    """Give the shape of each event, and which kinds have a comparator, so ends of their own."""
    starts, stops = rows.first[first], rows.first[first + 1]
    spans: list[Any] = [rows.order[a:b] for a, b in zip(starts, stops, strict=True)]
    at = np.concatenate([rows.lead[:0], *spans])
    read = iter(rows_of(rows.table.take(pa.array(at))))
    numbers = np.zeros(len(first), np.int64)
    ended = np.zeros(len(first), bool)
    for n, size in enumerate((stops - starts).tolist()):
        event = event_of_rows([next(read) for _ in range(size)], n)
        key = event.about.key if event.about is not None else None
        own = key is not None and is_own(event.place.where, event.place.detail, key)
        numbers[n] = shapes.of_event(event, own)
        ended[n] = isinstance(event.value, Quantity) and event.value.comparator != ""
    return numbers[which], ended
