"""Rows of event tables told apart by all that their shapes hang on, each kind by a number.

Rows that differ in times, numbers and identifiers alone are of one kind. What a kind is, is read
once, from the first row that was met of it, as `events.py` reads rows of one patient.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa, pc
from bonemets.cohort.events import (
    COLUMNS,
    OF_EVENT,
    OF_RECORD,
    OWN_WORDS,
    TEXT,
    event_of_rows,
    lists_of_odd,
    rows_of,
)
from bonemets.facts.lesions import BEFORE_KEY, NAMELESS, SAID_BY_CONDITIONS, is_own
from bonemets.facts.shapes import Shapes
from bonemets.facts.table import Bools, Dictionary, Ints, hits, integers, same
from bonemets.model import ListName, Quantity
from bonemets.values import where

KIND: Final = "kind"
"""The column of their numbers."""
TOLD: Final = (
    *("role", "part", "code", "status", "value", "unit", "comparator", "listed"),
    *("answers", "limit_low_unit", "limit_high_unit", "corrects"),
)
"""The columns that the kind of a row tells in full."""
_KEYS: Final = (
    *("role", "part", "code", "status", "value", "unit", "comparator", "listed", "state", "text"),
    *("answers", "limit_low", "limit_high", "about", "corrects"),
)
UNREAD: Final = -1
"""Stands for a shape that is not known yet."""


# --- columns of a table --------------------------------------------------------------------------


def encoded(column: Any) -> Any:
    """Give a column of texts as one array with a dictionary."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else array.chunk(0)
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()


def words(column: Any) -> tuple[Any, list[str]]:
    """Give a column of texts as numbers (-1: none) and the texts."""
    array = encoded(column)
    numbers = pc.fill_null(array.indices, -1) if array.null_count else array.indices
    return numbers.to_numpy(), array.dictionary.to_pylist()


def has(table: Any, name: str) -> bool:
    """Say whether any row of a table fills a column."""
    return name in table.column_names and table.column(name).null_count < table.num_rows


def words_in(table: Any, name: str) -> tuple[Any, list[str]]:
    """Give a column of texts, which may be lacking, as numbers (-1: none) and the texts."""
    return words(table.column(name)) if has(table, name) else (same(-1, table.num_rows), [])


def decimals(table: Any, name: str) -> Any:
    """Give a column of numbers, which may be lacking (NaN: none)."""
    if not has(table, name):
        return same(math.nan, table.num_rows)
    column = table.column(name)
    return (pc.fill_null(column, math.nan) if column.null_count else column).to_numpy()


def valid(table: Any, name: str) -> Any:
    """Say by row whether a column, which may be lacking, is filled."""
    if not has(table, name):
        return same(False, table.num_rows)
    column = table.column(name)
    if not column.null_count:
        return same(True, table.num_rows)
    return column.is_valid().to_numpy()


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


# --- what rows say -------------------------------------------------------------------------------

_MOST: Final = 3
"""So many numbers has a column that stands for itself."""
_UNTOLD, _NUMBER, _TIMED, _WORDLESS, _LEVELS = range(1, 6)
_WAYS: Final = {
    "": _UNTOLD,
    "number": _NUMBER,
    "time": _TIMED,
    "levels": _LEVELS,
    **dict.fromkeys(("absent", "yes", "no", "answer"), _WORDLESS),
}
"""How a value is told; of those without words, words do not change what they say."""
_WORDS: Final = ("low", "normal", "high", "")
"""All other words say the same: that there is some result in words."""
_SOME: Final = ("words",)
"""Stands for them: no text is equal to it."""
Said = dict[str, tuple[Any, list[Any] | None]]
"""Column -> what each row says in it, as a number, and what the numbers stand for."""


def said(table: Any) -> Said:
    """Give what rows say, apart from whose, when, how much and of what identifier."""
    found: Said = {}
    for name in ("role", "part", "code", "status", "value", "unit", "comparator", "listed"):
        if has(table, name):
            found[name] = words(table.column(name))
    value, values = words_in(table, "value")
    ways = np.array([_WAYS.get(v, 0) for v in values] + [_WAYS[""]], np.int8)
    way = ways[value]
    number = way == _NUMBER
    if _UNTOLD in ways:
        number |= (way == _UNTOLD) & valid(table, "numeric_value")
    low = decimals(table, "numeric_value")
    good = ~np.isnan(low)
    if has(table, "numeric_high"):
        good &= ~valid(table, "numeric_high") | (decimals(table, "numeric_high") >= low)
    valued = number
    if _TIMED in ways:
        time = way == _TIMED
        valued = number | time
        good = where(time, valid(table, "value_time") | valid(table, "value_time_last"), good)
    # no number or time, one that is none, one
    found["state"] = valued.astype(np.int8) + (valued & good) - 1, None
    if has(table, "text_value"):
        role, roles = words_in(table, "role")
        of_record = role == (roles.index(OF_RECORD) if OF_RECORD in roles else -2)
        found["text"] = _texts(table, way, number, of_record)
    if has(table, "answers"):
        found["answers"] = words(pc.binary_join(table.column("answers"), "\n"))
    for end in ("limit_low", "limit_high"):
        if has(table, end):
            unit, units = words_in(table, f"{end}_unit")
            there = where(np.isnan(decimals(table, end)), -1, unit + 1)
            found[end] = there, [None, *units]
    if has(table, "about"):
        found["about"] = _about(table), None
    if has(table, "corrects"):
        corrects = pc.fill_null(table.column("corrects"), False).to_numpy(zero_copy_only=False)
        found["corrects"] = corrects.astype(np.int8) - 1, None
    return found


def _texts(table: Any, way: Any, number: Bools, of_record: Bools) -> tuple[Any, list[Any]]:
    """Number words where they matter; where any would say the same, they are one."""
    column = table.column("text_value").cast(TEXT).combine_chunks()
    matter = of_record | (~number & (way != _WORDLESS) & (way != _TIMED))
    matter &= valid(table, "text_value")
    whole = pc.is_in(column, pa.array(_WORDS)).to_numpy(zero_copy_only=False)
    at = hits(matter & (whole | of_record | (way == _LEVELS)))
    numbers, texts = words(column.take(pa.array(at)))
    found = np.full(len(column), -1, np.int64)
    found[matter] = 0
    found[at] = numbers + 1
    return found, [_SOME, *texts]


def _about(table: Any) -> Any:
    """Say of rows whether they name a part of the body, with an identifier, and their own."""
    about, keys = words_in(table, "about")
    keyed: Any = (about >= 0) & (about != (keys.index("") if "" in keys else -2))
    own = np.zeros(len(about), np.int8)
    at = hits(keyed)
    if len(at):
        own[at] = _own(table, pa.array(at))
    return (about >= 0).astype(np.int8) + keyed + own - 1


def _own(table: Any, at: Any) -> Any:
    """Say of rows whether their identifier is that of the condition there, as `is_own` does."""
    if not has(table, "place"):
        return np.zeros(len(at), bool)
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
    said_there = pc.is_in(detail, pa.array(SAID_BY_CONDITIONS)).to_numpy()
    return where(nameless, said_there, found)


# --- kinds ---------------------------------------------------------------------------------------


class Kinds:
    """The kinds of rows met so far, each with a row that shows what it is."""

    def __init__(self, shown: Any = None) -> None:
        """Start empty, or with rows that show one kind each, to which none is added."""
        self.words: dict[str, Dictionary] = {}
        self.numbers: dict[bytes, int] = {}
        self.shown: list[Any] = [] if shown is None else [shown]
        self.entering = threading.Lock()
        self._shapes: Shapes | None = None
        self._known: Ints = np.zeros(0, np.int64)
        self._joint: dict[tuple[int, ...], int] = {}

    def __len__(self) -> int:
        """Give how many there are."""
        return sum(table.num_rows for table in self.shown)

    @staticmethod
    def kept(path: Path) -> Kinds:
        """Read them from a file."""
        with pa.memory_map(str(path)) as file:
            return Kinds(pa.ipc.open_file(file).read_all())

    def keep(self, path: Path) -> None:
        """Write them into a file."""
        table, handle = self.rows(), os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file, pa.ipc.new_file(file, table.schema) as sink:
            sink.write_table(table)

    def rows(self) -> Any:
        """Give the rows that show them, by number."""
        if len(self.shown) != 1:
            tables = self.shown or [pa.table({name: pa.nulls(0, TEXT) for name in ("code",)})]
            self.shown = [pa.concat_tables(tables, promote_options="default").combine_chunks()]
        return self.shown[0]

    def of(self, table: Any) -> Any:
        """Number the kinds of a table's rows; new ones are entered."""
        says = said(table)
        first, which = dense(*((c, _MOST if t is None else len(t)) for c, t in says.values()))
        with self.entering:
            return self._numbered(table, says, first)[which]

    def _numbered(self, table: Any, says: Said, first: Ints) -> Any:
        """Give the numbers of kinds by their words, of each the first row."""
        told = np.full((len(first), len(_KEYS)), -1, np.int64)
        for place, name in enumerate(_KEYS):
            if name in says:
                column, texts = says[name]
                one = column[first]
                if texts is not None:
                    known = self.words.setdefault(name, Dictionary())
                    one = np.array([*map(known.number, texts), -1], np.int64)[one]
                told[:, place] = one
        keys: list[bytes] = told.view(f"V{told.shape[1] * told.itemsize}").ravel().tolist()
        numbers = [*map(self.numbers.get, keys)]
        new = [n for n, number in enumerate(numbers) if number is None]
        if new:
            for n in new:
                numbers[n] = self.numbers.setdefault(keys[n], len(self.numbers))
            self.shown.append(_shown(table, first[new], says))
        return np.array(numbers, np.int32)

    # what they are

    def of_record(self) -> Bools:
        """Say which kinds say something of the whole record, and of no event."""
        rows = self.rows()
        if not has(rows, "role"):
            return np.zeros(len(self), bool)
        return pc.fill_null(pc.equal(rows.column("role"), OF_RECORD), False).to_numpy()

    def odd(self) -> Bools:
        """Say which kinds have a word that leaves open what they say."""
        found = np.zeros(len(self), bool)
        for name in OF_EVENT:
            found |= self.strange(name)
        return found

    def strange(self, name: str) -> Bools:
        """Say which kinds have a word that is none of a column's."""
        rows = self.rows()
        if not has(rows, name):
            return np.zeros(len(self), bool)
        column = rows.column(name).cast(TEXT)
        known = pc.is_in(column, pa.array(["", None, *OWN_WORDS[name]], TEXT))
        return ~known.to_numpy()

    def lists(self, kind: int) -> tuple[ListName, ...]:
        """Give the lists on which a row of a kind may stand that says nothing."""
        rows = self.rows()
        named = rows.column("listed")[kind].as_py() if has(rows, "listed") else None
        return lists_of_odd(named)

    def strange_words(self, kinds: Any) -> Iterator[tuple[str, str, int]]:
        """Give the columns and words that are none of theirs, and in how many rows each stands.

        Args:
            kinds: those of the rows.
        """
        times: Any = None
        for name in OWN_WORDS:
            at = hits(self.strange(name))
            if not len(at):
                continue
            if times is None:
                times = np.bincount(kinds, minlength=len(self))
            words_ = self.rows().column(name).take(pa.array(at)).to_pylist()
            for word, often in zip(words_, integers(times[at]), strict=True):
                if often:
                    yield name, word, often

    def shapes(self, shapes: Shapes, kinds: Any) -> Ints:
        """Give the shapes of rows that are events of their own, by their kinds.

        They are doubled, and odd where a comparator stands.
        """
        self._anew(shapes)
        if len(self._known) < len(self):
            more = np.full(len(self) - len(self._known), UNREAD)
            self._known = np.concatenate([self._known, more])
        found = self._known[kinds]
        if int(found.min(initial=0)) == UNREAD:
            new = hits(np.bincount(kinds[found == UNREAD], minlength=len(self._known)) > 0)
            self._known[new] = self._read(shapes, [(n,) for n in integers(new)])
            found = self._known[kinds]
        return found

    def joint(self, shapes: Shapes, events: list[tuple[int, ...]]) -> list[int]:
        """Give the shapes of events of several rows, by the kinds of those, in the same way."""
        self._anew(shapes)
        new = [event for event in dict.fromkeys(events) if event not in self._joint]
        self._joint |= zip(new, self._read(shapes, new), strict=True)
        return [self._joint[event] for event in events]

    def _anew(self, shapes: Shapes) -> None:
        """Forget what was read into other shapes."""
        if self._shapes is not shapes:
            self._shapes, self._known, self._joint = shapes, np.zeros(0, np.int64), {}

    def _read(self, shapes: Shapes, events: list[tuple[int, ...]]) -> list[int]:
        """Read events as `events.py` does, from rows that show what they are."""
        at = [kind for event in events for kind in event]
        read = iter(rows_of(self.rows().take(pa.array(at, pa.int64()))))
        found: list[int] = []
        for number, kinds in enumerate(events):
            event = event_of_rows([next(read) for _ in kinds], number)
            key = event.about.key if event.about is not None else None
            own = key is not None and is_own(event.place.where, event.place.detail, key)
            compared = isinstance(event.value, Quantity) and event.value.comparator != ""
            found.append(2 * shapes.of_event(event, own) + compared)
        return found


def _shown(table: Any, at: Ints, says: Said) -> Any:
    """Make rows that show what kinds are from some rows of them, with nothing that is a patient's.

    Numbers, times, identifiers and words that do not matter are stand-ins of which the same is
    said.
    """
    there = [name for name in TOLD if name in table.column_names]
    some = table.select(there).take(pa.array(at))
    kinds = {name: COLUMNS[name][0] for name in there}
    plain = {n: TEXT if pa.types.is_dictionary(k) else k for n, k in kinds.items()}
    columns = {name: some.column(name).cast(kind) for name, kind in plain.items()}
    columns |= _numbers(table, at)
    for name in ("value_time", "value_time_last"):
        if name in table.column_names:
            columns[name] = _where(valid(table, name)[at], 0, COLUMNS[name][0])
    if "text" in says:
        numbers, texts = says["text"]
        told = [None, "stated", *(texts or [])[1:]]
        columns["text_value"] = pa.array([told[n + 1] for n in integers(numbers[at])], TEXT)
    if "about" in says:
        about = [(None, None), ("", None), (_SOME_KEY, None), (_SOME_KEY, _SOME_KEY)]
        found = [about[n + 1] for n in integers(says["about"][0][at])]
        columns["about"] = pa.array([key for key, _ in found], TEXT)
        columns["place"] = pa.array([place for _, place in found], TEXT)
    whose = {"subject_id": pa.repeat("", len(at)), "time": pa.nulls(len(at), COLUMNS["time"][0])}
    return pa.table(whose | columns)


def _numbers(table: Any, at: Ints) -> dict[str, Any]:
    """Give stand-ins for numbers: 1 for a number, NaN for none, an upper end below where it is."""
    found: dict[str, Any] = {}
    low = decimals(table, "numeric_value")[at]
    for name in ("numeric_value", "limit_low", "limit_high"):
        if name in table.column_names:
            stand_in = where(np.isnan(decimals(table, name)[at]), math.nan, 1.0)
            found[name] = _where(valid(table, name)[at], stand_in, COLUMNS[name][0])
    if "numeric_high" in table.column_names:
        stand_in = where(decimals(table, "numeric_high")[at] >= low, 1.0, 0.0)
        there = valid(table, "numeric_high")[at]
        found["numeric_high"] = _where(there, stand_in, COLUMNS["numeric_high"][0])
    return found


def _where(there: Bools, value: Any, kind: Any) -> Any:
    """Give a value where something is there, and nothing elsewhere."""
    return pa.array(np.broadcast_to(value, len(there)), mask=~there).cast(kind)


_SOME_KEY: Final = "one"
"""Stands for an identifier; beside it as a place, it is the row's own."""


def plainly(rows: Any) -> Any:
    """Give a few rows without the dictionaries of all."""
    kinds = [f.with_type(f.type.value_type) if _worded(f.type) else f for f in rows.schema]
    return rows.cast(pa.schema(kinds))


def _worded(kind: Any) -> bool:
    return pa.types.is_dictionary(kind)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of whole patients with their kinds."""

    rows: Any
    """An event table with a column of kinds; without the columns that these tell in full."""
    kinds: Kinds

    def take(self, at: Any) -> Part:
        """Give some of the rows."""
        return Part(self.rows.take(at), self.kinds)

    def whole(self, at: Ints | None = None) -> Any:
        """Give some rows, or all, with all columns of an event table."""
        rows = self.rows if at is None else plainly(self.rows.take(pa.array(at)))
        number = rows.column(KIND)
        rows = rows.drop_columns(KIND)
        if "code" in rows.column_names:
            return rows
        shown = self.kinds.rows()
        names = ["numeric_value", *(n for n in TOLD if n in shown.column_names)]
        shown = shown.select([n for n in names if n in shown.column_names]).take(number)
        for name in shown.column_names:
            column = shown.column(name)
            if name == "numeric_value":
                number = rows.column(name)
                lacking = pc.and_(column.is_null(), pc.is_nan(number))
                place = rows.column_names.index(name)
                rows = rows.set_column(
                    place, name, pc.if_else(lacking, pa.scalar(None, pa.float64()), number)
                )
            else:
                rows = rows.append_column(name, column)
        return rows
