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
    checked,
    event_of_rows,
    record_of,
    records_of,
    rows_of,
    value_of,
)
from bonemets.cohort.lot import Lot, Whole
from bonemets.engine import DAY
from bonemets.facts.lesions import BEFORE_KEY, NAMELESS, SAID_BY_CONDITIONS, is_own
from bonemets.facts.meaning import distinct, in_order
from bonemets.facts.shapes import Shapes, Statements
from bonemets.facts.table import NEVER, TIME, Dictionary, ends_of, hits, integers, same
from bonemets.model import LONG_AGO, Quantity, Record
from bonemets.values import where

_NONE: Final = NEVER + 1
"""Stands for a time that is not given."""
_OWN: Final = 1 << 32
"""Beyond all numbers that a table can give to events."""


def words(column: Any) -> tuple[Any, list[str]]:
    """Give a column of texts as numbers (-1: none) and the texts."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else array.chunk(0)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    numbers = pc.fill_null(array.indices, -1) if array.null_count else array.indices
    return numbers.to_numpy(), array.dictionary.to_pylist()


def has(table: Any, name: str) -> bool:
    """Say whether any row of a table fills a column."""
    return name in table.column_names and table.column(name).null_count < table.num_rows


def words_in(table: Any, name: str) -> tuple[Any, list[str]]:
    """Give a column of texts, which may be lacking, as numbers (-1: none) and the texts."""
    return words(table.column(name)) if has(table, name) else (same(-1, table.num_rows), [])


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
    plain = column.cast(pa.int64())
    return (pc.fill_null(plain, _NONE) if plain.null_count else plain).to_numpy()


def decimals(column: Any) -> Any:
    """Give a column of numbers (NaN: none)."""
    return (pc.fill_null(column, math.nan) if column.null_count else column).to_numpy()


def dense(*columns: tuple[Any, int]) -> tuple[Any, Any]:
    """Number what some columns say together; give where each is met first, and which it is.

    The numbers go by the order in which it is met.

    Args:
        columns: numbers from -1 on, and how many there are.
    """
    combined, size, below = np.zeros(len(columns[0][0]), np.int64), 1, 0
    for column, many in columns:
        if not many:  # it says nothing of anybody
            continue
        if size * (many + 1) > 1 << 62:
            first, combined = _as_they_come(combined)
            size, below = len(first), 0
        combined *= many + 1
        combined += column
        size, below = size * (many + 1), below * (many + 1) + 1
    return _as_they_come(combined)


def _as_they_come(numbers: Any) -> tuple[Any, Any]:
    """Number numbers anew as they are met; give where each is met first."""
    which = pa.array(numbers).dictionary_encode().indices.to_numpy().astype(np.int64)
    most = np.maximum.accumulate(which)
    new = np.ones(len(most), bool)
    new[1:] = most[1:] > most[:-1]
    return hits(new), which


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
    """The first row of each event; a slice of all where each row is an event."""

    def __len__(self) -> int:
        """Give how many events there are."""
        return len(self.patient)

    def has(self, name: str) -> bool:
        """Say whether any row fills a column."""
        return has(self.table, name)

    def words(self, name: str) -> tuple[Any, list[str]]:
        """Give a column of texts by event."""
        numbers, texts = words_in(self.table, name)
        return (numbers[self.lead] if texts else same(-1, len(self))), texts

    def seconds(self, name: str) -> Any:
        """Give a column of times by event."""
        if not self.has(name):
            return same(_NONE, len(self))
        return seconds(self.table.column(name))[self.lead]

    def decimals(self, name: str) -> Any:
        """Give a column of numbers by event."""
        if not self.has(name):
            return same(math.nan, len(self))
        return decimals(self.table.column(name))[self.lead]

    def valid(self, name: str) -> Any:
        """Say by event whether a column is filled."""
        if not self.has(name):
            return same(False, len(self))
        column = self.table.column(name)
        if not column.null_count:
            return same(True, len(self))
        return column.is_valid().to_numpy()[self.lead]

    def rows(self, events: Any) -> Any:
        """Give the first rows of some events."""
        return events if isinstance(self.lead, slice) else self.lead[events]


def lot_of_events(shapes: Shapes, table: Any) -> Lot:
    """Make a lot of the whole patients of an event table.

    Raises:
        RecordRefused: a column is lacking or cannot be read, or a row has no patient.
    """
    table = checked(table).combine_chunks()
    patient, names = present(*words(table.column("subject_id")))
    patient = patient.astype(np.int64, copy=False)
    role, roles = words_in(table, "role")
    of_record = hits(role == (roles.index(OF_RECORD) if OF_RECORD in roles else -2))

    def whole_record(i: int) -> Record:
        return next(r for _, r in records_of(table.take(pa.array(hits(patient == i)))))

    rows = _in_order(table, patient, of_record)
    return Lot(names, _statements(shapes, rows), _whole(table, patient, of_record), whole_record)


def _whole(table: Any, patient: Any, at: Any) -> Whole:
    """Read the rows that say something of whole records, each distinct one once."""
    whole = Whole()
    if not len(at):
        return whole
    told: list[tuple[Any, int]] = []
    for name in ("code", "text_value"):
        numbers, texts = words_in(table, name)
        told.append((numbers[at], len(texts)))
    for name in ("time", "time_last"):
        spoken = seconds(table.column(name)) if has(table, name) else same(_NONE, table.num_rows)
        times, which = distinct(spoken[at])
        told.append((which, len(times)))
    first, which = dense(*told)
    read = rows_of(table.take(pa.array(at[first])))
    records: list[Record] = [record_of("", [row]) for row in read]
    for row, n in zip(integers(at), integers(which), strict=True):
        whole.note(int(patient[row]), records[n])
    return whole


def _in_order(table: Any, patient: Any, of_record: Any) -> _Rows:
    """Bring rows that say something of events into the order of patients and events.

    Rows without a number are events of their own, and stay where they are where all are so.
    """
    n = int(table.num_rows)
    order = np.arange(n)
    if len(of_record):
        keep = np.ones(n, bool)
        keep[of_record] = False
        order = hits(keep)
    if not has(table, "event"):
        every = np.arange(len(order) + 1)
        lead = order if len(of_record) else slice(None)
        return _Rows(table, order, patient[lead], every, lead)
    place = _places(patient, table.column("event"))
    if len(of_record):
        place = place[order]
    if (place[1:] < place[:-1]).any():
        by_place, place = in_order(place)
        order = order[by_place]
    new = np.ones(len(place), bool)
    new[1:] = place[1:] != place[:-1]
    first = hits(new)
    lead = order[first]
    return _Rows(table, order, patient[lead], np.append(first, len(place)), lead)


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


def _statements(shapes: Shapes, rows: _Rows) -> Statements:
    """Give the events of rows as statements."""
    names = ("time", "time_last", "end", "end_last", "mentioned", "mentioned_last")
    spans = {name: rows.seconds(name) for name in names}
    dated = [s for s in ("time", "end", "mentioned") if rows.has(s) or rows.has(f"{s}_last")]
    for stem in dated:
        _fill(spans, stem, f"{stem}_last")
    first, last = spans["time"], spans["time_last"]
    undated = first == _NONE
    if undated.any():
        first, last = where(undated, LONG_AGO, first), where(undated, NEVER, last)
    said = spans["mentioned"] != _NONE if "mentioned" in dated else same(False, len(rows))
    about, keys = rows.words("about")
    if "" in keys:  # a part of the body that has no identifier
        about = where(about == keys.index(""), -1, about)
    low: Any = rows.decimals("numeric_value")
    high: Any = rows.decimals("numeric_high")
    kinds = _kinds(rows, about, low, high)
    high = where(np.isnan(high), low, high) if rows.has("numeric_high") else low
    shape, ended = _shapes(shapes, rows, kinds)
    compared = hits(ended)
    if len(compared):
        taken = rows.table.take(pa.array(rows.rows(compared)))
        read = (value_of(row) for row in rows_of(taken))
        ends = [ends_of(value) for value in read if isinstance(value, Quantity)]
        low, high = np.array(low), np.array(high)
        low[compared], high[compared] = np.array(ends).T
    if rows.has("value_time") or rows.has("value_time_last"):
        times = shapes.kind[shape] == TIME
        at = {n: rows.seconds(n)[times] for n in ("value_time", "value_time_last")}
        _fill(at, "value_time", "value_time_last")
        low, high = np.array(low), np.array(high)
        low[times], high[times] = at["value_time"], at["value_time_last"]
    ends_at = [spans["end"], spans["end_last"]]
    if "end" in dated:
        ends_at = [np.minimum(end, NEVER) for end in ends_at]
    else:
        ends_at = [same(NEVER, len(rows))] * 2
    return Statements(
        patient=rows.patient,
        shape=shape,
        first=first,
        last=last,
        end_first=ends_at[0],
        end_last=ends_at[1],
        said_first=where(said, spans["mentioned"], first) if "mentioned" in dated else first,
        said_last=where(said, spans["mentioned_last"], last) if "mentioned" in dated else last,
        said=said,
        low=low,
        high=high,
        limit_low=rows.decimals("limit_low"),
        limit_high=rows.decimals("limit_high"),
        about=about.astype(np.int64),
        sample=rows.words("sample")[0],
        keys=keys,
    )


def _fill(spans: dict[str, Any], first: str, last: str) -> None:
    """Give both ends of spans, as `events.py` reads them of one row."""
    start, end = spans[first], spans[last]
    lone = (end == _NONE) & (start != _NONE)
    bare: Any = where(start % DAY == 0, start + (DAY - 1), start)
    spans[last] = where(lone, bare, end)
    spans[first] = where((start == _NONE) & (end != _NONE), LONG_AGO, start)


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Events told apart by what shapes hang on."""

    first: Any
    """The first event of each kind."""
    which: Any
    """Of which kind each event is."""
    says: dict[str, tuple[Any, list[Any] | None]]
    """Column -> what each event says in it, as a number, and what the numbers stand for."""


def _kinds(rows: _Rows, about: Any, low: Any, high: Any) -> _Kinds:
    """Tell events apart by what shapes hang on."""
    says: dict[str, tuple[Any, list[Any] | None]] = {"codes": _codes(rows)}
    for name in ("status", "value", "unit", "comparator", "listed"):
        if rows.has(name):
            says[name] = rows.words(name)
    value, values = rows.words("value")
    ways = np.array([_WAYS.get(v, 0) for v in values] + [_WAYS[""]], np.int8)
    way = ways[value]
    number = way == _NUMBER
    if _UNTOLD in ways:
        number |= (way == _UNTOLD) & rows.valid("numeric_value")
    good = ~np.isnan(low)
    if rows.has("numeric_high"):
        good &= ~rows.valid("numeric_high") | (high >= low)
    valued = number
    if _TIMED in ways:
        time = way == _TIMED
        valued = number | time
        good = where(time, rows.valid("value_time") | rows.valid("value_time_last"), good)
    # no number or time, one that is none, one
    says["state"] = valued.astype(np.int8) + (valued & good) - 1, None
    if rows.has("text_value"):
        # words matter where the value is told in words; why there is none does not
        text, texts = rows.words("text_value")
        says["text"] = where(number | (way == _WORDLESS) | (way == _TIMED), -1, text), texts
    if rows.has("answers"):
        numbers, written = words(pc.binary_join(rows.table.column("answers"), "\n"))
        says["answers"] = numbers[rows.lead], written
    for end in ("limit_low", "limit_high"):
        if rows.has(end):
            unit, units = rows.words(f"{end}_unit")
            there = where(np.isnan(rows.decimals(end)), -1, unit + 1)
            says[end] = there, [None, *units]
    if rows.has("about"):
        own = np.zeros(len(rows), np.int8)
        keyed = hits(about >= 0)
        if len(keyed):
            own[keyed] = _own(rows.table, pa.array(rows.rows(keyed)))
        says["about"] = rows.valid("about").astype(np.int8) + (about >= 0) + own - 1, None
    if rows.has("corrects"):
        corrects = pc.fill_null(rows.table.column("corrects"), False).to_numpy()
        says["corrects"] = corrects[rows.lead].astype(np.int8) - 1, None
    columns = [(c, _MOST if texts is None else len(texts)) for c, texts in says.values()]
    return _Kinds(*dense(*columns), says)


_MOST: Final = 3
"""So many numbers has a column that stands for itself."""
_UNTOLD, _NUMBER, _TIMED, _WORDLESS = range(1, 5)
_WAYS: Final = {
    "": _UNTOLD,
    "number": _NUMBER,
    "time": _TIMED,
    **dict.fromkeys(("absent", "yes", "no", "answer"), _WORDLESS),
}
"""How a value is told; of those without words, words do not change what they say."""


def _own(table: Any, at: Any) -> Any:
    """Say of rows whether their identifier is that of the condition there, as `is_own` does."""
    place, detail, key = (
        pc.fill_null(table.column(name).take(at).cast(TEXT), "")
        if has(table, name)
        else pa.chunked_array([pa.repeat("", len(at))])
        for name in ("place", "detail", "about")
    )
    found = np.zeros(len(at), bool)
    for before in BEFORE_KEY:
        named = pc.binary_join_element_wise(before, key, "")
        found |= pc.equal(place, named).to_numpy()
    nameless = pc.starts_with(place, NAMELESS).to_numpy()
    said = pc.is_in(detail, pa.array(SAID_BY_CONDITIONS)).to_numpy()
    return where(nameless, said, found)


def _codes(rows: _Rows) -> tuple[Any, list[Any]]:
    """Number the codes of events, with what they are: those of several rows in their order."""
    columns = [words_in(rows.table, name) for name in ("role", "part", "code")]
    seen, number = dense(*((numbers, len(texts)) for numbers, texts in columns))
    told: list[Any] = list(zip(*(_texts(c[seen], texts) for c, texts in columns), strict=True))
    found = number[rows.lead]
    if len(rows.order) == len(rows):
        return found, told
    size, many = np.diff(rows.first), len(told)
    for step in range(1, int(size.max(initial=0))):
        at = hits(size > step)
        # what the rows before say together, with this one
        pair = found[at] * len(seen) + number[rows.order[rows.first[at] + step]]
        fresh, which = distinct(pair)
        found[at] = many + which
        many += len(fresh)
        told += [(told[x // len(seen)], told[x % len(seen)]) for x in integers(fresh)]
    return found, told


def _texts(numbers: Any, texts: list[str]) -> list[str | None]:
    """Give the texts of numbers."""
    with_none = [*texts, None]
    return [with_none[n] for n in integers(numbers)]


_SAID: Final = (
    *("codes", "status", "value", "unit", "comparator", "listed", "state", "text", "answers"),
    *("limit_low", "limit_high", "about", "corrects"),
)


def _shapes(shapes: Shapes, rows: _Rows, kinds: _Kinds) -> tuple[Any, Any]:
    """Give the shape of each event, and whether it has a comparator, so ends of its own.

    What a kind of event is, is read once: its words are remembered with the shapes.
    """
    shapes.forget_rows()
    table = np.full((len(kinds.first), len(_SAID)), -1, np.int64)
    for place, name in enumerate(_SAID):
        if name in kinds.says:
            column, texts = kinds.says[name]
            one = column[kinds.first]
            if texts is not None:
                known = shapes.row_words.setdefault(name, Dictionary())
                one = np.array([*map(known.number, texts), -1], np.int64)[one]
            table[:, place] = one
    keys: list[bytes] = table.view(f"V{table.shape[1] * table.itemsize}").ravel().tolist()
    numbers = [*map(shapes.row_kinds.get, keys)]
    new = [n for n, number in enumerate(numbers) if number is None]
    if new:
        read = _read(shapes, rows, kinds.first[new])
        shapes.row_kinds |= zip((keys[n] for n in new), read, strict=True)
        numbers = [*map(shapes.row_kinds.get, keys)]
    found = np.array(numbers, np.int64)
    compared = (found & 1).astype(bool)
    ended = compared[kinds.which] if compared.any() else same(False, len(rows))
    return (found >> 1)[kinds.which], ended


def _read(shapes: Shapes, rows: _Rows, events: Any) -> list[int]:
    """Read some events as `events.py` does: their shapes, doubled, and 1 for a comparator."""
    starts, stops = rows.first[events], rows.first[events + 1]
    spans: list[Any] = [rows.order[a:b] for a, b in zip(starts, stops, strict=True)]
    at = np.concatenate([rows.order[:0], *spans])
    read = iter(rows_of(rows.table.take(pa.array(at))))
    found: list[int] = []
    for n, size in enumerate((stops - starts).tolist()):
        event = event_of_rows([next(read) for _ in range(size)], n)
        key = event.about.key if event.about is not None else None
        own = key is not None and is_own(event.place.where, event.place.detail, key)
        compared = isinstance(event.value, Quantity) and event.value.comparator != ""
        found.append(2 * shapes.of_event(event, own) + compared)
    return found
