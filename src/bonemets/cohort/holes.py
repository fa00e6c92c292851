"""What fills the holes of resources, in columns: numbers, and dates on the patient's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bonemets.cohort.arrow import pa
from bonemets.cohort.cutting import Texts
from bonemets.cohort.kinds import dense
from bonemets.cohort.moulds import MOST_DATES, Moulds
from bonemets.cohort.sheet import Sheet
from bonemets.facts.meaning import distinct
from bonemets.facts.table import Bools, Floats, Ints, hits, integers
from bonemets.readers.fhir.times import OPEN_END
from bonemets.readers.times import DAY, Written, most_frequent, parse
from bonemets.values import where

_NO_OFFSET: Final = 1 << 20


@dataclass(slots=True)
class Resources:
    """Resources of plain patients: which lines of a sheet they are, and what is found of each."""

    sheet: Sheet
    at: Ints
    """The lines."""
    patient: Ints
    """Whose they are, by their number among the plain patients."""
    names: list[str]
    """The plain patients."""
    counts: Bools
    """False where a resource came before."""
    variant: dict[int, int] = field(default_factory=dict[int, int])
    """By resource, where it is not 0."""
    links: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    """By resource: the identifiers of the others that it names."""
    ignored: dict[str, int] = field(default_factory=dict[str, int])
    """What came twice."""


@dataclass(slots=True)
class Holes:
    """What fills the holes of resources, in columns."""

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

    ident: Ints
    """Which hole holds the identifier of each resource."""
    texts: Texts
    dates: Texts

    @staticmethod
    def of(moulds: Moulds, of: Resources) -> Holes:
        """Read the dates and numbers."""
        texts, ways, patient = of.sheet.holes, moulds.ways, of.patient
        cut, first_hole = of.sheet.cut[of.at], of.sheet.first[of.at]
        mould = np.array([c.mould.number for c in ways], np.int64)[cut]
        ident = first_hole + np.array([c.ident for c in ways], np.int64)[cut]
        variant = np.zeros(len(cut), np.int64)
        variant[list(of.variant)] = list(of.variant.values())
        many, one, place = _places([c.dates for c in ways], cut)
        first_date = np.cumsum(many) - many
        clinical = np.zeros((len(moulds.all), MOST_DATES), bool)
        for m in moulds.all:
            clinical[m.number, list(m.clinical)] = True
        tells = clinical[mould[one], np.arange(len(one)) - first_date[one]] & of.counts[one]
        dates = texts.take(first_hole[one] + place)
        flags, first, last, offset = _read(dates)
        whose = patient[one]
        given = tells & (offset != _NO_OFFSET)
        own = _own_offsets(whose[given], offset[given], len(of.names))
        shift = where(offset == _NO_OFFSET, 0, 60 * (own[whose] - offset))
        shift = where(flags & _VALID > 0, shift, 0)
        ends = np.stack([first + shift, last + shift], axis=1).ravel()
        measured, one, place = _places([c.numbers for c in ways], cut)
        written = texts.take(first_hole[one] + place).array
        return Holes(
            mould,
            patient,
            variant,
            many,
            first_date,
            np.cumsum(measured) - measured,
            flags,
            ends,
            own,
            written.cast(pa.string()).cast(pa.float64()).to_numpy(zero_copy_only=False),
            ident,
            texts,
            dates,
        )

    def ident_of(self, resource: int) -> str:
        """Give the identifier of a resource."""
        return self.texts[int(self.ident[resource])].decode()


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
_DAY: Final = 10
"""So many characters are a day, where a time of day follows."""


def _read(texts: Texts) -> tuple[Ints, Ints, Ints, Ints]:
    """Read dates, each day and each time of day once: flags, first, last, offset."""
    (day, days), (hour, hours) = map(_coded, texts.parted(_DAY))
    of_day, of_hour = _rows([_of_date(x) for x in days]), _rows([_of_hour(x) for x in hours])
    a, b = of_day[day], of_hour[hour]
    valid = a[:, 0] & b[:, 0] & _VALID
    flags = valid | ((a[:, 0] | b[:, 0]) & ~_VALID)
    clocked = valid.astype(bool) & (b[:, 3] != _NONE)
    first = where(valid, a[:, 1] + b[:, 1], 0)
    last = where(clocked, a[:, 1] + b[:, 2], where(valid, a[:, 2], 0))
    offset = where(clocked, b[:, 3], _NO_OFFSET)
    spaced = np.array([x.strip() != x for x in days], bool)
    for n in integers(hits(spaced[day])):  # what is a day there is not known yet
        text = texts[n].strip()
        one, two = _of_date(text[:_DAY]), _of_hour(text[_DAY:])
        good = one[0] & two[0] & _VALID
        flags[n] = good | ((one[0] | two[0]) & ~_VALID)
        told = good and two[3] != _NONE
        first[n] = one[1] + two[1] if good else 0
        last[n] = (one[1] + two[2] if told else one[2]) if good else 0
        offset[n] = two[3] if told else _NO_OFFSET
    return flags, first, last, offset


def _coded(column: Any) -> tuple[Ints, list[bytes]]:
    """Number what stands in a column."""
    coded = column.dictionary_encode()
    return coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()


def _rows(found: list[tuple[int, int, int, int]]) -> Ints:
    return np.array(found, np.int64).reshape(-1, 4)


_NONE: Final = _NO_OFFSET + 1
"""Stands for the offset where there is no time of day."""


def _of_date(day: bytes) -> tuple[int, int, int, int]:
    """Read a day, a month or a year: flags, first and last second."""
    flags, date = _OPEN * day.startswith(_OPEN_END), parse(day.decode())
    return (flags, 0, 0, 0) if date is None else (flags | _VALID, date.first, date.last, 0)


def _of_hour(hour: bytes) -> tuple[int, int, int, int]:
    """Read a time of day: flags, its first and last second, and its offset."""
    hour = hour.rstrip()
    flags = _MIDNIGHT * (b"00:00:00" in hour)
    if not hour:
        return _VALID, 0, 0, _NONE
    time = parse(_ANY_DAY + hour.decode())
    if time is None:
        return flags, 0, 0, _NO_OFFSET
    offset = _NO_OFFSET if time.offset is None else time.offset
    return flags | _VALID, time.first - _ANY.first, time.last - _ANY.first, offset


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
