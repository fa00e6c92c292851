"""Events -> columns: one row for each coding of each event, all else about it as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from bonemets.model import (
    LONG_AGO,
    Absent,
    Code,
    Event,
    Levels,
    Limits,
    Quantity,
    Status,
    Value,
    Words,
)

NEVER: Final = 2**60

UNPLACED, ELSEWHERE = -1, -2
"""Lesion numbers of what belongs to no lesion: it names no part, or one that is no lesion."""

STATUSES: Final[tuple[Status, ...]] = (
    "stated",
    "denied",
    "past",
    "suspected",
    "not_done",
    "planned",
)
STATED, DENIED, PAST, SUSPECTED, NOT_DONE, PLANNED = range(6)
NUMBER_OF_STATUS: Final = {status: number for number, status in enumerate(STATUSES)}

NOTHING, NUMBER, WORDS, ABSENT, ANSWER, BOOLEAN, TIME = range(7)
"""The kinds of value a row has."""

LOW, NORMAL, HIGH = range(3)
WORD_NUMBERS: Final = {"low": LOW, "normal": NORMAL, "high": HIGH}

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CodeKey = tuple[str, str, str]
"""Role, system, code."""


def hits(mask: Bools) -> Ints:
    """Give where a mask is true, without the steps that `np.flatnonzero` takes for other shapes."""
    return mask.nonzero()[0]


def same(value: Any, many: int) -> Any:
    """Give a column that says one thing throughout: it takes no room, and cannot be written to."""
    return np.broadcast_to(np.asarray(value), (many,))


def part(column: Any, at: Any) -> Any:
    """Give some rows of a column (a mask of them, or their places); one of `same` stays one."""
    if column.strides != (0,) or not len(column):
        return column[at]
    many = int(np.count_nonzero(at)) if at.dtype == np.bool_ else len(at)
    return same(column[0], many)


@dataclass(slots=True)
class Dictionary:
    """Numbers for texts, in the order met."""

    numbers: dict[object, int] = field(default_factory=dict[object, int])

    def number(self, value: object) -> int:
        """Give the number of a value, a new one if it is new."""
        return self.numbers.setdefault(value, len(self.numbers))

    def values(self) -> list[object]:
        """Give the values by number."""
        return list(self.numbers)


@dataclass(slots=True)
class Table:
    """Events as columns, any order, any number of patients; n rows.

    Times are seconds on the record's own clock; an undated event goes from LONG_AGO to NEVER.
    `-1` is "none" in every column of numbers; a `lesion` below 0 is UNPLACED or ELSEWHERE.
    """

    patient: Ints
    event: Ints
    code: Ints
    status: Ints
    first: Ints
    last: Ints
    end_first: Ints
    end_last: Ints
    said_first: Ints
    said_last: Ints
    kind: Ints
    low: Floats
    high: Floats
    unit: Ints
    answer: Ints
    limit_low: Floats
    limit_high: Floats
    limit_unit: Ints
    sample: Ints
    lesion: Ints
    in_bone: Bools
    corrects: Bools
    codes: list[CodeKey]
    units: list[str]
    answers: list[tuple[Code, ...] | Levels]

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.patient)


class Placed(NamedTuple):
    """Where an event lies: its flat lesion number, UNPLACED or ELSEWHERE; whether it is a bone."""

    lesion: int = UNPLACED
    in_bone: bool = False


def integers(column: Ints) -> list[int]:
    """Give a column as Python integers."""
    return column.tolist()


def tabulate(
    patients: Sequence[Sequence[Event]],
    places: Mapping[int, Placed],
    speaks: Mapping[CodeKey, Sequence[int]],
) -> Table:
    """Turn events into columns; those that say nothing and lie nowhere are left out.

    Args:
        patients: for each patient of the batch, by rank, the events.
        places: for each event (counted through the batch) that speaks of a place, where it lies.
        speaks: what a code speaks for.
    """
    codes, units, answers, samples = Dictionary(), Dictionary(), Dictionary(), Dictionary()
    events, numbers, ranks = list[Event](), list[int](), list[int]()
    of_row, code, number_of = list[int](), list[int](), codes.numbers
    start, spoken = 0, speaks.__getitem__
    for rank, listed in enumerate(patients):
        for number, e in enumerate(listed, start):
            keys = keys_of(e)
            if number in places or any(map(spoken, keys)):
                for key in keys:
                    of_row.append(len(events))
                    code.append(number_of.setdefault(key, len(number_of)))
                events.append(e)
                numbers.append(number)
                ranks.append(rank)
        start += len(listed)
    n = len(events)
    # what every event has, then what few have
    kind, low, high, unit, answer = _columns(
        [value_columns(e.value, units, answers) for e in events], int, float, float, int, int
    )
    first, last = _columns([e.time or (LONG_AGO, NEVER) for e in events], int, int)
    never, none, nan = np.full(n, NEVER), np.full(n, -1), np.full(n, math.nan)
    end_first, end_last = _put({i: e.end for i, e in enumerate(events) if e.end}, never, never)
    said_first, said_last = _put(
        {i: e.mentioned for i, e in enumerate(events) if e.mentioned}, first, last
    )
    limits = {i: _limits(e.limits, units) for i, e in enumerate(events) if e.limits}
    limit_low, limit_high, limit_unit = _put(limits, nan, nan, none)
    drawn = [(i, e.sample) for i, e in enumerate(events) if e.sample is not None]
    (sample,) = _put({i: (samples.number((ranks[i], name)),) for i, name in drawn}, none)
    placed = {i: places[number] for i, number in enumerate(numbers) if number in places}
    lesion, in_bone = _put(placed, np.full(n, UNPLACED), np.zeros(n, bool))
    event = np.array(of_row, np.int64)
    return Table(
        patient=np.array(ranks, np.int64)[event],
        event=np.array(numbers, np.int64)[event],
        code=np.array(code, np.int64),
        status=np.array([NUMBER_OF_STATUS[e.status] for e in events], np.int64)[event],
        first=first[event],
        last=last[event],
        end_first=end_first[event],
        end_last=end_last[event],
        said_first=said_first[event],
        said_last=said_last[event],
        kind=kind[event],
        low=low[event],
        high=high[event],
        unit=unit[event],
        answer=answer[event],
        limit_low=limit_low[event],
        limit_high=limit_high[event],
        limit_unit=limit_unit[event],
        sample=sample[event],
        lesion=lesion[event],
        in_bone=in_bone[event],
        corrects=np.array([e.corrects for e in events], bool)[event],
        codes=codes.values(),  # pyright: ignore[reportArgumentType]
        units=units.values(),  # pyright: ignore[reportArgumentType]
        answers=answers.values(),  # pyright: ignore[reportArgumentType]
    )


def _columns(rows: Sequence[tuple[float, ...]], *kinds: type) -> list[Any]:
    """Turn tuples into columns of their kinds."""
    columns = zip(*rows, strict=True) if rows else [()] * len(kinds)
    return [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]


def _put(found: Mapping[int, tuple[float, ...]], *columns: Any) -> Sequence[Any]:
    """Put what some events have into columns of what the others have."""
    if not found:
        return columns
    at, columns = list(found), tuple(column.copy() for column in columns)
    for column, values in zip(columns, zip(*found.values(), strict=True), strict=True):
        column[at] = values
    return columns


def keys_of(event: Event) -> Iterable[CodeKey]:
    """Give the codes of an event and of its sites, each once."""
    role, codes = event.role, event.codes
    if event.about is None and len(codes) == 1:
        return ((role, codes[0].system, codes[0].code),)
    keys = [(str(role), c.system, c.code) for c in codes]
    if event.about is not None:
        keys += [("site", c.system, c.code) for c in event.about.sites]
    return dict.fromkeys(keys)


def value_columns(value: Value, units: Dictionary, answers: Dictionary) -> tuple[float, ...]:
    """Give kind, low, high, unit and answer of a value."""
    match value:
        case None:
            return NOTHING, -math.inf, math.inf, -1, -1
        case Quantity():
            unit = -1 if value.unit is None else units.number(value.unit)
            return NUMBER, *ends_of(value), unit, -1
        case bool():
            return BOOLEAN, value, value, -1, -1
        case Words():
            word = WORD_NUMBERS[value.result]
            return WORDS, word, word, -1, -1
        case Absent():
            return ABSENT, -math.inf, math.inf, -1, -1
        case (int(), int()):
            return TIME, *value, -1, -1
        case _:
            return ANSWER, -math.inf, math.inf, -1, answers.number(value)


def _limits(limits: Limits, units: Dictionary) -> tuple[float, float, int]:
    """Give both ends of a reference range, and its unit."""
    name = unit_of_limits(limits)
    return (
        math.nan if limits.low is None else limits.low.low,
        math.nan if limits.high is None else limits.high.high,
        -1 if name is None else units.number(name),
    )


def unit_of_limits(limits: Limits) -> str | None:
    """Give the unit of a reference range.

    Limits in two units have one that nobody knows: they are there, and cannot be used.
    """
    shared = {q.unit for q in (limits.low, limits.high) if q is not None} or {None}
    return shared.pop() if len(shared) == 1 else " and ".join(sorted(str(u) for u in shared))


def ends_of(value: Quantity) -> tuple[float, float]:
    """Give both ends of a number with its comparator.

    `>60` starts at the next double above 60, `<20` is open below.
    """
    match value.comparator:
        case ">":
            return math.nextafter(value.low, math.inf), math.inf
        case ">=":
            return value.low, math.inf
        case "<":
            return -math.inf, math.nextafter(value.high, -math.inf)
        case "<=":
            return -math.inf, value.high
        case _:
            return value.low, value.high
