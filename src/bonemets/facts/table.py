"""Events -> columns: one row for each coding of each event, all else about it as numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from bonemets.model import LONG_AGO, Absent, Code, Event, Levels, Quantity, Status, Words

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
    codes: list[CodeKey]
    units: list[str]
    answers: list[tuple[Code, ...] | Levels]

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.patient)


COLUMNS: Final = (
    "patient",
    "event",
    "code",
    "status",
    "first",
    "last",
    "end_first",
    "end_last",
    "said_first",
    "said_last",
    "kind",
    "low",
    "high",
    "unit",
    "answer",
    "limit_low",
    "limit_high",
    "limit_unit",
    "sample",
    "lesion",
    "in_bone",
)
REALS: Final = frozenset({"low", "high", "limit_low", "limit_high"})


@dataclass(frozen=True, slots=True)
class Placed:
    """An event, the lesion it belongs to, and whether its place is a bone.

    The lesion is a flat lesion number, UNPLACED or ELSEWHERE.
    """

    event: Event
    lesion: int = UNPLACED
    in_bone: bool = False


def integers(column: Ints) -> list[int]:
    """Give a column as Python integers."""
    return column.tolist()


def tabulate(patients: Sequence[Iterable[Placed]]) -> Table:
    """Turn events into columns.

    Args:
        patients: for each patient of the batch, by rank, the events with their lesions.
    """
    codes, units, answers, samples = Dictionary(), Dictionary(), Dictionary(), Dictionary()
    rows: list[tuple[float, ...]] = []
    number = 0
    for rank, events in enumerate(patients):
        for placed in events:
            row = _row(placed, rank, number, units, answers, samples)
            number += 1
            for key in _keys(placed.event):
                rows.append((row[0], row[1], codes.number(key), *row[3:]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    arrays = {
        name: np.array(
            column, np.float64 if name in REALS else (bool if name == "in_bone" else np.int64)
        )
        for name, column in zip(COLUMNS, columns, strict=True)
    }
    return Table(
        **arrays,
        codes=codes.values(),  # pyright: ignore[reportArgumentType]
        units=units.values(),  # pyright: ignore[reportArgumentType]
        answers=answers.values(),  # pyright: ignore[reportArgumentType]
    )


def _keys(event: Event) -> dict[CodeKey, None]:
    keys: dict[CodeKey, None] = {(event.role, c.system, c.code): None for c in event.codes}
    if event.about is not None:
        keys |= {("site", c.system, c.code): None for c in event.about.sites}
    return keys


def _row(
    placed: Placed,
    rank: int,
    number: int,
    units: Dictionary,
    answers: Dictionary,
    samples: Dictionary,
) -> tuple[float, ...]:
    event = placed.event
    first, last = event.time or (LONG_AGO, NEVER)
    end_first, end_last = event.end or (NEVER, NEVER)
    said_first, said_last = event.mentioned or (first, last)
    kind, low, high, unit, answer = NOTHING, -math.inf, math.inf, -1, -1
    value = event.value
    match value:
        case bool():
            kind, low, high = BOOLEAN, float(value), float(value)
        case Quantity():
            kind = NUMBER
            low, high = ends_of(value)
            unit = -1 if value.unit is None else units.number(value.unit)
        case Words():
            kind, low, high = (
                WORDS,
                float(WORD_NUMBERS[value.result]),
                float(WORD_NUMBERS[value.result]),
            )
        case Absent():
            kind = ABSENT
        case Levels():
            kind, answer = ANSWER, answers.number(value)
        case None:
            pass
        case (int(), int()):
            kind, low, high = TIME, float(value[0]), float(value[1])
        case _:
            kind, answer = ANSWER, answers.number(value)
    limits = event.limits
    limit_low, limit_high, limit_unit = math.nan, math.nan, -1
    if limits is not None:
        ends = [q for q in (limits.low, limits.high) if q is not None]
        shared = {q.unit for q in ends}
        if ends:
            # Limits in two units have one that nobody knows: they are there, and cannot be used.
            name = (
                shared.pop() if len(shared) == 1 else " and ".join(sorted(str(u) for u in shared))
            )
            limit_unit = -1 if name is None else units.number(name)
            limit_low = math.nan if limits.low is None else limits.low.low
            limit_high = math.nan if limits.high is None else limits.high.high
    sample = -1 if event.sample is None else samples.number((rank, event.sample))
    return (
        rank,
        number,
        0,
        STATUSES.index(event.status),
        first,
        last,
        end_first,
        end_last,
        said_first,
        said_last,
        kind,
        low,
        high,
        unit,
        answer,
        limit_low,
        limit_high,
        limit_unit,
        sample,
        placed.lesion,
        placed.in_bone,
    )


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
