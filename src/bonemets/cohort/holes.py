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
    cut: list[int] = field(default_factory=list[int])
    patient: list[int] = field(default_factory=list[int])
    texts: list[bytes | None] = field(default_factory=list[bytes | None])
    """What fills the holes, one after the other: texts, and in their places None for numbers."""
    numbers: list[bytes | None] = field(default_factory=list[bytes | None])
    """The same for numbers."""
    variant: dict[int, int] = field(default_factory=dict[int, int])
    """By resource, where it is not 0."""
    links: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """By resource: the identifiers of the others that it names."""
    repeated: list[int] = field(default_factory=list[int])
    """Resources that came before."""
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

    cut: Ints
    start: Ints
    """Where the holes of each resource start."""
    texts: list[bytes | None]
    dates: list[bytes]

    @staticmethod
    def of(moulds: Moulds, into: Patients) -> Holes:
        """Read the dates and numbers."""
        cut, patient = np.array(into.cut, np.int64), np.array(into.patient, np.int64)
        mould = np.array([c.mould.number for c in moulds.ways], np.int64)[cut]
        holes = np.array([c.holes for c in moulds.ways], np.int64)[cut]
        start = np.cumsum(holes) - holes
        variant = np.zeros(len(cut), np.int64)
        variant[list(into.variant)] = list(into.variant.values())
        many, one, place = _places([c.dates for c in moulds.ways], cut)
        first_date = np.cumsum(many) - many
        counts = np.ones(len(cut), bool)
        counts[into.repeated] = False
        clinical = np.zeros((len(moulds.all), MOST_DATES), bool)
        for m in moulds.all:
            clinical[m.number, list(m.clinical)] = True
        tells = clinical[mould[one], np.arange(len(one)) - first_date[one]] & counts[one]
        texts: dict[bytes, int] = {}
        dates: list[Any] = [into.texts[n] for n in integers(start[one] + place)]
        text = np.array([texts.setdefault(d, len(texts)) for d in dates], np.int64)
        flags, first, last, offset = _read(texts)
        whose = patient[one]
        given = tells & (offset[text] != _NO_OFFSET)
        own = _own_offsets(whose[given], offset[text][given], len(into.names))
        shift = where(offset[text] == _NO_OFFSET, 0, 60 * (own[whose] - offset[text]))
        shift = where(flags[text] & _VALID > 0, shift, 0)
        ends = np.stack([first[text] + shift, last[text] + shift], axis=1).ravel()
        measured, one, place = _places([c.numbers for c in moulds.ways], cut)
        numbers: list[Any] = [into.numbers[n] for n in integers(start[one] + place)]
        return Holes(
            mould,
            patient,
            variant,
            many,
            first_date,
            np.cumsum(measured) - measured,
            flags[text],
            ends,
            own,
            np.array([float(x) for x in numbers], np.float64),
            cut,
            start,
            into.texts,
            dates,
        )

    def ident(self, moulds: Moulds, resource: int) -> str:
        """Give the identifier of a resource."""
        place = int(self.start[resource]) + moulds.ways[int(self.cut[resource])].ident
        return (self.texts[place] or b"").decode()


def _places(of_cuts: list[tuple[int, ...]], cut: Ints) -> tuple[Ints, Ints, Ints]:
    """Give how many such holes each resource has; of each whose it is, and its place there."""
    widths = np.array([len(places) for places in of_cuts], np.int64)
    firsts = np.cumsum(widths) - widths
    flat = np.array([place for places in of_cuts for place in places], np.int64)
    many = widths[cut]
    one = np.repeat(np.arange(len(cut)), many)
    step = np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many)
    return many, one, flat[firsts[cut[one]] + step] if len(one) else one


_VALID, _MIDNIGHT, _OPEN = 1, 2, 4
_FLAGS: Final = 8


def _read(texts: Iterable[bytes]) -> tuple[Ints, Ints, Ints, Ints]:
    """Read dates, their day and their time of day each once: flags, first, last, offset."""
    days: dict[bytes, Written | None] = {}
    hours: dict[bytes, tuple[int, int, int] | None] = {}
    rows: list[tuple[int, int, int, int]] = []
    for written in texts:
        text = written.strip()
        flags = _MIDNIGHT * (b"00:00:00" in text) | _OPEN * text.startswith(_OPEN_END)
        day, hour = text[:10], text[10:]
        try:
            date = days[day]
        except KeyError:
            date = days[day] = parse(day.decode())
        if date is None:
            rows.append((flags, 0, 0, _NO_OFFSET))
            continue
        if not hour:
            rows.append((flags | _VALID, date.first, date.last, _NO_OFFSET))
            continue
        try:
            time = hours[hour]
        except KeyError:
            time = hours[hour] = _of_day(hour.decode())
        if time is None:
            rows.append((flags, 0, 0, _NO_OFFSET))
            continue
        rows.append((flags | _VALID, date.first + time[0], date.first + time[1], time[2]))
    table = np.array(rows, np.int64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _of_day(hour: str) -> tuple[int, int, int] | None:
    """Read a time of day: its first and last second, and its offset."""
    time = parse(_ANY_DAY + hour)
    if time is None:
        return None
    offset = _NO_OFFSET if time.offset is None else time.offset
    return time.first - _ANY.first, time.last - _ANY.first, offset


_OPEN_END: Final = OPEN_END.encode()
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
