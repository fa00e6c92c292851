"""What fills the holes of resources, in columns: numbers, and dates on the patient's clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bonemets.cohort.event_rows import dense
from bonemets.cohort.moulds import MOST_DATES, Moulds
from bonemets.facts.meaning import distinct
from bonemets.facts.table import Floats, Ints, hits, integers
from bonemets.readers.fhir.times import OPEN_END
from bonemets.readers.times import DAY, Written, most_frequent, parse
from bonemets.values import where

_NO_OFFSET: Final = 1 << 20


@dataclass(slots=True)
class Patients:
    """Plain patients of a bucket: their resources, and what fills the holes of these."""

    names: list[str] = field(default_factory=list[str])
    mould: list[int] = field(default_factory=list[int])
    patient: list[int] = field(default_factory=list[int])
    variant: list[int] = field(default_factory=list[int])
    ident: list[bytes] = field(default_factory=list[bytes])
    dates: list[bytes] = field(default_factory=list[bytes])
    numbers: list[bytes] = field(default_factory=list[bytes])
    links: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """By resource: the identifiers of the others that it names."""
    ignored: dict[str, int] = field(default_factory=dict[str, int])
    """What came twice."""


@dataclass(slots=True)
class Holes:
    """What fills the holes of the resources of a bucket, in columns."""

    mould: Ints
    patient: Ints
    variant: Ints
    dates_of: Ints
    """How many dates each resource has."""
    date_start: Ints
    number_start: Ints
    flags: Ints
    """Of each date what the reader may ask of its text."""
    ends: Ints
    """The first and the last second of each date, on the clock of its patient."""
    offset: Ints
    """That clock, of each patient."""
    numbers: Floats

    @staticmethod
    def of(moulds: Moulds, into: Patients) -> Holes:
        """Read the dates and numbers."""
        mould = np.array(into.mould, np.int64)
        patient = np.array(into.patient, np.int64)
        dates = np.array([len(m.dates) for m in moulds.all], np.int64)
        numbers = np.array([len(m.numbers) for m in moulds.all], np.int64)
        clinical = np.zeros((len(moulds.all), MOST_DATES), bool)
        for m in moulds.all:
            clinical[m.number, list(m.clinical)] = True
        many = dates[mould]
        start = np.cumsum(many) - many
        one = np.repeat(np.arange(len(mould)), many)
        tells = clinical[mould[one], np.arange(len(one)) - start[one]]
        texts: dict[bytes, int] = {}
        text = np.array([texts.setdefault(d, len(texts)) for d in into.dates], np.int64)
        flags, first, last, offset = _read(texts)
        whose = patient[one]
        given = tells & (offset[text] != _NO_OFFSET)
        own = _own_offsets(whose[given], offset[text][given], len(into.names))
        shift = where(offset[text] == _NO_OFFSET, 0, 60 * (own[whose] - offset[text]))
        shift = where(flags[text] & _VALID > 0, shift, 0)
        ends = np.stack([first[text] + shift, last[text] + shift], axis=1).ravel()
        measured = numbers[mould]
        return Holes(
            mould,
            patient,
            np.array(into.variant, np.int64),
            many,
            start,
            np.cumsum(measured) - measured,
            flags[text],
            ends,
            own,
            np.array([float(x) for x in into.numbers], np.float64),
        )


_VALID, _MIDNIGHT, _OPEN = 1, 2, 4
_FLAGS: Final = 8


def _read(texts: Iterable[bytes]) -> tuple[Ints, Ints, Ints, Ints]:
    """Read dates, their day and their time of day each once: flags, first, last, offset."""
    days: dict[str, Any] = {}
    hours: dict[str, Any] = {}
    rows: list[tuple[int, int, int, int]] = []
    for written in texts:
        text = written.decode().strip()
        flags = _MIDNIGHT * ("00:00:00" in text) | _OPEN * text.startswith(OPEN_END)
        day, hour = text[:10], text[10:]
        if day not in days:
            days[day] = parse(day)
        date = days[day]
        if date is None:
            rows.append((flags, 0, 0, _NO_OFFSET))
            continue
        if not hour:
            rows.append((flags | _VALID, date.first, date.last, _NO_OFFSET))
            continue
        if hour not in hours:
            hours[hour] = parse(_ANY_DAY + hour)
        time = hours[hour]
        if time is None or len(day) < len(_ANY_DAY):
            rows.append((flags, 0, 0, _NO_OFFSET))
            continue
        first, last = (date.first + t - _ANY.first for t in (time.first, time.last))
        rows.append(
            (flags | _VALID, first, last, _NO_OFFSET if time.offset is None else time.offset)
        )
    table = np.array(rows, np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


_ANY_DAY: Final = "2000-01-01"
_ANY: Final = parse(_ANY_DAY) or Written(0, 0, None)


def _own_offsets(patient: Ints, offset: Ints, patients: int) -> Ints:
    """Give each patient's own offset."""
    found = np.zeros(patients, np.int64)
    if not len(patient):
        return found
    offsets, which = distinct(offset + _NO_OFFSET)
    first, pair = dense((patient, patients), (which, len(offsets)))
    counts = np.bincount(pair)
    whose, minutes = patient[first], offset[first]
    kinds = np.bincount(whose, minlength=patients)
    alone = kinds[whose] == 1
    found[whose[alone]] = minutes[alone]
    several: dict[int, dict[int, int]] = {}
    for n in integers(hits(~alone)):
        several.setdefault(int(whose[n]), {})[int(minutes[n])] = int(counts[n])
    for one, counted in several.items():
        found[one] = most_frequent(counted)
    return found


def order_of(holes: Holes, at: Ints, many: int) -> list[tuple[Ints, int]]:
    """Say how the dates of some resources lie to each other, column by column."""
    start = holes.date_start[at]
    columns = [(holes.flags[start + k], _FLAGS) for k in range(many)]
    ends = [holes.ends[2 * start + k] for k in range(2 * many)]
    for a, first in enumerate(ends):
        for b, second in enumerate(ends):
            if a < b:
                columns.append((np.sign(first - second) + 1, 3))
            if a != b:
                columns.append((np.sign(first - second - DAY) + 1, 3))
    return columns or [(np.zeros(len(at), np.int64), 1)]
