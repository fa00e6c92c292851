"""Dates and times as spans of whole seconds on the record's own clock, for every kind of record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bonemets.model import LONG_AGO, Event, Span

DAY = 86_400
YEARS = range(1800, 2200)
"""Years that a date of a living person's record can have."""

_EPOCH = date(1970, 1, 1).toordinal()
_WRITTEN = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A date as written: first and last second on its own clock, and that clock's offset."""

    first: int
    last: int
    offset: int | None
    """Minutes east of UTC; None where the date names none."""


@lru_cache(maxsize=2048)  # a record tells the same times several times, and its offset first
def parse(written: str) -> Written | None:
    """Read a date or time as FHIR and case files write it; None where it is none that can be."""
    match = _WRITTEN.fullmatch(written)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if int(year) not in YEARS:
        return None
    try:
        first = date(int(year), int(month or 1), int(day or 1)).toordinal()
    except ValueError:
        return None
    start = (first - _EPOCH) * DAY
    if hour is None:
        return Written(start, (_next(first, month, day) - _EPOCH) * DAY - 1, None)
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    offset = _offset(zone)
    if zone is not None and offset is None:
        return None
    start += int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    return Written(start, start if second else start + 59, offset)


def _next(first: int, month: str | None, day: str | None) -> int:
    """Give the ordinal of the day after the written day, month or year."""
    if day is not None:
        return first + 1
    start = date.fromordinal(first)
    if month is None or start.month == 12:
        return date(start.year + 1, 1, 1).toordinal()
    return date(start.year, start.month + 1, 1).toordinal()


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def own_offset(written: Iterable[str]) -> int:
    """Give the record's own offset: the most frequent one, in minutes."""
    offsets: Counter[int] = Counter()
    for one, count in Counter(written).items():
        parsed = parse(one)
        if parsed is not None and parsed.offset is not None:
            offsets[parsed.offset] += count
    return most_frequent(offsets)


def most_frequent(offsets: Mapping[int, int]) -> int:
    """Give the most frequent of some offsets that were counted; UTC where there is none.

    Of two equally frequent ones a named offset goes before UTC, which servers write by themselves.
    """
    return max(offsets, key=lambda o: (offsets[o], o != 0, -o), default=0)


class Clock:
    """The record's own clock, on which every span of it is told."""

    __slots__ = ("_known", "offset")

    def __init__(self, offset: int) -> None:
        """Set the clock's offset, in minutes east of UTC."""
        self.offset = offset
        self._known: dict[str, Span | None] = {}

    def span(self, written: object) -> Span | None:
        """Give the span of a date as written, or None where it cannot be one."""
        if not isinstance(written, str) or len(written) > 64:
            return None
        if written not in self._known:
            self._known[written] = self._read(written.strip())
        return self._known[written]

    def _read(self, written: str) -> Span | None:
        parsed = parse(written)
        if parsed is None:
            return None
        shift = 0 if parsed.offset is None else (self.offset - parsed.offset) * 60
        return parsed.first + shift, parsed.last + shift


def later(second: int, months: int) -> int:
    """Give the same time of day `months` later; the 29 February becomes the 1 March."""
    days, rest = divmod(second, DAY)
    day = date.fromordinal(days + _EPOCH)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return (date(year, month + 1, day.day).toordinal() - _EPOCH) * DAY + rest
    except ValueError:
        return (_next(date(year, month + 1, 1).toordinal(), "", None) - _EPOCH) * DAY + rest


def cut(span: Span | None, recorded: Span | None) -> Span | None:
    """End a span at the time when it was recorded, where that lies inside: later it cannot be.

    A time that cannot be read (None) was at some time until then; so was one that lies more than a
    day after it was recorded, for one of the two is a slip.
    """
    if span is None or (recorded is not None and span[0] > recorded[1] + DAY):
        return None if recorded is None else (LONG_AGO, recorded[1])
    if recorded is None or not span[0] <= recorded[1] < span[1]:
        return span
    return span[0], recorded[1]


def newest(events: Iterable[Event], not_after: int) -> int | None:
    """Give the newest clinical second of the events that is not after `not_after`.

    Plans do not count, nor do the ends of medicines, which are often planned.
    Of a span that reaches beyond `not_after`, its first second counts.
    """
    best: int | None = None
    for event in events:
        if event.status == "planned":
            continue
        end = event.end if event.role == "finding" else None
        for span in (event.time, event.mentioned, end):
            if span is None or span[0] > not_after:
                continue
            second = span[1] if span[1] <= not_after else span[0]
            if best is None or second > best:
                best = second
    return best
