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
from bonemets.cohort.events import OF_RECORD, aligned, event_of_rows, records_of, rows_of, value_of
from bonemets.cohort.lot import Lot, Whole
from bonemets.engine import DAY
from bonemets.facts.lesions import is_own
from bonemets.facts.meaning import distinct
from bonemets.facts.shapes import Shapes, Statements
from bonemets.facts.table import NEVER, TIME, ends_of, hits
from bonemets.model import LONG_AGO, Quantity, Record
from bonemets.values import where

_NONE: Final = NEVER + 1
"""Stands for a time that is not given."""
_DIRECT: Final = 1 << 22
"""Up to so many numbers are looked up in a table rather than sorted."""
_OWN: Final = 1 << 32
"""Beyond all numbers that a table can give to events."""


def words(column: Any) -> tuple[Any, list[str]]:
    """Give a column of texts as numbers (-1: none) and the texts."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else array.chunk(0)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    numbers = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers, array.dictionary.to_pylist()


def seconds(column: Any) -> Any:
    """Give a column of times as seconds."""
    plain = pc.fill_null(column.cast(pa.int64()), _NONE)
    return plain.to_numpy().astype(np.int64, copy=False)


def decimals(column: Any) -> Any:
    """Give a column of numbers (NaN: none)."""
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
    """The rows of events, by patient and event."""

    table: Any
    names: list[str]
    patient: Any
    """Of each event."""
    first: Any
    """The first row of each event, and behind them the number of rows."""

    @property
    def lead(self) -> Any:
        """Give the first row of each event."""
        return self.first[:-1]


def lot_of_events(shapes: Shapes, table: Any) -> Lot:
    """Make a lot of the whole patients of an event table.

    Raises:
        RecordRefused: a column is lacking or cannot be read, or a row has no patient.
    """
    table = aligned(table)
    patient, names = words(table.column("subject_id"))
    role, roles = words(table.column("role"))
    whole = Whole()
    of_record = hits(role == (roles.index(OF_RECORD) if OF_RECORD in roles else -2))
    if len(of_record):
        places = {name: i for i, name in enumerate(names)}
        for name, record in records_of(table.take(pa.array(of_record))):
            whole.note(places[name], record)
    rows = _in_order(table, patient, names, of_record)
    whose = patient

    def record_of(i: int) -> Record:
        return next(r for _, r in records_of(table.take(pa.array(hits(whose == i)))))

    return Lot(names, _statements(shapes, rows), whole, record_of)


def _in_order(table: Any, patient: Any, names: list[str], of_record: Any) -> _Rows:
    """Bring rows that say something of events into the order of patients and events."""
    number = table.column("event")
    n = table.num_rows
    given = number.is_valid().to_numpy()
    numbered = pc.fill_null(number, 0).to_numpy().astype(np.int64) & (_OWN - 1)
    place = (patient << 33) | where(given, numbered, np.arange(n) | _OWN)
    taken: Any = None
    if len(of_record):
        keep = np.ones(n, bool)
        keep[of_record] = False
        taken = hits(keep)
        place = place[taken]
    if (place[1:] < place[:-1]).any():
        order = np.argsort(place, kind="stable")
        taken = order if taken is None else taken[order]
        place = place[order]
    if taken is not None:
        table, patient = table.take(pa.array(taken)), patient[taken]
    new = np.ones(len(place), bool)
    new[1:] = place[1:] != place[:-1]
    first = hits(new)
    return _Rows(table, names, patient[first], np.append(first, len(place)))


def _statements(shapes: Shapes, rows: _Rows) -> Statements:
    """Give the events of rows as statements."""
    t, lead = rows.table, rows.lead
    spans = {
        name: seconds(t.column(name))[lead]
        for name in ("time", "time_last", "end", "end_last", "mentioned", "mentioned_last")
    }
    for stem in ("time", "end", "mentioned"):
        _fill(spans, stem, f"{stem}_last")
    undated = spans["time"] == _NONE
    first: Any = where(undated, LONG_AGO, spans["time"])
    last: Any = where(undated, NEVER, spans["time_last"])
    said = spans["mentioned"] != _NONE
    about, keys = words(t.column("about"))
    about = about[lead]
    if "" in keys:  # a part of the body that has no identifier
        about[about == keys.index("")] = -1
    sample, _ = words(t.column("sample"))
    low: Any = decimals(t.column("numeric_value"))[lead]
    high: Any = decimals(t.column("numeric_high"))[lead]
    high = where(np.isnan(high), low, high)
    first_of, which = _kinds(rows, about, keys)
    shape, ended = _shapes(shapes, rows, first_of, which)
    compared = hits(ended[which])
    if len(compared):
        read = (value_of(row) for row in rows_of(t.take(pa.array(lead[compared]))))
        ends = [ends_of(value) for value in read if isinstance(value, Quantity)]
        low[compared], high[compared] = np.array(ends).T
    times = shapes.kind[shape] == TIME
    if times.any():
        at = {n: seconds(t.column(n))[lead][times] for n in ("value_time", "value_time_last")}
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
        limit_low=decimals(t.column("limit_low"))[lead],
        limit_high=decimals(t.column("limit_high"))[lead],
        about=about,
        sample=sample[lead],
        keys=keys,
    )


def _fill(spans: dict[str, Any], first: str, last: str) -> None:
    """Give both ends of spans, as `events.py` reads them of one row."""
    start, end = spans[first], spans[last]
    lone = (end == _NONE) & (start != _NONE)
    bare: Any = where(start % DAY == 0, start + DAY - 1, start)
    spans[last] = where(lone, bare, end)
    spans[first] = where((start == _NONE) & (end != _NONE), LONG_AGO, start)


def _kinds(rows: _Rows, about: Any, keys: list[str]) -> tuple[Any, Any]:
    """Tell events apart by what shapes hang on: give the first of each kind, and whose is which."""
    t, lead = rows.table, rows.lead

    def of(name: str, at: Any = None) -> tuple[Any, int]:
        numbers, texts = words(t.column(name))
        return (numbers[lead] if at is None else numbers[lead][at]), len(texts)

    def valid(name: str) -> Any:
        return t.column(name).is_valid().to_numpy()[lead]

    value, values = words(t.column("value"))
    value = value[lead]
    low = decimals(t.column("numeric_value"))[lead]
    high = decimals(t.column("numeric_high"))[lead]

    def said(*kinds: str) -> Any:
        return np.isin(value, [i for i, v in enumerate(values) if v in kinds])

    number = said("number") | ((value < 0) | said("")) & valid("numeric_value")
    time = said("time")
    good = ~np.isnan(low) & (~valid("numeric_high") | (high >= low))
    good = where(time, valid("value_time") | valid("value_time_last"), good)
    state = where(number | time, good, -1)  # no number or time, one that is none, one
    # words matter where the value is told in words; why there is none does not
    silent = number | said(*_WORDLESS)
    text, texts = of("text_value")
    text = where(silent, -1, text)
    answers = t.column("answers")
    answer = np.full(len(lead), -1)
    count = 0
    if answers.null_count < len(answers):
        told, written = words(pc.binary_join(answers, "\n"))
        answer, count = told[lead], len(written)
    limits = [
        where(
            np.isnan(decimals(t.column(f"limit_{end}"))[lead]), -1, of(f"limit_{end}_unit")[0] + 1
        )
        for end in ("low", "high")
    ]
    units = [len(words(t.column(f"limit_{end}_unit"))[1]) + 1 for end in ("low", "high")]
    own = np.zeros(len(lead), np.int64)
    keyed = hits(about >= 0)
    if len(keyed):
        place = t.column("place").take(pa.array(lead[keyed])).to_pylist()
        detail = t.column("detail").take(pa.array(lead[keyed])).to_pylist()
        own[keyed] = [
            is_own(p or "", d or "", keys[int(k)])
            for p, d, k in zip(place, detail, about[keyed], strict=True)
        ]
    corrects = pc.fill_null(t.column("corrects"), False).to_numpy()[lead]
    return dense(
        _codes(rows),
        (state, 2),
        (value, len(values)),
        of("status"),
        of("comparator"),
        of("unit"),
        (limits[0], units[0]),
        (limits[1], units[1]),
        of("listed"),
        (text, texts),
        (answer, count),
        (about >= 0, 2),
        (valid("about"), 2),
        (own, 2),
        (corrects, 2),
    )


_WORDLESS: Final = ("absent", "yes", "no", "time", "answer")
"""Kinds of value whose words do not change what they say."""


def _codes(rows: _Rows) -> tuple[Any, int]:
    """Number the codes of events, with what they are: those of several rows in their order."""
    t, lead = rows.table, rows.lead
    columns = [words(t.column(name)) for name in ("role", "part", "code")]
    first, number = dense(*((numbers, len(texts)) for numbers, texts in columns))
    size = np.diff(rows.first)
    found, many = number[lead], len(first)
    for step in range(1, int(size.max(initial=0))):
        at = hits(size > step)
        # what the rows before say together, with this one
        pair = found[at] * len(first) + number[lead[at] + step]
        fresh, which = distinct(pair)
        found[at] = many + which
        many += len(fresh)
    return found, many


def _shapes(shapes: Shapes, rows: _Rows, first: Any, which: Any) -> tuple[Any, Any]:
    """Give the shape of each event, and which kinds have a comparator, so ends of their own."""
    starts, stops = rows.first[first], rows.first[first + 1]
    spans: list[Any] = [np.arange(a, b) for a, b in zip(starts, stops, strict=True)]
    at = np.concatenate(spans or [which])
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
